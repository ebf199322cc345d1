/** Where found and surfaced things stand in the page. */
import { address } from "./route.js";

/**
 * @param {{ kind: string, id: string }} thing a memory, a chapter or a message
 * @param {Record<string, string | null>} [query]
 */
export function placeOf({ kind, id }, query = {}) {
  if (kind === "memory") return address("memory", [id], query);
  return address("chat", [kind === "segment" ? "chapter" : "message", id], query);
}
