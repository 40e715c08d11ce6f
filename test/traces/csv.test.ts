import { expect, test } from "vitest";
import { read, refusal, rowsOf, T0 } from "./given.ts";

const HEAD = "timestamp,latitude,longitude";
const ROWS = ["2024-06-01T10:00:00Z,52.1,5.2", "2024-06-01T10:00:01Z,-52.1,-5.2"];
const EXPECTED = [
  [T0, 521_000_000, 52_000_000, null, null],
  [T0 + 1000, -521_000_000, -52_000_000, null, null],
];

test("the Dutch form is read: one user, ISO times, other columns passed over", () => {
  const trace = read(`user_id,timestamp,latitude,longitude,mode\na,${ROWS[0]},bus\na,${ROWS[1]},walk\n`);
  expect(trace).toMatchObject({ name: "given", format: "csv", points: 2 });
  expect(rowsOf(trace)).toEqual(EXPECTED);
});

test("the general form is read: columns in any order, Unix seconds or milliseconds, accuracy and speed", () => {
  const seconds = read(`lon,speed,LAT,accuracy,t\n5.2,1.5,52.1,3.25,${T0 / 1000}.5\n`);
  expect(rowsOf(seconds)).toEqual([[T0 + 500, 521_000_000, 52_000_000, 3.25, 1.5]]);
  expect(rowsOf(read(`time,lat,lng\n${T0 + 7},52.1,5.2\n`))).toEqual([[T0 + 7, 521_000_000, 52_000_000, null, null]]);
});

test.each([
  ["line ends of Windows", [HEAD, ...ROWS].join("\r\n")],
  ["line ends of the old Macintosh", [HEAD, ...ROWS].join("\r")],
  ["no last line end", [HEAD, ...ROWS].join("\n")],
  ["a byte order mark", `\ufeff${[HEAD, ...ROWS].join("\n")}\n`],
  ["empty lines", `${[HEAD, "", ROWS[0], "  ", ROWS[1]].join("\n")}\n\n`],
  ["semicolons", [HEAD, ...ROWS].join("\n").replaceAll(",", ";")],
  ["tabs", [HEAD, ...ROWS].join("\n").replaceAll(",", "\t")],
  ["quotes", [HEAD, ...ROWS].join("\n").replace(/[^,\n]+/g, '"$&"')],
])("%s make no difference", (_, text) => {
  expect(rowsOf(read(text))).toEqual(EXPECTED);
});

test("an optional cell may be empty", () => {
  const trace = read(`${HEAD},hAccM,speedMps\n${ROWS[0]},,\n${ROWS[1]},4,\n`);
  expect(rowsOf(trace).map((row) => row.slice(3))).toEqual([
    [null, null],
    [4, null],
  ]);
});

test.each([
  [`${HEAD}\n2024-02-30T10:00:00Z,52,5`, { code: "trace.bad-time", line: 2, detail: "2024-02-30T10:00:00Z" }],
  [`${HEAD}\n2024-06-01T10:00:00,52,5`, { code: "trace.bad-time", line: 2 }],
  [`${HEAD}\n\nyesterday,52,5`, { code: "trace.bad-time", line: 3 }],
  [`${HEAD}\n1970-01-01T00:00:00Z,52,5`, { code: "trace.mis-dated", line: 2 }],
  [`${HEAD}\n${T0}000,52,5`, { code: "trace.mis-dated", line: 2 }],
  [`${HEAD}\n${ROWS[0]}\n2024-06-01T09:59:59Z,52,5`, { code: "trace.time-backwards", line: 3 }],
  [`${HEAD}\n${T0},0x10,5`, { code: "trace.bad-number", line: 2, what: "latitude", detail: "0x10" }],
  [`${HEAD}\n${T0},,5`, { code: "trace.bad-number", line: 2, what: "latitude", detail: "" }],
  [`${HEAD}\n${T0},52,Infinity`, { code: "trace.bad-number", line: 2, what: "longitude" }],
  [`${HEAD}\n${T0},90.0001,5`, { code: "trace.out-of-range", line: 2 }],
  [`${HEAD}\n${T0},52,180.0000001`, { code: "trace.out-of-range", line: 2 }],
  [`${HEAD},accuracy\n${T0},52,5,abc`, { code: "trace.bad-number", line: 2, what: "accuracy", detail: "abc" }],
  [`${HEAD},accuracy\n${T0},52,5,-5`, { code: "trace.bad-value", line: 2, what: "accuracy", detail: -5 }],
  [`${HEAD},accuracy\n${T0},52,5,1e10`, { code: "trace.bad-value", line: 2 }],
  [`${HEAD},Speed\n${T0},52,5,1e12`, { code: "trace.bad-value", line: 2, what: "Speed" }],
  [`time,${HEAD}\n${T0},${T0},52,5`, { code: "trace.two-columns", line: 1, detail: "time, timestamp" }],
  [`${HEAD},hAccM,Accuracy\n${T0},52,5,1,2`, { code: "trace.two-columns", line: 1, detail: "hAccM, Accuracy" }],
  [`${HEAD}\n${T0},52`, { code: "trace.bad-row", line: 2, cells: 2, width: 3 }],
  [`${HEAD}\n"${T0}","52","5`, { code: "trace.open-quote", line: 2 }],
  [`${HEAD.replace("latitude", "breedte")}\n${T0},52,5`, { code: "trace.missing-column", line: 1 }],
  [`user_id,${HEAD}\na,${ROWS[0]}\nb,${ROWS[1]}`, { code: "trace.several-users", line: 3, detail: "a, b" }],
  [`${HEAD}\n`, { code: "trace.no-positions" }],
])("%j is refused with its line", (text, expected) => {
  expect(refusal(text)).toMatchObject(expected);
});

test("a recording from the future is refused, where the present is known", () => {
  const text = `${HEAD}\n2099-01-01T00:00:00Z,52,5`;
  expect(read(text).points).toBe(1);
  expect(refusal(text, { latestMs: T0 })).toMatchObject({ code: "trace.mis-dated", line: 2 });
});
