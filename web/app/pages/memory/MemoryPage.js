import { html, useEffect } from "../../html.js";
import { address } from "../../lib/route.js";
import { dayKey, dayName } from "../../lib/time.js";
import { setDraft } from "../../stores/outbox.js";
import { here, go, route } from "../../stores/route.js";
import { cursor, items, load, problem, state } from "../../stores/memories.js";
import { words } from "../../words.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Waiting } from "../../parts/Waiting.js";
import { Filters } from "./Filters.js";
import { Row } from "./Row.js";

/** @typedef {import("../../api/types.js").Memory} Memory */

/** Nothing is noted yet: an example to say, in the composer with one click. */
const Empty = () => html`
  <div class="empty">
    <h2>${words.memory.emptyTitle}</h2>
    <p>${words.memory.empty}</p>
    <ul class="examples"><li><a class="example" href=${address("chat")} onClick=${() => setDraft(words.memory.example)}>${words.memory.example}</a></li></ul>
  </div>
`;

/** @param {{ narrowed: boolean }} props */
const Nothing = ({ narrowed }) => (narrowed ? html`<p class="nothing">${words.memory.none}</p>` : html`<${Empty} />`);

/** @param {{ memories: Memory[], query?: string }} props */
const Rows = ({ memories, query = "" }) => html`
  <ul class="rows">${memories.map((memory) => html`<${Row} key=${memory.id} memory=${memory} query=${query} open=${route.value.parts[0] === memory.id} />`)}</ul>
`;

/** @param {{ memories: Memory[] }} props newest first, by the day on which they were noted */
const Days = ({ memories }) =>
  [...Map.groupBy(memories, (memory) => dayKey(memory.created_at))].map(
    ([day, noted]) => html`<section key=${day}><h2 class="list-day">${dayName(String(noted[0]?.created_at))}</h2><${Rows} memories=${noted} /></section>`,
  );

/** What is remembered: see it, find it, mend it. */
export function MemoryPage() {
  const { q = "", kind = "", state: wanted = "", segment = "" } = route.value.query;
  const narrowing = { q, kind, state: wanted, segment };
  const narrowed = Boolean(q || kind || wanted || segment);
  useEffect(() => {
    void load(narrowing);
  }, [q, kind, wanted, segment]);
  const busy = state.value === "first";
  return html`
    <div class="page">
      <header class="page-head"><h1 tabindex="-1" data-page-heading>${words.memory.title}</h1></header>
      <${Filters} />
      ${segment && html`<p class="hint narrowed">${words.memory.ofChapter}. <button type="button" class="quiet small" onClick=${() => go(here({ segment: null }), { replace: true })}>${words.memory.allChapters}</button></p>`}
      ${problem.value && html`<${ProblemNote} problem=${problem.value} again=${() => void load(narrowing)} />`}
      ${busy && !items.value.length && html`<${Waiting}>${words.memory.loading}</${Waiting}>`}
      ${!busy && !problem.value && !items.value.length && html`<${Nothing} narrowed=${narrowed} />`}
      <p class="sr-only" role="status">${busy ? "" : words.memory.found(items.value.length, cursor.value !== null)}</p>
      <div data-list>${q ? html`<${Rows} memories=${items.value} query=${q} />` : html`<${Days} memories=${items.value} />`}</div>
      ${cursor.value && html`<button type="button" class="button more" disabled=${state.value === "more"} onClick=${() => void load(narrowing, true)}>${words.memory.more}</button>`}
    </div>
  `;
}
