/** Instants in words: relative up to a week, a date beyond. */
import { words } from "../words.js";

const DAY = 86_400_000;
const { locale } = words;

/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => new Intl.DateTimeFormat(locale, options);
const clock = format({ hour: "2-digit", minute: "2-digit" });
const weekday = format({ weekday: "long" });
const dayAndMonth = format({ day: "numeric", month: "long" });
const wholeDay = format({ weekday: "long", day: "numeric", month: "long" });
const wholeDate = format({ day: "numeric", month: "long", year: "numeric" });
const exact = format({ dateStyle: "full", timeStyle: "medium" });

/** @param {Date} instant @returns {number} days since the epoch on the wall calendar */
const dayNumber = (instant) => Math.floor((instant.getTime() - instant.getTimezoneOffset() * 60_000) / DAY);

/** @param {string} iso @param {Date} [now] e.g. `14:10`, `yesterday 14:10`, `Tuesday 14:10`, `3 May` */
export function when(iso, now = new Date()) {
  const instant = new Date(iso);
  const days = dayNumber(now) - dayNumber(instant);
  if (days === 0) return clock.format(instant);
  if (days === 1) return `${words.time.yesterday} ${clock.format(instant)}`;
  if (days > 1 && days < 7) return `${weekday.format(instant)} ${clock.format(instant)}`;
  return instant.getFullYear() === now.getFullYear() ? dayAndMonth.format(instant) : wholeDate.format(instant);
}

/** @param {string} iso @param {Date} [now] the heading of a day */
export function dayName(iso, now = new Date()) {
  const instant = new Date(iso);
  const days = dayNumber(now) - dayNumber(instant);
  if (days === 0) return words.time.today;
  if (days === 1) return words.time.yesterdayHeading;
  return instant.getFullYear() === now.getFullYear() ? wholeDay.format(instant) : `${weekday.format(instant)}, ${wholeDate.format(instant)}`;
}

/** @param {string} iso the same for all instants of one day on the wall calendar */
export const dayKey = (iso) => String(dayNumber(new Date(iso)));

/** @param {string} iso */
export const atClock = (iso) => clock.format(new Date(iso));

/** @param {string} iso */
export const onDate = (iso) => wholeDate.format(new Date(iso));

/** @param {string} iso the hover text */
export const exactly = (iso) => exact.format(new Date(iso));

/** @param {string} from @param {string | null | undefined} to e.g. `14:10 to 14:52` */
export function span(from, to) {
  const start = atClock(from);
  return !to || atClock(to) === start ? start : words.time.span(start, atClock(to));
}

/** @param {number} milliseconds e.g. `1.2 s`, `340 ms`, `2 min 5 s` */
export function duration(milliseconds) {
  if (milliseconds < 1) return "<1 ms";
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}
