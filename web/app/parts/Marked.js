import { html } from "../html.js";
import { marked } from "../lib/passage.js";

/** @param {{ text: string, query: string }} props the words that a search matched stand out */
export const Marked = ({ text, query }) => marked(text, query).map((piece) => (piece.hit ? html`<mark>${piece.text}</mark>` : piece.text));
