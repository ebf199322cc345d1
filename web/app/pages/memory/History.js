import { html, useEffect, useState } from "../../html.js";
import { api } from "../../api/client.js";
import { diffWords } from "../../lib/diff.js";
import { asProblem } from "../../lib/problem.js";
import { onDate } from "../../lib/time.js";
import { words } from "../../words.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Time } from "../../parts/Time.js";

/** @typedef {import("../../api/types.js").Revision} Revision */

/** @param {unknown} value @returns {string} */
function shown(value) {
  if (value === null || value === undefined || value === "") return words.memory.nothing;
  if (typeof value === "boolean") return value ? words.memory.yes : words.memory.no;
  if (typeof value === "string") return /^\d{4}-\d\d-\d\dT/.test(value) ? onDate(value) : (words.memory.kinds[value] ?? words.memory.states[value] ?? value);
  return typeof value === "number" ? String(Math.round(value * 100) / 100) : "";
}

/** @param {{ before: string, after: string }} props */
const Diff = ({ before, after }) => html`
  <p class="diff">${diffWords(before, after).map((piece) => (piece.kind === "same" ? piece.text : piece.kind === "gone" ? html`<del>${piece.text}</del>` : html`<ins>${piece.text}</ins>`))}</p>
`;

/** @param {{ revision: Revision }} props */
const Changes = ({ revision }) => {
  const { before, after } = revision;
  if (!before || !after) return null;
  return Object.keys(after)
    .filter((field) => words.memory.fields[field] && JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) =>
      field === "text"
        ? html`<${Diff} key=${field} before=${String(before[field] ?? "")} after=${String(after[field] ?? "")} />`
        : html`<p key=${field} class="diff">${words.memory.fields[field]}: <del>${shown(before[field])}</del> <ins>${shown(after[field])}</ins></p>`,
    );
};

/** How a memory changed, newest first. @param {{ id: string, version: number }} props */
export function History({ id, version }) {
  const [revisions, setRevisions] = useState(/** @type {Revision[]} */ ([]));
  const [problem, setProblem] = useState(/** @type {import("../../lib/problem.js").Problem | null} */ (null));
  useEffect(() => {
    api.history(id).then(setRevisions, (error) => setProblem(asProblem(error)));
  }, [id, version]);
  if (problem) return html`<${ProblemNote} problem=${problem} />`;
  return html`
    <ol class="history">
      ${[...revisions].sort((a, b) => b.revision - a.revision).map((revision) => html`
        <li key=${revision.revision}>
          <p class="history-line"><span>${words.memory.actors[revision.actor] ?? revision.actor}</span> <${Time} at=${revision.at} /></p>
          <${Changes} revision=${revision} />
        </li>`)}
    </ol>
  `;
}
