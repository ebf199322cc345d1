import { html } from "../html.js";
import { outbox } from "../stores/outbox.js";
import { lostParts, reachable } from "../stores/status.js";
import { words } from "../words.js";
import { Icon } from "./Icon.js";

/** What is wrong with the whole, in words, where everyone sees it. */
export function Banner() {
  if (!reachable.value) {
    const waiting = outbox.value.length;
    return html`<div class="banner gone" role="status"><${Icon} name="unplug" /><p>${waiting ? words.banner.goneWaiting(waiting) : words.banner.gone}</p></div>`;
  }
  if (!lostParts.value.length) return html`<div class="banner-place" role="status"></div>`;
  return html`
    <div class="banner unwell" role="status">
      <${Icon} name="triangle-alert" />
      <p>${words.banner.unwell} ${lostParts.value.map((part) => `${words.status.part(part.name)}${part.detail ? ` (${part.detail})` : ""}`).join(", ")}.</p>
    </div>
  `;
}
