import { html } from "../html.js";
import { address } from "../lib/route.js";
import { route } from "../stores/route.js";
import { words } from "../words.js";
import { Icon } from "./Icon.js";
import { More, StatusButton, ThemeButton } from "./Status.js";

const PAGES = [
  { page: "chat", icon: "message-circle" },
  { page: "memory", icon: "brain" },
  { page: "search", icon: "search" },
  { page: "prompt", icon: "layers" },
  { page: "settings", icon: "settings" },
];

/** @param {{ page: string, icon: string }} props */
const Place = ({ page, icon }) => html`
  <li class=${page === "settings" ? "only-wide" : undefined}>
    <a class="place" href=${address(page)} aria-current=${route.value.page === page ? "page" : undefined}>
      <${Icon} name=${icon} size=${20} /><span>${words.nav[/** @type {"chat"} */ (page)]}</span>
    </a>
  </li>
`;

/** @param {{ showKeys: () => void }} props the way to every page, and how the parts are */
export const Rail = ({ showKeys }) => html`
  <nav class="rail" aria-label=${words.nav.label}>
    <p class="brand" aria-hidden="true"><img src="icons/mira.svg" alt="" width="22" height="22" /><span>${words.name}</span></p>
    <ul class="places">
      ${PAGES.map((place) => html`<${Place} key=${place.page} ...${place} />`)}
      <li class="only-narrow"><${More} showKeys=${showKeys} /></li>
    </ul>
    <div class="rail-foot">
      <${StatusButton} />
      <${ThemeButton} />
      <button type="button" class="status-button" onClick=${showKeys}><${Icon} name="keyboard" /><span>${words.keys.open}</span></button>
    </div>
  </nav>
`;
