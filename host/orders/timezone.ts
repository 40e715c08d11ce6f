import { OFFSETS_MOST } from "../../protocol/limits.ts";
import type { UtcOffset } from "../../protocol/messages/order.ts";

/**
 * Local time for a device that has no time zone database: the offset at the order's beginning and every change in its life, of
 * an order without an end in ten years. From the engine's own data (ICU), so as new as the Node that runs.
 */
const OPEN_END_MS = 10 * 366 * 86_400_000;
const STEP_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** `undefined`: no such time zone. */
export function offsetsOf(timezone: string, fromMs: number, toMs: number | undefined): UtcOffset[] | undefined {
  const minutesAt = clockOf(timezone);
  if (minutesAt === undefined) return undefined;
  const endMs = Math.min(toMs ?? fromMs + OPEN_END_MS, fromMs + OPEN_END_MS * 3);
  const offsets: UtcOffset[] = [{ fromMs, minutes: minutesAt(fromMs) }];
  for (let ms = fromMs; ms < endMs && offsets.length < OFFSETS_MOST; ms += STEP_MS) {
    const nextMs = Math.min(ms + STEP_MS, endMs);
    if (minutesAt(nextMs) !== offsets[offsets.length - 1].minutes) offsets.push(changeBetween(minutesAt, ms, nextMs));
  }
  return offsets;
}

/** Offsets change on a whole minute. */
function changeBetween(minutesAt: (ms: number) => number, before: number, after: number): UtcOffset {
  const was = minutesAt(before);
  let [low, high] = [Math.floor(before / MINUTE_MS), Math.ceil(after / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (minutesAt(middle * MINUTE_MS) === was) low = middle;
    else high = middle;
  }
  return { fromMs: high * MINUTE_MS, minutes: minutesAt(high * MINUTE_MS) };
}

/** Minutes east of UTC; names such as `Asia/Tokyo`, and no bare offsets, which are what `utcOffsets` is for. */
function clockOf(timezone: string): ((ms: number) => number) | undefined {
  if (!/^[A-Za-z]/.test(timezone)) return undefined;
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    return (ms) => {
      const part: Record<string, number> = {};
      for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
      const localMs = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute);
      return Math.round((localMs - Math.floor(ms / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
    };
  } catch {
    return undefined;
  }
}
