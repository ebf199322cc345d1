/** Hands streamed text on to a screen reader a sentence at a time. */
import { plain, sentences } from "../lib/passage.js";

export class Speech {
  #rest = "";
  #say;

  /** @param {(sentence: string) => void} say */
  constructor(say) {
    this.#say = say;
  }

  /** @param {string} text */
  push(text) {
    this.#rest += text;
    if (!/[.!?…\n]\s/.test(this.#rest)) return;
    const spans = sentences(this.#rest);
    const whole = spans.slice(0, -1);
    const last = spans.at(-1);
    if (!whole.length || !last) return;
    this.#say(plain(whole.map((span) => this.#rest.slice(span.start, span.end)).join(" ")));
    this.#rest = this.#rest.slice(last.start);
  }

  end() {
    const left = plain(this.#rest);
    this.#rest = "";
    if (left) this.#say(left);
  }
}
