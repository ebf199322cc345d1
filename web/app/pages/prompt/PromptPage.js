import { html, signal, useEffect } from "../../html.js";
import { api } from "../../api/client.js";
import { asProblem } from "../../lib/problem.js";
import { words } from "../../words.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Stack } from "../../parts/Stack.js";
import { Waiting } from "../../parts/Waiting.js";

/** @typedef {import("../../api/types.js").PromptSection} PromptSection */

const prompt = signal(/** @type {import("../../api/types.js").Prompt | null} */ (null));
const problem = signal(/** @type {import("../../lib/problem.js").Problem | null} */ (null));

async function compose() {
  try {
    prompt.value = await api.prompt();
    problem.value = null;
  } catch (error) {
    problem.value = asProblem(error);
  }
}

/** @param {{ section: PromptSection }} props */
const Section = ({ section }) => html`
  <li>
    <details class="section">
      <summary>
        <span class="section-name">${words.prompt.name(section.name)}</span>
        <span class="hint">${section.cached ? words.prompt.cached : words.prompt.live}</span>
        <span class="figure">${words.prompt.tokens(section.tokens)}</span>
      </summary>
      ${section.content.trim() ? html`<pre class="section-text" tabindex="0" role="region" aria-label=${words.prompt.name(section.name)}>${section.content}</pre>` : html`<p class="hint">${words.prompt.empty}</p>`}
    </details>
  </li>
`;

/** @param {{ sections: PromptSection[], tokens: number, left_out?: { name: string, reason: string }[] }} props */
const Sections = ({ sections, tokens, left_out: leftOut = [] }) => html`
  <p class="total"><strong>${words.prompt.total(tokens)}</strong></p>
  <${Stack} label=${words.prompt.bar} shares=${sections.filter((one) => one.tokens > 0).map((one) => ({ name: words.prompt.name(one.name), size: one.tokens, label: one.tokens.toLocaleString(words.locale), tone: /memor/.test(one.name) ? "memory" : undefined }))} />
  <ol class="sections">${sections.map((section) => html`<${Section} key=${section.name} section=${section} />`)}</ol>
  ${leftOut.map((one) => html`<p key=${one.name} class="hint">${words.prompt.leftOut(words.prompt.name(one.name), one.reason)}</p>`)}
`;

/** What the next message would be sent with. */
export function PromptPage() {
  useEffect(() => void compose(), []);
  return html`
    <div class="page">
      <header class="page-head">
        <h1 tabindex="-1" data-page-heading>${words.prompt.title}</h1>
        <button type="button" class="button small" onClick=${() => void compose()}>${words.prompt.refresh}</button>
      </header>
      <p class="lead">${words.prompt.why}</p>
      ${problem.value && html`<${ProblemNote} problem=${problem.value} again=${() => void compose()} />`}
      ${prompt.value ? html`<${Sections} ...${prompt.value} />` : !problem.value && html`<${Waiting}>${words.prompt.loading}</${Waiting}>`}
    </div>
  `;
}
