import { html } from "../../html.js";
import { memorySignal, undo } from "../../stores/memory.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";

/** After a change: that it is kept, and the way back. @param {{ id: string }} props */
export function Undo({ id }) {
  const { undo: change, version } = memorySignal(id).value;
  return html`
    <p class="undo" role="status">
      ${change && html`${words.memory.saved} <button type="button" class="quiet small" data-undo onClick=${() => void undo(id)}><${Icon} name="rotate-ccw" /> ${words.memory.undo}</button>`}
      ${!change && version > 0 && words.memory.undone}
    </p>
  `;
}
