/** Talks to the server; every refusal comes back as a Problem in the server's words. */
import { Problem, asProblem, problemOf } from "../lib/problem.js";
import { readEvents } from "../lib/sse.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Memory} Memory */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */
/** @typedef {{ query?: Query, body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }} Options */

/** @param {string} path @param {Query} [query] empty values are left out */
function url(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${path}?${search}` : path;
}

/** @param {string} method @param {string} path @param {Options} options */
async function send(method, path, { query, body, headers = {}, signal }) {
  /** @type {RequestInit} */
  const init = { method, headers: { Accept: "application/json", ...headers }, signal: signal ?? null, cache: "no-store" };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, "Content-Type": "application/json" };
  }
  try {
    return await fetch(url(path, query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw asProblem(error);
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function ask(method, path, options = {}) {
  const response = await send(method, path, options);
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch (error) {
    throw asProblem(error instanceof SyntaxError ? new TypeError("cut short") : error);
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {AsyncGenerator<{ id: string, event: string, data: any }>}
 */
async function* stream(method, path, options = {}) {
  const response = await send(method, path, { ...options, headers: { Accept: "text/event-stream", ...options.headers } });
  if (!response.ok) throw await problemOf(response);
  if (!response.body) throw new Problem({ code: "no_stream", detail: "The server sent no stream." });
  try {
    for await (const { id, event, data } of readEvents(response.body)) yield { id, event, data: JSON.parse(data) };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw asProblem(error);
  }
}

const part = encodeURIComponent;

export const api = {
  /** @param {{ text?: string, key: string, parent?: string, signal?: AbortSignal }} message the key makes sending it twice harmless; below a parent, a new branch */
  chat: ({ text, key, parent, signal }) => stream("POST", "/api/chat", { body: { message: text, parent_message_id: parent, stream: true }, headers: { "Idempotency-Key": key }, signal }),
  /** Nothing of it is kept. @param {string} message @param {{ role: string, content: string }[]} incognito_history @param {AbortSignal} signal */
  whisper: (message, incognito_history, signal) => stream("POST", "/api/chat", { body: { message, incognito_history, incognito: true, stream: true }, signal }),
  /** @param {string} turnId @param {string} after the last event that was seen @param {AbortSignal} [signal] */
  attach: (turnId, after, signal) => stream("GET", `/api/chat/${part(turnId)}/events`, { headers: after ? { "Last-Event-ID": after } : {}, signal }),
  /** @param {string} turnId @param {AbortSignal} [signal] */
  retry: (turnId, signal) => stream("POST", `/api/chat/${part(turnId)}/retry`, { signal }),
  /** @param {string} turnId */
  cancel: (turnId) => ask("POST", `/api/chat/${part(turnId)}/cancel`),
  /** @param {string} turnId */
  turn: (turnId) => ask("GET", `/api/turns/${part(turnId)}`),

  /** @param {{ before?: string, after?: string, segment_id?: string, limit?: number, cursor?: string | null }} query @returns {Promise<import("./types.js").Listing<Message>>} newest first */
  messages: (query) => ask("GET", "/api/messages", { query }),
  /** @param {string} id @returns {Promise<Message>} */
  message: (id) => ask("GET", `/api/messages/${part(id)}`),
  /** @param {string} id @param {number} limit @returns {Promise<import("./types.js").Listing<Message>>} oldest first */
  following: (id, limit) => ask("GET", `/api/messages/${part(id)}/following`, { query: { limit } }),
  /** @param {string} id go back to that version @returns {Promise<Message>} */
  activate: (id) => ask("POST", `/api/messages/${part(id)}/activate`),
  /** @param {{ cursor?: string | null, limit?: number }} query @returns {Promise<import("./types.js").Listing<import("./types.js").Segment>>} */
  segments: (query) => ask("GET", "/api/segments", { query }),
  /** @param {string} id @param {"all"} [branches] what has given way to other versions, too @returns {Promise<import("./types.js").Segment & { messages: Message[] }>} */
  segment: (id, branches) => ask("GET", `/api/segments/${part(id)}`, { query: { branches } }),
  /** @returns {Promise<{ job_id: string }>} */
  endChapter: () => ask("POST", "/api/segments/active/collapse"),
  /** @param {string} id @returns {Promise<import("./types.js").Job>} */
  job: (id) => ask("GET", `/api/jobs/${part(id)}`),
  /** @param {string} id */
  watchJob: (id) => stream("GET", `/api/jobs/${part(id)}/events`),

  /** @param {Query} query @param {AbortSignal} [signal] @returns {Promise<import("./types.js").Listing<Memory>>} */
  memories: (query, signal) => ask("GET", "/api/memories", { query, signal }),
  /** @param {string} id @returns {Promise<Memory>} */
  memory: (id) => ask("GET", `/api/memories/${part(id)}`),
  /** @param {string} id @param {import("./types.js").MemoryChange} change @returns {Promise<Memory>} */
  editMemory: (id, change) => ask("PATCH", `/api/memories/${part(id)}`, { body: change }),
  /** @param {string} id @param {boolean} dryRun @returns {Promise<import("./types.js").Receipt>} */
  deleteMemory: (id, dryRun) => ask("DELETE", `/api/memories/${part(id)}`, { query: dryRun ? { dry_run: true } : {} }),
  /** @param {string} id @returns {Promise<import("./types.js").Revision[]>} */
  history: async (id) => (await ask("GET", `/api/memories/${part(id)}/history`)).items,

  /** @param {Query} query @param {AbortSignal} [signal] @returns {Promise<{ items: import("./types.js").Hit[], degraded?: string[] }>} */
  search: (query, signal) => ask("GET", "/api/search", { query, signal }),
  /** @returns {Promise<import("./types.js").Prompt>} */
  prompt: () => ask("GET", "/api/prompt"),
  about: () => ask("GET", "/api/about"),
  /** Answers also when a part is lost: then with 503 and the same body. @returns {Promise<{ ok: boolean, body: any }>} */
  ready: async () => {
    const response = await send("GET", "/health/ready", {});
    try {
      return { ok: response.ok, body: await response.json() };
    } catch {
      throw new Problem({ status: response.status, code: "unreachable", retryable: true });
    }
  },
};
