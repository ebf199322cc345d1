import { html, useState } from "../../html.js";
import { PROVIDERS } from "../../stores/providers.js";
import { change, house, setting } from "../../stores/settings.js";
import { Fallbacks } from "./Fallbacks.js";
import { ProviderCard } from "./ProviderCard.js";
import { settingsWords as words } from "./words.js";

/** Back to what stands below the page. */
const BELOW = { "llm.provider": null, "llm.base_url": null, "llm.model": null, "llm.fast_model": null };

/** Who answers, one card a provider; the one in use stands open. */
export function Providers() {
  const [open, setOpen] = useState(/** @type {string | null} */ (house.value?.provider ?? null));
  const chosen = setting("llm.provider")?.source === "page";
  const locked = setting("llm.provider")?.locked;
  return html`
    <section class="settings-part" aria-labelledby="settings-model">
      <h2 id="settings-model">${words.model}</h2>
      <p class="hint">${words.modelWhy}</p>
      ${locked && html`<p class="hint locked">${words.locked("MIRA_LLM__PROVIDER")}</p>`}
      <ul class="providers">
        ${PROVIDERS.map((provider) => html`<${ProviderCard} key=${provider} provider=${provider} open=${open === provider} toggle=${() => setOpen(open === provider ? null : provider)} />`)}
      </ul>
      ${chosen && html`<p class="hint back">${words.chosenHere} <button type="button" class="quiet" onClick=${() => void change(BELOW)}>${words.back}</button></p>`}
      <${Fallbacks} />
    </section>
  `;
}
