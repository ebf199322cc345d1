/** What rendered Markdown wears: code gets its language and buttons, tables scroll inside themselves. */
import { words } from "../words.js";

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** @param {string} act @param {string} label */
const button = (act, label) => element("button", { type: "button", class: "quiet small", "data-act": act }, label);

/** @param {Element} pre */
function dressCode(pre) {
  const language = /language-([\w+#.-]{1,24})/.exec(pre.querySelector("code")?.className ?? "")?.[1];
  const name = language ?? words.chat.code;
  const bar = element("div", { class: "code-bar" }, element("span", { class: "code-language" }, name));
  bar.append(button("wrap", words.chat.wrap), button("copy", words.chat.copy));
  bar.querySelector("[data-act=wrap]")?.setAttribute("aria-pressed", "false");
  const frame = element("div", { class: "code" });
  pre.replaceWith(frame);
  pre.setAttribute("tabindex", "0");
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", name);
  frame.append(bar, pre);
}

/** @param {Element} table */
function dressTable(table) {
  const frame = element("div", { class: "table", tabindex: "0", role: "region", "aria-label": words.chat.table });
  table.replaceWith(frame);
  frame.append(table);
}

/** @param {DocumentFragment} fragment */
export function dress(fragment) {
  fragment.querySelectorAll("pre").forEach(dressCode);
  fragment.querySelectorAll("table").forEach(dressTable);
}
