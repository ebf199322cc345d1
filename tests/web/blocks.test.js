import assert from "node:assert/strict";
import { test } from "node:test";
import { Blocks, blocksOf, mend } from "../../web/app/text/blocks.js";
import { blockStarts, markdown } from "../../web/app/text/parser.js";

const LONG = [
  "# A title", "A paragraph that\ngoes over two lines.", "- one\n- two\n\n  with more\n\n- three", "```js\nconst a = 1;\n\n\nconst b = `two`;\n```",
  "1. first\n\n2. second\n   - inner", "> quoted\n> twice", "| a | b |\n|---|--:|\n| 1 | 2 |", "    indented code\n\n    goes on", "Setext\n======", "---", "The end.",
].join("\n\n");

/** @param {string} text @param {number} size */
const pieces = (text, size) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];

/** @param {string[]} deltas */
function streamed(deltas) {
  const blocks = new Blocks(blockStarts);
  for (const delta of deltas) blocks.push(delta);
  blocks.end();
  return blocks.finished;
}

test("blocks of a whole text are its top-level blocks", () => {
  assert.equal(blocksOf(LONG, blockStarts).finished.length, 11);
});

for (const size of [1, 2, 3, 7, 40]) {
  test(`blocks are the same when the text comes ${size} characters at a time`, () => {
    assert.deepEqual(streamed(pieces(LONG, size)), blocksOf(LONG, blockStarts).finished);
  });
}

test("a finished block never changes while more text comes", () => {
  const blocks = new Blocks(blockStarts);
  let before = /** @type {string[]} */ ([]);
  for (const delta of pieces(LONG, 1)) {
    blocks.push(delta);
    assert.deepEqual(blocks.finished.slice(0, before.length), before);
    before = [...blocks.finished];
  }
});

test("nothing of the text is lost between blocks", () => {
  const squeezed = (/** @type {string} */ text) => text.replace(/\s+/g, "");
  assert.equal(squeezed(streamed(pieces(LONG, 1)).join("\n\n")), squeezed(LONG));
});

test("a list that goes on after an empty line stays one block", () => {
  assert.deepEqual(streamed(pieces("1. a\n\n2. b\n\nend", 1)), ["1. a\n\n2. b", "end"]);
});

test("an open fence is one block, empty lines and all", () => {
  const blocks = new Blocks(blockStarts);
  blocks.push("```\na\n\nb\n\n# not a heading\n");
  assert.deepEqual(blocks.finished, []);
});

test("a link defined in one block serves the next", () => {
  const { finished, env } = blocksOf("[docs]: https://example.org/\n\nSee [docs].", blockStarts);
  assert.match(markdown.render(String(finished.at(-1)), env), /href="https:\/\/example\.org\/"/);
});

const MENDED = [
  ["plain words", "plain words"], ["some **bo", "some **bo**"], ["some **bold**", "some **bold**"], ["some **", "some "], ["a *", "a "],
  ["run `ls -", "run `ls -`"], ["see [the docs](https://ex", "see the docs"], ["see [the docs](https://example.org)", "see [the docs](https://example.org)"],
  ["```js\nlet a = `", "```js\nlet a = `"], ["`**` is bold", "`**` is bold"],
];
for (const [half, whole] of MENDED) test(`half-written ${JSON.stringify(half)} is shown as ${JSON.stringify(whole)}`, () => assert.equal(mend(String(half)), whole));
