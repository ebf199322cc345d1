import { html, useEffect } from "../../html.js";
import { inUnits, parseSpan } from "../../lib/passage.js";
import { api } from "../../api/client.js";
import { fetchAnew } from "../../stores/anew.js";
import { start } from "../../stores/chat.js";
import { here, go, route } from "../../stores/route.js";
import * as thread from "../../stores/thread.js";
import { words } from "../../words.js";
import { incognito } from "../../stores/screen.js";
import { Loaded } from "../../parts/Loaded.js";
import { Composer } from "./Composer.js";
import { Thread } from "./Thread.js";

/** Bring a message to the middle of the page and the focus to it, unless one is writing. @param {string} elementId */
function showPlace(elementId) {
  const place = document.getElementById(elementId);
  const sentence = place?.querySelector("[data-evidence]") ?? place;
  sentence?.scrollIntoView({ block: "center" });
  if (document.activeElement?.id !== "composer") place?.focus({ preventScroll: true });
}

/** @param {string} id @returns {Promise<string | undefined>} the message with which a chapter begins */
const firstOf = (id) => api.segment(id).then((chapter) => chapter.messages[0]?.id, () => undefined);

/** @param {string} kind @param {string} id go to a place in the conversation, or to its end when that place is gone */
async function jump(kind, id) {
  const message = kind === "chapter" ? await firstOf(id) : id;
  const there = await thread.bring(message ?? id);
  if (route.value.parts[1] !== id) return; // gone on meanwhile
  if (there) requestAnimationFrame(() => showPlace(document.getElementById(`c-${id}`) ? `c-${id}` : `m-${message}`));
  else go(here({}, []), { replace: true });
}

/** @returns {import("./Exchange.js").Target} */
function target() {
  const [kind, id] = route.value.parts;
  if (kind !== "message" || !id) return null;
  const span = parseSpan(route.value.query.span);
  const text = thread.entries.value.find((entry) => entry.id === id)?.text;
  return { id, span: span && text !== undefined ? inUnits(text, span) : null };
}

const aside = () => import("./Aside.js").then((file) => file.Aside);

export function ChatPage() {
  const [kind = "", id = ""] = route.value.parts;
  const { span } = route.value.query;
  useEffect(() => {
    if (!id) void start();
    else void jump(kind, id).then(start);
    void fetchAnew();
  }, [kind, id, span]);
  return html`
    <h1 class="sr-only" tabindex="-1" data-page-heading>${words.chat.heading}</h1>
    ${incognito.value && !id ? html`<${Loaded} load=${aside} />` : html`<${Thread} target=${target()} />`}
    ${!incognito.value && html`<${Composer} />`}
  `;
}
