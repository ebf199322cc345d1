import { html, useEffect, useRef } from "../html.js";

/**
 * A modal dialog; the browser keeps the focus inside and gives it back.
 *
 * @param {{ label: string, kind?: string, close: () => void, children: import("../html.js").Children }} props
 */
export function Dialog({ label, kind = "", close, children }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    dialog?.showModal();
    const wanted = dialog?.querySelector("[data-autofocus]");
    if (wanted instanceof HTMLElement) wanted.focus({ preventScroll: true });
    return () => {
      const elsewhere = document.activeElement !== document.body && !dialog?.contains(document.activeElement);
      dialog?.close();
      if (!elsewhere && opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    close();
  };
  const click = (/** @type {MouseEvent} */ event) => {
    if (event.target === ref.current) close();
  };
  return html`<dialog ref=${ref} class=${`dialog ${kind}`} aria-label=${label} onCancel=${cancel} onClick=${click}>${children}</dialog>`;
}
