import { html, useEffect, useLayoutEffect, useRef, useState } from "../../html.js";
import { dayName } from "../../lib/time.js";
import { timeline } from "../../lib/timeline.js";
import { chapters, ending } from "../../stores/chapters.js";
import { outbox } from "../../stores/outbox.js";
import * as thread from "../../stores/thread.js";
import { live } from "../../stores/turn.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Waiting } from "../../parts/Waiting.js";
import { ChapterEnd } from "./Chapter.js";
import { Empty } from "./Empty.js";
import { Exchange } from "./Exchange.js";
import { toEnd, toQuestion, useAnchor, useEnds } from "./scrolling.js";
import { UnsentList } from "./Unsent.js";

/** @typedef {import("../../stores/thread.js").Entry} Entry */
/** @typedef {import("./Exchange.js").Target} Target */

/** The message that is on its way already has its place. @returns {Entry[]} */
function withSending() {
  const entries = thread.entries.value;
  const [first] = outbox.value;
  if (!first || !live.value || live.value.turnId) return entries;
  const chapter = chapters.value[0];
  const segment_id = chapter?.status === "active" ? chapter.id : "next";
  return [...entries, { key: first.key, id: first.key, role: "user", text: first.text, created_at: first.at, segment_id, turn_id: null, status: "complete", memory_refs: [] }];
}

/** @param {{ days: import("../../lib/timeline.js").Day[], target: Target, roomFor: string }} props */
const Days = ({ days, target, roomFor }) =>
  days.map(
    (day, at) => html`
      <section class="day" key=${day.key}>
        <h2 class="day-name"><span>${dayName(day.at)}</span></h2>
        ${day.exchanges.map((exchange, index) => {
          const last = at === days.length - 1 && index === day.exchanges.length - 1;
          return html`<${Exchange} key=${exchange.key} exchange=${exchange} last=${last && !thread.hasNewer.value} room=${last && (exchange.key === roomFor || exchange.key === thread.held.value.key)} target=${target} />`;
        })}
      </section>
    `,
  );

const Above = () => {
  if (thread.loading.value === "older") return html`<${Waiting}>${words.chat.older}</${Waiting}>`;
  return thread.hasOlder.value || !thread.entries.value.length ? null : html`<p class="beginning">${words.chat.beginning}</p>`;
};

/** The one endless conversation. @param {{ target: Target }} props */
export function Thread({ target }) {
  const ref = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [roomFor, setRoom] = useState("");
  const entries = withSending();
  const days = timeline(entries, !thread.hasOlder.value);
  const sending = live.value && !live.value.turnId ? (outbox.value[0]?.key ?? "") : "";
  const following = useRef(!target);
  const atEnd = useEnds(ref, following);
  useAnchor(ref, entries[0]?.key);
  useEffect(() => {
    if (sending) setRoom(sending);
  }, [sending]);
  useEffect(() => {
    if (target) following.current = false;
    else if (thread.missing.value) following.current = true;
  }, [target?.id]);
  const held = thread.held.value;
  useLayoutEffect(() => {
    if (held.key) following.current = false;
  }, [held]);
  useLayoutEffect(() => {
    if (!ref.current || !roomFor) return;
    following.current = false;
    toQuestion(ref.current, roomFor);
  }, [roomFor]);
  useLayoutEffect(() => {
    if (ending.value.state === "idle" || !ref.current) return;
    setRoom("");
    following.current = true;
    toEnd(ref.current);
  }, [ending.value.state]);
  const waiting = outbox.value.length - (sending ? 1 : 0);
  useLayoutEffect(() => {
    if (waiting && ref.current) toEnd(ref.current);
  }, [waiting]);
  const toNow = async () => {
    if (thread.hasNewer.value) await thread.loadNewest();
    following.current = true;
    requestAnimationFrame(() => ref.current && toEnd(ref.current));
  };
  return html`
    <div class="thread" ref=${ref} tabindex="0" role="region" aria-label=${words.chat.heading}>
      <div class="measure">
        <${Above} />
        ${thread.problem.value && html`<${ProblemNote} problem=${thread.problem.value} again=${() => void thread.loadNewest()} />`}
        ${thread.loaded.value && !entries.length && !outbox.value.length && html`<${Empty} />`}
        <${Days} days=${days} target=${target} roomFor=${roomFor} />
        ${thread.loading.value === "newer" && html`<${Waiting}>${words.chat.newer}</${Waiting}>`}
        ${!thread.hasNewer.value && !live.value && html`<${ChapterEnd} lastChapterId=${entries.at(-1)?.segment_id ?? null} />`}
        ${thread.missing.value && html`<${ProblemNote} problem=${thread.missing.value} />`}
        <${UnsentList} skip=${sending ? 1 : 0} />
      </div>
    </div>
    ${(thread.hasNewer.value || !atEnd) && entries.length > 0 && html`<button type="button" class="to-now" onClick=${() => void toNow()}><${Icon} name="arrow-down" /> ${thread.hasNewer.value ? words.chat.toNow : words.chat.more}</button>`}
  `;
}
