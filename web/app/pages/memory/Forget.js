import { html, useEffect, useState } from "../../html.js";
import { api } from "../../api/client.js";
import { removals } from "../../api/read.js";
import { asProblem } from "../../lib/problem.js";
import { forget } from "../../stores/memory.js";
import { words } from "../../words.js";
import { Dialog } from "../../parts/Dialog.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Waiting } from "../../parts/Waiting.js";

/** @typedef {import("../../api/types.js").Receipt} ReceiptValue */
/** @typedef {import("../../lib/problem.js").Problem} Problem */

/** @param {{ counts: [string, number][] }} props so many of each kind */
const Counts = ({ counts }) => html`
  <ul class="removals">
    ${counts.map(([name, many]) => {
      const [one, more] = words.memory.receipt[name] ?? [name.replaceAll("_", " "), name.replaceAll("_", " ")];
      return html`<li key=${name}>${words.memory.counted(many, one, more)}</li>`;
    })}
  </ul>
`;

/** @param {{ receipt: ReceiptValue }} props what a deletion takes, or took, and what it leaves */
export const Removals = ({ receipt }) => html`
  <${Counts} counts=${removals(receipt)} />
  ${receipt.knowledge_blocks.length > 0 && html`<p>${words.memory.goBack}${receipt.knowledge_blocks.join(", ")}</p>`}
  ${Object.keys(receipt.kept).length > 0 && html`<p class="label">${words.memory.wouldStay}</p><${Counts} counts=${Object.entries(receipt.kept)} />`}
`;

/** @param {string} id what forgetting it would take */
function usePreview(id) {
  const [preview, setPreview] = useState(/** @type {ReceiptValue | null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null));
  useEffect(() => {
    api.deleteMemory(id, true).then(setPreview, (error) => setProblem(asProblem(error)));
  }, [id]);
  return { preview, problem, setProblem };
}

/** Shows what would go before it goes: this one thing cannot be undone. @param {{ memory: import("../../api/types.js").Memory, close: () => void }} props */
export function Forget({ memory, close }) {
  const { preview, problem, setProblem } = usePreview(memory.id);
  const yes = () => forget(memory.id).then(close, (error) => setProblem(asProblem(error)));
  return html`
    <${Dialog} label=${words.memory.forgetTitle} close=${close}>
      <h2>${words.memory.forgetTitle}</h2>
      <blockquote class="forget-text">${memory.text}</blockquote>
      <p>${words.memory.forgetWhy}</p>
      ${problem && html`<${ProblemNote} problem=${problem} />`}
      ${preview ? html`<p class="label">${words.memory.wouldGo}</p><${Removals} receipt=${preview} />` : !problem && html`<${Waiting}>${words.memory.forgetLooking}</${Waiting}>`}
      <div class="dialog-actions">
        <button type="button" class="button" data-autofocus onClick=${close}>${words.memory.cancel}</button>
        <button type="button" class="button danger" disabled=${!preview} onClick=${yes}>${words.memory.forgetYes}</button>
      </div>
    </${Dialog}>
  `;
}
