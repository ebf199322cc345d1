import { html } from "../html.js";
import { said } from "../stores/say.js";

/** The one live region for what is streamed; it changes at most once a sentence. */
export const Said = () => html`<div class="sr-only" role="status" aria-live="polite" data-said>${said.value}</div>`;
