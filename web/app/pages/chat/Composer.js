import { html, useEffect, useLayoutEffect, useRef, useState } from "../../html.js";
import { endChapter, ending, chapters } from "../../stores/chapters.js";
import { running, send, stop } from "../../stores/chat.js";
import { draft, setDraft } from "../../stores/outbox.js";
import { route } from "../../stores/route.js";
import { setIncognito } from "../../stores/screen.js";
import { about } from "../../stores/status.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";

const LINES = 10;

/** @param {HTMLTextAreaElement} field grows with its text, to ten lines */
export function fit(field) {
  field.style.height = "auto";
  const line = Number.parseFloat(getComputedStyle(field).lineHeight);
  field.style.height = `${Math.min(field.scrollHeight, line * LINES + 24)}px`;
}

/** @param {{ hint: string }} props */
const Foot = ({ hint }) => {
  const canEnd = chapters.value[0]?.status === "active" && !running() && ending.value.state !== "running";
  return html`
    <div class="composer-foot">
      <span class="model">${about.value?.builtIn ? words.status.builtIn : (about.value?.model ?? "")}</span>
      <span class="hint" role="status">${hint}</span>
      ${!running() && html`<button type="button" class="quiet small" title=${words.chat.incognitoWhy} onClick=${() => setIncognito(true)}>${words.chat.incognito}</button>`}
      ${canEnd && html`<button type="button" class="quiet small" title=${words.chat.endChapterWhy} onClick=${() => void endChapter()}>${words.chat.endChapter}</button>`}
    </div>
  `;
};

/** Where one writes. */
export function Composer() {
  const ref = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [hint, setHint] = useState("");
  const busy = running();
  useLayoutEffect(() => {
    if (ref.current) fit(ref.current);
  }, [draft.value]);
  useEffect(() => {
    if (!busy) setHint("");
  }, [busy]);
  useEffect(() => {
    const free = document.activeElement === document.body && !route.value.parts.length; // a jump takes the focus to its place
    if (free && matchMedia("(hover: hover)").matches) ref.current?.focus({ preventScroll: true });
  }, []);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = draft.value.trim();
    if (busy || !text) return setHint(busy && text ? words.chat.running : "");
    setDraft("");
    void send(text);
  };
  const keydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  return html`
    <form class="composer" onSubmit=${submit}>
      <div class="composer-box">
        <label class="sr-only" for="composer">${words.chat.composer}</label>
        <textarea id="composer" ref=${ref} rows="1" placeholder=${words.chat.placeholder} value=${draft.value}
          onInput=${(/** @type {any} */ event) => setDraft(event.target.value)} onKeyDown=${keydown} autocomplete="off"></textarea>
        ${busy
          ? html`<button type="button" key="stop" class="send stop" aria-label=${words.chat.stop} title=${words.chat.stop} onClick=${() => void stop()}><${Icon} name="square" /></button>`
          : html`<button type="submit" key="send" class="send" aria-label=${words.chat.send} title=${words.chat.send} aria-disabled=${!draft.value.trim()}><${Icon} name="arrow-up" size=${18} /></button>`}
      </div>
      <${Foot} hint=${hint} />
    </form>
  `;
}
