import { html } from "../../html.js";
import { route } from "../../stores/route.js";
import { address } from "../../lib/route.js";
import { words } from "../../words.js";
import { Icon } from "../../parts/Icon.js";
import { Marked } from "../../parts/Marked.js";
import { Time } from "../../parts/Time.js";

/** @param {{ memory: import("../../api/types.js").Memory, query: string, open: boolean }} props */
export const Row = ({ memory, query, open }) => html`
  <li>
    <a class=${`row${open ? " open" : ""}`} data-step href=${address("memory", [memory.id], route.value.query)} aria-current=${open ? "true" : undefined}>
      <span class="row-text"><${Marked} text=${memory.text} query=${query} /></span>
      <span class="row-facts">
        ${memory.pinned && html`<span class="pinned"><${Icon} name="pin" size=${13} /><span class="sr-only">${words.memory.pinned}</span></span>`}
        <span>${words.memory.kinds[memory.kind] ?? memory.kind}</span>
        ${memory.state !== "active" && html`<span class=${`state ${memory.state}`}>${words.memory.states[memory.state] ?? memory.state}</span>`}
        ${memory.entities.length > 0 && html`<span>${memory.entities.slice(0, 4).map((entity) => entity.name).join(", ")}</span>`}
        ${query && html`<span class="row-time"><${Time} at=${memory.created_at} /></span>`}
      </span>
    </a>
  </li>
`;
