import { html } from "../html.js";
import { words } from "../words.js";
import { Dialog } from "./Dialog.js";
import { Icon } from "./Icon.js";

/** @param {{ close: () => void }} props all keys there are */
export const Keys = ({ close }) => html`
  <${Dialog} label=${words.keys.title} close=${close}>
    <header class="panel-head">
      <h2>${words.keys.title}</h2>
      <button type="button" class="icon-button" aria-label=${words.close} onClick=${close}><${Icon} name="x" size=${18} /></button>
    </header>
    <dl class="keys">
      ${words.keys.rows.map(([keys, meaning]) => html`<div key=${meaning}><dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${meaning}</dd></div>`)}
    </dl>
  </${Dialog}>
`;
