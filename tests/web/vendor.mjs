/**
 * Copies what the page needs of other people's work into web/vendor and web/icons, and notes in
 * web/vendor/MANIFEST.json where each file came from and its sha256.
 *
 *   npm ci && node vendor.mjs                 the libraries, from node_modules
 *   node vendor.mjs --icons PACKAGE_FOLDER    and the icons, from an unpacked lucide-static
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const web = join(here, "..", "..", "web");

/** Bare names become relative paths (no import map, so no inline script), source maps are dropped. */
const REWRITES = /** @type {[RegExp, string][]} */ ([
  [/(from\s*|import\s*)"preact\/hooks"/g, '$1"./hooks.js"'],
  [/(from\s*|import\s*)"preact"/g, '$1"./preact.js"'],
  [/(from\s*|import\s*)"@preact\/signals-core"/g, '$1"./signals-core.js"'],
  [/\n*\/\/# sourceMappingURL=.*\s*$/, "\n"],
]);

/** @type {{file: string, package: string, source: string, licence: string, text: string}[]} */
const LIBRARIES = [
  { file: "preact.js", package: "preact", source: "dist/preact.mjs", licence: "MIT", text: "LICENSE" },
  { file: "hooks.js", package: "preact", source: "hooks/dist/hooks.mjs", licence: "MIT", text: "LICENSE" },
  { file: "signals-core.js", package: "@preact/signals-core", source: "dist/signals-core.mjs", licence: "MIT", text: "LICENSE" },
  { file: "signals.js", package: "@preact/signals", source: "dist/signals.mjs", licence: "MIT", text: "LICENSE" },
  { file: "htm.js", package: "htm", source: "dist/htm.mjs", licence: "Apache-2.0", text: "LICENSE" },
  { file: "markdown-it.js", package: "markdown-it", source: "dist/browser/markdown-it.esm.min.mjs", licence: "MIT", text: "LICENSE" },
  { file: "purify.js", package: "dompurify", source: "dist/purify.min.js", licence: "Apache-2.0 OR MPL-2.0", text: "LICENSE" },
];

const ICONS = [
  "archive", "archive-restore", "arrow-down", "arrow-up", "bookmark", "brain", "check", "chevron-down",
  "chevron-right", "circle-alert", "clock", "copy", "corner-down-left", "ellipsis", "history", "keyboard", "layers",
  "link", "message-circle", "monitor", "moon", "pencil", "pin", "plus", "quote", "rotate-ccw", "search", "settings", "square",
  "sun", "text-wrap", "trash-2", "triangle-alert", "unplug", "x",
];

/** @param {string | Buffer} content */
export const sha256 = (content) => createHash("sha256").update(content).digest("hex");

/** What is published small only as a script becomes a module by what stands before and after it. */
const MODULE = ["const module = { exports: {} };\nconst exports = module.exports;\n", "export default module.exports;\n"];

/** @param {string} source */
export function rewrite(source) {
  const text = REWRITES.reduce((changed, [from, to]) => changed.replace(from, to), source);
  return text.includes("typeof module") ? `${MODULE[0]}${text}${MODULE[1]}` : text;
}

/** @param {string} name */
const folder = (name) => join(here, "node_modules", name);

/** @param {string} name */
const flat = (name) => name.replace("@", "").replace("/", "-");

function libraries() {
  return LIBRARIES.map(({ file, package: name, source, licence, text }) => {
    const original = readFileSync(join(folder(name), source), "utf8");
    const { version } = JSON.parse(readFileSync(join(folder(name), "package.json"), "utf8"));
    const content = rewrite(original);
    const licenceFile = `licences/${flat(name)}.txt`;
    writeFileSync(join(web, "vendor", file), content);
    writeFileSync(join(web, "vendor", licenceFile), readFileSync(join(folder(name), text)));
    return {
      file: `vendor/${file}`, package: name, version, source, licence, licence_file: `vendor/${licenceFile}`,
      source_sha256: sha256(original), sha256: sha256(content),
    };
  });
}

/** The sprite stands in the page itself. @param {string} sprite */
function inPage(sprite) {
  const page = join(web, "index.html");
  const text = readFileSync(page, "utf8").replace(/<svg[^]*<\/svg>\n/, () => sprite);
  writeFileSync(page, text);
}

/** @param {string} lucide */
function icons(lucide) {
  const { version } = JSON.parse(readFileSync(join(lucide, "package.json"), "utf8"));
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(join(lucide, "icons", `${name}.svg`), "utf8");
    const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="icon-${name}" viewBox="0 0 24 24">${shapes.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg" class="sprite">\n${symbols.join("\n")}\n</svg>\n`;
  writeFileSync(join(web, "icons", "sprite.svg"), sprite);
  inPage(sprite);
  writeFileSync(join(web, "vendor", "licences", "lucide-static.txt"), readFileSync(join(lucide, "LICENSE")));
  return {
    file: "icons/sprite.svg", package: "lucide-static", version, source: "icons/*.svg", licence: "ISC",
    licence_file: "vendor/licences/lucide-static.txt", icons: ICONS, sha256: sha256(sprite),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(join(web, "vendor", "licences"), { recursive: true });
  mkdirSync(join(web, "icons"), { recursive: true });
  const manifest = join(web, "vendor", "MANIFEST.json");
  const at = process.argv.indexOf("--icons");
  const kept = () => JSON.parse(readFileSync(manifest, "utf8")).files.filter((/** @type {{file: string}} */ f) => f.file.startsWith("icons/"));
  const files = [...libraries(), ...(at > 0 ? [icons(String(process.argv[at + 1]))] : kept())];
  const note = "Published files; bare imports made relative, source map comments dropped, a script given its export. Made by tests/web/vendor.mjs.";
  writeFileSync(manifest, `${JSON.stringify({ note, files }, null, 2)}\n`);
}
