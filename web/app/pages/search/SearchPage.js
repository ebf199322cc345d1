import { html, useEffect, useMemo, useState } from "../../html.js";
import { later } from "../../lib/later.js";
import { address } from "../../lib/route.js";
import { go, here, route } from "../../stores/route.js";
import { searching } from "../../stores/searching.js";
import { words } from "../../words.js";
import { HitRow } from "../../parts/HitRow.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Waiting } from "../../parts/Waiting.js";

const QUIET = 180;
const found = searching(50);

/** @param {string} q */
const askFor = (q) => go(here({ q }), { replace: true });

/** @param {{ kinds: string }} props */
const Kinds = ({ kinds }) => html`
  <div class="segments" role="group" aria-label=${words.search.kind}>
    ${[["", words.search.all], ...Object.entries(words.search.kinds)].map(
      ([kind = "", name]) => html`<button type="button" key=${kind} aria-pressed=${kinds === kind} onClick=${() => go(here({ kinds: kind }), { replace: true })}>${name}</button>`,
    )}
  </div>
`;

const Hint = () => html`
  <div class="empty">
    <p>${words.search.hint}</p>
    <ul class="examples">${words.search.examples.map((q) => html`<li key=${q}><a class="example" href=${address("search", [], { q })}>${q}</a></li>`)}</ul>
  </div>
`;

/** What the last question brought. */
const Results = () => {
  const { hits, answered, busy, degraded, problem } = found;
  if (problem.value) return html`<${ProblemNote} problem=${problem.value} />`;
  return html`
    ${busy.value && !hits.value.length && html`<${Waiting}>${words.search.searching}</${Waiting}>`}
    ${degraded.value.length > 0 && html`<p class="hint">${words.search.degraded} ${degraded.value.join(" ")}</p>`}
    <p class=${hits.value.length ? "sr-only" : "nothing"} role="status">${!busy.value && answered.value && (hits.value.length ? words.search.found(hits.value.length) : words.search.none(answered.value))}</p>
    <ul class="rows" data-list>${hits.value.map((hit) => html`<${HitRow} key=${hit.id} hit=${hit} query=${answered.value} />`)}</ul>
  `;
};

/** Everything that was said and remembered, best first. */
export function SearchPage() {
  const { q = "", kinds = "" } = route.value.query;
  const [text, setText] = useState(q);
  const askLater = useMemo(() => later(askFor, QUIET), []);
  useEffect(() => {
    if (q !== text.trim()) setText(q);
    void found.ask(q, kinds);
  }, [q, kinds]);
  const type = (/** @type {any} */ event) => {
    setText(event.target.value);
    askLater(event.target.value.trim());
  };
  return html`
    <div class="page">
      <header class="page-head"><h1 tabindex="-1" data-page-heading>${words.search.title}</h1></header>
      <form class="filters" role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
        <label class="search-field"><${Icon} name="search" /><span class="sr-only">${words.search.label}</span>
          <input type="search" data-search placeholder=${words.search.placeholder} value=${text} onInput=${type} autocomplete="off" />
        </label>
      </form>
      <${Kinds} kinds=${kinds} />
      ${q ? html`<${Results} />` : html`<${Hint} />`}
    </div>
  `;
}
