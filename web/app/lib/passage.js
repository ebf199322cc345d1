/** Passages of a text: its sentences, the one that says a thing, and the words that a search matched. */

const SENTENCE_END = /[.!?…]+["'”’)\]]*(?=\s|$)|\n+/gu;
const WORD = /[\p{L}\p{N}]+/gu;

/** Words that are everywhere and tell nothing. */
const COMMON = new Set("a about all am an and are as at be been but by can could did do does for from had has have he her him his how i if in is it its may me my not of on or our she should so that the their them there they this to was we were what when where which who why will with would you your".split(" "));

/** @typedef {{ start: number, end: number }} Span */

/**
 * @param {string} text
 * @returns {Span[]} trimmed sentences
 */
export function sentences(text) {
  /** @type {Span[]} */
  const spans = [];
  let from = 0;
  const close = (/** @type {number} */ to) => {
    const piece = text.slice(from, to);
    const start = from + piece.length - piece.trimStart().length;
    const end = from + piece.trimEnd().length;
    if (end > start) spans.push({ start, end });
    from = to;
  };
  for (const match of text.matchAll(SENTENCE_END)) close(match.index + match[0].length);
  close(text.length);
  return spans;
}

/** @param {string} text */
const stems = (text) => new Set((text.toLowerCase().match(WORD) ?? []).filter((w) => w.length > 2).map((w) => w.slice(0, 6)));

/**
 * The sentence of `text` that shares most with `claim`.
 *
 * @param {string} text
 * @param {string} claim
 * @returns {Span}
 */
export function sentenceFor(text, claim) {
  const wanted = stems(claim);
  let best = { start: 0, end: text.length };
  let most = 0;
  for (const span of sentences(text)) {
    const shared = [...stems(text.slice(span.start, span.end))].filter((stem) => wanted.has(stem)).length;
    if (shared > most) [best, most] = [span, shared];
  }
  return best;
}

/**
 * @param {string} text
 * @param {string} query
 * @returns {{ text: string, hit: boolean }[]} the text in pieces, those that begin with a word of the query marked
 */
export function marked(text, query) {
  const typed = query.toLowerCase().match(WORD) ?? [];
  const wanted = typed.filter((w) => w.length > 1 && !COMMON.has(w));
  if (!wanted.length) return [{ text, hit: false }];
  /** @type {{ text: string, hit: boolean }[]} */
  const out = [];
  let from = 0;
  for (const match of text.matchAll(WORD)) {
    const word = match[0].toLowerCase();
    if (!wanted.some((w) => word === w || (word.startsWith(w) && (w.length > 3 || w === typed.at(-1))))) continue;
    if (match.index > from) out.push({ text: text.slice(from, match.index), hit: false });
    out.push({ text: match[0], hit: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) out.push({ text: text.slice(from), hit: false });
  return out;
}

/**
 * @param {string | undefined} written `12-57`
 * @returns {Span | null}
 */
export function parseSpan(written) {
  const match = /^(\d+)-(\d+)$/.exec(written ?? "");
  if (!match) return null;
  const [start, end] = [Number(match[1]), Number(match[2])];
  return end > start ? { start, end } : null;
}

/**
 * Spans count characters as Python does; JavaScript counts UTF-16 units.
 *
 * @param {string} text
 * @param {Span} span
 * @returns {Span}
 */
export function inUnits(text, span) {
  const points = [...text];
  const start = points.slice(0, span.start).join("").length;
  return { start, end: start + points.slice(span.start, span.end).join("").length };
}

/** @param {string} text Markdown without its marks, on one line */
export const plain = (text) =>
  text
    .replace(/\|?[ :]*-{3,}[-:| ]*/g, " ")
    .replace(/\*\*|__|`+|^#+ |(?<=\s|^)[*_](?=\S)|(?<=\S)[*_](?=\W|$)/gm, "")
    .replace(/\s*\|\s*/g, "  ")
    .replace(/\s+/g, " ")
    .trim();
