/** Word by word differences between two short texts. */

/** @typedef {{ kind: "same" | "gone" | "new", text: string }} Piece */

/** @param {string} text words with the space after them */
const pieces = (text) => text.match(/\S+\s*|\s+/g) ?? [];

/**
 * @param {string[]} a
 * @param {string[]} b
 * @returns {number[][]} lengths of the longest common runs from each pair of places on
 */
function commonLengths(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = /** @type {number[]} */ (table[i]);
      const below = /** @type {number[]} */ (table[i + 1]);
      row[j] = same(a[i], b[j]) ? Number(below[j + 1]) + 1 : Math.max(Number(below[j]), Number(row[j + 1]));
    }
  }
  return table;
}

/** @param {string | undefined} x @param {string | undefined} y */
const same = (x, y) => x?.trimEnd() === y?.trimEnd();

/**
 * @param {string} before
 * @param {string} after
 * @returns {Piece[]}
 */
export function diffWords(before, after) {
  const a = pieces(before);
  const b = pieces(after);
  const table = commonLengths(a, b);
  /** @type {Piece[]} */
  const out = [];
  /** @param {Piece["kind"]} kind @param {string} text */
  const add = (kind, text) => {
    const last = out.at(-1);
    if (last?.kind === kind) last.text += text;
    else out.push({ kind, text });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && same(a[i], b[j])) {
      add("same", String(b[j++]));
      i++;
    } else if (j >= b.length || (i < a.length && Number(table[i + 1]?.[j]) >= Number(table[i]?.[j + 1]))) add("gone", String(a[i++]));
    else add("new", String(b[j++]));
  }
  return out;
}
