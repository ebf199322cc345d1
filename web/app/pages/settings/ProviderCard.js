import { html, useId } from "../../html.js";
import { card, enter, forgetKey, keyState, test, use } from "../../stores/providers.js";
import { house, setting } from "../../stores/settings.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Waiting } from "../../parts/Waiting.js";
import { TrialNote } from "./TrialNote.js";
import { settingsWords as words } from "./words.js";

/** @typedef {import("../../stores/providers.js").Provider} Provider */
/** @typedef {import("../../stores/providers.js").Form} Form */

/** @param {{ provider: Provider, field: keyof Form, label: string, hint?: string, list?: string[], [attribute: string]: unknown }} props */
function Field({ provider, field, label, hint = "", list = [], ...attributes }) {
  const id = useId();
  const type = (/** @type {any} */ event) => enter(provider, { [field]: event.target.value });
  return html`
    <div class="entry">
      <label class="label" for=${id}>${label}</label>
      <input id=${id} type="text" value=${card(provider).form[field]} onInput=${type} autocomplete="off" spellcheck=${false} list=${list.length ? `${id}-list` : undefined} aria-describedby=${hint ? `${id}-hint` : undefined} ...${attributes} />
      ${list.length > 0 && html`<datalist id=${`${id}-list`}>${list.map((name) => html`<option key=${name} value=${name}></option>`)}</datalist>`}
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>
  `;
}

/** The key is written here and never shown. @param {{ provider: Provider }} props */
const Key = ({ provider }) => html`
  <${Field} provider=${provider} field="key" type="password" autocomplete="new-password" label=${keyState(provider) === "none" ? words.key : words.keyNew} hint=${words.keyWrite} />
  <p class="hint key-state"><span class=${`dot ${keyState(provider) === "none" ? "" : "well"}`} aria-hidden="true"></span>${words.keySet[keyState(provider)] ?? keyState(provider)}
    ${/^(local|vault)$/.test(keyState(provider)) && html`<button type="button" class="quiet" onClick=${() => void forgetKey(provider)}>${words.keyForget}</button>`}</p>
`;

/** @param {{ provider: Provider }} props */
const Fields = ({ provider }) => html`
  ${provider !== "ollama" && html`<${Key} provider=${provider} />`}
  ${provider !== "anthropic" && html`<${Field} provider=${provider} field="address" type="url" label=${words.address} hint=${words.addressWhy} placeholder=${provider === "ollama" ? "http://127.0.0.1:11434" : "https://api.openai.com/v1"} />`}
  <${Field} provider=${provider} field="model" label=${words.name} hint=${words.nameWhy(card(provider).models.length)} list=${card(provider).models} />
  <details class="more-fields">
    <summary>${words.more}</summary>
    <${Field} provider=${provider} field="fast" label=${words.fast} hint=${words.fastWhy} list=${card(provider).models} />
    ${provider === "anthropic" && html`<${Field} provider=${provider} field="address" type="url" label=${words.address} hint=${words.addressWhy} />`}
  </details>
`;

/** @param {{ provider: Provider, open: boolean, toggle: () => void }} props one provider: who it is, its key and model, and what came of a test */
export function ProviderCard({ provider, open, toggle }) {
  const { busy, trial, problem, done } = card(provider);
  const inUse = house.value?.provider === provider;
  const locked = Boolean(setting("llm.provider")?.locked);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void use(provider);
  };
  return html`
    <li class=${`provider${inUse ? " in-use" : ""}`}>
      <h3>
        <button type="button" class="provider-head" aria-expanded=${open} onClick=${toggle}>
          <span class="provider-name">${words.providers[provider]?.name}</span>
          ${inUse && html`<span class="chip-note"><${Icon} name="check" size=${14} />${words.inUse(house.value?.model ?? "")}</span>`}
          <${Icon} name=${open ? "chevron-down" : "chevron-right"} />
        </button>
      </h3>
      <p class="hint">${words.providers[provider]?.what}</p>
      ${open && html`
        <form onSubmit=${submit}>
          ${provider !== "local" && html`<${Fields} provider=${provider} />`}
          <div class="entry-actions">
            <button type="button" class="button" disabled=${busy !== ""} onClick=${() => void test(provider)}>${words.test}</button>
            <button type="submit" class="button primary" disabled=${busy !== "" || locked}>${words.use}</button>
          </div>
          ${busy && html`<${Waiting}>${busy === "testing" ? words.testing : words.using}</${Waiting}>`}
          ${trial && html`<${TrialNote} trial=${trial}>${!trial.ok && !locked && trial.code !== "misconfigured" && trial.code !== "llm_model_missing" && html`<button type="button" class="button small" onClick=${() => void use(provider, { unseen: true })}>${words.useUnseen}</button>`}</${TrialNote}>`}
          ${problem && html`<${ProblemNote} problem=${problem} />`}
          ${done && html`<p class="trial ok"><${Icon} name="check" /><span>${done}</span></p>`}
        </form>
      `}
    </li>
  `;
}
