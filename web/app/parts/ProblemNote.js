import { html } from "../html.js";
import { words } from "../words.js";
import { Icon } from "./Icon.js";

/** @param {{ problem: import("../lib/problem.js").Problem, again?: () => void, label?: string, children?: import("../html.js").Children }} props */
export const ProblemNote = ({ problem, again, label = words.problem.tryAgain, children }) => html`
  <div class="problem" role="alert">
    <${Icon} name="circle-alert" />
    <p>${problem.message}</p>
    ${again && html`<button type="button" class="button small" onClick=${again}>${label}</button>`}
    ${children}
  </div>
`;
