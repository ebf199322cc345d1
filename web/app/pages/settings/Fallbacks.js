import { html, useId, useState } from "../../html.js";
import { PROVIDERS } from "../../stores/providers.js";
import { change, setting } from "../../stores/settings.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { settingsWords as words } from "./words.js";

/** @typedef {{ provider: string, model?: string, base_url?: string, api_key?: string }} Entry */

const NAME = "llm.fallbacks";

/** @param {Entry[]} entries @param {number} at @returns {Entry[]} with that one a place earlier */
const earlier = (entries, at) => entries.map((entry, i) => (i === at - 1 ? entries[at] : i === at ? entries[at - 1] : entry) ?? entry);

/** @param {{ add: (entry: Entry) => void, busy: boolean }} props */
function Adding({ add, busy }) {
  const id = useId();
  const [provider, setProvider] = useState("ollama");
  const [model, setModel] = useState("");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    add({ provider, ...(model.trim() ? { model: model.trim() } : {}) });
    setModel("");
  };
  return html`
    <form class="adding" onSubmit=${submit}>
      <label class="sr-only" for=${id}>${words.addWhom}</label>
      <select id=${id} value=${provider} onChange=${(/** @type {any} */ event) => setProvider(event.target.value)}>
        ${PROVIDERS.map((name) => html`<option key=${name} value=${name}>${words.providers[name]?.name}</option>`)}
      </select>
      ${provider !== "local" && html`<input type="text" aria-label=${words.addModel} placeholder=${words.addModel} value=${model} onInput=${(/** @type {any} */ event) => setModel(event.target.value)} autocomplete="off" spellcheck=${false} />`}
      <button type="submit" class="button" disabled=${busy}><${Icon} name="plus" />${words.add}</button>
    </form>
  `;
}

/** Who is asked when the first one fails. */
export function Fallbacks() {
  const [problem, setProblem] = useState(/** @type {import("../../lib/problem.js").Problem | null} */ (null));
  const [busy, setBusy] = useState(false);
  const held = setting(NAME);
  if (!held) return null;
  /** @type {Entry[]} */
  const entries = held.value ?? [];
  const keyed = entries.some((entry) => entry.api_key);
  const free = !held.locked && !keyed;
  const keep = async (/** @type {Entry[]} */ wanted) => {
    setBusy(true); // the next change builds on this one
    setProblem(await change({ [NAME]: wanted.length || held.source !== "page" ? wanted : null }));
    setBusy(false);
  };
  return html`
    <h3 class="part-title">${words.fallbacks}</h3>
    <p class="hint">${held.locked ? words.locked(held.variable) : keyed ? words.fallbacksKeyed : words.fallbacksWhy}</p>
    ${entries.length === 0 && html`<p class="hint">${words.fallbacksNone}</p>`}
    <ol class="fallbacks">
      ${entries.map((entry, at) => {
        const name = words.entry(entry.provider, entry.model);
        return html`<li key=${`${at}-${name}`}>
          <span>${name}</span>
          ${free && at > 0 && html`<button type="button" class="icon-button" disabled=${busy} aria-label=${words.up(name)} title=${words.up(name)} onClick=${() => void keep(earlier(entries, at))}><${Icon} name="arrow-up" /></button>`}
          ${free && html`<button type="button" class="icon-button" disabled=${busy} aria-label=${words.remove(name)} title=${words.remove(name)} onClick=${() => void keep(entries.filter((_, i) => i !== at))}><${Icon} name="x" /></button>`}
        </li>`;
      })}
    </ol>
    ${free && html`<${Adding} busy=${busy} add=${(/** @type {Entry} */ entry) => void keep([...entries, entry])} />`}
    ${problem && html`<${ProblemNote} problem=${problem} />`}
  `;
}
