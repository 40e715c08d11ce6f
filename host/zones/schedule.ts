import { WINDOWS_MOST } from "../../protocol/limits.ts";
import type { Window } from "../../protocol/messages/zone.ts";
import { isFields, quote, unknownNames } from "./json.ts";
import type { Refuse } from "./refuse.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EVERY_DAY = 127;
const DAY_MIN = 1440;

/**
 * `[{"days": ["mon", …], "from": "22:00", "to": "06:00"}]` in local time, on the days named, or without `days` on every day. A
 * window that ends before it starts passes midnight and belongs to the day on which it starts; one that ends at 00:00, or 24:00,
 * ends with its day, so from 00:00 to 00:00 is all of it. Windows may overlap: the zone counts in any of them.
 */
export function readSchedule(value: unknown, refuse: Refuse): Window[] {
  if (!Array.isArray(value) || value.length === 0) return refuse("reason.no-windows");
  if (value.length > WINDOWS_MOST) refuse("reason.too-many-windows", { limit: WINDOWS_MOST });
  return value.map((item: unknown, i) => {
    const at = `schedule[${i}]`;
    if (!isFields(item)) return refuse("reason.no-object", { at });
    const unknown = unknownNames(item, ["days", "from", "to"]);
    if (unknown) refuse("reason.unknown-in", { at, name: unknown });
    const fromMin = readMinute(item.from, `${at}.from`, refuse);
    const toMin = readMinute(item.to, `${at}.to`, refuse) || DAY_MIN;
    if (fromMin === toMin || fromMin === DAY_MIN) refuse("reason.empty-window", { at });
    return { days: readDays(item.days, `${at}.days`, refuse), fromMin, toMin };
  });
}

function readDays(value: unknown, at: string, refuse: Refuse): number {
  if (value === undefined) return EVERY_DAY;
  if (!Array.isArray(value) || value.length === 0) return refuse("reason.no-days", { at, days: DAYS.join(" ") });
  return value.reduce((mask: number, day: unknown) => {
    const bit = typeof day === "string" ? DAYS.indexOf(day.toLowerCase()) : -1;
    return bit < 0 ? refuse("reason.bad-day", { at, value: quote(day), days: DAYS.join(" ") }) : mask | (1 << bit);
  }, 0);
}

/** Minutes after midnight, to 1440. */
function readMinute(value: unknown, at: string, refuse: Refuse): number {
  const parts = typeof value === "string" ? /^([01]\d|2[0-4]):([0-5]\d)$/.exec(value) : null;
  const minute = parts ? Number(parts[1]) * 60 + Number(parts[2]) : DAY_MIN + 1;
  return minute <= DAY_MIN ? minute : refuse("reason.bad-minute", { at, value: quote(value) });
}
