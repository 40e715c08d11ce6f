const DAY = String.raw`(\d{4}-\d\d-\d\d)`;
const TIME = String.raw`((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?|24:00(?::00)?)`;
const ZONE = String.raw`(?:Z|([+-])(0\d|1[0-4]):?([0-5]\d))`;
const INSTANT = new RegExp(`^${DAY}[T ]${TIME}${ZONE}$`);

/**
 * UTC milliseconds of an instant in ISO 8601 with `Z` or an offset; `undefined` where the text is none, or the calendar has
 * no such day. Parts of a millisecond are cut off.
 */
export function parseInstant(text: string): number | undefined {
  const parts = INSTANT.exec(text);
  if (parts === null) return undefined;
  const [, day, time, sign, hours, minutes] = parts;
  const dayMs = Date.parse(day);
  // The engine itself would carry 30 February over into March.
  if (Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day) return undefined;
  const offsetMs = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000;
  return Date.parse(`${day}T${time}Z`) - (sign === "-" ? -offsetMs : offsetMs);
}
