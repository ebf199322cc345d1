/** The thread as it is read: days, in them exchanges, and where a chapter begins. */
import { dayKey } from "./time.js";

/** @typedef {import("../stores/thread.js").Entry} Entry */
/** @typedef {{ key: string, chapterId: string | null, question: Entry | null, answers: Entry[] }} Exchange */
/** @typedef {{ key: string, at: string, exchanges: Exchange[] }} Day */

/** @param {Entry} entry @param {string | null} chapterId @returns {Exchange} */
const exchangeOf = (entry, chapterId) => ({
  key: entry.key, chapterId, question: entry.role === "user" ? entry : null, answers: entry.role === "user" ? [] : [entry],
});

/** An answer that broke off is not shown once another try has answered. @param {Exchange} exchange */
function withoutTries(exchange) {
  const last = exchange.answers.at(-1);
  exchange.answers = exchange.answers.filter((answer) => answer.status === "complete" || answer.turn_id === last?.turn_id);
}

/**
 * @param {Entry[]} entries oldest first
 * @param {boolean} fromBeginning whether the first of them is the first of all
 * @returns {Day[]}
 */
export function timeline(entries, fromBeginning) {
  /** @type {Day[]} */
  const days = [];
  let chapter = fromBeginning ? null : (entries[0]?.segment_id ?? null);
  for (const entry of entries) {
    const begins = entry.segment_id !== chapter;
    chapter = entry.segment_id;
    let day = days.at(-1);
    if (!day || (day.key !== dayKey(entry.created_at) && entry.role === "user")) days.push((day = { key: dayKey(entry.created_at), at: entry.created_at, exchanges: [] }));
    const open = day.exchanges.at(-1);
    if (entry.role === "user" || begins || !open) day.exchanges.push(exchangeOf(entry, begins ? chapter : null));
    else open.answers.push(entry);
  }
  for (const day of days) day.exchanges.forEach(withoutTries);
  return days;
}
