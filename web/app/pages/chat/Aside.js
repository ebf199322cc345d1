import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../html.js";
import { answering, ask, leave, refused, spoken, stop, whisper } from "../../stores/aside.js";
import { say } from "../../stores/say.js";
import { blocksOf } from "../../text/blocks.js";
import { blockStarts } from "../../text/parser.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { aside } from "./asideWords.js";
import { fit } from "./Composer.js";
import { Prose } from "./Prose.js";

/** @typedef {import("../../stores/aside.js").Spoken} Spoken */

/** @param {{ text: string }} props */
function Answered({ text }) {
  const said = useMemo(() => blocksOf(text, blockStarts), [text]);
  return html`
    <article class="answer" tabindex="-1" data-step aria-label=${words.chat.mira}>
      <${Prose} finished=${said.finished} tail="" env=${said.env} />
      <p class="not-kept">${aside.notKept}</p>
    </article>
  `;
}

/** @param {{ text: string }} props */
const Asked = ({ text }) => html`
  <article class="question" tabindex="-1" data-step aria-label=${words.chat.you}><div class="bubble">${text}</div><p class="not-kept">${aside.notKept}</p></article>
`;

const Answering = () => {
  const now = answering.value;
  return now && html`
    <article class="answer live" aria-label=${words.chat.mira} aria-busy="true">
      <${Prose} finished=${now.finished} tail=${now.tail} env=${now.env} />
      <p class="progress"><span class="pulse" aria-hidden="true"></span><span class="phase">${words.chat.phases[now.phase]}</span></p>
    </article>
  `;
};

function Private() {
  const ref = useRef(/** @type {HTMLDivElement | null} */ (null));
  useLayoutEffect(() => {
    if (ref.current) ref.current.scrollTop = ref.current.scrollHeight;
  }, [spoken.value, answering.value, refused.value]);
  return html`
    <div class="thread" ref=${ref} tabindex="0" role="region" aria-label=${aside.heading}>
      <div class="measure">
        <header class="aside-note"><h2>${aside.title}</h2><p>${aside.about}</p><p>${aside.elsewhere}</p></header>
        ${spoken.value.map((/** @type {Spoken} */ one) => html`<${one.role === "user" ? Asked : Answered} key=${one.key} text=${one.text} />`)}
        <${Answering} />
        ${refused.value && html`<${ProblemNote} problem=${refused.value} again=${() => void ask()} label=${words.chat.askAgain} />`}
      </div>
    </div>
  `;
}

/** Where one writes off the record; what is written stands nowhere else. */
function Writing() {
  const ref = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [text, setText] = useState("");
  const busy = answering.value !== null;
  useLayoutEffect(() => {
    if (ref.current) fit(ref.current);
  }, [text]);
  useEffect(() => ref.current?.focus({ preventScroll: true }), []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy || !text.trim()) return;
    setText("");
    void whisper(text.trim());
  };
  const keydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  return html`
    <form class="composer" onSubmit=${submit} autocomplete="off">
      <div class="composer-box">
        <label class="sr-only" for="composer">${words.chat.composer}</label>
        <textarea id="composer" ref=${ref} rows="1" placeholder=${aside.placeholder} value=${text} autocomplete="off" spellcheck=${false}
          onInput=${(/** @type {any} */ event) => setText(event.target.value)} onKeyDown=${keydown}></textarea>
        ${busy
          ? html`<button type="button" key="stop" class="send stop" aria-label=${words.chat.stop} title=${words.chat.stop} onClick=${() => void stop()}><${Icon} name="square" /></button>`
          : html`<button type="submit" key="send" class="send" aria-label=${words.chat.send} title=${words.chat.send} aria-disabled=${!text.trim()}><${Icon} name="arrow-up" size=${18} /></button>`}
      </div>
      <div class="composer-foot">
        <span class="hint" role="status">${busy ? "" : aside.entered}</span>
        <button type="button" class="quiet small" onClick=${leave}><${Icon} name="x" /> ${aside.leave}</button>
      </div>
    </form>
  `;
}

/** The conversation of which nothing is kept. */
export function Aside() {
  useEffect(() => say(aside.entered), []);
  return html`<${Private} /><${Writing} />`;
}
