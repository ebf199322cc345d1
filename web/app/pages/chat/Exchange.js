import { html } from "../../html.js";
import { askAgain, running } from "../../stores/chat.js";
import { unanswered } from "../../stores/listening.js";
import { live } from "../../stores/turn.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { Answer } from "./Answer.js";
import { ChapterHead } from "./Chapter.js";
import { Question } from "./Question.js";

/** @typedef {import("../../lib/timeline.js").Exchange} ExchangeValue */
/** @typedef {{ id: string, span: import("../../lib/passage.js").Span | null } | null} Target */

const Unanswered = () => html`
  <p class="broken-off">
    <span>${words.chat.unanswered}</span>
    <button type="button" class="button small" onClick=${() => void askAgain(String(unanswered.value))}><${Icon} name="rotate-ccw" /> ${words.chat.askAgain}</button>
  </p>
`;

/** @param {ExchangeValue} exchange @param {boolean} last @returns {{ key: string, entry: import("../../stores/thread.js").Entry | null }[]} null stands for the one that is being written */
function answersOf(exchange, last) {
  const said = exchange.answers.map((entry) => ({ key: entry.key, entry }));
  return last && live.value ? [...said, { key: live.value.key, entry: null }] : said;
}

/** A question and what was answered to it. @param {{ exchange: ExchangeValue, last: boolean, room: boolean, target: Target }} props */
export const Exchange = ({ exchange, last, room, target }) => html`
  ${exchange.chapterId && html`<${ChapterHead} key="chapter" id=${exchange.chapterId} />`}
  <section class=${`exchange${room ? " room" : ""}`} data-key=${exchange.key}>
    ${exchange.question && html`<${Question} key=${exchange.question.key} entry=${exchange.question} here=${target?.id === exchange.question.id} span=${target?.span ?? null} />`}
    ${answersOf(exchange, last).map(({ key, entry }) => html`<${Answer} key=${key} entry=${entry} here=${entry !== null && target?.id === entry.id} last=${last} />`)}
    ${last && unanswered.value && !running() && !live.value && html`<${Unanswered} />`}
  </section>
`;
