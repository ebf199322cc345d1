/** What stands under a message of the open chapter: its versions, and how to make another. */
import { html } from "../../html.js";
import { isLastPart, questionOf } from "../../lib/versions.js";
import { chapters } from "../../stores/chapters.js";
import { running } from "../../stores/chat.js";
import * as thread from "../../stores/thread.js";
import { answerAgain, editing } from "../../stores/versions.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { Editor } from "./Editor.js";
import { Versions } from "./Versions.js";

/** @typedef {import("../../stores/thread.js").Entry} Entry */

export { Editor, editing };

/** @param {Entry} entry whether it can still be said or answered anew */
function isOpen(entry) {
  const [newest] = chapters.value;
  return newest?.status === "active" && newest.id === entry.segment_id && entry.turn_id !== null && entry.on_path !== false;
}

const Aside = () => html`<span class="hint">${words.anew.aside}</span>`;

/** @param {{ entry: Entry }} props */
export const UnderQuestion = ({ entry }) => {
  if (entry.on_path === false) return html`<${Aside} />`;
  if (!isOpen(entry)) return null;
  const canEdit = !running() && editing.value !== entry.id && !entry.attached?.length;
  return html`
    ${canEdit && html`<button type="button" class="icon-button faint" data-edit-this aria-label=${words.anew.edit} title=${words.anew.edit} onClick=${() => (editing.value = entry.id)}><${Icon} name="pencil" /></button>`}
    <${Versions} entry=${entry} />
  `;
};

/** @param {{ entry: Entry }} props */
export const UnderAnswer = ({ entry }) => {
  const entries = thread.entries.value;
  if (entry.on_path === false) return html`<${Aside} />`;
  if (!isOpen(entry) || !isLastPart(entries, entry)) return null;
  const question = questionOf(entries, entry);
  const canAsk = !running() && question && entry.status === "complete";
  return html`
    ${canAsk && html`<button type="button" class="icon-button faint" aria-label=${words.anew.again} title=${words.anew.again} onClick=${() => answerAgain(question)}><${Icon} name="rotate-ccw" /></button>`}
    <${Versions} entry=${entry} />
  `;
};
