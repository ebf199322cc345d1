import { html, useEffect, useRef } from "../html.js";
import { narrow } from "../stores/screen.js";
import { words } from "../words.js";
import { Dialog } from "./Dialog.js";
import { Icon } from "./Icon.js";

/** @typedef {{ title: string, icon?: string, close: () => void, children: import("../html.js").Children }} PanelProps */

/** @param {PanelProps} props */
const Inside = ({ title, close, children }) => html`
  <header class="panel-head">
    <h2 tabindex="-1" data-autofocus>${title}</h2>
    <button type="button" class="icon-button" aria-label=${words.close} title=${words.close} onClick=${close}><${Icon} name="x" size=${18} /></button>
  </header>
  <div class="panel-body">${children}</div>
`;

/** @param {PanelProps} props */
function Beside(props) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const opener = document.activeElement;
    const heading = ref.current?.querySelector("h2");
    if (opener !== document.body) heading?.focus({ preventScroll: true });
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);
  return html`<aside ref=${ref} class="panel" aria-label=${props.title}><${Inside} ...${props} /></aside>`;
}

/** What stands beside the page on wide screens and comes up from below on narrow ones. @param {PanelProps} props */
export const Panel = (props) =>
  narrow.value ? html`<${Dialog} kind="sheet" label=${props.title} close=${props.close}><${Inside} ...${props} /></${Dialog}>` : html`<${Beside} ...${props} />`;
