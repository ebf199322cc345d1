/** Addresses: `#/page/part/part?key=value`. */

/** @typedef {{ page: string, parts: string[], query: Record<string, string> }} Route */

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * @param {string} hash
 * @returns {Route}
 */
export function parseRoute(hash) {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [page = "", ...parts] = path.split("/").filter(Boolean).map(decoded);
  return { page: page || "chat", parts, query: Object.fromEntries(new URLSearchParams(search)) };
}

/**
 * @param {string} page
 * @param {string[]} [parts]
 * @param {Record<string, string | null | undefined>} [query] empty values are left out
 */
export function address(page, parts = [], query = {}) {
  const path = [page, ...parts].map(encodeURIComponent).join("/");
  const given = Object.entries(query).filter((pair) => pair[1]);
  const search = new URLSearchParams(/** @type {[string, string][]} */ (given)).toString();
  return `#/${path}${search ? `?${search}` : ""}`;
}
