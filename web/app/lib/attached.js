/** What came with the words of a message. */

/** @typedef {{ kind: "document" | "image", title: string | null }} Attached */

/** @param {import("../api/types.js").Content[] | undefined} content @returns {Attached[]} */
export const attachedIn = (content) =>
  (content ?? []).flatMap(({ type, title }) => (type === "document" || type === "image" ? [{ kind: type, title: title ?? null }] : []));
