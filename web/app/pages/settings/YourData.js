import { html } from "../../html.js";
import { house, settings } from "../../stores/settings.js";
import { settingsWords as words } from "./words.js";

/** Where everything lies. */
export const YourData = () => html`
  <section class="settings-part" aria-labelledby="settings-data">
    <h2 id="settings-data">${words.data}</h2>
    <p class="hint">${words.dataWhy}</p>
    <dl class="facts places">
      <dt>${words.folder}</dt><dd><code>${house.value?.dataDir}</code></dd>
      <dt>${words.file}</dt><dd><code>${settings.value?.file}</code></dd>
      ${Object.entries(house.value?.parts ?? {}).map(([name, place]) => html`<dt key=${`${name}-name`}>${words.parts[name] ?? name}</dt><dd key=${name}>${words.place[place] ?? place}</dd>`)}
    </dl>
  </section>
`;
