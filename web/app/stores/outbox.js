/** What was written and not yet taken by the server; it outlives the tab. */
import { signal } from "../html.js";
import { freshId } from "../lib/ids.js";
import { kept } from "../lib/keep.js";

/** @typedef {import("../lib/problem.js").Problem} Problem */
/** @typedef {{ key: string, text: string, at: string, parent?: string }} Unsent the key makes sending it twice harmless; below its parent it takes the place of what followed */

/** @returns {Unsent[]} */
function restored() {
  try {
    const found = JSON.parse(kept.get("outbox") ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one?.key === "string" && typeof one?.text === "string") : [];
  } catch {
    return [];
  }
}

export const outbox = signal(restored());
export const draft = signal(kept.get("draft") ?? "");

/** @param {string} text */
export function setDraft(text) {
  draft.value = text;
  kept.put("draft", text || null);
}

/** @param {Unsent[]} list */
function keep(list) {
  outbox.value = list;
  kept.put("outbox", list.length ? JSON.stringify(list) : null);
}

/** @param {string} text @param {string} [parent] @returns {Unsent} */
export function post(text, parent) {
  const unsent = { key: freshId(), text, at: new Date().toISOString(), ...(parent ? { parent } : {}) };
  keep([...outbox.value, unsent]);
  return unsent;
}

/** @param {string} key */
export const taken = (key) => keep(outbox.value.filter((one) => one.key !== key));

/** Messages that the server refused, by their key. @type {import("../../vendor/signals.js").Signal<Map<string, Problem>>} */
export const refused = signal(new Map());

/** @param {string} key @param {Problem} problem */
export function refuse(key, problem) {
  refused.value = new Map(refused.value).set(key, problem);
}

/** @param {string} key forget that it was refused */
export function pardon(key) {
  refused.value = new Map([...refused.value].filter(([other]) => other !== key));
}

/** @param {string} key @returns {string} the words of a message that was not sent, which are now nobody's but the caller's */
export function takeBack(key) {
  const text = outbox.value.find((one) => one.key === key)?.text ?? "";
  taken(key);
  pardon(key);
  return text;
}
