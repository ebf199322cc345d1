import { html } from "../html.js";

const SPRITE = new URL("../../icons/sprite.svg", import.meta.url).pathname;

/** @param {{ name: string, size?: number }} props a line icon; what it means is said beside it */
export const Icon = ({ name, size = 16 }) => html`
  <svg class="icon" width=${size} height=${size} aria-hidden="true" focusable="false"><use href=${`${SPRITE}#${name}`} /></svg>
`;
