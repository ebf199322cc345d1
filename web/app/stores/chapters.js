/** The chapters of the conversation, and the ending of the present one. */
import { signal } from "../html.js";
import { api } from "../api/client.js";
import { Problem, asProblem } from "../lib/problem.js";

/** @typedef {import("../api/types.js").Segment} Segment */
/** @typedef {{ state: "idle" } | { state: "running" } | { state: "failed", problem: Problem }} Ending */

const PAGE = 200;

/** Newest first. @type {import("../../vendor/signals.js").Signal<Segment[]>} */
export const chapters = signal([]);
/** @type {import("../../vendor/signals.js").Signal<Ending>} */
export const ending = signal({ state: "idle" });

/** @type {string | null} */
let cursor = null;
let complete = false;

/** @param {Segment[]} fresh newest first */
function merge(fresh) {
  const byId = new Map([...chapters.value, ...fresh].map((one) => [one.id, one]));
  chapters.value = [...byId.values()].sort((a, b) => b.started_at.localeCompare(a.started_at));
}

async function loadMore() {
  const page = await api.segments({ limit: PAGE, cursor });
  cursor = page.next_cursor;
  complete = cursor === null;
  merge(page.items);
}

export async function refreshChapters() {
  const page = await api.segments({ limit: PAGE });
  if (!chapters.value.length) {
    cursor = page.next_cursor;
    complete = cursor === null;
  }
  merge(page.items);
}

/** @param {string} id */
const known = (id) => chapters.value.some((one) => one.id === id);

/** @param {{ segment_id: string }[]} entries all of whose chapters shall be known */
export async function coverChapters(entries) {
  const wanted = new Set(entries.map((entry) => entry.segment_id));
  if ([...wanted].every(known)) return;
  await refreshChapters();
  while (!complete && ![...wanted].every(known)) await loadMore();
}

/** @param {string} jobId @returns {Promise<import("../api/types.js").Job>} */
async function finished(jobId) {
  for await (const { data } of api.watchJob(jobId)) {
    if (data.state === "done" || data.state === "failed") return data;
  }
  return api.job(jobId);
}

export async function endChapter() {
  if (ending.value.state === "running") return;
  ending.value = { state: "running" };
  try {
    const { job_id } = await api.endChapter();
    const job = await finished(job_id);
    if (job.state === "failed") throw new Problem(job.error ?? {});
    await refreshChapters();
    ending.value = { state: "idle" };
  } catch (error) {
    ending.value = { state: "failed", problem: asProblem(error) };
    await refreshChapters().catch(() => undefined);
  }
}
