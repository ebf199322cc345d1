import { html } from "../../html.js";
import { recalled } from "../../lib/recalled.js";
import { askAgain } from "../../stores/chat.js";
import { live, trace } from "../../stores/turn.js";
import { words } from "../../words.js";
import { Loaded } from "../../parts/Loaded.js";
import { ProblemNote } from "../../parts/ProblemNote.js";

/** @param {import("../../stores/turn.js").Live} turn */
function phase(turn) {
  if (turn.tool) return words.chat.using(turn.tool.replace(/_tool$/, ""));
  return turn.phase === "failed" ? "" : words.chat.phases[turn.phase];
}

/** The quiet line while the answer is on its way; it stands where the finished line will stand. */
const Progress = () => {
  const turn = live.value;
  const many = trace.value.memories.length;
  return turn && html`
    <p class="progress">
      <span class=${many ? "memory-dot" : "pulse"} aria-hidden="true"></span>
      ${many > 0 && html`<span>${recalled(trace.value.memories)} ·</span>`}<span class="phase">${phase(turn)}</span>
    </p>
  `;
};

const goOn = () => import("./GoOn.js").then((file) => file.GoOn);

/** @param {{ problem: import("../../lib/problem.js").Problem, turnId: string | null }} props */
const Failed = ({ problem, turnId }) => html`
  <${ProblemNote} problem=${problem} again=${turnId ? () => void askAgain(turnId) : undefined} label=${words.chat.askAgain}>
    ${turnId && problem.code === "spending_ceiling" && html`<${Loaded} load=${goOn} turnId=${turnId} />`}
  </${ProblemNote}>
`;

/** Below the answer that is being written: how far it is, or why there is none. */
export function LiveFoot() {
  const turn = live.value;
  return turn?.problem ? html`<${Failed} problem=${turn.problem} turnId=${turn.turnId} />` : html`<${Progress} />`;
}
