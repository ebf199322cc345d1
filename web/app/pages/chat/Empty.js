import { html } from "../../html.js";
import { setDraft } from "../../stores/outbox.js";
import { words } from "../../words.js";

/** @param {string} example */
function take(example) {
  setDraft(example);
  document.getElementById("composer")?.focus();
}

/** Before anything was said: examples that can be clicked. */
export const Empty = () => html`
  <div class="empty">
    <h2>${words.chat.emptyTitle}</h2>
    <p>${words.chat.empty}</p>
    <ul class="examples">${words.chat.examples.map((example) => html`<li key=${example}><button type="button" class="example" onClick=${() => take(example)}>${example}</button></li>`)}</ul>
  </div>
`;
