import { expect, test } from "vitest";
import type { Fix } from "../../protocol/messages/fix.ts";
import { judgeTrace } from "../../simulator/traces/fixes.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { join, sentence } from "../gnss/streams.ts";
import { read, refusal, rowsOf, T0 } from "./given.ts";

/** RMC and GGA of a second after ten. */
function epoch(second: number, date = "010624", talker = "GP"): Uint8Array {
  const time = `1000${String(second).padStart(2, "0")}.00`;
  return join(
    sentence(`${talker}RMC,${time},A,5206.000,N,00512.000,E,0.5,10.0,${date},,,A`),
    sentence(`${talker}GGA,${time},5206.000,N,00512.000,E,1,08,1.0,10.0,M,46.0,M,,`),
  );
}

const TWO = join(epoch(0), epoch(1));
const EXPECTED = [
  [T0, 521_000_000, 52_000_000, null, 0.257],
  [T0 + 1000, 521_000_000, 52_000_000, null, 0.257],
];

test("a log is read, and its bytes are kept", () => {
  const trace = read(TWO);
  expect(trace.format).toBe("nmea");
  expect(rowsOf(trace)).toEqual(EXPECTED);
  expect(trace.raw?.bytes).toEqual(TWO);
});

test.each([
  ["another talker", join(epoch(0, "010624", "GN"), epoch(1, "010624", "GN"))],
  ["bare line feeds", Buffer.from(TWO.toString().replaceAll("\r", ""))],
  ["no last line end", TWO.subarray(0, -2)],
  ["a byte order mark", join(Buffer.from("\ufeff"), TWO)],
  ["a logger's own time before each line", Buffer.from(TWO.toString().replace(/^\$/gm, "10:00:00.123 $"))],
  ["a long comment at the head", join(Buffer.from("# comment of a logger\n".repeat(300)), TWO)],
  ["bytes of nothing in between", join(epoch(0), Uint8Array.of(0, 255, 181, 98, 7), epoch(1))],
])("%s makes no difference", (_, bytes) => {
  const trace = read(bytes);
  expect(trace.format).toBe("nmea");
  expect(rowsOf(trace)).toEqual(EXPECTED);
});

test("a sentence whose checksum does not fit is not believed, and counted", () => {
  const spoilt = TWO.toString().replace("100001.00,A", "100009.00,A");
  expect(rowsOf(read(spoilt))).toEqual(
    EXPECTED.map(([t, ...rest], i) => (i === 0 ? [t, ...rest] : [t, ...rest.slice(0, 3), null])),
  );
  expect(read(spoilt).notices).toMatchObject({ badChecksums: 1 });
  expect(refusal(TWO.toString().replace(/\*../g, ""))).toMatchObject({ code: "trace.no-sentence" });
});

test("a log that ends within a sentence says where, or notes it where that is allowed", () => {
  const cut = TWO.subarray(0, -10);
  expect(refusal(cut)).toEqual({ code: "trace.cut-off", offset: TWO.toString().lastIndexOf("$") });
  expect(read(cut, { allowCutOff: true }).notices).toEqual({ cutOff: 1 });
});

const OF_1980 = epoch(0, "060180");

test("a receiver that starts with the date of 1980 is not refused for it; the gate's verdict is no-time", () => {
  const trace = read(join(OF_1980, epoch(1), epoch(2)));
  expect(trace).toMatchObject({ points: 2, notices: { misDated: 1 } });
  expect(verdicts(trace)).toEqual([
    ["1980-01-06", "gate.no-time"],
    ["2024-06-01", undefined],
    ["2024-06-01", undefined],
  ]);
});

test("one date ahead of the present does not cost the rest", () => {
  const latestMs = T0 + 86_400_000;
  const trace = read(join(epoch(0), epoch(1, "010626"), epoch(2)), { latestMs });
  expect(trace).toMatchObject({ points: 2, notices: { misDated: 1 } });
  expect(verdicts(trace, latestMs).map(([, reason]) => reason)).toEqual([undefined, "gate.no-time", undefined]);
});

test("a log with nothing but impossible dates is refused, at its first", () => {
  const unset = sentence("GPRMC,100000.00,A,5206.000,N,00512.000,E,0.5,10.0,300224,,,A");
  expect(refusal(join(OF_1980, OF_1980))).toMatchObject({ code: "trace.mis-dated", line: 1, offset: 0 });
  expect(refusal(join(Buffer.from("# one\n# two\n"), unset))).toMatchObject({
    code: "trace.mis-dated",
    detail: "300224",
  });
  const timeOnly = sentence("GPGGA,100000.00,5206.000,N,00512.000,E,1,08,1.0,10.0,M,46.0,M,,");
  expect(refusal(timeOnly)).toMatchObject({ code: "trace.no-times" });
});

test("a log without a solution holds no position", () => {
  expect(refusal(sentence("GPRMC,100000.00,V,,,,,,,010624,,,N"))).toMatchObject({ code: "trace.no-positions" });
});

function verdicts(trace: Trace, latestMs?: number): [string, string | undefined][] {
  const all: [string, string | undefined][] = [];
  const dayOf = ({ timeMs }: Fix) => new Date(timeMs ?? 0).toISOString().slice(0, 10);
  judgeTrace(trace, (fix, reason) => all.push([dayOf(fix), reason]), latestMs);
  return all;
}

const MANY = Array.from({ length: 30 }, (_, i) => epoch(i + 10));
const OF_1999 = epoch(0, "220899");

test.each([
  ["the first fix", [OF_1999, ...MANY]],
  ["the third", [...MANY.slice(0, 2), OF_1999, ...MANY.slice(2)]],
  ["the first ten", [...Array.from({ length: 10 }, (_, i) => epoch(i, "220899")), ...MANY]],
  ["the third, and years ahead,", [...MANY.slice(0, 2), epoch(0, "220834"), ...MANY.slice(2)]],
])("%s dated years from the rest does not begin the trace", (_, epochs) => {
  const trace = read(join(...epochs));
  expect(trace).toMatchObject({ points: MANY.length, notices: { strayDates: epochs.length - MANY.length } });
  expect(trace.timeMs[0]).toBe(T0 + 10_000);
});

test("where no date of the first fixes has a majority, none is set aside", () => {
  expect(read(join(epoch(0, "010124"), epoch(1, "010624")))).toMatchObject({ points: 2, notices: {} });
  expect(refusal(join(OF_1999, epoch(1)))).toMatchObject({ code: "trace.long-span", limit: 400 });
});

test("sentences in small letters are known for what they were", () => {
  expect(refusal(TWO.toString().toLowerCase())).toEqual({ code: "trace.no-sentence" });
});
