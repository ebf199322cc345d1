/** Markdown to safe nodes; DOMPurify looks last, whatever the parser let through. */
import DOMPurify from "../../vendor/purify.js";
import { dress } from "./dress.js";
import { markdown } from "./parser.js";

const ALLOWED = {
  ALLOWED_TAGS: ["p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "a", "strong", "em", "s", "hr", "br"],
  ALLOWED_ATTR: ["href", "title", "start", "class", "target", "rel"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|#)/i,
};

/**
 * @param {string} source
 * @param {import("./parser.js").Env} [env]
 * @returns {DocumentFragment}
 */
export function render(source, env = {}) {
  const fragment = DOMPurify.sanitize(markdown.render(source, env), { ...ALLOWED, RETURN_DOM_FRAGMENT: true });
  dress(fragment);
  return fragment;
}
