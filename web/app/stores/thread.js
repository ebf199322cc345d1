/** The stretch of the conversation that is on the page; oldest first. */
import { batch, signal } from "../html.js";
import { api } from "../api/client.js";
import { attachedIn } from "../lib/attached.js";
import { asProblem } from "../lib/problem.js";
import { coverChapters, refreshChapters } from "./chapters.js";

/** @typedef {import("../api/types.js").Message} Message */
/** @typedef {Omit<Message, "content"> & { key: string, attached?: import("../lib/attached.js").Attached[] }} Entry */
/** @typedef {import("../lib/problem.js").Problem} Problem */

const PAGE = 50;

/** @type {import("../../vendor/signals.js").Signal<Entry[]>} */
export const entries = signal([]);
export const loaded = signal(false);
export const hasOlder = signal(false);
export const hasNewer = signal(false);
/** @type {import("../../vendor/signals.js").Signal<"older" | "newer" | "newest" | "place" | null>} */
export const loading = signal(null);
/** @type {import("../../vendor/signals.js").Signal<Problem | null>} */
export const problem = signal(null);
/** Why the message that was asked for is not here. @type {import("../../vendor/signals.js").Signal<Problem | null>} */
export const missing = signal(null);
/** The exchange that stays where it is while what follows it changes. */
export const held = signal({ key: "" });

/** @param {Message[]} messages newest first @returns {Entry[]} */
export function entriesOf(messages) {
  const keys = new Map(entries.value.map((entry) => [entry.id, entry.key]));
  return messages
    .filter((message) => message.role !== "tool")
    .map(({ content, ...message }) => ({ ...message, attached: message.role === "user" ? attachedIn(content) : [], key: keys.get(message.id) ?? message.id }))
    .filter((entry) => entry.text.trim() || entry.attached.length)
    .reverse();
}

/** @param {"older" | "newer" | "newest" | "place"} what @param {() => Promise<void>} work */
async function load(what, work) {
  loading.value = what;
  problem.value = null;
  try {
    await work();
  } catch (error) {
    problem.value = asProblem(error);
  } finally {
    loading.value = null;
  }
}

export const loadNewest = () =>
  load("newest", async () => {
    const page = await api.messages({ limit: PAGE });
    batch(() => {
      entries.value = entriesOf(page.items);
      hasOlder.value = page.next_cursor !== null;
      hasNewer.value = false;
      loaded.value = true;
    });
    await coverChapters(entries.value);
  });

export async function loadOlder() {
  const first = entries.value[0];
  if (!first || loading.value || !hasOlder.value) return;
  await load("older", async () => {
    const page = await api.messages({ before: first.id, limit: PAGE });
    const older = entriesOf(page.items);
    await coverChapters(older);
    batch(() => {
      entries.value = [...older, ...entries.value];
      hasOlder.value = page.next_cursor !== null;
    });
  });
}

/** @param {string} id @returns {Promise<{ items: Message[], more: boolean }>} what was said behind it, newest first */
export async function behind(id) {
  const page = await api.following(id, PAGE);
  return { items: page.items.reverse(), more: page.next_cursor !== null };
}

export async function loadNewer() {
  const last = entries.value.at(-1);
  if (!last || loading.value || !hasNewer.value) return;
  await load("newer", async () => {
    const { items, more } = await behind(last.id);
    const newer = entriesOf(items);
    await coverChapters(newer);
    batch(() => {
      entries.value = [...entries.value, ...newer];
      hasNewer.value = more;
    });
  });
}

/** Bring a message onto the page, with what stands around it. @param {string} id @returns {Promise<boolean>} */
export async function bring(id) {
  missing.value = null;
  if (entries.value.some((entry) => entry.id === id)) return true;
  await load("place", async () => {
    const [message, older, newer] = await Promise.all([api.message(id), api.messages({ before: id, limit: PAGE }), behind(id)]);
    const found = entriesOf([...newer.items, message, ...older.items]);
    await coverChapters(found);
    batch(() => {
      entries.value = found;
      hasOlder.value = older.next_cursor !== null;
      hasNewer.value = newer.more;
      loaded.value = true;
    });
  });
  missing.value = problem.value;
  problem.value = null;
  return missing.value === null;
}

/** Read the newest messages again and put them in place of what stands for them. */
export async function refreshTail() {
  if (hasNewer.value) return;
  const page = await api.messages({ limit: 20 });
  const fresh = entriesOf(page.items);
  const first = fresh[0];
  const at = first ? entries.value.findIndex((entry) => entry.id === first.id) : -1;
  entries.value = at < 0 ? fresh : [...entries.value.slice(0, at), ...fresh];
  if (at < 0) hasOlder.value = page.next_cursor !== null;
  await refreshChapters();
}

/** @param {Entry} entry put at the end, or in place of the one with its key */
export function put(entry) {
  const at = entries.value.findIndex((one) => one.key === entry.key || one.id === entry.id);
  entries.value = at < 0 ? [...entries.value, entry] : entries.value.with(at, { ...entry, key: entries.value[at]?.key ?? entry.key });
}
