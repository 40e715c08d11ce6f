import type { UtcOffset } from "../../protocol/messages/order.ts";
import type { Window } from "../../protocol/messages/zone.ts";

/** When a zone counts, in the local time that the order's offsets give: the device has no time zone database. */

const MINUTE_MS = 60_000;
const DAY_MIN = 1_440;
const WEEK_MIN = 7 * DAY_MIN;
/** 1970-01-01 was a Thursday: day 3 of a week that begins on Monday. */
const EPOCH_DAY = 3;
/** Later than any time. */
const NEVER_MS = 9_000_000_000_000;

/** Minutes that local time is ahead of UTC at `nowMs`; before the first change the first offset holds. */
export function offsetMinutes(offsets: UtcOffset[], nowMs: number): number {
  let minutes = offsets.length > 0 ? offsets[0].minutes : 0;
  for (const offset of offsets) if (offset.fromMs <= nowMs) minutes = offset.minutes;
  return minutes;
}

/** Minutes since Monday, local midnight. */
export function localWeekMinute(offsets: UtcOffset[], nowMs: number): number {
  const minutes = Math.floor(nowMs / MINUTE_MS) + offsetMinutes(offsets, nowMs) + EPOCH_DAY * DAY_MIN;
  return minutes - Math.floor(minutes / WEEK_MIN) * WEEK_MIN;
}

export function isZoneActive(windows: Window[] | undefined, offsets: UtcOffset[], nowMs: number): boolean {
  if (windows === undefined) return true;
  const minute = localWeekMinute(offsets, nowMs);
  for (const window of windows) if (isInWindow(window, minute)) return true;
  return false;
}

function isInWindow(window: Window, weekMinute: number): boolean {
  const lengthMin = windowLength(window);
  for (let day = 0; day < 7; day++) {
    if ((window.days & (1 << day)) === 0) continue;
    let since = weekMinute - (day * DAY_MIN + window.fromMin);
    if (since < 0) since += WEEK_MIN;
    if (since < lengthMin) return true;
  }
  return false;
}

/** A window that ends at or before its start ends on the next day. */
function windowLength(window: Window): number {
  return window.toMin > window.fromMin ? window.toMin - window.fromMin : window.toMin + DAY_MIN - window.fromMin;
}

/** The next instant at which one of the windows opens or closes, or the offset changes. UTC ms. */
export function nextScheduleChangeMs(windows: Window[] | undefined, offsets: UtcOffset[], nowMs: number): number {
  if (windows === undefined) return NEVER_MS;
  const minute = localWeekMinute(offsets, nowMs);
  const thisMinuteMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  let soonestMin = WEEK_MIN;
  for (const window of windows) {
    const lengthMin = windowLength(window);
    for (let day = 0; day < 7; day++) {
      if ((window.days & (1 << day)) === 0) continue;
      const opens = day * DAY_MIN + window.fromMin;
      soonestMin = Math.min(soonestMin, aheadMin(minute, opens), aheadMin(minute, opens + lengthMin));
    }
  }
  let atMs = thisMinuteMs + soonestMin * MINUTE_MS;
  for (const offset of offsets) if (offset.fromMs > nowMs && offset.fromMs < atMs) atMs = offset.fromMs;
  return atMs;
}

/** Minutes from one minute of the week to the next time another comes; a whole week when they are the same. */
function aheadMin(minute: number, target: number): number {
  let ahead = (target - minute) % WEEK_MIN;
  if (ahead <= 0) ahead += WEEK_MIN;
  return ahead;
}
