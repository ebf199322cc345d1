/** The Markdown parser as the house wants it: no raw HTML, remote pictures become links, headings below the page's own. */
import MarkdownIt from "../../vendor/markdown-it.js";
import { words } from "../words.js";

/** @typedef {import("../../vendor/markdown-it.js").Token} Token */
/** @typedef {Record<string, any>} Env what the blocks of one text share, such as link definitions */

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
 * @param {Env} env
 * @returns {number[]} the lines on which the top-level blocks begin
 */
export function blockStarts(source, env) {
  /** @type {Token[]} */
  const tokens = [];
  markdown.block.parse(source, markdown, env, tokens);
  return tokens.filter((token) => token.level === 0 && token.map && token.nesting >= 0).map((token) => Number(token.map?.[0]));
}
