import { html, useEffect } from "../../html.js";
import { api } from "../../api/client.js";
import { traceOf } from "../../api/read.js";
import { keepTrace } from "../../stores/traces.js";
import { noRoom } from "./roomWords.js";

/** @typedef {import("../../api/types.js").Trace} Trace */

/** The stream does not tell it, nor all that was paid, so the kept trace is asked. @param {string} turnId @param {Trace} trace */
async function needContext(turnId, trace) {
  if (trace.context !== undefined) return;
  const kept = await api.turn(turnId).then(traceOf, () => null);
  keepTrace(turnId, { ...trace, ...(kept && { usage: kept.usage, cost: kept.cost, spent: kept.spent }), context: kept?.context ?? null });
}

/** Which messages of a long chapter the model was not sent. @param {{ turnId: string, trace: Trace }} props */
export function NoRoom({ turnId, trace }) {
  useEffect(() => void needContext(turnId, trace), [turnId, trace]);
  const line = noRoom(trace.context);
  return line && html`<p class="hint">${line}</p>`;
}
