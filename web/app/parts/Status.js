import { html } from "../html.js";
import { narrow, nextTheme, theme } from "../stores/screen.js";
import { about, health, parts } from "../stores/status.js";
import { words } from "../words.js";
import { Icon } from "./Icon.js";

const THEME_ICONS = { system: "monitor", light: "sun", dark: "moon" };
const HEALTH_WORDS = { gone: words.status.gone, asking: words.status.asking, unwell: words.status.unwell, well: words.status.well };

const Dot = () => html`<span class=${`dot ${health.value}`} aria-hidden="true"></span>`;

/** @param {{ part: import("../api/types.js").Part }} props */
const PartLine = ({ part }) => html`
  <li class="part">
    <span class=${`dot ${part.ok ? "well" : "unwell"}`} aria-hidden="true"></span>
    <span class="part-name">${words.status.part(part.name)}</span>
    <span class="part-detail">${part.ok ? part.detail || words.status.ok : `${words.status.lost}${part.detail ? `: ${part.detail}` : ""}`}</span>
  </li>
`;

/** Which model answers, and that the built-in one is for trying out. */
const Model = () => about.value && html`
  <dl class="facts">
    <dt>${words.status.model}</dt>
    <dd>${about.value.builtIn ? html`${words.status.builtIn}<br /><span class="hint">${about.value.model}. ${words.status.builtInWhy}</span>` : about.value.model}</dd>
    <dt>${words.status.version}</dt>
    <dd>${about.value.version}</dd>
  </dl>
`;

/** How each part is, in words. */
const Details = () => html`
  <p class="status-line"><${Dot} /> ${HEALTH_WORDS[health.value]}</p>
  ${health.value === "gone" && html`<p class="hint">${words.problem.unreachable}</p>`}
  <${Model} />
  ${parts.value &&
  html`<details class="parts-list" open=${!narrow.value || health.value !== "well"}>
    <summary>${words.banner.details}</summary>
    <ul class="parts">${parts.value.map((part) => html`<${PartLine} key=${part.name} part=${part} />`)}</ul>
  </details>`}
`;

export const StatusButton = () => html`
  <button type="button" class="status-button" popovertarget="status" title=${HEALTH_WORDS[health.value]}>
    <${Dot} /><span>${HEALTH_WORDS[health.value]}</span>
  </button>
  <div id="status" popover="auto" class="popover" role="dialog" aria-label=${words.status.label}><${Details} /></div>
`;

export const ThemeButton = () => html`
  <button type="button" class="status-button" title=${words.theme.next} onClick=${nextTheme}><${Icon} name=${THEME_ICONS[theme.value]} /><span>${words.theme.label}: ${words.theme[theme.value]}</span></button>
`;

const leave = () => document.getElementById("more")?.hidePopover();

/** On narrow screens, what the rail has below. @param {{ showKeys: () => void }} props */
export const More = ({ showKeys }) => html`
  <button type="button" class="place" popovertarget="more">
    <span class="with-dot"><${Icon} name="ellipsis" size=${20} />${health.value !== "well" && html`<${Dot} />`}</span><span>${words.nav.more}</span>
  </button>
  <div id="more" popover="auto" class="popover" role="dialog" aria-label=${words.nav.more}>
    <${Details} />
    <div class="more-actions">
      <a class="button" href="#/settings" onClick=${leave}><${Icon} name="settings" /> ${words.nav.settings}</a>
      <button type="button" class="button" onClick=${nextTheme}><${Icon} name=${THEME_ICONS[theme.value]} /> ${words.theme.label}: ${words.theme[theme.value]}</button>
      <button type="button" class="button" onClick=${showKeys}><${Icon} name="keyboard" /> ${words.keys.open}</button>
    </div>
  </div>
`;
