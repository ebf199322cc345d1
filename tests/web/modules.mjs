/**
 * The modules that the page needs before it can be used. `node modules.mjs` names them in web/index.html, so that the
 * browser fetches them at once rather than one depth after another.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const WEB = resolve(dirname(fileURLToPath(import.meta.url)), "../../web");
const PAGE = join(WEB, "index.html");
const LINKS = /(?: {4}<link rel="modulepreload" [^>]*>\n)+| {4}<!-- modules -->\n/;
const OURS = /^(?:import|export)\b[^;]*?from\s*"([^"]+)"|^import\s*"([^"]+)"/gms;
const VENDORED = /from\s*"(\.\/[^"]+)"/g;

/** @param {string} path @returns {string[]} what a module imports before it runs */
export const imports = (path) =>
  [...readFileSync(path, "utf8").matchAll(path.includes("/vendor/") ? VENDORED : OURS)].map((match) => resolve(dirname(path), String(match[1] ?? match[2])));

/** @returns {string[]} every module of the first load */
export function firstLoad() {
  const seen = new Set([join(WEB, "app/main.js")]);
  for (const path of seen) for (const next of imports(path)) seen.add(next);
  return [...seen];
}

/** @returns {string} the page as it should be */
export function pageWithModules() {
  const links = firstLoad().slice(1).map((path) => `    <link rel="modulepreload" href="${relative(WEB, path)}" />\n`);
  return readFileSync(PAGE, "utf8").replace(LINKS, () => links.join(""));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, pageWithModules());
