import { expect, test } from "vitest";
import { ubxFrame } from "../../firmware/gnss/ubx.ts";
import { navPvtFrame } from "../../simulator/hardware/nav-pvt.ts";
import { join, sentence } from "../gnss/streams.ts";
import { read, refusal, rowsOf, T0 } from "./given.ts";

const PVT = { solved: true, lat: 52.1, lon: 5.2, hAccM: 3.25, speedMps: 1.5, courseDeg: 0, satellites: 9 };

function frame(timeMs: number, changes: Partial<typeof PVT> = {}): Uint8Array {
  return navPvtFrame({ timeMs, ...PVT, ...changes });
}

const TWO = join(frame(T0), frame(T0 + 1000));
const EXPECTED = [
  [T0, 521_000_000, 52_000_000, 3.25, 1.5],
  [T0 + 1000, 521_000_000, 52_000_000, 3.25, 1.5],
];

test("a recording is read, and its bytes are kept, epoch by epoch", () => {
  const trace = read(TWO);
  expect(trace.format).toBe("ubx");
  expect(rowsOf(trace)).toEqual(EXPECTED);
  expect([...(trace.raw?.endOffset ?? [])]).toEqual([TWO.length / 2, TWO.length]);
});

test.each([
  ["comments at the head", join(Buffer.from("# a logger's comment\n".repeat(400)), TWO)],
  ["NMEA in between", join(frame(T0), sentence("GPTXT,01,01,02,hello"), frame(T0 + 1000))],
  ["garbage in between", join(frame(T0), Uint8Array.of(0xb5, 0x62, 1, 7, 0, 0), Buffer.from("µb"), frame(T0 + 1000))],
])("%s make no difference", (_, bytes) => {
  const trace = read(bytes);
  expect(trace.format).toBe("ubx");
  expect(rowsOf(trace)).toEqual(EXPECTED);
});

test("an accuracy that the receiver does not know is kept as it says it", () => {
  expect(rowsOf(read(frame(T0, { hAccM: 4_294_967.295 })))[0][3]).toBe(4_294_967.295);
});

test("a recording that ends within a frame says where", () => {
  expect(refusal(TWO.subarray(0, -5))).toEqual({ code: "trace.cut-off", offset: TWO.length / 2 });
  expect(read(TWO.subarray(0, -5), { allowCutOff: true })).toMatchObject({ points: 1, notices: { cutOff: 1 } });
});

test("one impossible date is noted, nothing but impossible dates are refused", () => {
  const early = frame(Date.UTC(1980, 0, 6));
  expect(read(join(early, TWO))).toMatchObject({ points: 2, notices: { misDated: 1 } });
  expect(refusal(join(early, early))).toMatchObject({ code: "trace.mis-dated", offset: 0 });
});

test("a log of old messages says that NAV-PVT is missing", () => {
  const posllh = ubxFrame(1, 2, new Uint8Array(28));
  expect(refusal(join(posllh, posllh))).toEqual({ code: "trace.no-nav-pvt" });
  expect(refusal(frame(T0, { solved: false }))).toEqual({ code: "trace.no-positions" });
});

test("a log in which no checksum fits says so", () => {
  const spoilt = TWO.map((b, i) => (i % 100 === 10 ? b ^ 1 : b));
  expect(refusal(spoilt)).toEqual({ code: "trace.no-frame" });
});

test("a date that no calendar has is said in the receiver's own terms", () => {
  const payload = frame(T0).slice(6, -2);
  payload[7] = 31;
  expect(refusal(ubxFrame(1, 7, payload))).toEqual({ code: "trace.mis-dated", offset: 0, detail: "2024-6-31" });
  payload[11] = 0;
  expect(refusal(ubxFrame(1, 7, payload))).toEqual({ code: "trace.no-times", offset: 0 });
});
