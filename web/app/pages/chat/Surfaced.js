import { html, useEffect, useState } from "../../html.js";
import { placeOf } from "../../lib/places.js";
import { narrow } from "../../stores/screen.js";
import { route } from "../../stores/route.js";
import { memorySignal, read } from "../../stores/memory.js";
import { words } from "../../words.js";
import { Bars } from "../../parts/Bars.js";
import { Icon } from "../../parts/Icon.js";
import { ProblemNote } from "../../parts/ProblemNote.js";
import { Quotes } from "../../parts/Quote.js";
import { Time } from "../../parts/Time.js";
import { Edit } from "../memory/Edit.js";
import { Undo } from "../memory/Undo.js";

/** @typedef {import("../../api/types.js").Surfaced} SurfacedValue */

/** @param {{ one: SurfacedValue }} props a memory that came to mind, which can be mended on the spot */
function MemoryCard({ one }) {
  const { memory, problem } = memorySignal(one.id).value;
  const [editing, setEditing] = useState(false);
  useEffect(() => void read(one.id), [one.id]);
  if (problem?.status === 404) return html`<p class="card-text gone">${one.text}</p><p class="hint">${words.why.gone}</p>`;
  return html`
    ${editing && memory
      ? html`<${Edit} memory=${memory} done=${() => setEditing(false)} />`
      : html`<p class="card-text">${memory?.text ?? one.text}
          <button type="button" class="icon-button faint" disabled=${!memory} aria-label=${words.memory.edit} title=${words.memory.edit} onClick=${() => setEditing(true)}><${Icon} name="pencil" size=${14} /></button></p>`}
    ${problem && html`<${ProblemNote} problem=${problem} />`}
    <${Undo} id=${one.id} />
    ${memory && html`<${Quotes} memory=${memory} />`}
  `;
}

/** @param {{ one: SurfacedValue }} props a chapter or something said before */
const PlaceCard = ({ one }) => html`
  <blockquote class="card-text said">“${one.text}”</blockquote>
  <p class="hint place-line"><${Time} at=${one.created_at} /><a class="to-place" href=${placeOf(one, narrow.value ? {} : { why: route.value.query.why ?? null })}>${words.memory.show}<${Icon} name="chevron-right" size=${14} /></a></p>
`;

/** One thing that came to mind, and why. @param {{ one: SurfacedValue, cited: boolean }} props */
export const Surfaced = ({ one, cited }) => html`
  <li class=${`card ${one.kind}`}>
    <p class="card-kind">
      <span>${words.why.kinds[one.kind]}</span>
      ${cited && html`<span class="cited"><${Icon} name="check" size=${13} /> ${words.why.cited}</span>`}
    </p>
    ${one.kind === "memory" ? html`<${MemoryCard} one=${one} />` : html`<${PlaceCard} one=${one} />`}
    <${Bars} reasons=${one.reasons} />
  </li>
`;
