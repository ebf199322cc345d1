import { html } from "../../html.js";
import { address } from "../../lib/route.js";
import { span } from "../../lib/time.js";
import { chapters, ending } from "../../stores/chapters.js";
import { words } from "../../words.js";
import { ProblemNote } from "../../parts/ProblemNote.js";

/** Where a chapter begins: its title, its time and what it was about. @param {{ id: string }} props */
export function ChapterHead({ id }) {
  const chapter = chapters.value.find((one) => one.id === id);
  if (!chapter || chapter.status === "active") return html`<div id=${`c-${id}`} class="chapter-rule" role="presentation"></div>`;
  return html`
    <header id=${`c-${id}`} class="chapter" tabindex="-1">
      <h3><a href=${address("chat", ["chapter", id])}>${chapter.title || words.chat.untitled}</a></h3>
      <p class="chapter-facts">${span(chapter.started_at, chapter.ended_at)} · ${words.chat.messages(chapter.message_count)}</p>
      ${chapter.summary && html`<p class="chapter-summary">${chapter.summary}</p>`}
    </header>
  `;
}

/** @param {{ chapter: import("../../api/types.js").Segment }} props */
const Ended = ({ chapter }) => html`
  <div class="chapter-end" role="status">
    <p><strong>${words.chat.ended}${chapter.title ? ": " : ""}</strong>${chapter.title && html`<a href=${address("chat", ["chapter", chapter.id])}>${chapter.title}</a>`}</p>
    <p class="hint">${words.chat.endedNext} <a href=${address("memory", [], { segment: chapter.id })}>${words.chat.notedHere}</a></p>
  </div>
`;

/** At the end of the thread: a chapter that is being summed up, or has just ended. @param {{ lastChapterId: string | null }} props */
export function ChapterEnd({ lastChapterId }) {
  if (ending.value.state === "running") return html`<p class="chapter-end progress" role="status"><span class="pulse" aria-hidden="true"></span><span class="phase">${words.chat.ending}</span></p>`;
  if (ending.value.state === "failed") return html`<${ProblemNote} problem=${ending.value.problem} />`;
  const last = chapters.value.find((one) => one.id === lastChapterId);
  return last?.status === "collapsed" ? html`<${Ended} chapter=${last} />` : null;
}
