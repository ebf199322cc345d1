/** Single messages, wherever in the conversation they stand. */
import { api } from "../api/client.js";
import { Problem } from "../lib/problem.js";
import { words } from "../words.js";
import { chapterAfter, firstChapter } from "./chapters.js";

/** @typedef {import("../api/types.js").Message} Message */

const AROUND = 50;

/** @type {Map<string, Promise<Map<string, Message>>>} */
const byChapter = new Map();

/** @param {string} chapterId @returns {Promise<Map<string, Message>>} */
function messagesOf(chapterId) {
  const asked = byChapter.get(chapterId);
  if (asked) return asked;
  const asking = api.segment(chapterId, "all").then(({ messages }) => new Map(messages.map((message) => [message.id, message])));
  byChapter.set(chapterId, asking);
  asking.catch(() => byChapter.delete(chapterId));
  return asking;
}

/** @param {string} id @param {(string | null | undefined)[]} chapterIds @returns {Promise<Message | null>} */
async function among(id, chapterIds) {
  for (const chapterId of chapterIds) {
    const found = chapterId ? (await messagesOf(chapterId)).get(id) : undefined;
    if (found) return found;
  }
  return null;
}

/**
 * A message and those before it, newest first. It stands in the chapter of the one before it, or in the chapter after that.
 *
 * @param {string} id
 */
export async function locate(id) {
  const older = await api.messages({ before: id, limit: AROUND });
  const before = older.items[0]?.segment_id;
  byChapter.clear();
  const message = await among(id, before ? [before, await chapterAfter(before)] : [await firstChapter()]);
  if (!message) throw new Problem({ code: "message_not_found", status: 404, detail: words.chat.missing });
  return { message, older };
}

/**
 * @param {string} id
 * @param {string | null} chapterId where it stands, if that is known
 * @returns {Promise<Message>}
 */
export async function messageOf(id, chapterId) {
  return (await among(id, [chapterId])) ?? (await locate(id)).message;
}
