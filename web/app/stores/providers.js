/** Providers of language models: what is entered for each, trying one out, and putting it in service. */
import { signal } from "../html.js";
import { ask } from "../api/client.js";
import { asProblem } from "../lib/problem.js";
import { say } from "./say.js";
import { change, house, lookAtSecrets, secrets, setting } from "./settings.js";
import { settingsWords as words } from "../pages/settings/words.js";

/** @typedef {"anthropic" | "openai" | "ollama" | "local"} Provider */
/** @typedef {{ key: string, address: string, model: string, fast: string }} Form */

/**
 * @typedef {object} Trial
 * @property {boolean} ok
 * @property {string | null} model
 * @property {string} detail
 * @property {string | null} code
 * @property {number | null} latency_ms
 * @property {number | null} first_token_ms
 * @property {string[]} models
 * @property {boolean} streaming
 * @property {boolean} tools
 */

/** @typedef {{ form: Form, busy: "" | "testing" | "using", trial: Trial | null, problem: import("../lib/problem.js").Problem | null, models: string[], done: string }} Card */

/** @type {Provider[]} */
export const PROVIDERS = ["anthropic", "openai", "ollama", "local"];
/** Public servers with keys of their own. @type {Record<string, string>} */
const SERVERS = { "openrouter.ai": "openrouter_key", "api.groq.com": "groq_key" };
/** @type {Form} */
const BLANK = { key: "", address: "", model: "", fast: "" };

export const cards = signal(/** @type {Partial<Record<Provider, Card>>} */ ({}));

/** What the settings say of the provider that answers; of others nothing is known. @param {Provider} provider @returns {Form} */
function known(provider) {
  if (house.value?.provider !== provider) return BLANK;
  const text = (/** @type {string} */ name) => String(setting(name)?.value ?? "");
  return { key: "", address: text("llm.base_url"), model: text("llm.model"), fast: text("llm.fast_model") };
}

/** @param {Provider} provider @returns {Card} */
export const card = (provider) => cards.value[provider] ?? { form: known(provider), busy: "", trial: null, problem: null, models: [], done: "" };

/** @param {Provider} provider @param {Partial<Card>} news */
const tell = (provider, news) => (cards.value = { ...cards.value, [provider]: { ...card(provider), ...news } });

/** @param {Provider} provider @param {Partial<Form>} typed */
export const enter = (provider, typed) => tell(provider, { form: { ...card(provider).form, ...typed }, done: "" });

/** @param {string} address */
function host(address) {
  try {
    return new URL(address).hostname;
  } catch {
    return "";
  }
}

/** Under which name a provider's key is kept. @param {Provider} provider */
export const keyName = (provider) => SERVERS[host(card(provider).form.address)] ?? `${provider}_key`;

/** @param {Provider} provider */
export const keyState = (provider) => secrets.value.find((secret) => secret.name === keyName(provider))?.source ?? "none";

/** @param {Provider} provider @returns {Promise<boolean>} whether it answered */
export async function test(provider) {
  const { form } = card(provider);
  tell(provider, { busy: "testing", trial: null, problem: null, done: "" });
  try {
    const body = { provider, base_url: form.address.trim(), model: form.model.trim(), fast_model: form.fast.trim(), ...(form.key ? { api_key: form.key.trim() } : {}) };
    /** @type {Trial} */
    const trial = await ask("POST", "/api/providers/test", { body });
    tell(provider, { busy: "", trial, models: trial.models.length ? trial.models : card(provider).models });
    say(trial.detail);
    return trial.ok;
  } catch (error) {
    tell(provider, { busy: "", problem: asProblem(error) });
    return false;
  }
}

/** Tried first, so that a slip leaves everything as it was; then the key is kept and the model put in service. @param {Provider} provider @param {{ unseen?: boolean }} [how] */
export async function use(provider, { unseen = provider === "local" } = {}) {
  if (!unseen && !(await test(provider))) return;
  tell(provider, { busy: "using", problem: null });
  const { form } = card(provider);
  try {
    if (form.key) await ask("PUT", `/api/secrets/${keyName(provider)}`, { body: { value: form.key.trim() } });
    await lookAtSecrets();
  } catch (error) {
    return void tell(provider, { busy: "", problem: asProblem(error) });
  }
  const problem = await change(wanted(provider, form), { unseen: true });
  if (problem) return void tell(provider, { busy: "", problem });
  const done = words.taken(house.value?.model ?? "");
  tell(provider, { busy: "", done, form: { ...form, key: "" } });
  say(done);
}

/** @param {Provider} provider @param {Form} form */
function wanted(provider, form) {
  const values = { "llm.provider": provider, "llm.base_url": form.address.trim() || null, "llm.model": form.model.trim() || null, "llm.fast_model": form.fast.trim() || null };
  return Object.fromEntries(Object.entries(values).filter(([name]) => !setting(name)?.locked));
}

/** @param {Provider} provider */
export async function forgetKey(provider) {
  try {
    await ask("DELETE", `/api/secrets/${keyName(provider)}`);
    await lookAtSecrets();
    tell(provider, { problem: null, trial: null, done: words.keyForgotten });
  } catch (error) {
    tell(provider, { problem: asProblem(error) });
  }
}
