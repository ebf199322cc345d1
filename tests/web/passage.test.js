import assert from "node:assert/strict";
import { test } from "node:test";
import { inUnits, marked, parseSpan, plain, sentenceFor, sentences } from "../../web/app/lib/passage.js";

const TEXT = "I moved to Leeds in March. My cat Miso came along! Is that right?\nYes";

/** @param {string} text @param {{ start: number, end: number }} span */
const cut = (text, { start, end }) => text.slice(start, end);

test("sentences end with their marks or their line", () => {
  assert.deepEqual(sentences(TEXT).map((span) => cut(TEXT, span)), ["I moved to Leeds in March.", "My cat Miso came along!", "Is that right?", "Yes"]);
});

test("a point inside a number or a name ends no sentence", () => assert.equal(sentences("It cost 3.50 at example.org today.").length, 1));

test("the sentence that bears a claim is the one that shares its words", () => {
  assert.equal(cut(TEXT, sentenceFor(TEXT, "Anna has a cat called Miso.")), "My cat Miso came along!");
});

test("where no sentence shares a word the whole text stands for it", () => assert.deepEqual(sentenceFor(TEXT, "zzz"), { start: 0, end: TEXT.length }));

test("words that begin as the question's words are marked", () => {
  assert.deepEqual(marked("Birthdays and a birthday cake", "birthday"), [
    { text: "Birthdays", hit: true }, { text: " and a ", hit: false }, { text: "birthday", hit: true }, { text: " cake", hit: false },
  ]);
});

test("words that are everywhere are not marked, and short ones only whole or while they are typed", () => {
  const hits = (/** @type {string} */ text, /** @type {string} */ query) => marked(text, query).filter((one) => one.hit).map((one) => one.text);
  assert.deepEqual(hits("What may I not eat? Noted: she eats nuts.", "what may I not eat today"), ["eat"]);
  assert.deepEqual(hits("Birthdays", "bir"), ["Birthdays"]);
});

test("a question without words marks nothing", () => assert.deepEqual(marked("abc", "?!"), [{ text: "abc", hit: false }]));

test("a span in an address is two numbers in order", () => {
  assert.deepEqual(parseSpan("3-9"), { start: 3, end: 9 });
  for (const bad of [undefined, "", "9-3", "a-b", "3-", "-1-2"]) assert.equal(parseSpan(bad), null);
});

test("characters beyond the basic plane are counted once", () => {
  const text = "👋👋 my cat is Miso";
  assert.equal(cut(text, inUnits(text, { start: 3, end: 9 })), "my cat");
});

test("Markdown's marks are left out of a plain line", () => {
  assert.equal(plain("# Plan\n\nBuy **three** `shirts` | 2 |\n|---|--:|\nand *one* snake_case"), "Plan Buy three shirts 2 and one snake_case");
});
