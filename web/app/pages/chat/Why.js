import { html, useEffect } from "../../html.js";
import { duration } from "../../lib/time.js";
import { needTrace, traceSignal } from "../../stores/traces.js";
import { words } from "../../words.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Stack } from "../../parts/Stack.js";
import { Waiting } from "../../parts/Waiting.js";
import { NoRoom } from "./NoRoom.js";
import { cost } from "./costWords.js";
import { Surfaced } from "./Surfaced.js";

/** @typedef {import("../../api/types.js").Trace} Trace */

/** @param {Record<string, number>} timings @returns {{ name: string, size: number, label: string }[]} */
function shares(timings) {
  const { touchstone = 0, embed = 0, surface = 0, compose = 0, first_token: first = 0, total = 0 } = timings;
  const waiting = Math.max(0, first - touchstone - embed - surface - compose);
  const parts = { touchstone, embed, surface, compose, waiting, writing: Math.max(0, total - first) };
  return Object.entries(parts)
    .filter(([, ms]) => ms >= 0.05)
    .map(([name, ms]) => ({ name: words.why.timings[name] ?? name, size: ms, label: duration(ms) }));
}

/** @param {NonNullable<Trace["usage"]>} usage what was read from the cache, or kept there for the next time, was read all the same */
function tokens({ input_tokens: fresh, output_tokens: out, cache_read_tokens: read = 0, cache_write_tokens: kept = 0 }) {
  const line = words.why.tokens(fresh + read + kept, out);
  return read + kept ? html`${line}<br />${cost.cached(read, kept)}` : line;
}

/** @param {{ trace: Trace }} props */
const Cost = ({ trace }) => html`
  <section class="part-section">
    <h3>${words.why.where}</h3>
    <${Stack} label=${words.why.where} shares=${shares(trace.timings)} />
    <p class="hint">
      ${duration(trace.timings.total ?? 0)}${trace.timings.own !== undefined && `, ${words.why.own(duration(trace.timings.own))}`}${trace.model && html`<br />${words.why.model}: ${trace.model}`}
      ${trace.usage && html`<br />${tokens(trace.usage)}`}
      ${trace.cost !== undefined && html`<br />${cost.of(trace.cost)}${cost.aside(trace.spent)}`}
    </p>
  </section>
`;

/** Memories first, what the answer used at the top; the rest of the conversation waits below. @param {{ trace: Trace }} props */
function Came({ trace }) {
  const used = (/** @type {{ id: string }} */ one) => trace.cited.includes(one.id);
  const memories = trace.memories.filter((one) => one.kind === "memory").sort((a, b) => Number(used(b)) - Number(used(a)));
  const passages = trace.memories.filter((one) => one.kind !== "memory");
  const card = (/** @type {import("../../api/types.js").Surfaced} */ one) => html`<${Surfaced} key=${one.id} one=${one} cited=${used(one)} />`;
  return html`
    ${memories.length > 0 && html`<ol class="surfaced">${memories.map(card)}</ol>`}
    ${passages.length > 0 &&
    html`<details class="passages" open=${!memories.length || passages.some(used)}>
      <summary>${words.why.passagesToo(passages.length)}</summary>
      <ol class="surfaced">${passages.map(card)}</ol>
    </details>`}
  `;
}

/** What an answer rests on. @param {{ turnId: string }} props */
export function Why({ turnId }) {
  const { trace, problem } = traceSignal(turnId).value;
  useEffect(() => void needTrace(turnId), [turnId]);
  if (!trace) return problem ? html`<${ProblemNote} problem=${problem} again=${() => void needTrace(turnId)} />` : html`<${Waiting}>${words.status.asking}</${Waiting}>`;
  return html`
    <section class="part-section">
      <h3>${words.why.about}</h3>
      <p class="about">${trace.touchstone}</p>
      <${NoRoom} turnId=${turnId} trace=${trace} />
    </section>
    <section class="part-section">
      <h3>${words.why.came}</h3>
      ${trace.degraded.length > 0 && html`<p class="hint">${words.why.degraded} ${trace.degraded.join(" ")}</p>`}
      ${trace.memories.length ? html`<${Came} trace=${trace} />` : html`<p class="hint">${words.why.nothing}</p>`}
    </section>
    ${trace.timings.total && html`<${Cost} trace=${trace} />`}
  `;
}
