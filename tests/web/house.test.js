import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { WEB, firstLoad, imports, pageWithModules } from "./modules.mjs";
import { rewrite } from "./vendor.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const LONGEST = 150;
const FIRST_LOAD = 120 * 1024;
/** @type {{ files: { file: string, package: string, version: string, source: string, sha256: string, licence_file: string }[] }} */
const MANIFEST = JSON.parse(readFileSync(join(WEB, "vendor/MANIFEST.json"), "utf8"));

/** @param {string} folder @returns {string[]} */
const files = (folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)).filter((path) => /\.(js|css)$/.test(path));
const OURS = [...files(join(WEB, "app")), ...files(join(WEB, "style"))].filter((path) => path.endsWith(".js"));

test("vendored files are what the manifest says", () => {
  for (const { file, sha256, licence_file } of MANIFEST.files) {
    assert.equal(createHash("sha256").update(readFileSync(join(WEB, file))).digest("hex"), sha256, file);
    assert.ok(existsSync(join(WEB, licence_file)), licence_file);
  }
});

test("nothing lies in vendor that the manifest does not name", () => {
  const named = new Set(MANIFEST.files.map((one) => join(WEB, one.file)));
  assert.deepEqual(files(join(WEB, "vendor")).filter((path) => !named.has(path)), []);
});

test("vendored libraries are the published ones, but for their imports", { skip: !existsSync(join(HERE, "node_modules")) }, () => {
  for (const { file, package: name, version, source } of MANIFEST.files.filter((one) => one.file.startsWith("vendor/"))) {
    const home = join(HERE, "node_modules", name);
    assert.equal(JSON.parse(readFileSync(join(home, "package.json"), "utf8")).version, version, name);
    assert.equal(rewrite(readFileSync(join(home, source), "utf8")), readFileSync(join(WEB, file), "utf8"), file);
  }
});

test("every import leads to a file", () => {
  for (const path of OURS) for (const target of imports(path)) assert.ok(existsSync(target), `${relative(WEB, path)} imports ${relative(WEB, target)}`);
});

test("only one file brings in the libraries of the view", () => {
  const others = OURS.filter((path) => !path.endsWith("app/html.js") && /vendor\/(preact|hooks|htm|signals)/.test(readFileSync(path, "utf8").replace(/import\("[^"]+"\)/g, "")));
  assert.deepEqual(others.map((path) => relative(WEB, path)), []);
});

test("the libraries below the view know nothing of it", () => {
  const forbidden = files(join(WEB, "app/lib")).flatMap((path) => imports(path).filter((target) => /\/(parts|pages|stores|vendor)\//.test(target)).map((target) => `${relative(WEB, path)} imports ${relative(WEB, target)}`));
  assert.deepEqual(forbidden, []);
});

test("a file of the page has under 150 lines", () => {
  const long = OURS.filter((path) => !path.endsWith("words.js") && readFileSync(path, "utf8").split("\n").length > LONGEST);
  assert.deepEqual(long.map((path) => relative(WEB, path)), []);
});

test("the first load brings at most 120 KiB of script", (context) => {
  const scripts = [...firstLoad(), join(WEB, "app/theme.js")];
  const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  context.diagnostic(`${(bytes / 1024).toFixed(1)} KiB in ${scripts.length} files`);
  assert.ok(bytes <= FIRST_LOAD, `${(bytes / 1024).toFixed(1)} KiB`);
});

test("the page names every module of the first load, to be fetched at once (node modules.mjs)", () => {
  assert.equal(readFileSync(join(WEB, "index.html"), "utf8"), pageWithModules());
});

test("the page itself holds no script and no style, and asks nobody else", () => {
  const page = readFileSync(join(WEB, "index.html"), "utf8");
  assert.doesNotMatch(page.replace('xmlns="http://www.w3.org/2000/svg"', ""), /<style|<script>|<script [^>]*>[^<]| style=| on\w+=|https?:/);
  for (const path of files(join(WEB, "style"))) assert.doesNotMatch(readFileSync(path, "utf8"), /https?:|@import/, path);
});

test("the sprite in the page is the vendored one", () => {
  assert.ok(readFileSync(join(WEB, "index.html"), "utf8").includes(readFileSync(join(WEB, "icons/sprite.svg"), "utf8")));
});

test("every icon that is shown is in the sprite", () => {
  const sprite = readFileSync(join(WEB, "icons/sprite.svg"), "utf8");
  const known = new Set([...sprite.matchAll(/id="icon-([\w-]+)"/g)].map((match) => match[1]));
  const used = OURS.flatMap((path) => [...readFileSync(path, "utf8").matchAll(/(?:<\$\{Icon\} name="|icon: ")([\w-]+)"/g)].map((match) => match[1]));
  assert.deepEqual([...new Set(used)].filter((name) => !known.has(name)), []);
});

test("nothing that a person reads is dangerous markup", () => {
  for (const path of OURS) assert.doesNotMatch(readFileSync(path, "utf8"), /dangerouslySetInnerHTML|innerHTML|document\.write|\beval\(|new Function/, relative(WEB, path));
});
