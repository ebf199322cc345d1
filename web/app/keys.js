/** The keys that work everywhere; those of a field stay with the field. */
import { address } from "./lib/route.js";
import { go, here, route } from "./stores/route.js";

/** @typedef {{ openBox: () => void, openKeys: () => void, soon: () => void }} Doors `soon` is told when the box is likely to be opened */

/** @type {Record<string, string>} */
const PLACES = { c: "chat", m: "memory", s: "search", p: "prompt", ",": "settings" };
const PATIENCE = 1200;

let wentAt = 0;

/** @param {EventTarget | null} target */
const writing = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Next or previous in the nearest list, or in the conversation. @param {1 | -1} by */
function step(by) {
  const scope = document.querySelector("dialog[open]") ?? document.querySelector("#main") ?? document;
  const steps = /** @type {HTMLElement[]} */ ([...scope.querySelectorAll("[data-step]")]);
  const at = steps.findIndex((one) => one === document.activeElement || one.contains(document.activeElement));
  const next = at < 0 ? (by > 0 && scope.querySelector("[data-list]") ? steps[0] : steps.at(-1)) : steps[at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** @param {Doors} doors */
function search(doors) {
  const field = document.querySelector("#main [data-search]");
  if (field instanceof HTMLInputElement) field.focus();
  else doors.openBox();
}

/** Close the innermost thing that is open; dialogs do so themselves. */
function escape() {
  const { page, parts, query } = route.value;
  if (document.querySelector("dialog[open], :popover-open")) return;
  if (query.why || query.memory) go(here({ why: null, memory: null }), { replace: true });
  else if (page === "memory" && parts.length) go(address("memory", [], query), { replace: true });
}

function write() {
  go(address("chat"));
  takeFocus(60);
}

/** The composer may take a few frames to be there. @param {number} frames */
function takeFocus(frames) {
  requestAnimationFrame(() => {
    const field = document.getElementById("composer");
    field?.focus();
    if (frames && document.activeElement !== field) takeFocus(frames - 1);
  });
}

/** @param {Doors} doors @returns {Record<string, () => void>} */
const actions = (doors) => ({
  "/": () => search(doors),
  "?": doors.openKeys,
  j: () => step(1),
  k: () => step(-1),
  e: () => /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-step]")?.querySelector("[data-edit-this]") ?? document.querySelector("[data-edit]"))?.click(),
  u: () => (document.querySelector("[data-undo]") ? /** @type {HTMLElement} */ (document.querySelector("[data-undo]")).click() : undefined),
  c: write,
  g: () => {
    wentAt = performance.now();
  },
});

/** @param {Doors} doors */
export function listenForKeys(doors) {
  const acts = actions(doors);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    if (/^(Control|Meta)$/.test(event.key)) doors.soon();
    if (command && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return doors.openBox();
    }
    if (event.key === "Escape") return escape();
    if (event.key === "ArrowDown" && event.target instanceof Element && event.target.matches("#main [data-search]")) {
      event.preventDefault();
      return step(1);
    }
    if (command || event.altKey || writing(event.target)) return undefined;
    const goes = performance.now() - wentAt < PATIENCE && PLACES[event.key];
    const act = goes ? () => go(address(goes)) : document.querySelector("dialog[open]") && !/^[jk]$/.test(event.key) ? undefined : acts[event.key];
    if (!act) return undefined;
    if (event.key !== "g" || goes) wentAt = 0;
    event.preventDefault();
    return act();
  });
}
