import { html, useEffect, useState } from "../../html.js";

/** @typedef {import("../../stores/settings.js").Setting} Setting */

/** @param {any} value */
const asText = (value) => (Array.isArray(value) ? value.join(", ") : value === null ? "" : String(value));

/** What was typed, as the server takes it; what is no number goes there as it is, to be refused in its words. @param {Setting} setting @param {string} text */
function asValue({ accepts }, text) {
  const typed = text.trim();
  if (typed === "") return null;
  if (accepts.type === "array") return typed.split(",").map((one) => one.trim()).filter(Boolean);
  const number = Number(typed);
  return /^(integer|number)$/.test(accepts.type ?? "") && !Number.isNaN(number) ? number : typed;
}

/** @param {{ setting: Setting, id: string, describedBy: string, keep: (value: unknown) => void }} props a field that fits the kind of value */
export function Control({ setting, id, describedBy, keep }) {
  const { accepts, value, locked } = setting;
  const [text, setText] = useState(asText(value));
  useEffect(() => setText(asText(value)), [asText(value)]);
  if (accepts.type === "boolean") {
    return html`<input type="checkbox" id=${id} checked=${value} disabled=${locked} aria-describedby=${describedBy} onChange=${(/** @type {any} */ event) => keep(event.target.checked)} />`;
  }
  if (accepts.enum) {
    return html`<select id=${id} value=${value} disabled=${locked} aria-describedby=${describedBy} onChange=${(/** @type {any} */ event) => keep(event.target.value)}>
      ${accepts.enum.map((option) => html`<option key=${option} value=${option}>${option}</option>`)}
    </select>`;
  }
  const number = /^(integer|number)$/.test(accepts.type ?? "");
  return html`<input type="text" id=${id} class=${number ? "figure short" : ""} inputmode=${number ? "decimal" : undefined} value=${text} disabled=${locked} aria-describedby=${describedBy} onInput=${(/** @type {any} */ event) => setText(event.target.value)} onChange=${() => keep(asValue(setting, text))} autocomplete="off" spellcheck=${false} />`;
}

/** @param {any} value @param {import("./words.js")["settingsWords"]} words */
export function told(value, words) {
  if (typeof value === "boolean") return value ? words.yes : words.no;
  return asText(value) || words.empty;
}
