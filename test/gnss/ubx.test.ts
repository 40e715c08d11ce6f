import fc from "fast-check";
import { expect, test } from "vitest";
import { ubxFrame } from "../../firmware/gnss/ubx.ts";
import { navPvtFrame } from "../../simulator/hardware/nav-pvt.ts";
import { join, reportsOf, sentence } from "./streams.ts";

const T0 = Date.UTC(2026, 10, 24, 9, 0, 0);

function pvt(changes: Partial<Parameters<typeof navPvtFrame>[0]> = {}): Uint8Array {
  return navPvtFrame({
    timeMs: T0,
    solved: true,
    lat: 35.681,
    lon: -139.767,
    hAccM: 3.2,
    speedMps: 1.5,
    courseDeg: 270,
    satellites: 11,
    ...changes,
  });
}

test("NAV-PVT becomes a fix, in units of the wire", () => {
  expect(reportsOf(pvt())).toEqual([
    {
      kind: "fix",
      fix: {
        timeMs: T0,
        latE7: 356810000,
        lonE7: -1397670000,
        dimensions: 3,
        hAccMm: 3200,
        speedMmps: 1500,
        courseCdeg: 27000,
        satellites: 11,
      },
    },
  ]);
});

test("an epoch without a solution is said to be one", () => {
  expect(reportsOf(pvt({ solved: false }))).toEqual([{ kind: "no-fix" }]);
});

test("a date that is not marked valid is no time", () => {
  const frame = pvt();
  const payload = frame.slice(6, -2);
  payload[11] = 0x02;
  const [report] = reportsOf(ubxFrame(1, 7, payload));
  expect(report.kind === "fix" && report.fix.timeMs).toBe(undefined);
});

test("nanoseconds may be negative: the second has not quite come", () => {
  const payload = pvt().slice(6, -2);
  new DataView(payload.buffer).setInt32(16, -2_600_000, true);
  const [report] = reportsOf(ubxFrame(1, 7, payload));
  expect(report.kind === "fix" && report.fix.timeMs).toBe(T0 - 3);
});

test("garbage before, between and after frames is skipped", () => {
  const junk = Uint8Array.from({ length: 200 }, (_, i) => (i * 37) & 255);
  expect(
    reportsOf(join(junk, pvt(), junk, pvt({ timeMs: T0 + 1000 }), junk)).filter((r) => r.kind === "fix"),
  ).toHaveLength(2);
});

test("a bad checksum does not swallow the frame that begins inside it", () => {
  const broken = ubxFrame(1, 7, new Uint8Array(92)).subarray(0, 30);
  expect(reportsOf(join(broken, pvt(), pvt({ timeMs: T0 + 1000 }))).filter((r) => r.kind === "fix")).toHaveLength(2);
});

test("a length that no message has does not stop the stream", () => {
  const endless = Uint8Array.of(0xb5, 0x62, 0x01, 0x07, 0xff, 0xff);
  expect(reportsOf(join(endless, pvt())).filter((r) => r.kind === "fix")).toHaveLength(1);
});

test("one flipped bit anywhere loses that frame and no other", () => {
  const good = pvt({ timeMs: T0 + 1000 });
  for (let bit = 0; bit < pvt().length * 8; bit++) {
    const bad = pvt();
    bad[bit >> 3] ^= 1 << (bit & 7);
    const fixes = reportsOf(join(bad, good)).filter((r) => r.kind === "fix");
    expect(
      fixes.map((r) => r.kind === "fix" && r.fix.timeMs),
      `bit ${bit}`,
    ).toEqual([T0 + 1000]);
  }
});

test("acknowledgements name what they answer", () => {
  expect(reportsOf(join(ubxFrame(5, 1, Uint8Array.of(6, 0x8a)), ubxFrame(5, 0, Uint8Array.of(6, 1))))).toEqual([
    { kind: "ack", cls: 6, id: 0x8a },
    { kind: "nak", cls: 6, id: 1 },
  ]);
});

test("MON-VER gives the version, MON-RF and MON-HW the jamming state", () => {
  const version = new Uint8Array(40);
  version.set(Buffer.from("ROM SPG 5.10"), 0);
  version.set(Buffer.from("000A0000"), 30);
  expect(reportsOf(ubxFrame(0x0a, 4, version))).toEqual([{ kind: "version", text: "ROM SPG 5.10 000A0000" }]);
  const rf = new Uint8Array(28);
  [rf[1], rf[5], rf[6], rf[20]] = [1, 2, 2, 88];
  expect(reportsOf(ubxFrame(0x0a, 0x38, rf))).toEqual([{ kind: "jamming", jamming: 2, level: 88, antenna: 2 }]);
  const hw = new Uint8Array(60);
  [hw[20], hw[22], hw[45]] = [2, 3 << 2, 120];
  expect(reportsOf(ubxFrame(0x0a, 9, hw))).toEqual([{ kind: "jamming", jamming: 3, level: 120, antenna: 2 }]);
});

test("how the bytes are cut into pieces makes no difference", () => {
  const stream = join(
    pvt(),
    sentence("GPRMC,090001,A,3540.860,N,13946.020,E,1.0,2.0,241126,,"),
    Uint8Array.of(0xb5, 1, 0x24),
    pvt({ timeMs: T0 + 2000 }),
    sentence("GPGGA,090003,3540.860,N,13946.020,E,1,08,1.0,10,M,,M,,"),
  );
  const whole = reportsOf(stream);
  expect(whole).toHaveLength(4);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
      expect(reportsOf(stream, cuts)).toEqual(whole);
    }),
  );
  expect(
    reportsOf(
      stream,
      Array.from(stream, (_, i) => i),
    ),
  ).toEqual(whole);
});
