import { html, useEffect, useState } from "../../html.js";
import { memorySignal, mend, read, settle } from "../../stores/memory.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Quotes } from "../../parts/Quote.js";
import { Waiting } from "../../parts/Waiting.js";
import { Edit } from "./Edit.js";
import { Entities, Facts, Links } from "./Facts.js";
import { Forget, Removals } from "./Forget.js";
import { History } from "./History.js";
import { Undo } from "./Undo.js";

/** @typedef {import("../../api/types.js").Memory} Memory */

/** @param {{ memory: Memory, edit: () => void, forget: () => void }} props */
const Actions = ({ memory, edit, forget }) => html`
  <div class="actions">
    <button type="button" class="button small" data-edit onClick=${edit}><${Icon} name="pencil" /> ${words.memory.edit}</button>
    <button type="button" class="button small" aria-pressed=${memory.pinned} onClick=${() => void mend(memory, { pinned: !memory.pinned })}>
      <${Icon} name="pin" /> ${memory.pinned ? words.memory.unpin : words.memory.pin}
    </button>
    <button type="button" class="button small" onClick=${() => void mend(memory, { archived: !memory.archived })}>
      <${Icon} name=${memory.archived ? "archive-restore" : "archive"} /> ${memory.archived ? words.memory.unarchive : words.memory.archive}
    </button>
    <button type="button" class="button small danger" onClick=${forget}><${Icon} name="trash-2" /> ${words.memory.forget}</button>
  </div>
`;

/** @param {{ memory: Memory }} props */
const KindChoice = ({ memory }) => html`
  <label class="kind-choice"><span class="sr-only">${words.memory.kind}</span>
    <select value=${memory.kind} onChange=${(/** @type {any} */ event) => void mend(memory, { kind: event.target.value })}>
      ${Object.entries(words.memory.kinds).map(([kind, name]) => html`<option key=${kind} value=${kind}>${name}</option>`)}
    </select>
  </label>
`;

/** @param {{ memory: Memory, version: number }} props */
const Sections = ({ memory, version }) => html`
  <section class="part-section"><h3>${words.memory.evidence}</h3><${Quotes} memory=${memory} /></section>
  ${memory.entities.length > 0 && html`<${Entities} memory=${memory} />`}
  ${memory.links.length > 0 && html`<${Links} memory=${memory} />`}
  <section class="part-section"><h3>${words.memory.facts}</h3><${Facts} memory=${memory} /></section>
  <section class="part-section"><h3>${words.memory.history}</h3><${History} id=${memory.id} version=${version} /></section>
`;

/** One memory: its words, where they come from, and all that can be done with it. @param {{ id: string }} props */
export function Detail({ id }) {
  const { memory, problem, receipt, version } = memorySignal(id).value;
  const [editing, setEditing] = useState(false);
  const [forgetting, setForgetting] = useState(false);
  useEffect(() => {
    void read(id);
    setEditing(false);
    return () => settle(id);
  }, [id]);
  if (receipt) return html`<p role="status"><strong>${words.memory.forgotten}</strong> ${words.memory.wentAway}</p><${Removals} receipt=${receipt} />`;
  if (!memory) return problem ? html`<${ProblemNote} problem=${problem} again=${() => void read(id)} />` : html`<${Waiting}>${words.memory.loading}</${Waiting}>`;
  return html`
    <div class="memory-head">
      ${editing ? html`<${Edit} memory=${memory} done=${() => setEditing(false)} />` : html`<p class="memory-text">${memory.text}</p>`}
      <div class="memory-marks">
        <${KindChoice} memory=${memory} />
        ${memory.state !== "active" && html`<span class=${`state ${memory.state}`}>${words.memory.states[memory.state] ?? memory.state}</span>`}
        ${memory.pinned && html`<span class="state"><${Icon} name="pin" size=${14} /> ${words.memory.pinned}</span>`}
        <${Undo} id=${id} />
      </div>
      ${problem && html`<${ProblemNote} problem=${problem} />`}
      <${Actions} memory=${memory} edit=${() => setEditing(true)} forget=${() => setForgetting(true)} />
    </div>
    <${Sections} memory=${memory} version=${version} />
    ${forgetting && html`<${Forget} memory=${memory} close=${() => setForgetting(false)} />`}
  `;
}
