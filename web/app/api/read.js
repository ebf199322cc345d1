/** Reads what the server says into the shapes that the page shows. */

/** @typedef {import("./types.js").Part} Part */
/** @typedef {import("./types.js").Trace} Trace */

/** @param {unknown} value @returns {any[]} */
const list = (value) => (Array.isArray(value) ? value : []);

/**
 * @param {any} body of `/health/ready`
 * @returns {Part[]}
 */
export function partsOf(body) {
  return Object.entries(body?.parts ?? {}).map(([name, part]) => ({
    name, ok: Boolean(part.ok), detail: String(part.detail ?? ""), latency_ms: Number(part.latency_ms ?? 0),
  }));
}

/**
 * @param {any} about of `/api/about`
 * @returns {{ version: string, model: string, builtIn: boolean }}
 */
export function aboutOf(about) {
  const model = about?.model ?? {};
  return { version: String(about?.version ?? ""), model: String(model.name ?? ""), builtIn: model.provider === "local" };
}

/** @returns {Trace} */
export const emptyTrace = () => ({ touchstone: "", memories: [], degraded: [], cited: [], tools: [], model: null, stop: "", timings: {}, usage: null });

/**
 * @param {any} turn of `/api/turns/{turn_id}`
 * @returns {Trace}
 */
export function traceOf(turn) {
  const byId = new Map(list(turn.considered).map((hit) => [hit.id, hit]));
  const last = list(turn.model_calls).at(-1);
  return {
    touchstone: String(turn.touchstone?.text || turn.touchstone?.narrative || ""),
    memories: list(turn.shown).flatMap((id) => byId.get(id) ?? []),
    degraded: list(turn.degraded),
    cited: list(turn.cited),
    tools: [...new Set(list(turn.tool_calls).map((tool) => String(tool.name)))],
    model: last?.model ?? null,
    stop: String(last?.stop ?? ""),
    timings: turn.timings_ms ?? {},
    usage: turn.usage ?? null,
    cost: turn.cost_usd,
    spent: turn.spent,
    context: turn.context ?? null,
  };
}

/**
 * What a deletion takes away, by name, without what is none.
 *
 * @param {import("./types.js").Receipt} receipt
 * @returns {[string, number][]}
 */
export const removals = (receipt) => Object.entries(receipt.removed).filter(([, many]) => many > 0);
