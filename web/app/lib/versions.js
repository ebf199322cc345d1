/** Where the versions of a message begin and end in the thread. */

/** @typedef {import("../stores/thread.js").Entry} Entry */

/** Stands for the place before the first message of a chapter. */
export const BEGINNING = "00000000-0000-0000-0000-000000000000";

/** @param {Entry} one @param {Entry} other whether they are parts of one answer */
const together = (one, other) => one.id === other.id || (one.role === "assistant" && other.role === "assistant" && one.turn_id === other.turn_id);

/** @param {Entry[]} entries @param {Entry} entry @returns {number} where what another version would replace begins */
export const beginsAt = (entries, entry) => entries.findIndex((one) => together(one, entry));

/** @param {Entry[]} entries @param {Entry} entry whether nothing more was said in the same answer */
export const isLastPart = (entries, entry) => entries.findLast((one) => together(one, entry))?.id === entry.id;

/** @param {Entry[]} entries @param {Entry} answer @returns {Entry | undefined} the message that it answers */
export const questionOf = (entries, answer) => entries.slice(0, Math.max(0, beginsAt(entries, answer))).findLast((one) => one.role === "user");
