import { html } from "../../html.js";
import { address } from "../../lib/route.js";
import { onDate } from "../../lib/time.js";
import { words } from "../../words.js";
import { Time } from "../../parts/Time.js";

/** @typedef {import("../../api/types.js").Memory} Memory */

/** @param {{ name: string, value: number }} props */
const Level = ({ name, value }) => html`
  <dt>${name}</dt>
  <dd><span class="bar level" role="img" aria-label=${`${Math.round(value * 100)}%`}><span style=${{ width: `${value * 100}%` }}></span></span></dd>
`;

/** @param {{ memory: Memory }} props what else is known of a memory */
export const Facts = ({ memory }) => html`
  <dl class="facts">
    <dt>${words.memory.noted}</dt>
    <dd><${Time} at=${memory.created_at} /></dd>
    ${memory.happens_at && html`<dt>${words.memory.happens}</dt><dd>${onDate(memory.happens_at)}</dd>`}
    ${memory.expires_at && html`<dt>${words.memory.expires}</dt><dd>${onDate(memory.expires_at)}</dd>`}
    <dt>${words.memory.accessed}</dt>
    <dd>${memory.last_accessed_at ? html`<${Time} at=${memory.last_accessed_at} /> (${words.memory.times(memory.access_count)})` : words.memory.times(0)}</dd>
    <${Level} name=${words.memory.importance} value=${memory.importance} />
    <${Level} name=${words.memory.confidence} value=${memory.confidence} />
  </dl>
  ${memory.trust === "untrusted" && html`<p class="hint">${words.memory.untrusted}</p>`}
`;

/** @param {{ memory: Memory }} props who and what a memory is about */
export const Entities = ({ memory }) => html`
  <section class="part-section">
    <h3>${words.memory.people}</h3>
    <ul class="chips">${memory.entities.map((entity) => html`<li key=${entity.id}><a class="chip" href=${address("memory", [], { q: entity.name })}>${entity.name}</a></li>`)}</ul>
  </section>
`;

/** @param {{ memory: Memory }} props */
export const Links = ({ memory }) => html`
  <section class="part-section">
    <h3>${words.memory.links}</h3>
    <ul class="links">
      ${memory.links.map((link) => html`<li key=${link.id}><span class="hint">${words.memory.linkKinds[link.kind] ?? link.kind}</span> <a href=${address("memory", [link.other_id])}>${link.other_text}</a></li>`)}
    </ul>
  </section>
`;
