import type { Window } from "../../protocol/messages/zone.ts";
import { isFields } from "./json.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EVERY_DAY = 127;

/**
 * `[{"days": ["mon", …], "from": "22:00", "to": "06:00"}]`, local time; without `days` every day. A window that ends at or
 * before its start ends on the next day. Calls `refuse` with what makes no sense.
 */
export function readSchedule(value: unknown, refuse: (detail: string) => never): Window[] {
  if (!Array.isArray(value) || value.length === 0) refuse("schedule must be a list of windows, and not empty");
  return (value as unknown[]).map((item, i) => {
    const where = `schedule window ${i + 1}`;
    if (!isFields(item)) return refuse(`${where} is no object`);
    const unknown = Object.keys(item).find((k) => !["days", "from", "to"].includes(k));
    if (unknown !== undefined) refuse(`${where}: unknown property ${unknown}`);
    const fromMin = readMinute(item.from, `${where}: from`, refuse);
    // Midnight at the end of a day is 24:00 of it.
    const toMin = readMinute(item.to, `${where}: to`, refuse) || 1440;
    if (fromMin === toMin) refuse(`${where}: from and to are the same`);
    if (fromMin === 1440) refuse(`${where}: from 24:00 is 00:00 of the next day`);
    return { days: readDays(item.days, where, refuse), fromMin, toMin };
  });
}

function readDays(value: unknown, where: string, refuse: (detail: string) => never): number {
  if (value === undefined) return EVERY_DAY;
  if (!Array.isArray(value) || value.length === 0) return refuse(`${where}: days must be a list such as ["mon","fri"]`);
  return value.reduce((mask: number, day: unknown) => {
    const at = typeof day === "string" ? DAYS.indexOf(day.toLowerCase()) : -1;
    if (at < 0) refuse(`${where}: no such day: ${String(day)} (days are ${DAYS.join(" ")})`);
    return mask | (1 << at);
  }, 0);
}

function readMinute(value: unknown, where: string, refuse: (detail: string) => never): number {
  const parts = typeof value === "string" ? /^(\d{2}):(\d{2})$/.exec(value) : null;
  const minute = parts ? Number(parts[1]) * 60 + Number(parts[2]) : -1;
  if (!parts || Number(parts[2]) > 59 || minute > 1440)
    return refuse(`${where} must be hh:mm, not ${JSON.stringify(value)}`);
  return minute;
}
