/** One question to everything that was said and remembered. */
import { batch, signal } from "../html.js";
import { api } from "../api/client.js";
import { asProblem } from "../lib/problem.js";

/** @typedef {import("../api/types.js").Hit} Hit */

/** A search as one types; each place that searches has its own. @param {number} limit */
export function searching(limit) {
  const hits = signal(/** @type {Hit[]} */ ([]));
  const degraded = signal(/** @type {string[]} */ ([]));
  const answered = signal("");
  const busy = signal(false);
  const problem = signal(/** @type {import("../lib/problem.js").Problem | null} */ (null));
  /** @type {AbortController | null} */
  let asking = null;

  /** @param {string} q @param {string} [kinds] */
  async function ask(q, kinds) {
    asking?.abort();
    const control = (asking = new AbortController());
    if (!q.trim()) {
      batch(() => ([hits.value, answered.value, busy.value, problem.value] = [[], "", false, null]));
      return;
    }
    busy.value = true;
    try {
      const found = await api.search({ q: q.trim(), kinds, limit }, control.signal);
      batch(() => {
        [hits.value, degraded.value, answered.value, problem.value, busy.value] = [found.items, found.degraded ?? [], q.trim(), null, false];
      });
    } catch (error) {
      if (!control.signal.aborted) batch(() => ([problem.value, busy.value] = [asProblem(error), false]));
    }
  }
  return { hits, degraded, answered, busy, problem, ask };
}
