/** Settings as they stand on the server, and changes to them. */
import { signal } from "../html.js";
import { ask } from "../api/client.js";
import { aboutOf } from "../api/read.js";
import { asProblem } from "../lib/problem.js";
import { about } from "./status.js";

/** @typedef {import("../lib/problem.js").Problem} Problem */

/**
 * @typedef {object} Setting
 * @property {string} name
 * @property {string} variable
 * @property {any} value
 * @property {any} default
 * @property {boolean} is_set
 * @property {boolean} secret
 * @property {"environment" | "page" | "mira.toml" | "default"} source
 * @property {string} description
 * @property {{ type?: string, enum?: string[], minimum?: number, maximum?: number, exclusiveMinimum?: number, nullable?: boolean }} accepts
 * @property {"now" | "restart"} takes_effect
 * @property {boolean} locked
 * @property {string | null} fixed
 * @property {boolean} pending
 */

/** @typedef {{ settings: Setting[], restart_for: string[], file: string }} Settings */
/** @typedef {{ name: string, set: boolean, source: string, note: string }} Secret */
/** @typedef {{ provider: string, model: string, dataDir: string, parts: Record<string, string> }} House */

export const settings = signal(/** @type {Settings | null} */ (null));
export const secrets = signal(/** @type {Secret[]} */ ([]));
export const house = signal(/** @type {House | null} */ (null));
export const spending = signal(/** @type {any} */ (null));
export const problem = signal(/** @type {Problem | null} */ (null));

/** @param {string} name @returns {Setting | undefined} */
export const setting = (name) => settings.value?.settings.find((one) => one.name === name);

async function lookAround() {
  const found = await ask("GET", "/api/about");
  about.value = aboutOf(found);
  house.value = { provider: String(found.model?.provider ?? ""), model: String(found.model?.name ?? ""), dataDir: String(found.data_dir ?? ""), parts: found.parts ?? {} };
}

export async function lookAtSecrets() {
  secrets.value = (await ask("GET", "/api/secrets")).items;
}

/** Left empty where nothing counts what models cost. */
async function lookAtSpending() {
  try {
    spending.value = await ask("GET", "/api/spending", { query: { days: 30 } });
  } catch {
    spending.value = null;
  }
}

/** Beyond today's ceiling. */
export async function goOn() {
  try {
    await ask("POST", "/api/spending/continue");
    await lookAtSpending();
  } catch (error) {
    problem.value = asProblem(error);
  }
}

export async function load() {
  try {
    const [found] = await Promise.all([ask("GET", "/api/settings"), lookAtSecrets(), lookAround(), lookAtSpending()]);
    settings.value = found;
    problem.value = null;
  } catch (error) {
    problem.value = asProblem(error);
  }
}

/**
 * @param {Record<string, unknown>} wanted null goes back to what stands below
 * @param {{ unseen?: boolean }} [how] unseen: another model is taken without being tried
 * @returns {Promise<Problem | null>}
 */
export async function change(wanted, { unseen = false } = {}) {
  try {
    settings.value = await ask("PATCH", "/api/settings", { body: wanted, query: unseen ? { try: false } : {} });
    await lookAround();
    return null;
  } catch (error) {
    return asProblem(error);
  }
}
