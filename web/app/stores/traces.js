/** What answers rest on, by turn: from the stream while it runs, from the server later. */
import { signal } from "../html.js";
import { api } from "../api/client.js";
import { traceOf } from "../api/read.js";
import { asProblem } from "../lib/problem.js";

/** @typedef {import("../api/types.js").Trace} Trace */
/** @typedef {{ trace: Trace | null, problem: import("../lib/problem.js").Problem | null }} Kept */

/** @type {Map<string, import("../../vendor/signals.js").Signal<Kept>>} */
const byTurn = new Map();

/** @param {string} turnId */
export function traceSignal(turnId) {
  let kept = byTurn.get(turnId);
  if (!kept) byTurn.set(turnId, (kept = signal(/** @type {Kept} */ ({ trace: null, problem: null }))));
  return kept;
}

/** @param {string} turnId @param {Trace} trace */
export const keepTrace = (turnId, trace) => {
  traceSignal(turnId).value = { trace, problem: null };
};

const asked = new Set();

/** @param {string} turnId ask for it once */
export async function needTrace(turnId) {
  const kept = traceSignal(turnId);
  if (kept.value.trace || asked.has(turnId)) return;
  asked.add(turnId);
  try {
    keepTrace(turnId, traceOf(await api.turn(turnId)));
  } catch (error) {
    kept.value = { trace: null, problem: asProblem(error) };
  } finally {
    asked.delete(turnId);
  }
}
