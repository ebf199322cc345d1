import { html, useEffect, useMemo, useState } from "../html.js";
import { later } from "../lib/later.js";
import { address } from "../lib/route.js";
import { chapters, endChapter } from "../stores/chapters.js";
import { running } from "../stores/chat.js";
import { go } from "../stores/route.js";
import { incognito, nextTheme, setIncognito } from "../stores/screen.js";
import { searching } from "../stores/searching.js";
import { words } from "../words.js";
import { Dialog } from "./Dialog.js";
import { HitRow } from "./HitRow.js";
import { Icon } from "./Icon.js";
import { ProblemNote } from "./ProblemNote.js";

const QUIET = 150;
const SHOWN = 8;

/** @typedef {{ name: string, icon: string, run: () => void }} Command */

/** @returns {Command[]} what can be gone to and done */
const commands = () => [
  ...["chat", "memory", "search", "prompt", "settings"].map((page, at) => ({
    name: `${words.search.go} ${words.nav[/** @type {"chat"} */ (page)]}`, icon: ["message-circle", "brain", "search", "layers", "settings"][at] ?? "search", run: () => go(address(page)),
  })),
  ...(chapters.value[0]?.status === "active" && !running() ? [{ name: words.chat.endChapter, icon: "bookmark", run: () => (go(address("chat")), void endChapter()) }] : []),
  ...(incognito.value || running() ? [] : [{ name: words.chat.incognito, icon: "message-circle", run: () => (go(address("chat")), setIncognito(true)) }]),
  { name: words.theme.label, icon: "sun", run: nextTheme },
];

/** @param {KeyboardEvent} event move among the results without leaving the field */
function move(event) {
  const steps = [...document.querySelectorAll(".box [data-step]")];
  const at = steps.findIndex((step) => step.classList.contains("chosen"));
  const down = event.key === "ArrowDown";
  if (!down && event.key !== "ArrowUp") return event.key === "Enter" && steps[Math.max(0, at)] ? /** @type {HTMLElement} */ (steps[Math.max(0, at)]).click() : undefined;
  event.preventDefault();
  steps[at]?.classList.remove("chosen");
  const next = steps[(at + (down ? 1 : at < 0 ? 0 : -1) + steps.length) % steps.length];
  next?.classList.add("chosen");
  next?.scrollIntoView({ block: "nearest" });
  return undefined;
}

/** @param {{ command: Command, close: () => void }} props */
const CommandRow = ({ command, close }) => html`
  <li><button type="button" class="row command" data-step onClick=${() => (close(), command.run())}><span class="hit-icon"><${Icon} name=${command.icon} /></span>${command.name}</button></li>
`;

/** One box for everything: search, go to, do. @param {{ close: () => void }} props */
export function Box({ close }) {
  const found = useMemo(() => searching(SHOWN), []);
  const [text, setText] = useState("");
  const ask = useMemo(() => later(found.ask, QUIET), []);
  useEffect(() => ask(text), [text]);
  const fitting = commands().filter((command) => command.name.toLowerCase().includes(text.trim().toLowerCase()));
  const { hits, answered, problem, busy } = found;
  return html`
    <${Dialog} kind="box" label=${words.search.open} close=${close}>
      <label class="search-field"><${Icon} name="search" size=${18} /><span class="sr-only">${words.search.label}</span>
        <input type="search" data-autofocus placeholder=${words.search.placeholder} value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)} onKeyDown=${move} autocomplete="off" />
      </label>
      <div class="box-results">
        ${problem.value && html`<${ProblemNote} problem=${problem.value} />`}
        <p class="sr-only" role="status">${busy.value || !answered.value ? "" : words.search.found(hits.value.length)}</p>
        ${text && hits.value.length > 0 && html`<ul class="rows">${hits.value.map((hit) => html`<${HitRow} key=${hit.id} hit=${hit} query=${answered.value} follow=${close} />`)}</ul>`}
        ${text && answered.value === text.trim() && !hits.value.length && !busy.value && html`<p class="nothing">${words.search.none(answered.value)}</p>`}
        ${text.trim() && html`<ul class="rows"><${CommandRow} command=${{ name: words.search.everything, icon: "search", run: () => go(address("search", [], { q: text.trim() })) }} close=${close} /></ul>`}
        ${fitting.length > 0 && html`<ul class="rows">${fitting.map((command) => html`<${CommandRow} key=${command.name} command=${command} close=${close} />`)}</ul>`}
      </div>
    </${Dialog}>
  `;
}
