/** Days since 1970-01-01 of a Gregorian date, or −1 where there is no such date. Integers only; no `Date` on the device. */
export function daysFromDate(year: number, month: number, day: number): number {
  if (year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return -1;
  // The year begins in March here, so that the leap day is its last.
  const y = month > 2 ? year : year - 1;
  const m = month > 2 ? month - 3 : month + 9;
  return (
    365 * y +
    Math.floor(y / 4) -
    Math.floor(y / 100) +
    Math.floor(y / 400) +
    Math.floor((153 * m + 2) / 5) +
    day -
    1 -
    719468
  );
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** UTC ms since 1970; `undefined` where date or time is none. A leap second counts as the first moment of the next minute. */
export function utcMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number | undefined {
  const days = daysFromDate(year, month, day);
  if (days < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
}
