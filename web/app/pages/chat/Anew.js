/** What stands under a message of the open chapter: its versions, and how to make another. */
import { html } from "../../html.js";
import { isLastPart, questionOf } from "../../lib/versions.js";
import { chapters } from "../../stores/chapters.js";
import { running } from "../../stores/chat.js";
import * as thread from "../../stores/thread.js";
import { answerAgain, editing, goThere, refusal } from "../../stores/versions.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Editor } from "./Editor.js";
import { Versions } from "./Versions.js";
import { words } from "./anewWords.js";

/** @typedef {import("../../stores/thread.js").Entry} Entry */

export { Editor, editing };

/** @param {Entry} entry whether it can still be said or answered anew */
function isOpen(entry) {
  const [newest] = chapters.value;
  return newest?.status === "active" && newest.id === entry.segment_id && entry.turn_id !== null;
}

/** What a search has found in a version that is not the conversation now. @param {{ entry: Entry }} props */
const Elsewhere = ({ entry }) => html`
  <span class="hint">${words.elsewhere}</span>
  ${isOpen(entry) && !running() && html`<button type="button" class="button small" onClick=${() => void goThere(entry.id)}>${words.goThere}</button>`}
  ${refusal.value?.id === entry.id && html`<${ProblemNote} problem=${refusal.value.problem} />`}
`;

/** @param {{ entry: Entry }} props */
export const UnderQuestion = ({ entry }) => {
  if (entry.on_path === false) return html`<${Elsewhere} entry=${entry} />`;
  if (!isOpen(entry)) return null;
  const canEdit = !running() && editing.value !== entry.id && !entry.attached?.length;
  return html`
    ${canEdit && html`<button type="button" class="icon-button faint" data-edit-this aria-label=${words.edit} title=${words.edit} onClick=${() => (editing.value = entry.id)}><${Icon} name="pencil" /></button>`}
    <${Versions} entry=${entry} />
  `;
};

/** @param {{ entry: Entry }} props */
export const UnderAnswer = ({ entry }) => {
  const entries = thread.entries.value;
  if (entry.on_path === false) return html`<${Elsewhere} entry=${entry} />`;
  if (!isOpen(entry) || !isLastPart(entries, entry)) return null;
  const question = questionOf(entries, entry);
  const canAsk = !running() && question && entry.status === "complete";
  return html`
    ${canAsk && html`<button type="button" class="icon-button faint" aria-label=${words.again} title=${words.again} onClick=${() => answerAgain(question)}><${Icon} name="rotate-ccw" /></button>`}
    <${Versions} entry=${entry} />
  `;
};
