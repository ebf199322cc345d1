import { html, useEffect } from "../../html.js";
import { address } from "../../lib/route.js";
import { go, route } from "../../stores/route.js";
import { load, problem, settings } from "../../stores/settings.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Waiting } from "../../parts/Waiting.js";
import { Groups, fitting } from "./Groups.js";
import { Providers } from "./Providers.js";
import { Spending } from "./Spending.js";
import { YourData } from "./YourData.js";
import { settingsWords as words } from "./words.js";

/** @param {Event} event */
function find(event) {
  if (event.target instanceof HTMLInputElement) go(address("settings", [], { q: event.target.value }), { replace: true });
}

const Everything = () => {
  const q = route.value.query.q ?? "";
  const waiting = settings.value?.restart_for ?? [];
  return html`
    ${waiting.length > 0 && html`<p class="restart" role="status"><${Icon} name="rotate-ccw" /><span>${words.restart(waiting.map(words.label))}</span></p>`}
    <label class="search-field"><${Icon} name="search" /><span class="sr-only">${words.search}</span>
      <input type="search" data-search placeholder=${words.search} value=${q} onInput=${find} autocomplete="off" />
    </label>
    <p class="sr-only" role="status">${q ? words.found(fitting(q).length) : ""}</p>
    ${!q && html`<${Providers} />`}
    <${Groups} q=${q} />
    ${!q && html`<${Spending} /><${YourData} />`}
  `;
};

/** Set MIRA up: who answers, how it behaves, what it costs, where things lie. */
export function SettingsPage() {
  useEffect(() => void load(), []);
  return html`
    <div class="page settings">
      <header class="page-head"><h1 tabindex="-1" data-page-heading>${words.title}</h1></header>
      ${problem.value && html`<${ProblemNote} problem=${problem.value} again=${() => void load()} />`}
      ${settings.value ? html`<${Everything} />` : !problem.value && html`<${Waiting}>${words.loading}</${Waiting}>`}
    </div>
  `;
}
