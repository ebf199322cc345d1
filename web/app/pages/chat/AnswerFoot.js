import { html, useEffect, useRef, useState } from "../../html.js";
import { copy } from "../../lib/clipboard.js";
import { recalled } from "../../lib/recalled.js";
import { duration } from "../../lib/time.js";
import { go, here, route } from "../../stores/route.js";
import { say } from "../../stores/say.js";
import { needTrace, traceSignal } from "../../stores/traces.js";
import { anew } from "../../stores/anew.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";

/** @typedef {import("../../api/types.js").Trace} Trace */

const GLANCE = 300;

/** @param {Trace} trace e.g. `3 memories · 1.2 s` */
export const summary = (trace) =>
  [recalled(trace.memories), ...trace.tools.map((tool) => tool.replace(/_tool$/, "")), ...(trace.timings.total ? [duration(trace.timings.total)] : [])].join(" · ");

/** @param {{ text: string }} props */
function CopyAnswer({ text }) {
  const [done, setDone] = useState(false);
  const click = async () => {
    const copied = await copy(text);
    say(copied ? words.chat.copied : words.chat.notCopied);
    setDone(copied);
    setTimeout(() => setDone(false), 2000);
  };
  return html`<button type="button" class="icon-button faint" aria-label=${words.chat.copyAnswer} title=${words.chat.copyAnswer} onClick=${click}><${Icon} name=${done ? "check" : "copy"} /></button>`;
}

/** Ask for the trace once the answer has been in view for a moment. @param {string} turnId */
function useGlance(turnId) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const observer = new IntersectionObserver(([seen]) => {
      clearTimeout(timer);
      if (seen?.isIntersecting) timer = setTimeout(() => void needTrace(turnId), GLANCE);
    });
    if (ref.current) observer.observe(ref.current);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
  }, [turnId]);
  return ref;
}

/** The one quiet line under an answer. @param {{ entry: import("../../stores/thread.js").Entry }} props */
export function AnswerFoot({ entry }) {
  const turnId = String(entry.turn_id);
  const ref = useGlance(turnId);
  const { trace } = traceSignal(turnId).value;
  const line = trace ? summary(trace) : words.why.ask;
  const open = route.value.query.why === turnId;
  const ending = words.chat.endings[trace?.stop ?? ""];
  return html`
    ${ending && html`<p class="broken-off"><span>${ending}</span></p>`}
    <footer class="answer-foot" ref=${ref}>
      <button type="button" class="why-line" aria-expanded=${open} onClick=${() => go(here({ why: open ? null : turnId, memory: null }))}>
        ${trace && trace.memories.length > 0 && html`<span class="memory-dot" aria-hidden="true"></span>`}${line}
        ${trace && html`<span class="sr-only">. ${words.why.ask}</span>`}
      </button>
      <${CopyAnswer} text=${entry.text} />
      ${anew.value && html`<${anew.value.UnderAnswer} entry=${entry} />`}
    </footer>
  `;
}
