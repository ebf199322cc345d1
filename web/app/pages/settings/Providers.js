import { html, useState } from "../../html.js";
import { PROVIDERS } from "../../stores/providers.js";
import { house, setting } from "../../stores/settings.js";
import { Fallbacks } from "./Fallbacks.js";
import { ProviderCard } from "./ProviderCard.js";
import { settingsWords as words } from "./words.js";

/** Who answers, one card a provider; the one in use stands open. */
export function Providers() {
  const [open, setOpen] = useState(/** @type {string | null} */ (house.value?.provider ?? null));
  const locked = setting("llm.provider")?.locked;
  return html`
    <section class="settings-part" aria-labelledby="settings-model">
      <h2 id="settings-model">${words.model}</h2>
      <p class="hint">${words.modelWhy}</p>
      ${locked && html`<p class="hint locked">${words.locked("MIRA_LLM__PROVIDER")}</p>`}
      <ul class="providers">
        ${PROVIDERS.map((provider) => html`<${ProviderCard} key=${provider} provider=${provider} open=${open === provider} toggle=${() => setOpen(open === provider ? null : provider)} />`)}
      </ul>
      <${Fallbacks} />
    </section>
  `;
}
