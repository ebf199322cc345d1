/** The list of memories, narrowed by what stands in the address. */
import { batch, signal } from "../html.js";
import { api } from "../api/client.js";
import { asProblem } from "../lib/problem.js";

/** @typedef {import("../api/types.js").Memory} Memory */
/** @typedef {{ q?: string, kind?: string, state?: string, segment?: string }} Narrowing */

const PAGE = 50;

/** @type {import("../../vendor/signals.js").Signal<Memory[]>} */
export const items = signal([]);
/** @type {import("../../vendor/signals.js").Signal<string | null>} */
export const cursor = signal(null);
export const state = signal(/** @type {"first" | "more" | "idle"} */ ("first"));
/** @type {import("../../vendor/signals.js").Signal<import("../lib/problem.js").Problem | null>} */
export const problem = signal(null);

/** @type {AbortController | null} */
let asking = null;

/** @param {Narrowing} narrowing */
const queryOf = ({ q, kind, state: wanted, segment }) => ({ q, kind, state: wanted, archived: wanted ? null : false, segment_id: segment, limit: PAGE });

/** @param {Narrowing} narrowing @param {boolean} more go on where the list ends */
export async function load(narrowing, more = false) {
  asking?.abort();
  const control = new AbortController();
  asking = control;
  state.value = more ? "more" : "first";
  try {
    const page = await api.memories({ ...queryOf(narrowing), cursor: more ? cursor.value : null }, control.signal);
    batch(() => {
      items.value = more ? [...items.value, ...page.items] : page.items;
      cursor.value = page.next_cursor;
      problem.value = null;
      state.value = "idle";
    });
  } catch (error) {
    if (control.signal.aborted) return;
    batch(() => {
      problem.value = asProblem(error);
      state.value = "idle";
    });
  }
}

/** @param {Memory} memory as it is now */
export function replace(memory) {
  items.value = items.value.map((one) => (one.id === memory.id ? { ...one, ...memory } : one));
}

/** @param {string} id */
export function remove(id) {
  items.value = items.value.filter((one) => one.id !== id);
}
