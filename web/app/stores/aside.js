/** An incognito exchange: it lives in this page alone, and goes with it. */
import { batch, signal } from "../html.js";
import { api } from "../api/client.js";
import { freshId } from "../lib/ids.js";
import { asProblem, Problem } from "../lib/problem.js";
import { aside as words } from "../pages/chat/asideWords.js";
import { Blocks } from "../text/blocks.js";
import { blockStarts } from "../text/parser.js";
import { say } from "./say.js";
import { setIncognito } from "./screen.js";

/** @typedef {{ key: string, role: "user" | "assistant", text: string }} Spoken */
/** @typedef {{ turnId: string, phase: "sending" | "remembering" | "thinking" | "writing" | "stopping", finished: string[], tail: string, env: Record<string, unknown> }} Answering */

const MOST = 100;
const ROOM = 150_000; // characters; the server takes 200,000

/** @type {import("../../vendor/signals.js").Signal<Spoken[]>} */
export const spoken = signal([]);
/** @type {import("../../vendor/signals.js").Signal<Answering | null>} */
export const answering = signal(null);
/** @type {import("../../vendor/signals.js").Signal<Problem | null>} */
export const refused = signal(null);

let call = new AbortController();

/** What was said before the last message, as much as the server takes. */
function history() {
  let room = ROOM;
  const newest = spoken.value.slice(0, -1).slice(-MOST).reverse();
  const fitting = newest.filter(({ text }) => (room -= text.length) >= 0);
  return fitting.reverse().map(({ role, text }) => ({ role, content: text }));
}

/** @param {Partial<Answering>} change */
const update = (change) => {
  if (answering.value) answering.value = { ...answering.value, ...change };
};

/** @param {Spoken["role"]} role @param {string} text */
const add = (role, text) => (spoken.value = [...spoken.value, { key: freshId(), role, text }]);

/** @param {any} data @param {Blocks} blocks */
function write(data, blocks) {
  blocks.push(data.text);
  update({ phase: answering.value?.phase === "stopping" ? "stopping" : "writing", finished: [...blocks.finished], tail: blocks.tail, env: blocks.env });
}

/** @param {string} event @param {any} data @param {Blocks} blocks @returns {boolean} whether it was the last one */
function hear(event, data, blocks) {
  if (event === "turn_started") update({ turnId: data.turn_id, phase: "remembering" });
  if (event === "memories_surfaced") update({ phase: "thinking" });
  if (event === "text_delta") write(data, blocks);
  if (event === "turn_completed") batch(() => (add("assistant", data.text), say(data.text)));
  if (event === "turn_failed") refused.value = new Problem(data.error ?? {});
  return event === "turn_completed" || event === "turn_failed";
}

/** Ask for an answer to the last message. */
export async function ask() {
  const last = spoken.value.at(-1);
  if (!last || answering.value) return;
  const blocks = new Blocks(blockStarts);
  const mine = (call = new AbortController());
  refused.value = null;
  answering.value = { turnId: "", phase: "sending", finished: [], tail: "", env: blocks.env };
  try {
    let ended = false;
    for await (const { event, data } of api.whisper(last.text, history(), mine.signal)) ended = hear(event, data, blocks);
    if (!ended) throw new Problem({ detail: words.lost });
  } catch (error) {
    if (!mine.signal.aborted) refused.value = asProblem(error);
  } finally {
    if (mine === call) answering.value = null;
  }
}

/** @param {string} text */
export function whisper(text) {
  add("user", text);
  return ask();
}

export async function stop() {
  const { turnId = "" } = answering.value ?? {};
  if (!turnId) return;
  update({ phase: "stopping" });
  await api.cancel(turnId).catch(() => undefined);
}

/** Forget all of it. */
export function leave() {
  void stop();
  call.abort();
  call = new AbortController();
  batch(() => {
    spoken.value = [];
    answering.value = refused.value = null;
    setIncognito(false);
  });
  say(words.left);
}
