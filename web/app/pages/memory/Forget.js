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

/** @param {{ receipt: ReceiptValue }} props what a deletion takes, or took */
export const Removals = ({ receipt }) => html`
  <ul class="removals">
    ${removals(receipt).map(([name, many]) => {
      const [one, more] = words.memory.receipt[name] ?? [name.replaceAll("_", " "), name.replaceAll("_", " ")];
      return html`<li key=${name}>${words.memory.counted(many, one, more)}</li>`;
    })}
  </ul>
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
