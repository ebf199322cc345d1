import { html } from "../../html.js";
import { Icon } from "../../parts/Icon.js";
import { settingsWords as words } from "./words.js";

/** @param {number} milliseconds */
const seconds = (milliseconds) => (milliseconds / 1000).toLocaleString("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** What came of a test, in words. @param {{ trial: import("../../stores/providers.js").Trial, children?: import("../../html.js").Children }} props */
export function TrialNote({ trial, children }) {
  if (!trial.ok) return html`<div class="problem" role="alert"><${Icon} name="circle-alert" /><p>${trial.detail}</p>${children}</div>`;
  const facts = [trial.first_token_ms === null ? "" : words.first(seconds(trial.first_token_ms)), words.streams(trial.streaming), words.tools(trial.tools)];
  return html`<div class="trial ok"><${Icon} name="check" /><p>${trial.detail}<br /><span class="hint">${facts.filter(Boolean).join(" · ")}</span></p></div>`;
}
