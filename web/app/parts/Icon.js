import { html } from "../html.js";

/**
 * A line icon; what it means is said beside it. The sprite stands in the page itself, so that icons show while nobody answers.
 *
 * @param {{ name: string, size?: number }} props
 */
export const Icon = ({ name, size = 16 }) => html`
  <svg class="icon" width=${size} height=${size} aria-hidden="true" focusable="false"><use href=${`#icon-${name}`} /></svg>
`;
