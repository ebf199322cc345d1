import { html, useLayoutEffect, useRef, useState } from "../../html.js";
import { running } from "../../stores/chat.js";
import { editing, sendEdited } from "../../stores/versions.js";
import { words } from "./anewWords.js";

const LINES = 10;

/** @param {HTMLTextAreaElement} field grows with its text, to ten lines */
function fit(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, Number.parseFloat(getComputedStyle(field).lineHeight) * LINES + 24)}px`;
}

/** A message in the place where it was said, to be said otherwise. @param {{ entry: import("../../stores/thread.js").Entry }} props */
export function Editor({ entry }) {
  const ref = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [text, setText] = useState(entry.text);
  useLayoutEffect(() => {
    ref.current?.focus();
    ref.current?.setSelectionRange(text.length, text.length);
  }, []);
  useLayoutEffect(() => {
    if (ref.current) fit(ref.current);
  }, [text]);
  const leave = () => {
    editing.value = null;
    requestAnimationFrame(() => document.getElementById(`m-${entry.id}`)?.focus({ preventScroll: true }));
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!text.trim() || running()) return;
    sendEdited(entry, text.trim());
    document.getElementById("composer")?.focus({ preventScroll: true });
  };
  const keydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    leave();
  };
  return html`
    <form class="rewrite" onSubmit=${submit}>
      <label class="sr-only" for="rewrite">${words.editing}</label>
      <textarea id="rewrite" ref=${ref} rows="1" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)} onKeyDown=${keydown} autocomplete="off"></textarea>
      <div class="rewrite-foot">
        <span class="hint">${words.kept}</span>
        <button type="button" class="button small" onClick=${leave}>${words.cancel}</button>
        <button type="submit" class="button small primary" aria-disabled=${!text.trim() || running()}>${words.send}</button>
      </div>
    </form>
  `;
}
