import { html } from "../../html.js";
import { running, sendAgain } from "../../stores/chat.js";
import { draft, outbox, refused, setDraft, takeBack } from "../../stores/outbox.js";
import { reachable } from "../../stores/status.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";

/** @param {string} key */
function edit(key) {
  const text = takeBack(key);
  setDraft(draft.value ? `${text}\n${draft.value}` : text);
  document.getElementById("composer")?.focus();
}

/** @param {{ unsentKey: string }} props */
const TakeBack = ({ unsentKey }) => html`<button type="button" class="button small" onClick=${() => edit(unsentKey)}><${Icon} name="pencil" /> ${words.chat.takeBack}</button>`;

/** What was written and is not with the server yet. @param {{ unsent: import("../../stores/outbox.js").Unsent }} props */
export function Unsent({ unsent }) {
  const problem = refused.value.get(unsent.key);
  const waits = !problem && (!reachable.value || running());
  return html`
    <article class="question unsent" aria-label=${words.chat.you}>
      <div class="bubble">${unsent.text}</div>
      ${problem && html`<${ProblemNote} problem=${problem} again=${() => sendAgain(unsent.key)}><${TakeBack} unsentKey=${unsent.key} /></${ProblemNote}>`}
      ${waits && !reachable.value && html`<p class="hint waits">${words.chat.waiting} <${TakeBack} unsentKey=${unsent.key} /></p>`}
    </article>
  `;
}

/** @param {{ skip: number }} props those that wait behind the first `skip` */
export const UnsentList = ({ skip = 0 }) => outbox.value.slice(skip).map((unsent) => html`<${Unsent} key=${unsent.key} unsent=${unsent} />`);
