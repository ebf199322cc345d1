import assert from "node:assert/strict";
import { test } from "node:test";
import { beginsAt, isLastPart, questionOf } from "../../web/app/lib/versions.js";

/** @param {string} id @param {"user" | "assistant"} role @param {string} turn @returns {import("../../web/app/stores/thread.js").Entry} */
const entry = (id, role, turn) => ({ key: id, id, role, turn_id: turn, text: id, created_at: "2026-05-04T10:00:00Z", segment_id: "s", status: "complete", memory_refs: [] });

const first = entry("q1", "user", "t1");
const looking = entry("a1", "assistant", "t1");
const found = entry("a2", "assistant", "t1");
const second = entry("q2", "user", "t2");
const other = entry("b1", "assistant", "t2");
const thread = [first, looking, found, second, other];

test("a question's version begins with itself", () => assert.equal(beginsAt(thread, second), 3));

test("an answer's version begins with its first words, around tools or not", () => {
  assert.deepEqual([looking, found, other].map((one) => beginsAt(thread, one)), [1, 1, 4]);
});

test("what is not in the thread begins nowhere", () => assert.equal(beginsAt(thread, entry("x", "user", "t9")), -1));

test("only the last words of an answer are its end", () => {
  assert.deepEqual(thread.map((one) => isLastPart(thread, one)), [true, false, true, true, true]);
});

test("an answer knows its question", () => {
  assert.deepEqual([looking, found, other].map((one) => questionOf(thread, one)?.id), ["q1", "q1", "q2"]);
  assert.equal(questionOf([found], found), undefined);
});
