import { html } from "../../html.js";
import { settings } from "../../stores/settings.js";
import { told } from "./Control.js";
import { SettingRow } from "./SettingRow.js";
import { settingsWords as words } from "./words.js";

/** @typedef {import("../../stores/settings.js").Setting} Setting */

/** These stand on the providers' cards. */
const ON_CARDS = new Set(["llm.provider", "llm.base_url", "llm.model", "llm.fast_model", "llm.fallbacks"]);

/** @param {Setting} setting @param {string} q */
const fits = (setting, q) => `${setting.name} ${words.label(setting.name)} ${setting.description} ${words.why(setting.name, "")}`.toLowerCase().includes(q);

/** @param {string} q @returns {Setting[]} those that are called anything like it */
export function fitting(q) {
  const wanted = q.trim().toLowerCase();
  return (settings.value?.settings ?? []).filter((setting) => !ON_CARDS.has(setting.name) && fits(setting, wanted));
}

/** @param {Setting[]} free @returns {[string, Setting[]][]} by what they are about, in the order in which they come */
function grouped(free) {
  /** @type {Map<string, Setting[]>} */
  const groups = new Map();
  for (const setting of free) {
    const name = setting.name.includes(".") ? String(setting.name.split(".")[0]) : "you";
    groups.set(name, [...(groups.get(name) ?? []), setting]);
  }
  return [...groups];
}

/** @param {{ setting: Setting }} props */
const Fixed = ({ setting }) => html`
  <div><dt>${setting.variable}</dt><dd>${setting.secret ? (setting.is_set ? words.isSet : words.notSet) : told(setting.value, words)}<span class="hint">${setting.fixed}</span></dd></div>
`;

/** Every other setting, by what it is about. @param {{ q: string }} props */
export function Groups({ q }) {
  const found = fitting(q);
  const fixed = found.filter((setting) => setting.fixed);
  return html`
    ${grouped(found.filter((setting) => !setting.fixed)).map(([name, rows]) => html`
      <section key=${name} class="settings-part" aria-labelledby=${`settings-${name}`}>
        <h2 id=${`settings-${name}`}>${words.group(name)}</h2>
        <ul class="setting-rows">${rows.map((setting) => html`<${SettingRow} key=${setting.name} setting=${setting} />`)}</ul>
      </section>
    `)}
    ${fixed.length > 0 && html`
      <details class="settings-part fixed" open=${q !== ""}>
        <summary><h2>${words.fixed}</h2></summary>
        <p class="hint">${words.fixedWhy}</p>
        <dl class="fixed-rows">${fixed.map((setting) => html`<${Fixed} key=${setting.name} setting=${setting} />`)}</dl>
      </details>
    `}
    ${found.length === 0 && html`<p class="nothing">${words.none}</p>`}
  `;
}
