/** What the server says, as the HTTP contract has it. */

/**
 * @template T
 * @typedef {{ items: T[], next_cursor: string | null }} Listing
 */

/** @typedef {"user" | "assistant" | "tool"} Role */
/** @typedef {"complete" | "interrupted" | "failed"} MessageStatus */

/** A block in the Anthropic form; only what is shown of it. @typedef {{ type: string, title?: string | null }} Content */

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {Role} role
 * @property {string} text
 * @property {Content[]} [content]
 * @property {string} created_at
 * @property {string} segment_id
 * @property {string | null} turn_id
 * @property {MessageStatus} status
 * @property {string[]} memory_refs
 * @property {string | null} [parent_id]
 * @property {Branch} [branch]
 * @property {boolean} [on_path]
 */

/** @typedef {{ index: number, count: number, previous_id: string | null, next_id: string | null }} Branch which version of a message this is */

/**
 * @typedef {object} Segment
 * @property {string} id
 * @property {"active" | "collapsed"} status
 * @property {string | null} title
 * @property {string | null} summary
 * @property {string} started_at
 * @property {string | null} ended_at
 * @property {number} message_count
 */

/** @typedef {Record<string, number>} Reasons parts of a score by name */

/**
 * @typedef {object} Surfaced
 * @property {"memory" | "segment" | "message"} kind
 * @property {string} id
 * @property {string} text
 * @property {number} score
 * @property {Reasons} reasons
 * @property {string} created_at
 * @property {string[]} source_message_ids
 */

/** @typedef {{ message_id: string, start: number, end: number }} Evidence */

/**
 * @typedef {object} Memory
 * @property {string} id
 * @property {string} text
 * @property {string} kind
 * @property {number} importance
 * @property {number} confidence
 * @property {string} created_at
 * @property {string} updated_at
 * @property {string | null} happens_at
 * @property {string | null} expires_at
 * @property {string | null} last_accessed_at
 * @property {number} access_count
 * @property {boolean} pinned
 * @property {boolean} archived
 * @property {string} state
 * @property {string} source
 * @property {string} trust
 * @property {string | null} segment_id
 * @property {{ id: string, name: string, kind: string }[]} entities
 * @property {string[]} source_message_ids
 * @property {Evidence[]} evidence
 * @property {{ id: string, kind: string, direction: string, other_id: string, other_text: string }[]} links
 * @property {number} [score]
 */

/** @typedef {Partial<Pick<Memory, "text" | "kind" | "pinned" | "archived">>} MemoryChange */

/**
 * @typedef {object} Revision
 * @property {number} revision
 * @property {string} at
 * @property {string} actor
 * @property {string} change
 * @property {Record<string, unknown> | null} before
 * @property {Record<string, unknown> | null} after
 */

/** @typedef {{ memory_id: string, removed: Record<string, number>, kept: Record<string, number>, knowledge_blocks: string[], memories: { id: string, effect: string, text: string | null }[], dry_run: boolean }} Receipt */

/**
 * @typedef {object} Hit
 * @property {"memory" | "segment" | "message"} kind
 * @property {string} id
 * @property {number} score
 * @property {string} snippet
 * @property {string} created_at
 * @property {string | null} segment_id
 */

/**
 * @typedef {object} Job
 * @property {string} [id]
 * @property {"queued" | "running" | "done" | "failed"} state
 * @property {number} progress
 * @property {import("../lib/problem.js").ProblemObject | null} error
 * @property {Record<string, unknown> | null} result
 */

/** @typedef {{ name: string, cached: boolean, tokens: number, content: string }} PromptSection */
/** @typedef {{ sections: PromptSection[], tokens: number, left_out?: { name: string, reason: string }[] }} Prompt */
/** @typedef {{ name: string, ok: boolean, detail: string, latency_ms: number }} Part */

/**
 * What a turn rested on, whether it was just streamed or read back later.
 *
 * @typedef {object} Trace
 * @property {string} touchstone
 * @property {Surfaced[]} memories
 * @property {string[]} degraded
 * @property {string[]} cited
 * @property {string[]} tools
 * @property {string | null} model
 * @property {string} stop
 * @property {Record<string, number>} timings
 * @property {{ input_tokens: number, output_tokens: number, cache_read_tokens?: number, cache_write_tokens?: number } | null} usage
 * @property {number | null} [cost] in US dollars; null: a price is not known; absent: never reckoned
 * @property {{ purpose: string, cost_usd: number | null }[]} [spent] the cost by purpose and model
 * @property {{ left_out: number, summarised: boolean } | null} [context] what of the chapter was not sent; null: not known; absent: not asked yet
 */

export {};
