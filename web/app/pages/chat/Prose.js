import { Component, html } from "../../html.js";
import { copy } from "../../lib/clipboard.js";
import { mend } from "../../text/blocks.js";
import { render } from "../../text/markdown.js";
import { morph } from "../../text/morph.js";
import { say } from "../../stores/say.js";
import { words } from "../../words.js";

/** @typedef {{ source: string, env: Record<string, unknown>, open: boolean }} BlockProps */

/** One block of an answer; it is painted again only when its own text changes. @extends {Component<BlockProps>} */
class Block extends Component {
  /** @type {HTMLElement | null} */
  place = null;

  /** @override @param {BlockProps} next */
  shouldComponentUpdate(next) {
    const { source, open } = this.props;
    return next.source !== source || (next.open !== open && mend(source) !== source);
  }

  /** @override */
  componentDidMount() {
    this.paint();
  }

  /** @override */
  componentDidUpdate() {
    this.paint();
  }

  paint() {
    const { source, env, open } = this.props;
    if (this.place) morph(this.place, render(open ? mend(source) : source, env));
  }

  /** @override */
  render() {
    return html`<div class="block" ref=${(/** @type {HTMLElement | null} */ place) => (this.place = place)}></div>`;
  }
}

/** @param {Element} button @param {Element} frame */
async function copyCode(button, frame) {
  const done = await copy(frame.querySelector("code")?.textContent ?? "");
  say(done ? words.chat.copied : words.chat.notCopied);
  button.textContent = done ? words.chat.copied : words.chat.copy;
  setTimeout(() => (button.textContent = words.chat.copy), 2000);
}

/** @param {Event} event */
function click(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-act]") : null;
  const frame = button?.closest(".code");
  if (!button || !frame) return;
  if (button.getAttribute("data-act") === "copy") void copyCode(button, frame);
  else button.setAttribute("aria-pressed", String(frame.classList.toggle("wrapped")));
}

/** @param {{ finished: string[], tail?: string, env: Record<string, unknown> }} props Markdown by blocks; `tail` still grows */
export const Prose = ({ finished, tail = "", env }) => html`
  <div class="prose" onClick=${click}>
    ${[...finished, ...(tail ? [tail] : [])].map((source, index) => html`<${Block} key=${index} source=${source} env=${env} open=${index === finished.length} />`)}
  </div>
`;
