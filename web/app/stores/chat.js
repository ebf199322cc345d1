/** Saying something: sending, stopping, asking again; what cannot be sent yet waits. */
import { effect } from "../html.js";
import { api } from "../api/client.js";
import { keptHere } from "../lib/keep.js";
import { asProblem } from "../lib/problem.js";
import { coverChapters, ending } from "./chapters.js";
import { attach, attachToLast, follow, makeRoom, markUnanswered, unanswered } from "./listening.js";
import { outbox, pardon, post, refuse, refused, taken } from "./outbox.js";
import { missed, reachable } from "./status.js";
import * as thread from "./thread.js";
import { begin, end, live, update } from "./turn.js";

/** @typedef {import("./outbox.js").Unsent} Unsent */
/** @typedef {import("../lib/problem.js").Problem} Problem */

let flushing = false;
let begun = false;

export const running = () => live.value !== null && live.value.phase !== "failed";

/** @param {Unsent} unsent @param {any} started */
function accepted(unsent, started) {
  taken(unsent.key);
  thread.put({
    key: unsent.key, id: started.user_message_id, role: "user", text: unsent.text, created_at: new Date().toISOString(),
    segment_id: started.segment_id, turn_id: started.turn_id, status: "complete", memory_refs: [],
  });
  coverChapters([started]).catch(() => undefined);
}

/** The key makes sending it twice harmless. @param {Unsent} unsent */
async function deliver(unsent) {
  begin();
  try {
    await follow(api.chat(unsent), (started) => accepted(unsent, started));
    if (unsent.parent) await thread.refreshTail().catch(() => missed());
  } catch (error) {
    await notDelivered(unsent, asProblem(error));
  }
}

/** @param {Unsent} unsent @param {Problem} problem */
async function notDelivered(unsent, problem) {
  end();
  if (problem.unreachable) missed();
  else if (problem.code === "turn_in_progress") await attach(String(problem.object.turn_id));
  else refuse(unsent.key, problem);
}

const waiting = () => outbox.value.find((one) => !refused.value.has(one.key));

/** Send what waits, in the order in which it was written. */
export async function flush() {
  if (flushing || running()) return;
  flushing = true;
  try {
    for (let next = waiting(); next && reachable.value && !running(); next = waiting()) {
      await deliver(next).catch(() => missed());
    }
  } finally {
    flushing = false;
  }
}

/** @param {string} key try a refused message again */
export function sendAgain(key) {
  pardon(key);
  void flush();
}

/** @param {string} text @param {string} [parent] the message that it is said below, in place of what followed */
export async function send(text, parent) {
  post(text, parent);
  if (thread.hasNewer.value) await thread.loadNewest();
  if (live.value?.phase === "failed") end();
  unanswered.value = null;
  thread.missing.value = null;
  ending.value = { state: "idle" };
  await flush();
}

export async function stop() {
  const turnId = live.value?.turnId;
  if (!turnId) return;
  update({ phase: "stopping" });
  await api.cancel(turnId).catch((error) => asProblem(error).unreachable && missed());
}

/** Hear another answer; should it fail, the old one stands. @param {import("./listening.js").Events} events @param {string | null} turnId the turn that is tried again */
export async function answerAnew(events, turnId) {
  begin();
  unanswered.value = null;
  try {
    await follow(events, (started) => makeRoom(started));
  } catch (error) {
    update({ phase: "failed", turnId, problem: asProblem(error) });
  }
  await thread.refreshTail().catch(() => missed());
}

/** @param {string} turnId a turn that failed or was stopped */
export const askAgain = (turnId) => answerAnew(api.retry(turnId), turnId);

/** Show the newest, and go on with a turn that ran when the page was left. */
export async function start() {
  if (begun) return;
  begun = true;
  if (!thread.loaded.value) await thread.loadNewest();
  const turnId = keptHere.get("turn");
  markUnanswered();
  if (!turnId || !(await attach(turnId))) await attachToLast();
  effect(() => {
    const free = reachable.value && (live.value === null || live.value.phase === "failed");
    if (free && outbox.value.length) queueMicrotask(() => void flush());
  });
  effect(() => {
    if (reachable.value && !thread.loaded.value) queueMicrotask(() => void thread.loadNewest());
  });
}
