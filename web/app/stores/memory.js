/** Single memories: read, mended, undone, forgotten. */
import { signal } from "../html.js";
import { api } from "../api/client.js";
import { asProblem } from "../lib/problem.js";
import * as list from "./memories.js";

/** @typedef {import("../api/types.js").Memory} Memory */
/** @typedef {import("../api/types.js").MemoryChange} MemoryChange */
/** @typedef {import("../lib/problem.js").Problem} Problem */
/** @typedef {{ memory: Memory | null, problem: Problem | null, undo: MemoryChange | null, receipt: import("../api/types.js").Receipt | null, version: number }} Held */

/** @type {Map<string, import("../../vendor/signals.js").Signal<Held>>} */
const held = new Map();

/** @param {string} id */
export function memorySignal(id) {
  let one = held.get(id);
  if (!one) held.set(id, (one = signal(/** @type {Held} */ ({ memory: null, problem: null, undo: null, receipt: null, version: 0 }))));
  return one;
}

/** @param {string} id @param {Partial<Held>} change */
function set(id, change) {
  const one = memorySignal(id);
  one.value = { ...one.value, ...change };
}

/** @param {string} id */
export async function read(id) {
  try {
    set(id, { memory: await api.memory(id), problem: null });
  } catch (error) {
    set(id, { problem: asProblem(error) });
  }
}

/** @param {Memory} memory @param {MemoryChange} change @returns {MemoryChange} the same fields as they were */
const before = (memory, change) => Object.fromEntries(Object.keys(change).map((field) => [field, memory[/** @type {keyof MemoryChange} */ (field)]]));

/** @param {Memory} memory @param {MemoryChange} change @param {MemoryChange | null} undo */
async function apply(memory, change, undo) {
  try {
    const now = await api.editMemory(memory.id, change);
    set(memory.id, { memory: now, problem: null, undo, version: memorySignal(memory.id).value.version + 1 });
    list.replace(now);
    return true;
  } catch (error) {
    set(memory.id, { problem: asProblem(error) });
    return false;
  }
}

/** @param {Memory} memory @param {MemoryChange} change @returns {Promise<boolean>} whether it was taken */
export const mend = (memory, change) => apply(memory, change, before(memory, change));

/** @param {string} id take the last change back */
export async function undo(id) {
  const { memory, undo: change } = memorySignal(id).value;
  if (memory && change) await apply(memory, change, null);
}

/** @param {string} id */
export async function forget(id) {
  const receipt = await api.deleteMemory(id, false);
  set(id, { memory: null, receipt, undo: null, problem: null });
  list.remove(id);
}

/** @param {string} id on leaving: what was done is not offered for undoing again */
export const settle = (id) => set(id, { undo: null, problem: null });
