/** Where the page stands; the address bar is the only truth about it. */
import { signal } from "../html.js";
import { address, parseRoute } from "../lib/route.js";

export const route = signal(parseRoute(location.hash));

addEventListener("hashchange", () => {
  route.value = parseRoute(location.hash);
});

/** @param {string} hash @param {{ replace?: boolean }} [how] */
export function go(hash, { replace = false } = {}) {
  if (replace) history.replaceState(history.state, "", hash);
  else if (hash !== location.hash) history.pushState(null, "", hash);
  route.value = parseRoute(hash);
}

/** The present address with some of its query changed; null takes a part away. @param {Record<string, string | null>} changes @param {string[]} [parts] */
export function here(changes, parts = route.value.parts) {
  const { page, query } = route.value;
  return address(page, parts, { ...query, ...changes });
}
