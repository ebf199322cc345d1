import { html, useMemo } from "../../html.js";
import { exactly } from "../../lib/time.js";
import { askAgain, running } from "../../stores/chat.js";
import { blocksOf } from "../../text/blocks.js";
import { blockStarts } from "../../text/parser.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { AnswerFoot } from "./AnswerFoot.js";
import { Prose } from "./Prose.js";

/** @typedef {import("../../stores/thread.js").Entry} Entry */

/** @param {{ entry: Entry, last: boolean }} props */
const BrokenOff = ({ entry, last }) => html`
  <p class="broken-off">
    <span>${entry.status === "interrupted" ? words.chat.interrupted : words.chat.failed}</span>
    ${last && entry.turn_id && !running() && html`<button type="button" class="button small" onClick=${() => void askAgain(String(entry.turn_id))}><${Icon} name="rotate-ccw" /> ${words.chat.askAgain}</button>`}
  </p>
`;

/** What MIRA said. @param {{ entry: Entry, here: boolean, last: boolean }} props */
export function Answer({ entry, here, last }) {
  const blocks = useMemo(() => blocksOf(entry.text, blockStarts), [entry.text]);
  return html`
    <article id=${`m-${entry.id}`} class=${`answer${here ? " here" : ""}`} tabindex="-1" data-step aria-label=${words.chat.said(words.chat.mira, exactly(entry.created_at))}>
      <${Prose} finished=${blocks.finished} env=${blocks.env} />
      ${entry.status !== "complete" && html`<${BrokenOff} entry=${entry} last=${last} />`}
      ${entry.turn_id && html`<${AnswerFoot} turnId=${entry.turn_id} text=${entry.text} />`}
    </article>
  `;
}
