import assert from "node:assert/strict";
import { test } from "node:test";
import { aboutOf, partsOf, removals, traceOf } from "../../web/app/api/read.js";
import { attachedIn } from "../../web/app/lib/attached.js";
import { diffWords } from "../../web/app/lib/diff.js";
import { freshId } from "../../web/app/lib/ids.js";
import { placeOf } from "../../web/app/lib/places.js";
import { Problem, asProblem, problemOf } from "../../web/app/lib/problem.js";
import { recalled } from "../../web/app/lib/recalled.js";
import { address, parseRoute } from "../../web/app/lib/route.js";
import { dayKey, dayName, duration, when } from "../../web/app/lib/time.js";
import { timeline } from "../../web/app/lib/timeline.js";
import { cost } from "../../web/app/pages/chat/costWords.js";
import { noRoom } from "../../web/app/pages/chat/roomWords.js";
import { Speech } from "../../web/app/text/speech.js";

const NOW = new Date(2026, 4, 20, 12, 0);
/** @param {number} days @param {number} [hour] */
const ago = (days, hour = 9) => new Date(2026, 4, 20 - days, hour, 5).toISOString();

test("an address says the same after it was written and read", () => {
  const route = { page: "chat", parts: ["message", "a b/ü"], query: { span: "1-2", why: "x&y" } };
  assert.deepEqual(parseRoute(address(route.page, route.parts, route.query)), route);
});

test("no address is the conversation", () => assert.deepEqual(parseRoute(""), { page: "chat", parts: [], query: {} }));

test("a broken escape in an address is taken as it stands", () => assert.deepEqual(parseRoute("#/memory/%zz").parts, ["%zz"]));

test("empty parts of a query are left out", () => assert.equal(address("memory", [], { q: "", kind: null, state: "active" }), "#/memory?state=active"));

test("times are relative up to a week", () => {
  assert.equal(when(ago(0), NOW), "09:05");
  assert.equal(when(ago(1), NOW), "yesterday 09:05");
  assert.equal(when(ago(3), NOW), "Sunday 09:05");
  assert.equal(when(ago(9), NOW), "11 May");
  assert.equal(when(ago(400), NOW), "15 April 2025");
});

test("days have names", () => {
  assert.equal(dayName(ago(0), NOW), "Today");
  assert.equal(dayName(ago(1), NOW), "Yesterday");
  assert.equal(dayName(ago(9), NOW), "Monday 11 May");
  assert.equal(dayName(ago(400), NOW), "Tuesday, 15 April 2025");
});

test("the hour does not change the day", () => assert.equal(dayKey(ago(2, 0)), dayKey(ago(2, 23))));

test("durations carry their unit", () => {
  assert.deepEqual([0.2, 34, 1234, 65_000].map(duration), ["<1 ms", "34 ms", "1.2 s", "1 min 5 s"]);
});

test("a difference is told word by word", () => {
  assert.deepEqual(diffWords("Ada lives in Leeds.", "Ada now lives in York."), [
    { kind: "same", text: "Ada " }, { kind: "new", text: "now " }, { kind: "same", text: "lives in " }, { kind: "gone", text: "Leeds." }, { kind: "new", text: "York." },
  ]);
});

test("equal texts differ in nothing", () => assert.deepEqual(diffWords("a b", "a b"), [{ kind: "same", text: "a b" }]));

test("fresh ids are UUIDs, with or without the browser's own", () => {
  const own = crypto.randomUUID;
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(freshId(), uuid);
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  assert.match(freshId(), uuid);
  Object.defineProperty(crypto, "randomUUID", { value: own, configurable: true });
});

test("a refusal keeps the server's words", async () => {
  const body = JSON.stringify({ title: "Busy", status: 409, detail: "A turn runs.", code: "turn_in_progress", retryable: false, turn_id: "t" });
  const problem = await problemOf(new Response(body, { status: 409 }));
  assert.deepEqual([problem.message, problem.code, problem.status, problem.object.turn_id], ["A turn runs.", "turn_in_progress", 409, "t"]);
});

test("a refusal without words still says something", async () => {
  const problem = await problemOf(new Response("<html>", { status: 502 }));
  assert.match(problem.message, /502/);
  assert.equal(problem.retryable, true);
});

test("a network failure means that nobody answered", () => {
  assert.equal(asProblem(new TypeError("Failed to fetch")).unreachable, true);
  assert.equal(asProblem(new Error("other")).unreachable, false);
  const problem = new Problem({});
  assert.equal(asProblem(problem), problem);
});

test("what came to mind is counted as memories, else as passages", () => {
  assert.equal(recalled([{ kind: "memory" }, { kind: "message" }]), "1 memory");
  assert.equal(recalled([{ kind: "segment" }, { kind: "message" }]), "2 passages");
  assert.equal(recalled([]), "no memories");
});

test("each thing that is found has its place", () => {
  assert.deepEqual(["memory", "segment", "message"].map((kind) => placeOf({ kind, id: "x" })), ["#/memory/x", "#/chat/chapter/x", "#/chat/message/x"]);
});

