import { html, useMemo } from "../../html.js";
import { exactly } from "../../lib/time.js";
import { askAgain, running } from "../../stores/chat.js";
import { written } from "../../stores/turn.js";
import { blocksOf } from "../../text/blocks.js";
import { blockStarts } from "../../text/parser.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { AnswerFoot } from "./AnswerFoot.js";
import { LiveFoot } from "./LiveFoot.js";
import { Prose } from "./Prose.js";

/** @typedef {import("../../stores/thread.js").Entry} Entry */

/** @param {{ entry: Entry, last: boolean }} props */
const Below = ({ entry, last }) => html`
  ${entry.status !== "complete" && html`<${BrokenOff} entry=${entry} last=${last} />`}
  ${entry.turn_id && html`<${AnswerFoot} entry=${entry} />`}
`;

/** @param {{ entry: Entry, last: boolean }} props */
const BrokenOff = ({ entry, last }) => html`
  <p class="broken-off">
    <span>${entry.status === "interrupted" ? words.chat.interrupted : words.chat.failed}</span>
    ${last && entry.turn_id && !running() && html`<button type="button" class="button small" onClick=${() => void askAgain(String(entry.turn_id))}><${Icon} name="rotate-ccw" /> ${words.chat.askAgain}</button>`}
  </p>
`;

/** @param {Entry | null} entry what was said, or null for what is being said */
function useBlocks(entry) {
  const said = useMemo(() => (entry ? { ...blocksOf(entry.text, blockStarts), tail: "" } : null), [entry?.text]);
  return said ?? written.value;
}

/**
 * What MIRA said or is saying: one and the same, so that nothing is drawn anew when it ends.
 *
 * @param {{ entry: Entry | null, here: boolean, last: boolean }} props
 */
export function Answer({ entry, here, last }) {
  const { finished, tail, env } = useBlocks(entry);
  const label = entry ? words.chat.said(words.chat.mira, exactly(entry.created_at)) : words.chat.mira;
  return html`
    <article id=${entry ? `m-${entry.id}` : undefined} class=${`answer${here ? " here" : ""}${entry ? "" : " live"}`} tabindex="-1" data-step aria-label=${label} aria-busy=${!entry && running() ? "true" : undefined}>
      <${Prose} finished=${finished} tail=${tail} env=${env} />
      ${entry ? html`<${Below} entry=${entry} last=${last} />` : html`<${LiveFoot} />`}
    </article>
  `;
}
