/** Markdown to safe nodes: no raw HTML, remote pictures become links, and DOMPurify looks last. */
import MarkdownIt from "../../vendor/markdown-it.js";
import DOMPurify from "../../vendor/purify.js";
import { words } from "../words.js";
import { dress } from "./dress.js";

/** @typedef {import("../../vendor/markdown-it.js").Token} Token */
/** @typedef {Record<string, any>} Env what the blocks of one text share, such as link definitions */

const ALLOWED = {
  ALLOWED_TAGS: ["p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "a", "strong", "em", "s", "hr", "br"],
  ALLOWED_ATTR: ["href", "title", "start", "class", "target", "rel"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|#)/i,
};

export const markdown = new MarkdownIt({ html: false, linkify: true, typographer: false, breaks: false });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
markdown.validateLink = (/** @type {string} */ url) => /^(https?:|mailto:|tel:)/i.test(url.trim());

const { rules } = markdown.renderer;
const escape = markdown.utils.escapeHtml;

rules.image = (/** @type {Token[]} */ tokens, /** @type {number} */ index) => {
  const token = tokens[index];
  const source = String(token?.attrGet("src") ?? "");
  const label = escape(words.chat.image(token?.content ?? ""));
  return `<a href="${escape(source)}" target="_blank" rel="noopener noreferrer nofollow">${label}</a>`;
};

/** @type {any} */
const openLink = (/** @type {Token[]} */ tokens, /** @type {number} */ index, /** @type {any} */ options, /** @type {Env} */ _env, /** @type {any} */ self) => {
  tokens[index]?.attrSet("target", "_blank");
  tokens[index]?.attrSet("rel", "noopener noreferrer nofollow");
  return self.renderToken(tokens, index, options);
};
rules.link_open = openLink;

markdown.core.ruler.push("house_style", (state) => {
  for (const token of state.tokens) {
    if (token.type.startsWith("heading_")) token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 2)}`;
    const align = /text-align:(right|center)/.exec(String(token.attrGet("style") ?? ""))?.[1];
    if (align) token.attrSet("class", align);
    if (token.attrs) token.attrs = token.attrs.filter(([name]) => name !== "style");
  }
});

/**
 * @param {string} source
 * @param {Env} [env]
 * @returns {DocumentFragment}
 */
export function render(source, env = {}) {
  const unsafe = markdown.render(source, env);
  const fragment = /** @type {DocumentFragment} */ (DOMPurify.sanitize(unsafe, { ...ALLOWED, RETURN_DOM_FRAGMENT: true }));
  dress(fragment);
  return fragment;
}

/**
 * @param {string} source
 * @param {Env} env
 * @returns {number[]} the lines on which the top-level blocks begin
 */
export function blockStarts(source, env) {
  /** @type {Token[]} */
  const tokens = [];
  markdown.block.parse(source, markdown, env, tokens);
  return tokens.filter((token) => token.level === 0 && token.map && token.nesting >= 0).map((token) => Number(token.map?.[0]));
}
