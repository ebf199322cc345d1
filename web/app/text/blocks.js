/** Markdown that is still being written, cut into blocks that are finished and one that is not. */

/** @typedef {(source: string, env: Record<string, unknown>) => number[]} BlockStarts */

/** A line that may yet turn out to be a list, a heading, a rule, a fence or a table. */
const UNDECIDED = /^[\s\d.)\-+*_#>|`~=]*$/;

/** The last line follows an empty one, so it may begin a block. */
const AFTER_BLANK = /\n[ \t]*\n[^\n]*$/;

export class Blocks {
  /** @type {string[]} */
  finished = [];
  tail = "";
  /** What the blocks share, such as link definitions. */
  env = /** @type {Record<string, unknown>} */ ({});
  #starts;

  /** @param {BlockStarts} starts the lines of a text on which its blocks begin */
  constructor(starts) {
    this.#starts = starts;
  }

  /** @param {string} text */
  push(text) {
    this.tail += text;
    if (text.includes("\n") || AFTER_BLANK.test(this.tail)) this.#settle();
  }

  #settle() {
    const lines = this.tail.split("\n");
    const starts = this.#starts(this.tail, this.env);
    const last = starts.at(-1);
    if (last === undefined || starts.length < 2) return;
    const undecided = last === lines.length - 1 && UNDECIDED.test(String(lines[last]));
    const settled = undecided ? starts.slice(0, -1) : starts;
    this.#take(settled, lines);
  }

  /** @param {number[]} starts @param {string[]} lines */
  #take(starts, lines) {
    let from = 0;
    for (const start of starts.slice(1)) {
      this.finished.push(lines.slice(from, start).join("\n").trimEnd());
      from = start;
    }
    this.tail = lines.slice(from).join("\n");
  }

  /** Nothing more will come. */
  end() {
    const lines = this.tail.split("\n");
    this.#take(this.#starts(this.tail, this.env), lines);
    if (this.tail.trim()) this.finished.push(this.tail.trimEnd());
    this.tail = "";
  }
}

/**
 * @param {string} text
 * @param {BlockStarts} starts
 */
export function blocksOf(text, starts) {
  const blocks = new Blocks(starts);
  blocks.push(text);
  blocks.end();
  return blocks;
}

/**
 * Close what a half-written line has opened, so that its marks do not show while it is written.
 *
 * @param {string} tail
 */
export function mend(tail) {
  if (/^\s*(`{3,}|~{3,})/.test(tail)) return tail;
  const line = tail.slice(tail.lastIndexOf("\n") + 1);
  const ticks = (line.match(/`/g) ?? []).length;
  if (ticks % 2) return `${tail}\``;
  const plain = line.replace(/`[^`]*`/g, "");
  const hidden = plain.match(/!?\[[^\]]*\]?\(?[^)\s]*$/);
  if (hidden && /\]\(/.test(hidden[0])) return tail.slice(0, tail.length - hidden[0].length) + hidden[0].replace(/^!?\[([^\]]*)\].*$/, "$1");
  const open = (plain.match(/\*\*/g) ?? []).length % 2;
  if (!open) return tail.replace(/(^|\s)\*{1,2}$/, "$1");
  return /\*\*$/.test(tail) ? tail.slice(0, -2) : `${tail.replace(/\*$/, "").trimEnd()}**`;
}
