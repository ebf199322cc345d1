/** What the page says when a long chapter had no room; fetched with the panel that says it. */

const many = (/** @type {number} */ n) => (n === 1 ? "The first message" : `The first ${n.toLocaleString("en-GB")} messages`);

/** @param {import("../../api/types.js").Trace["context"]} context @returns {string} nothing when all had room */
export const noRoom = (context) =>
  context?.left_out ? `${many(context.left_out)} of this chapter had no room; ${context.summarised ? `a summary stood in for ${context.left_out === 1 ? "it" : "them"}` : `${context.left_out === 1 ? "it was" : "they were"} left out`}.` : "";
