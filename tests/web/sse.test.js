import assert from "node:assert/strict";
import { test } from "node:test";
import { SseParser, readEvents } from "../../web/app/lib/sse.js";

/** @param {string[]} chunks */
function parsed(chunks) {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
}

/** @param {Uint8Array[]} chunks */
async function read(chunks) {
  const stream = new ReadableStream({
    start(control) {
      chunks.forEach((chunk) => control.enqueue(chunk));
      control.close();
    },
  });
  const events = [];
  for await (const event of readEvents(stream)) events.push(event);
  return events;
}

const STREAM = 'id: 1\nevent: text_delta\ndata: {"text": "Grüße, 👋 wörld"}\n\n: still there\n\nid: 2\nevent: turn_completed\ndata: {}\n\n';
const EVENTS = [
  { id: "1", event: "text_delta", data: '{"text": "Grüße, 👋 wörld"}' },
  { id: "2", event: "turn_completed", data: "{}" },
];

test("an event is its id, its name and its data", () => assert.deepEqual(parsed([STREAM]), EVENTS));

test("events come out the same wherever the bytes are cut", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(await read([bytes.slice(0, cut), bytes.slice(cut)]), EVENTS);
});

test("events come out the same one byte at a time", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  assert.deepEqual(await read([...bytes].map((byte) => Uint8Array.of(byte))), EVENTS);
});

for (const [name, end] of [["CR LF", "\r\n"], ["CR", "\r"]]) {
  test(`lines may end in ${name}, cut anywhere`, async () => {
    const bytes = new TextEncoder().encode(STREAM.replaceAll("\n", String(end)));
    for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(await read([bytes.slice(0, cut), bytes.slice(cut)]), EVENTS);
  });
}

test("several data lines are one text with breaks", () => assert.equal(parsed(["data: one\ndata: two\n\n"])[0]?.data, "one\ntwo"));

test("only one blank after the colon is taken away", () => assert.equal(parsed(["data:  x\n\n"])[0]?.data, " x"));

test("a comment is nothing", () => assert.deepEqual(parsed([": hello\n\n:\n\n"]), []));

test("an event without data is none, and its name does not stick", () => {
  assert.deepEqual(parsed(["event: lost\n\ndata: x\n\n"]), [{ id: "", event: "message", data: "x" }]);
});

test("an id holds until the next one", () => assert.equal(parsed(["id: 7\ndata: a\n\ndata: b\n\n"])[1]?.id, "7"));

test("a byte order mark at the very start is passed over", () => assert.equal(parsed(["\uFEFFdata: x\n\n"])[0]?.data, "x"));

test("a half event at the end of the stream is not an event", async () => {
  assert.deepEqual(await read([new TextEncoder().encode("data: whole\n\ndata: half")]), [{ id: "", event: "message", data: "whole" }]);
});
