/** What a screen reader is told; at most once a sentence. */
import { signal } from "../html.js";

export const said = signal("");

/** @param {string} sentence */
export function say(sentence) {
  said.value = said.value === sentence ? `${sentence}\u00a0` : sentence;
}
