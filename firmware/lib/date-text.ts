import { daysFromDate, utcMs } from "./calendar.ts";

const DAY_MS = 86_400_000;
/** Days from the first of March 0000 to 1970-01-01, and those of the calendar's longer cycles. */
const EPOCH_DAYS = 719_468;
const ERA_DAYS = 146_097;

/** `2026-11-25T05:43:23.000`, in UTC: what MCUmgr's datetime command says. */
export function dateText(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const inDay = ms - days * DAY_MS;
  const shifted = days + EPOCH_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const seconds = Math.floor(inDay / 1000);
  const clock = `${padded(Math.floor(seconds / 3600), 2)}:${padded(Math.floor(seconds / 60) % 60, 2)}:${padded(seconds % 60, 2)}`;
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${clock}.${padded(inDay % 1000, 3)}`;
}

function padded(value: number, digits: number): string {
  let text = `${value}`;
  while (text.length < digits) text = `0${text}`;
  return text;
}

/**
 * UTC ms of `2026-11-25T05:43:23`, with or without a fraction, and `Z` or `+00:00` or nothing behind it; `undefined` where
 * it is no such date. Another offset is refused, for the device keeps UTC.
 */
export function msOfDateText(text: string): number | undefined {
  if (
    text.length < 19 ||
    text[4] !== "-" ||
    text[7] !== "-" ||
    text[10] !== "T" ||
    text[13] !== ":" ||
    text[16] !== ":"
  )
    return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  if (year < 0 || month < 0 || day < 0 || daysFromDate(year, month, day) < 0) return undefined;
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  if (hour < 0 || minute < 0 || minute > 59 || second < 0) return undefined;
  let at = 19;
  let ms = 0;
  if (at < text.length && text[at] === ".") {
    let scale = 100;
    at += 1;
    while (at < text.length && digits(text, at, at + 1) >= 0) {
      ms += scale * digits(text, at, at + 1);
      scale = scale > 1 ? scale / 10 : 0;
      at += 1;
    }
  }
  const zone = text.substring(at, text.length);
  return zone === "" || zone === "Z" || zone === "+00:00"
    ? utcMs(year, month, day, hour, minute, second, ms)
    : undefined;
}

/** The number that these characters write; −1 where one of them is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = 10 * value + digit;
  }
  return value;
}
