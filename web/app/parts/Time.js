import { html } from "../html.js";
import { atClock, exactly, when } from "../lib/time.js";

/** @param {{ at: string, clock?: boolean }} props relative up to a week, exact on hover */
export const Time = ({ at, clock = false }) => html`<time datetime=${at} title=${exactly(at)}>${clock ? atClock(at) : when(at)}</time>`;
