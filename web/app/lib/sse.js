/** Server-sent events out of a byte stream, however it is cut. */

/** @typedef {{ id: string, event: string, data: string }} SseEvent */

/** Collects text into events; give it the text as it comes. */
export class SseParser {
  #rest = "";
  #id = "";
  #event = "";
  /** @type {string[]} */
  #data = [];
  #atStart = true;

  /**
   * @param {string} text
   * @returns {SseEvent[]} the events that this text completed
   */
  push(text) {
    if (this.#atStart && text) {
      this.#atStart = false;
      text = text.replace(/^\uFEFF/, "");
    }
    this.#rest += text;
    /** @type {SseEvent[]} */
    const events = [];
    for (;;) {
      const line = this.#line();
      if (line === null) return events;
      if (line === "") this.#dispatch(events);
      else this.#field(line);
    }
  }

  /** @returns {string | null} the next whole line; a carriage return at the very end waits for what follows */
  #line() {
    const end = this.#rest.search(/[\r\n]/);
    if (end < 0) return null;
    const carriage = this.#rest[end] === "\r";
    if (carriage && end === this.#rest.length - 1) return null;
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + (carriage && this.#rest[end + 1] === "\n" ? 2 : 1));
    return line;
  }

  /** @param {string} line */
  #field(line) {
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }

  /** @param {SseEvent[]} events */
  #dispatch(events) {
    if (this.#data.length) events.push({ id: this.#id, event: this.#event || "message", data: this.#data.join("\n") });
    this.#data = [];
    this.#event = "";
  }
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<SseEvent>}
 */
export async function* readEvents(stream) {
  const parser = new SseParser();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        yield* parser.push(`${decoder.decode()}\n`);
        return;
      }
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
