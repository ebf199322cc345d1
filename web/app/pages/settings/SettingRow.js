import { html, useId, useState } from "../../html.js";
import { change } from "../../stores/settings.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Control, told } from "./Control.js";
import { settingsWords as words } from "./words.js";

/** @typedef {import("../../stores/settings.js").Setting} Setting */

/** What is to be known beside the value. @param {Setting} setting */
function notes(setting) {
  const same = JSON.stringify(setting.value) === JSON.stringify(setting.default);
  return [
    setting.locked ? words.locked(setting.variable) : "",
    setting.source === "mira.toml" ? words.fromFile : "",
    setting.source === "default" || same ? "" : words.changedFrom(told(setting.default, words)),
    setting.pending ? words.waiting : setting.takes_effect === "restart" ? words.afterRestart : "",
  ].filter(Boolean);
}

/** One setting: what it is called, what it is, and the way back. @param {{ setting: Setting }} props */
export function SettingRow({ setting }) {
  const id = useId();
  const [problem, setProblem] = useState(/** @type {import("../../lib/problem.js").Problem | null} */ (null));
  const label = words.label(setting.name);
  const why = words.why(setting.name, setting.description);
  const keep = async (/** @type {unknown} */ value) => setProblem(JSON.stringify(value) === JSON.stringify(setting.value) ? null : await change({ [setting.name]: value }));
  const chosen = setting.source === "page" && !setting.locked;
  return html`
    <li class=${`setting${chosen ? " chosen" : ""}`}>
      <div class="setting-words">
        <label class="label" for=${id}>${label}</label>
        ${chosen && html`<span class="chip-note">${words.changed}</span>`}
        <p class="hint" id=${`${id}-why`}>${[why, ...notes(setting)].filter(Boolean).join(" · ")}</p>
      </div>
      <div class="setting-value">
        <${Control} setting=${setting} id=${id} describedBy=${`${id}-why`} keep=${(/** @type {unknown} */ value) => void keep(value)} />
        ${chosen && html`<button type="button" class="quiet" aria-label=${words.resetOf(label)} onClick=${() => void keep(null)}>${words.reset}</button>`}
      </div>
      ${problem && html`<${ProblemNote} problem=${problem} />`}
    </li>
  `;
}
