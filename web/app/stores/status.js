/** Whether the server answers, and how its parts are. */
import { computed, effect, signal } from "../html.js";
import { api } from "../api/client.js";
import { aboutOf, partsOf } from "../api/read.js";

/** @typedef {import("../api/types.js").Part} Part */

const CALM = 30_000;
const FIRST_AGAIN = 1_000;
const LONGEST_AGAIN = 8_000;

export const reachable = signal(true);
/** @type {import("../../vendor/signals.js").Signal<Part[] | null>} */
export const parts = signal(null);
/** @type {import("../../vendor/signals.js").Signal<ReturnType<typeof aboutOf> | null>} */
export const about = signal(null);

export const lostParts = computed(() => (parts.value ?? []).filter((part) => !part.ok));
/** @type {import("../../vendor/signals.js").ReadonlySignal<"gone" | "asking" | "unwell" | "well">} */
export const health = computed(() => {
  if (!reachable.value) return "gone";
  if (!parts.value) return "asking";
  return lostParts.value.length ? "unwell" : "well";
});

let again = FIRST_AGAIN;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

export async function check() {
  clearTimeout(timer);
  try {
    const { body } = await api.ready();
    parts.value = partsOf(body);
    reachable.value = true;
    again = FIRST_AGAIN;
    if (!about.value) about.value = aboutOf(await api.about());
  } catch {
    reachable.value = !parts.value || again > FIRST_AGAIN ? false : reachable.value;
    again = Math.min(again * 2, LONGEST_AGAIN);
  }
  clearTimeout(timer);
  timer = setTimeout(check, again === FIRST_AGAIN ? CALM : again);
}

/** A request found nobody there. */
export function missed() {
  reachable.value = false;
  again = FIRST_AGAIN * 2;
  clearTimeout(timer);
  timer = setTimeout(check, FIRST_AGAIN);
}

/** @returns {Promise<void>} resolves when the server answers again */
export function back() {
  return new Promise((resolve) => {
    /** @type {(() => void) | undefined} */
    let stop;
    let done = false;
    stop = effect(() => {
      if (!reachable.value || done) return;
      done = true;
      queueMicrotask(() => stop?.());
      resolve();
    });
  });
}

export function startWatching() {
  addEventListener("online", () => void check());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void check();
  });
  void check();
}
