import { html } from "../html.js";
import { plain } from "../lib/passage.js";
import { placeOf } from "../lib/places.js";
import { words } from "../words.js";
import { Icon } from "./Icon.js";
import { Marked } from "./Marked.js";
import { Time } from "./Time.js";

const ICONS = { memory: "brain", segment: "bookmark", message: "message-circle" };

/** @param {{ hit: import("../api/types.js").Hit, query: string, follow?: () => void, selected?: boolean }} props one find, which leads to its place */
export const HitRow = ({ hit, query, follow, selected = false }) => html`
  <li>
    <a class=${`row hit ${hit.kind}${selected ? " open" : ""}`} data-step href=${placeOf(hit)} onClick=${follow}>
      <span class=${`hit-icon ${hit.kind}`}><${Icon} name=${ICONS[hit.kind]} /></span>
      <span class="hit-body">
        <span class="row-text"><${Marked} text=${plain(hit.snippet)} query=${query} /></span>
        <span class="row-facts"><span>${words.search.one[hit.kind]}</span><span class="row-time"><${Time} at=${hit.created_at} /></span></span>
      </span>
    </a>
  </li>
`;
