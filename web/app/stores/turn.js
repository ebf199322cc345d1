/** The turn that runs: its events become what is shown while the answer is written. */
import { batch, signal } from "../html.js";
import { emptyTrace } from "../api/read.js";
import { freshId } from "../lib/ids.js";
import { keptHere } from "../lib/keep.js";
import { Problem } from "../lib/problem.js";
import { Blocks } from "../text/blocks.js";
import { blockStarts } from "../text/parser.js";
import { Speech } from "../text/speech.js";
import { words } from "../words.js";
import { say } from "./say.js";
import * as thread from "./thread.js";
import { keepTrace } from "./traces.js";

/** @typedef {"sending" | "remembering" | "thinking" | "writing" | "reconnecting" | "stopping" | "failed"} Phase */
/** @typedef {{ key: string, turnId: string | null, phase: Phase, tool: string | null, problem: Problem | null }} Live */
/** @typedef {import("../api/types.js").Trace} Trace */

/** @type {import("../../vendor/signals.js").Signal<Live | null>} */
export const live = signal(null);
/** What is written so far; `tail` is the block that still grows. */
export const written = signal({ finished: /** @type {string[]} */ ([]), tail: "", env: {} });
export const trace = signal(emptyTrace());
/** The last event that was seen, to go on from there. */
export let lastEventId = "";

let blocks = new Blocks(blockStarts);
let speech = new Speech(say);
let text = "";
let painting = false;

/** @param {Partial<Live>} change */
export const update = (change) => {
  if (live.value) live.value = { ...live.value, ...change };
};

/** @param {Phase} [phase] */
export function begin(phase = "sending") {
  blocks = new Blocks(blockStarts);
  speech = new Speech(say);
  text = "";
  lastEventId = "";
  batch(() => {
    written.value = { finished: [], tail: "", env: blocks.env };
    trace.value = emptyTrace();
    live.value = { key: `answer:${freshId()}`, turnId: null, phase, tool: null, problem: null };
  });
}

export function end() {
  live.value = null;
  keptHere.put("turn", null);
}

/** One paint a frame, however fast the text comes. */
function paintSoon() {
  if (painting) return;
  painting = true;
  const later = document.hidden ? (/** @type {() => void} */ work) => setTimeout(work, 50) : requestAnimationFrame;
  later(() => {
    painting = false;
    if (live.value) written.value = { finished: [...blocks.finished], tail: blocks.tail, env: blocks.env };
  });
}

/** @param {string} more */
function write(more) {
  if (!text) {
    update({ phase: "writing", tool: null });
    say(words.chat.answering);
  }
  text += more;
  blocks.push(more);
  speech.push(more);
  paintSoon();
}

/** @param {{ assistant_message_id: string, turn_id: string, text: string, memory_refs: string[], status?: string }} done */
function keepAnswer(done) {
  const { key = done.turn_id } = live.value ?? {};
  const last = thread.entries.value.at(-1);
  thread.put({
    key, id: done.assistant_message_id, role: "assistant", text: done.text, created_at: new Date().toISOString(), segment_id: last?.segment_id ?? "",
    turn_id: done.turn_id, status: done.status === "interrupted" ? "interrupted" : "complete", memory_refs: done.memory_refs,
  });
}

/** @param {any} data */
function completed(data) {
  speech.end();
  const whole = { ...trace.value, cited: data.memory_refs, tools: data.tools_used, model: data.model, stop: data.stop, timings: data.timings_ms, usage: data.usage, cost: data.cost_usd };
  batch(() => {
    keepTrace(data.turn_id, whole);
    keepAnswer(data);
    end();
  });
  say(data.status === "interrupted" ? words.chat.stopped : words.chat.answered);
}

/** @param {any} data */
function failed(data) {
  const problem = new Problem(data.error ?? {});
  keptHere.put("turn", null);
  blocks.end();
  batch(() => {
    written.value = { finished: [...blocks.finished], tail: "", env: blocks.env };
    update({ phase: "failed", turnId: data.turn_id, problem, tool: null });
  });
}

/** @type {Record<string, (data: any) => void>} */
const HEARD = {
  turn_started: (data) => {
    keptHere.put("turn", data.turn_id);
    update({ turnId: data.turn_id, phase: "remembering" });
  },
  touchstone: (data) => {
    trace.value = { ...trace.value, touchstone: data.text };
  },
  memories_surfaced: (data) => {
    trace.value = { ...trace.value, memories: data.memories, degraded: data.degraded ?? [] };
    update({ phase: "thinking" });
  },
  thinking_delta: () => update({ phase: "thinking", tool: null }),
  text_delta: (data) => write(data.text),
  tool_started: (data) => update({ tool: data.name }),
  tool_finished: () => update({ tool: null }),
  turn_completed: completed,
  turn_failed: failed,
};

/**
 * @param {{ id: string, event: string, data: any }} event
 * @returns {boolean} whether it was the last one
 */
export function hear({ id, event, data }) {
  if (id) lastEventId = id;
  const stopping = live.value?.phase === "stopping";
  HEARD[event]?.(data);
  if (stopping && live.value && live.value.phase !== "failed") update({ phase: "stopping" });
  return event === "turn_completed" || event === "turn_failed";
}
