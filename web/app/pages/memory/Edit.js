import { html, useEffect, useRef, useState } from "../../html.js";
import { mend } from "../../stores/memory.js";
import { words } from "../../words.js";

/** Corrects the words of a memory where they stand. @param {{ memory: import("../../api/types.js").Memory, done: () => void }} props */
export function Edit({ memory, done }) {
  const ref = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [text, setText] = useState(memory.text);
  useEffect(() => {
    ref.current?.focus();
    ref.current?.setSelectionRange(text.length, text.length);
  }, []);
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const wanted = text.trim();
    if (!wanted || wanted === memory.text || (await mend(memory, { text: wanted }))) done();
  };
  const keydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      done();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) void save(event);
  };
  return html`
    <form class="edit" onSubmit=${save}>
      <label class="sr-only" for=${`edit-${memory.id}`}>${words.memory.editText}</label>
      <textarea id=${`edit-${memory.id}`} ref=${ref} rows="3" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)} onKeyDown=${keydown}></textarea>
      <div class="edit-actions">
        <button type="submit" class="button primary small">${words.memory.save}</button>
        <button type="button" class="button small" onClick=${done}>${words.memory.cancel}</button>
      </div>
    </form>
  `;
}
