/** What came to mind, counted in words. */
import { words } from "../words.js";

/** @param {{ kind: string }[]} things e.g. `3 memories`, or `2 passages` where only chapters and messages came to mind */
export function recalled(things) {
  const memories = things.filter((one) => one.kind === "memory").length;
  if (memories) return words.why.memories(memories);
  return things.length ? words.why.passages(things.length) : words.why.none;
}
