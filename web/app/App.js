import { Component, html, signal, useEffect, useRef } from "./html.js";
import { asProblem } from "./lib/problem.js";
import { address } from "./lib/route.js";
import { go, here, route } from "./stores/route.js";
import { words } from "./words.js";
import { Banner } from "./parts/Banner.js";
import { Panel } from "./parts/Panel.js";
import { ProblemNote } from "./parts/ProblemNote.js";
import { Rail } from "./parts/Rail.js";
import { Said } from "./parts/Said.js";
import { Loaded, prefetch } from "./parts/Loaded.js";
import { ChatPage } from "./pages/chat/ChatPage.js";
import { listenForKeys } from "./keys.js";

/** Parts of the page that are fetched when they are first opened. */
const LATER = {
  memory: () => import("./pages/memory/MemoryPage.js").then((file) => file.MemoryPage),
  search: () => import("./pages/search/SearchPage.js").then((file) => file.SearchPage),
  prompt: () => import("./pages/prompt/PromptPage.js").then((file) => file.PromptPage),
  settings: () => import("./pages/settings/SettingsPage.js").then((file) => file.SettingsPage),
  why: () => import("./pages/chat/Why.js").then((file) => file.Why),
  detail: () => import("./pages/memory/Detail.js").then((file) => file.Detail),
  box: () => import("./parts/Box.js").then((file) => file.Box),
  keys: () => import("./parts/Keys.js").then((file) => file.Keys),
};

const open = signal(/** @type {"box" | "keys" | null} */ (null));
const close = () => (open.value = null);

/** @returns {import("./html.js").VNode | null} what stands beside the page, as the address says */
function panel() {
  const { page, parts, query } = route.value;
  if (page === "memory" && parts[0]) {
    return html`<${Panel} key="memory" title=${words.memory.one} close=${() => go(address("memory", [], query))}><${Loaded} key=${parts[0]} load=${LATER.detail} id=${parts[0]} /></${Panel}>`;
  }
  if (page !== "chat") return null;
  const shut = () => go(here({ why: null, memory: null }));
  if (query.why) return html`<${Panel} key="why" title=${words.why.title} close=${shut}><${Loaded} key=${query.why} load=${LATER.why} turnId=${query.why} /></${Panel}>`;
  if (query.memory) return html`<${Panel} key="memory" title=${words.memory.one} close=${shut}><${Loaded} key=${query.memory} load=${LATER.detail} id=${query.memory} /></${Panel}>`;
  return null;
}

/** @param {{ page: string }} props */
const Page = ({ page }) => (/^(memory|search|prompt|settings)$/.test(page) ? html`<${Loaded} key=${page} load=${LATER[/** @type {"memory"} */ (page)]} />` : html`<${ChatPage} />`);

/** Says so when a page breaks; what was written is kept in the browser. */
class Guard extends Component {
  /** @override @param {unknown} error */
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  /** @override @param {any} props @param {any} state */
  render(props, state) {
    if (!state.error) return props.children;
    const problem = asProblem(new Error(words.problem.pageBroke));
    return html`<div class="page"><${ProblemNote} problem=${problem} again=${() => location.reload()} label=${words.problem.reload} /></div>`;
  }
}

/** A page may take a few frames to be fetched; whoever begins to write meanwhile is left alone. @param {number} [frames] */
function focusHeading(frames = 60) {
  if (document.activeElement?.closest("dialog, .panel, #composer")) return;
  const heading = document.querySelector("main [data-page-heading]");
  if (heading instanceof HTMLElement) heading.focus();
  else if (frames) requestAnimationFrame(() => focusHeading(frames - 1));
}

/** The focus goes to the page that was opened; the conversation keeps it in the composer. @param {string} page */
function usePageFocus(page) {
  const arrived = useRef(false);
  useEffect(() => {
    document.title = page === "chat" || !(page in words.nav) ? words.name : `${words.nav[/** @type {"chat"} */ (page)]} · ${words.name}`;
    if (arrived.current) focusHeading();
    arrived.current = true;
  }, [page]);
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

export function App() {
  const { page } = route.value;
  usePageFocus(page);
  useEffect(() => listenForKeys({ openBox: () => (open.value = "box"), openKeys: () => (open.value = "keys"), soon: () => void prefetch(LATER.box) }), []);
  const beside = panel();
  return html`
    <a class="skip" href="#main" onClick=${skip}>${words.skip}</a>
    <div class=${`frame${beside ? " with-panel" : ""}`}>
      <${Rail} showKeys=${() => (open.value = "keys")} />
      <main id="main" tabindex="-1" class=${page}>
        <${Banner} />
        <${Guard} key=${page}><${Page} page=${page} /></${Guard}>
      </main>
      ${beside}
    </div>
    ${open.value && html`<${Loaded} key=${open.value} load=${LATER[open.value]} close=${close} />`}
    <${Said} />
  `;
}
