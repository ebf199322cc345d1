/** What went wrong, in the server's words where it has any. */
import { words } from "../words.js";

/** @typedef {{ title?: string, status?: number, detail?: string, code?: string, retryable?: boolean, [extra: string]: unknown }} ProblemObject */

export class Problem extends Error {
  /** @param {ProblemObject} object a problem as RFC 9457 writes it */
  constructor(object) {
    super(object.detail || object.title || words.problem.unknown);
    this.name = "Problem";
    this.object = object;
  }

  /** A stable machine word. */
  get code() {
    return this.object.code ?? "unknown";
  }

  get status() {
    return this.object.status ?? 0;
  }

  /** Whether the same request may succeed later. */
  get retryable() {
    return this.object.retryable ?? false;
  }

  /** Nobody answered at all. */
  get unreachable() {
    return this.code === "unreachable";
  }
}

/** @returns {Problem} */
export const unreachable = () =>
  new Problem({ code: "unreachable", status: 0, retryable: true, detail: words.problem.unreachable });

/**
 * @param {unknown} error
 * @returns {Problem}
 */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return unreachable();
  return new Problem({ code: "unexpected", detail: error instanceof Error ? error.message : String(error) });
}

/**
 * @param {Response} response one that is not ok
 * @returns {Promise<Problem>}
 */
export async function problemOf(response) {
  const fallback = { status: response.status, code: "unknown", retryable: response.status >= 500, detail: words.problem.status(response.status) };
  const text = await response.text().catch(() => "");
  try {
    const body = JSON.parse(text);
    return new Problem(body && typeof body === "object" ? { ...fallback, ...body } : fallback);
  } catch {
    return new Problem(fallback);
  }
}
