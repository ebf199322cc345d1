/** Following a turn to its end, through broken streams and reloads. */
import { batch, signal } from "../html.js";
import { api } from "../api/client.js";
import { Problem, asProblem } from "../lib/problem.js";
import { back, missed } from "./status.js";
import * as thread from "./thread.js";
import { begin, end, hear, lastEventId, live, update } from "./turn.js";

/** @typedef {AsyncGenerator<{ id: string, event: string, data: any }>} Events */

const PAUSES = [300, 1000, 3000];

/** The turn of the last message, when no answer to it ever came. @type {import("../../vendor/signals.js").Signal<string | null>} */
export const unanswered = signal(null);

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {Events} events @param {(data: any) => void} [onStart] @returns {Promise<boolean>} whether the turn was seen to its end */
async function listen(events, onStart) {
  for await (const event of events) {
    if (event.event === "turn_started") onStart?.(event.data);
    if (hear(event)) return true;
  }
  return false;
}

/**
 * Follow a turn that was just begun.
 *
 * @param {Events} events
 * @param {(data: any) => void} [onStart]
 * @throws {Problem} when it was refused, or cut off before it was known to run
 */
export async function follow(events, onStart) {
  try {
    if (await listen(events, onStart)) return;
  } catch (error) {
    if (!live.value?.turnId) throw asProblem(error);
  }
  const turnId = live.value?.turnId;
  if (!turnId) throw new Problem({ code: "unreachable", retryable: true });
  await pickUp(turnId);
}

/** Go on listening to a turn whose stream broke, until it ends or is over. @param {string} turnId */
async function pickUp(turnId) {
  for (let attempt = 0; ; attempt++) {
    update({ phase: "reconnecting" });
    await pause(PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0);
    try {
      if (await listen(api.attach(turnId, lastEventId))) return;
    } catch (error) {
      const problem = asProblem(error);
      if (!problem.unreachable && !problem.retryable) return over();
      if (problem.unreachable) missed();
      await back();
    }
  }
}

/** The turn ended while nobody listened: what came of it is in the conversation. */
async function over() {
  end();
  await thread.loadNewest();
  markUnanswered();
}

export function markUnanswered() {
  const last = thread.entries.value.at(-1);
  unanswered.value = !thread.hasNewer.value && last?.role === "user" && last.turn_id ? last.turn_id : null;
}

/** What follows the question of a turn makes room for another answer. @param {any} started @returns {boolean} whether the question was there */
export function makeRoom(started) {
  const entries = thread.entries.value;
  const at = entries.findIndex((entry) => entry.id === started.user_message_id);
  if (at < 0 || at === entries.length - 1) return at >= 0;
  batch(() => {
    thread.held.value = { key: entries[at]?.key ?? "" };
    thread.entries.value = entries.slice(0, at + 1);
    thread.hasNewer.value = false;
  });
  return true;
}

/** @param {any} started */
function showQuestion(started) {
  if (!makeRoom(started)) thread.refreshTail().catch(() => undefined);
}

/** @param {string} turnId @returns {Promise<boolean>} whether it was still there to listen to */
export async function attach(turnId) {
  begin("remembering");
  update({ turnId });
  try {
    if (!(await listen(api.attach(turnId, ""), showQuestion))) await pickUp(turnId);
    unanswered.value = null;
    await thread.refreshTail().catch(() => undefined);
    return true;
  } catch (error) {
    if (asProblem(error).unreachable) return pickUp(turnId).then(() => true);
    end();
    return false;
  }
}

export async function attachToLast() {
  if (unanswered.value) await attach(unanswered.value);
}
