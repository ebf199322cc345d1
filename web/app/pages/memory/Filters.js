import { html, useEffect, useMemo, useState } from "../../html.js";
import { later } from "../../lib/later.js";
import { address } from "../../lib/route.js";
import { go, route } from "../../stores/route.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";

const QUIET = 180;

/** @param {Record<string, string | null>} change */
const narrowTo = (change) => go(address("memory", route.value.parts, { ...route.value.query, ...change }), { replace: true });

/** @param {{ name: string, label: string, any: string, options: Record<string, string> }} props */
const Choice = ({ name, label, any, options }) => html`
  <label class="choice"><span class="sr-only">${label}</span>
    <select value=${route.value.query[name] ?? ""} onChange=${(/** @type {any} */ event) => narrowTo({ [name]: event.target.value })}>
      <option value="">${any}</option>
      ${Object.entries(options).map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}
    </select>
  </label>
`;

/** What stands in the field; the address follows when typing rests, and leads when it changes by itself. */
function useQuestion() {
  const { q = "" } = route.value.query;
  const [text, setText] = useState(q);
  const narrowLater = useMemo(() => later((/** @type {string} */ typed) => narrowTo({ q: typed.trim() }), QUIET), []);
  useEffect(() => {
    if (q !== text.trim()) setText(q);
  }, [q]);
  const type = (/** @type {any} */ event) => {
    setText(event.target.value);
    narrowLater(event.target.value);
  };
  return { text, type };
}

/** Search as one types, and what narrows the list. */
export function Filters() {
  const { text, type } = useQuestion();
  return html`
    <form class="filters" role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <label class="search-field"><${Icon} name="search" /><span class="sr-only">${words.memory.search}</span>
        <input type="search" data-search placeholder=${words.memory.search} value=${text} onInput=${type} autocomplete="off" />
      </label>
      <${Choice} name="kind" label=${words.memory.kind} any=${words.memory.allKinds} options=${words.memory.kinds} />
      <${Choice} name="state" label=${words.memory.state} any=${words.memory.currentStates} options=${words.memory.states} />
    </form>
  `;
}
