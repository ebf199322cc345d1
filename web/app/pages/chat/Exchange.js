import { html } from "../../html.js";
import { askAgain, running } from "../../stores/chat.js";
import { unanswered } from "../../stores/listening.js";
import { live } from "../../stores/turn.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { Answer } from "./Answer.js";
import { ChapterHead } from "./Chapter.js";
import { LiveAnswer } from "./LiveAnswer.js";
import { Question } from "./Question.js";

/** @typedef {import("../../lib/timeline.js").Exchange} ExchangeValue */
/** @typedef {{ id: string, span: import("../../lib/passage.js").Span | null } | null} Target */

const Unanswered = () => html`
  <p class="broken-off">
    <span>${words.chat.unanswered}</span>
    <button type="button" class="button small" onClick=${() => void askAgain(String(unanswered.value))}><${Icon} name="rotate-ccw" /> ${words.chat.askAgain}</button>
  </p>
`;

/** A question and what was answered to it. @param {{ exchange: ExchangeValue, last: boolean, room: boolean, target: Target }} props */
export const Exchange = ({ exchange, last, room, target }) => html`
  ${exchange.chapterId && html`<${ChapterHead} key="chapter" id=${exchange.chapterId} />`}
  <section class=${`exchange${room ? " room" : ""}`} data-key=${exchange.key}>
    ${exchange.question && html`<${Question} key=${exchange.question.key} entry=${exchange.question} here=${target?.id === exchange.question.id} span=${target?.span ?? null} />`}
    ${exchange.answers.map((answer) => html`<${Answer} key=${answer.key} entry=${answer} here=${target?.id === answer.id} last=${last} />`)}
    ${last && live.value && html`<${LiveAnswer} key=${live.value.key} />`}
    ${last && unanswered.value && !running() && !live.value && html`<${Unanswered} />`}
  </section>
`;
