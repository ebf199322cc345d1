import { html, useEffect, useState } from "../html.js";
import { inUnits, sentenceFor } from "../lib/passage.js";
import { asProblem } from "../lib/problem.js";
import { address } from "../lib/route.js";
import { narrow } from "../stores/screen.js";
import { route } from "../stores/route.js";
import { api } from "../api/client.js";
import { words } from "../words.js";
import { Icon } from "./Icon.js";
import { Time } from "./Time.js";
import { Waiting } from "./Waiting.js";

/** @typedef {import("../api/types.js").Message} Message */
/** @typedef {{ messageId: string, span: import("../lib/passage.js").Span | null, claim: string, memoryId?: string }} QuoteProps */

/** What stays open beside the conversation once the link is followed. @param {string} [memoryId] @returns {Record<string, string | null>} */
function beside(memoryId) {
  if (narrow.value) return {};
  const { why } = route.value.query;
  return why ? { why } : { memory: memoryId ?? null };
}

/** @param {string} messageId @returns {{ message: Message | null, lost: string }} */
function useMessage(messageId) {
  const [state, setState] = useState({ message: /** @type {Message | null} */ (null), lost: "" });
  useEffect(() => {
    let current = true;
    api.message(messageId).then(
      (message) => current && setState({ message, lost: "" }),
      (error) => current && setState({ message: null, lost: asProblem(error).status === 404 ? words.memory.lostEvidence : asProblem(error).message }),
    );
    return () => {
      current = false;
    };
  }, [messageId]);
  return state;
}

/** The very words that a memory was drawn from, and the way to their place. @param {QuoteProps} props */
export function Quote({ messageId, span, claim, memoryId }) {
  const { message, lost } = useMessage(messageId);
  if (lost) return html`<p class="hint">${lost}</p>`;
  if (!message) return html`<${Waiting}>${words.memory.evidenceLoading}</${Waiting}>`;
  const units = span ? inUnits(message.text, span) : sentenceFor(message.text, claim);
  const points = span ?? { start: [...message.text.slice(0, units.start)].length, end: [...message.text.slice(0, units.end)].length };
  const place = address("chat", ["message", messageId], { span: `${points.start}-${points.end}`, ...beside(memoryId) });
  return html`
    <figure class="quote">
      <blockquote>“${message.text.slice(units.start, units.end).trim()}”</blockquote>
      <figcaption>
        <span>${message.role === "user" ? words.memory.you : words.memory.mira}, <${Time} at=${message.created_at} /></span>
        <a class="to-place" href=${place}>${words.memory.show}<${Icon} name="chevron-right" size=${14} /></a>
      </figcaption>
    </figure>
  `;
}

/** All that stands behind a memory. @param {{ memory: import("../api/types.js").Memory }} props */
export function Quotes({ memory }) {
  const spans = memory.evidence?.length ? memory.evidence : memory.source_message_ids.map((message_id) => ({ message_id, start: 0, end: 0 }));
  if (!spans.length) return html`<p class="hint">${words.memory.noEvidence}</p>`;
  return spans.map(
    ({ message_id, start, end }) => html`<${Quote} key=${`${message_id}:${start}`} messageId=${message_id} span=${end > start ? { start, end } : null} claim=${memory.text} memoryId=${memory.id} />`,
  );
}
