import { html } from "../../html.js";
import { running } from "../../stores/chat.js";
import { goTo, refusal } from "../../stores/versions.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { words } from "./anewWords.js";

/** @typedef {import("../../stores/thread.js").Entry} Entry */
/** @typedef {"previous" | "next"} Way */

/** @param {string} id */
const place = (id) => document.getElementById(`m-${id}`);

/** The other version comes to stand where this one stood, and the focus stays on the same button. @param {Entry} entry @param {string} versionId @param {Way} way */
async function turn(entry, versionId, way) {
  const top = place(entry.id)?.getBoundingClientRect().top;
  const now = await goTo(entry, versionId);
  if (!now) return;
  requestAnimationFrame(() => {
    const there = place(now.id);
    const box = there?.closest(".thread");
    if (!there || !box) return;
    if (top !== undefined) box.scrollTop += there.getBoundingClientRect().top - top;
    const buttons = /** @type {HTMLElement[]} */ ([...there.querySelectorAll(".versions button")]);
    (buttons.find((button) => button.dataset["way"] === way) ?? there).focus({ preventScroll: true });
  });
}

/** @param {{ entry: Entry, way: Way, to: string | null }} props */
const Turn = ({ entry, way, to }) => html`
  <button type="button" class=${`icon-button ${way}`} data-way=${way} aria-label=${words[way]} title=${words[way]} aria-disabled=${!to || running()}
    onClick=${() => to && !running() && void turn(entry, to, way)}><${Icon} name="chevron-right" /></button>
`;

/** Which of several versions this is, e.g. `2 / 3`, and the way to the others. @param {{ entry: Entry }} props */
export function Versions({ entry }) {
  const { index = 1, count = 1, previous_id = null, next_id = null } = entry.branch ?? {};
  if (count < 2) return null;
  return html`
    <span class="versions" role="group" aria-label=${words.version(index, count)}>
      <${Turn} entry=${entry} way="previous" to=${previous_id} /><span class="figure" aria-hidden="true">${index} / ${count}</span><${Turn} entry=${entry} way="next" to=${next_id} />
    </span>
    ${refusal.value?.id === entry.id && html`<${ProblemNote} problem=${refusal.value.problem} />`}
  `;
}
