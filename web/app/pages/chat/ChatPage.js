import { html, useEffect } from "../../html.js";
import { inUnits, parseSpan } from "../../lib/passage.js";
import { api } from "../../api/client.js";
import { start } from "../../stores/chat.js";
import { here, go, route } from "../../stores/route.js";
import * as thread from "../../stores/thread.js";
import { words } from "../../words.js";
import { Composer } from "./Composer.js";
import { Thread } from "./Thread.js";

/** Bring a message to the middle of the page and the focus to it. @param {string} elementId */
function showPlace(elementId) {
  const place = document.getElementById(elementId);
  const sentence = place?.querySelector("[data-evidence]") ?? place;
  sentence?.scrollIntoView({ block: "center" });
  place?.focus({ preventScroll: true });
}

/** @param {string} kind @param {string} id */
async function jump(kind, id) {
  if (kind === "message" && (await thread.bring(id))) return requestAnimationFrame(() => showPlace(`m-${id}`));
  if (kind !== "chapter") return undefined;
  const first = await api.segment(id).then((chapter) => chapter.messages[0], () => undefined);
  if (first && (await thread.bring(first.id))) requestAnimationFrame(() => showPlace(document.getElementById(`c-${id}`) ? `c-${id}` : `m-${first.id}`));
  else go(here({}), { replace: true });
  return undefined;
}

/** @returns {import("./Exchange.js").Target} */
function target() {
  const [kind, id] = route.value.parts;
  if (kind !== "message" || !id) return null;
  const span = parseSpan(route.value.query.span);
  const text = thread.entries.value.find((entry) => entry.id === id)?.text;
  return { id, span: span && text !== undefined ? inUnits(text, span) : null };
}

export function ChatPage() {
  const [kind = "", id = ""] = route.value.parts;
  const { span } = route.value.query;
  useEffect(() => {
    if (!id) void start();
    else void jump(kind, id).then(start);
  }, [kind, id, span]);
  return html`
    <h1 class="sr-only" tabindex="-1" data-page-heading>${words.chat.heading}</h1>
    <${Thread} target=${target()} />
    <${Composer} />
  `;
}
