import { html } from "../html.js";

/** @param {{ children: import("../html.js").Children }} props words for a wait; they show only when it takes a moment */
export const Waiting = ({ children }) => html`<p class="waiting" role="status">${children}</p>`;
