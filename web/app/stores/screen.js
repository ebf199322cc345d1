/** What the screen is like: narrow or wide, and its colours. */
import { computed, signal } from "../html.js";
import { kept } from "../lib/keep.js";

/** @param {string} query */
function media(query) {
  const list = matchMedia(query);
  const matches = signal(list.matches);
  list.addEventListener("change", () => {
    matches.value = list.matches;
  });
  return matches;
}

/** Too narrow for a panel beside the page. */
export const narrow = media("(max-width: 1023px)");
const darkDevice = media("(prefers-color-scheme: dark)");

/** @typedef {"system" | "light" | "dark"} Theme */
const THEMES = /** @type {Theme[]} */ (["system", "light", "dark"]);

/** @type {import("../../vendor/signals.js").Signal<Theme>} */
export const theme = signal(THEMES.find((name) => name === kept.get("theme")) ?? "system");
export const dark = computed(() => (theme.value === "system" ? darkDevice.value : theme.value === "dark"));

/** @param {Theme} chosen */
export function setTheme(chosen) {
  theme.value = chosen;
  kept.put("theme", chosen === "system" ? null : chosen);
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export const nextTheme = () => setTheme(THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system");

/** Nothing that is said now is kept; forgotten with the page. */
export const incognito = signal(false);

/** @param {boolean} on the whole page changes its colours with it */
export function setIncognito(on) {
  incognito.value = on;
  document.documentElement.classList.toggle("incognito", on);
}
