/** Editing a message, answering it again, and going back to what was there before. */
import { batch, signal } from "../html.js";
import { api } from "../api/client.js";
import { freshId } from "../lib/ids.js";
import { asProblem } from "../lib/problem.js";
import { BEGINNING, beginsAt } from "../lib/versions.js";
import { words } from "../pages/chat/anewWords.js";
import { answerAnew, running, send } from "./chat.js";
import { say } from "./say.js";
import * as thread from "./thread.js";

/** @typedef {import("./thread.js").Entry} Entry */
/** @typedef {import("../lib/problem.js").Problem} Problem */

/** The message that is being edited. @type {import("../../vendor/signals.js").Signal<string | null>} */
export const editing = signal(null);
/** Why going to another version was refused. @type {import("../../vendor/signals.js").Signal<{ id: string, problem: Problem } | null>} */
export const refusal = signal(null);

/** @param {Entry} question */
export function answerAgain(question) {
  if (!running()) void answerAnew(api.chat({ parent: question.id, key: freshId() }), null);
}

/** @param {Entry} question @param {string} text */
export function sendEdited(question, text) {
  editing.value = null;
  if (text === question.text) return answerAgain(question);
  const at = beginsAt(thread.entries.value, question);
  batch(() => {
    thread.entries.value = thread.entries.value.slice(0, Math.max(0, at));
    thread.hasNewer.value = false;
  });
  return void send(text, question.parent_id ?? BEGINNING);
}

/** Put the path that stands now in the place of what begins there. @param {number} at @param {Entry} entry */
async function reloadFrom(at, entry) {
  const before = thread.entries.value[at - 1] ?? (await api.messages({ before: entry.id, limit: 1 })).items[0];
  const rest = await thread.behind(before?.id ?? BEGINNING);
  const found = [...thread.entries.value.slice(0, at), ...thread.entriesOf(rest.items)];
  batch(() => {
    thread.held.value = { key: found.slice(0, at + 1).findLast((one) => one.role === "user")?.key ?? "" };
    thread.entries.value = found;
    thread.hasNewer.value = rest.more;
  });
}

/**
 * @param {Entry} entry
 * @param {string} versionId a message of the version to go to
 * @returns {Promise<Entry | null>} what stands in the entry's place now, unless that was refused
 */
export async function goTo(entry, versionId) {
  refusal.value = null;
  try {
    await api.activate(versionId);
    const at = beginsAt(thread.entries.value, entry);
    await reloadFrom(at, entry);
    const now = thread.entries.value[at];
    const shown = now && (thread.entries.value.findLast((one) => one.turn_id === now.turn_id && one.role === now.role) ?? now);
    if (shown?.branch) say(words.version(shown.branch.index, shown.branch.count));
    return shown ?? null;
  } catch (error) {
    refusal.value = { id: entry.id, problem: asProblem(error) };
    return null;
  }
}

/** Make the version that a message belongs to the conversation again, and show it there. @param {string} id */
export async function goThere(id) {
  refusal.value = null;
  try {
    await api.activate(id);
    thread.entries.value = [];
    await thread.bring(id);
    requestAnimationFrame(() => document.getElementById(`m-${id}`)?.scrollIntoView({ block: "center" }));
  } catch (error) {
    refusal.value = { id, problem: asProblem(error) };
  }
}