test("parts of the house are read by name", () => {
  assert.deepEqual(partsOf({ status: "ready", parts: { cache: { ok: false, detail: "gone", latency_ms: 2 } } }), [{ name: "cache", ok: false, detail: "gone", latency_ms: 2 }]);
  assert.deepEqual(partsOf(null), []);
});

test("the built-in model is known as such", () => {
  assert.equal(aboutOf({ version: "1", model: { provider: "local", name: "small" } }).builtIn, true);
  assert.equal(aboutOf({ version: "1", model: { provider: "anthropic", name: "big" } }).builtIn, false);
});

test("a kept trace names what was shown, in order", () => {
  const trace = traceOf({ considered: [{ id: "a" }, { id: "b" }], shown: ["b"], touchstone: { narrative: "Ada" }, cited: ["b"], model_calls: [{ model: "m" }], tool_calls: [{ name: "weather_tool" }] });
  assert.deepEqual([trace.memories.map((one) => one.id), trace.touchstone, trace.model, trace.tools], [["b"], "Ada", "m", ["weather_tool"]]);
});

test("what was paid to see what a message is about is told apart", () => {
  const spent = [{ purpose: "turn", cost_usd: 1 }, { purpose: "touchstone", cost_usd: 0.0004 }, { purpose: "touchstone", cost_usd: null }];
  assert.equal(cost.aside(traceOf({ spent }).spent), ", of it $0.0004 to see what this is about");
  assert.deepEqual([cost.aside(traceOf({}).spent), cost.aside(spent.slice(0, 1))], ["", ""]);
});

test("what of a long chapter had no room is said", () => {
  const said = (/** @type {object} */ turn) => noRoom(traceOf(turn).context);
  const context = { left_out: 1040, summarised: true, opening: [] };
  assert.equal(said({ context }), "The first 1,040 messages of this chapter had no room; a summary stood in for them.");
  assert.equal(said({ context: { ...context, left_out: 40, summarised: false } }), "The first 40 messages of this chapter had no room; they were left out.");
  assert.equal(said({ context: { ...context, left_out: 1 } }), "The first message of this chapter had no room; a summary stood in for it.");
  assert.deepEqual([said({ context: { ...context, left_out: 0 } }), said({})], ["", ""]);
});

test("a receipt leaves out what was none", () => assert.deepEqual(removals({ memory_id: "m", dry_run: true, removed: { memories: 1, links: 0 }, memories: [], kept: {}, knowledge_blocks: [] }), [["memories", 1]]));

/** @param {string} id @param {"user" | "assistant"} role @param {string} at @param {object} [more] */
const entry = (id, role, at, more = {}) => ({ id, key: id, role, text: id, created_at: at, segment_id: "s1", turn_id: id, status: /** @type {const} */ ("complete"), memory_refs: [], ...more });

test("messages are read by day, and in it by exchange", () => {
  const days = timeline([entry("q1", "user", ago(1)), entry("a1", "assistant", ago(1)), entry("q2", "user", ago(0)), entry("a2", "assistant", ago(0))], true);
  assert.deepEqual(days.map((day) => day.exchanges.map((one) => [one.question?.id, one.answers.map((answer) => answer.id)])), [[["q1", ["a1"]]], [["q2", ["a2"]]]]);
});

test("an answer after midnight stays with its question", () => {
  const days = timeline([entry("q", "user", ago(1, 23)), entry("a", "assistant", ago(0, 0))], true);
  assert.equal(days.length, 1);
});

test("a chapter begins with its first message, if that is known to be the first", () => {
  const entries = [entry("q1", "user", ago(0)), entry("q2", "user", ago(0), { segment_id: "s2" })];
  const chapters = (/** @type {boolean} */ from) => timeline(entries, from).flatMap((day) => day.exchanges.map((one) => one.chapterId));
  assert.deepEqual(chapters(true), ["s1", "s2"]);
  assert.deepEqual(chapters(false), [null, "s2"]);
});

test("a try that broke off gives way to the one that answered", () => {
  const tries = [entry("q", "user", ago(0)), entry("a1", "assistant", ago(0), { status: "interrupted" }), entry("a2", "assistant", ago(0))];
  assert.deepEqual(timeline(tries, true)[0]?.exchanges[0]?.answers.map((one) => one.id), ["a2"]);
  assert.deepEqual(timeline(tries.slice(0, 2), true)[0]?.exchanges[0]?.answers.map((one) => one.id), ["a1"]);
});

test("a screen reader hears whole sentences, each once", () => {
  const heard = /** @type {string[]} */ ([]);
  const speech = new Speech((sentence) => heard.push(sentence));
  for (const character of "Hello there. You are **allergic** to nuts! And more") speech.push(character);
  assert.deepEqual(heard, ["Hello there.", "You are allergic to nuts!"]);
  speech.end();
  assert.equal(heard.at(-1), "And more");
});

test("what came with a message is named; its words and what is unknown are not", () => {
  const content = [{ type: "text" }, { type: "document", title: "Lease" }, { type: "document" }, { type: "image" }, { type: "thinking" }];
  assert.deepEqual(attachedIn(content), [{ kind: "document", title: "Lease" }, { kind: "document", title: null }, { kind: "image", title: null }]);
  assert.deepEqual(attachedIn(undefined), []);
});
