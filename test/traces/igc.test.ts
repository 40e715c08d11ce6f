import { expect, test } from "vitest";
import { read, refusal, rowsOf, T0 } from "./given.ts";

const FIX = "5206343N00506198WA0058700558";

function igc(...records: string[]): string {
  return ["AXXXABC", "HFDTE010624", ...records, ""].join("\r\n");
}

test("a flight is read, with the date of its header", () => {
  const trace = read(igc(`B100000${FIX}`, "LXXXcomment", `B100001${FIX.replace("A", "V")}`));
  expect(trace).toMatchObject({ format: "igc", points: 2, notices: { flatFixes: 1 } });
  expect(rowsOf(trace)[0]).toEqual([T0, 521_057_167, -51_033_000, null, null]);
});

test("past midnight the day moves on; the long form of the date and bare line feeds do", () => {
  const text = igc(`B235959${FIX}`, `B000001${FIX}`).replace("HFDTE010624", "HFDTEDATE:010624,01");
  const { timeMs } = read(text.replaceAll("\r\n", "\n"));
  expect(timeMs[1] - timeMs[0]).toBe(2000);
});

test.each([
  [igc(`B256161${FIX}`), { code: "trace.bad-igc", line: 3 }],
  [igc("B1000005299999N00506198WA0058700558"), { code: "trace.bad-igc", line: 3 }],
  [igc("B1000005206343N00560000WA0058700558"), { code: "trace.bad-igc", line: 3 }],
  [igc("B1000009100000N00506198WA0058700558"), { code: "trace.out-of-range", line: 3 }],
  [igc(`B100000${FIX}`, "B100001"), { code: "trace.bad-igc", line: 4 }],
  [igc(`B100000${FIX}`, `B095959${FIX}`), { code: "trace.time-backwards", line: 4 }],
  [igc(`B100000${FIX}`).replace("010624", "310624"), { code: "trace.mis-dated", line: 2 }],
  [igc(`B100000${FIX}`).replace("010624", "001324"), { code: "trace.mis-dated", line: 2 }],
  [igc(`B100000${FIX}`).replace("HFDTE010624\r\n", ""), { code: "trace.no-date", line: 2 }],
  [igc(), { code: "trace.no-positions" }],
])("%j is refused with its line", (text, expected) => {
  expect(refusal(text)).toMatchObject(expected);
});

test("line ends of the old Macintosh make no difference", () => {
  const text = igc(`B100000${FIX}`, `B100001${FIX}`);
  expect(rowsOf(read(text.replaceAll("\r\n", "\r")))).toEqual(rowsOf(read(text)));
});
