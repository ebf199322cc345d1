import { html } from "../../html.js";
import { atClock, exactly } from "../../lib/time.js";
import { anew } from "../../stores/anew.js";
import { words } from "../../words.js";

/** @typedef {import("../../stores/thread.js").Entry} Entry */
/** @typedef {import("../../lib/passage.js").Span} Span */

/** @param {{ text: string, span: Span | null }} props */
const Words = ({ text, span }) =>
  span && span.end <= text.length ? html`${text.slice(0, span.start)}<mark data-evidence>${text.slice(span.start, span.end)}</mark>${text.slice(span.end)}` : text;

/** @param {{ attached: import("../../lib/attached.js").Attached[] }} props */
const Attached = ({ attached }) => attached.map((one, index) => html`<p class="hint attached" key=${index}>${words.chat.attached[one.kind](one.title)}</p>`);

/** What the user said. @param {{ entry: Entry, here: boolean, span: Span | null }} props */
export const Question = ({ entry, here, span }) => html`
  <article id=${`m-${entry.id}`} class=${`question${here ? " here" : ""}`} tabindex="-1" data-step aria-label=${words.chat.said(words.chat.you, exactly(entry.created_at))}>
    ${anew.value?.editing.value === entry.id ? html`<${anew.value.Editor} entry=${entry} />` : entry.text.trim() && html`<div class="bubble"><${Words} text=${entry.text} span=${here ? span : null} /></div>`}
    <${Attached} attached=${entry.attached ?? []} />
    <footer class="question-foot">
      <time class="said-at" datetime=${entry.created_at} title=${exactly(entry.created_at)}>${atClock(entry.created_at)}</time>
      ${anew.value && html`<${anew.value.UnderQuestion} entry=${entry} />`}
    </footer>
  </article>
`;
