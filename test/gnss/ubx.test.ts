import fc from "fast-check";
import { expect, test } from "vitest";
import { createReceiver, cutStream, feed, finish, type Report } from "../../firmware/gnss/receiver.ts";
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

test("other ids of the acknowledging class are no answer", () => {
  expect(reportsOf(ubxFrame(5, 2, Uint8Array.of(6, 0x8a)))).toEqual([]);
});

test("MON-VER gives the version", () => {
  const version = new Uint8Array(40 + 6 * 30);
  version.set(Buffer.from("ROM SPG 5.10"), 0);
  version.set(Buffer.from("000A0000"), 30);
  version.set(Buffer.from("PROTVER=34.10"), 70);
  expect(reportsOf(ubxFrame(0x0a, 4, version))).toEqual([{ kind: "version", text: "ROM SPG 5.10 000A0000" }]);
});

test("MON-RF gives the worst of its front ends", () => {
  const rf = new Uint8Array(4 + 2 * 24);
  const view = new DataView(rf.buffer);
  const block = (at: number, jamming: number, antenna: number, noise: number, agc: number, level: number) => {
    [rf[at + 1], rf[at + 2], rf[at + 16]] = [jamming, antenna, level];
    view.setUint16(at + 12, noise, true);
    view.setUint16(at + 14, agc, true);
  };
  block(4, 1, 4, 80, 6000, 10);
  block(28, 3, 2, 120, 900, 88);
  const radio = { jamming: 3, antenna: 4, level: 88, agc: 900, noise: 120 };
  expect(reportsOf(ubxFrame(0x0a, 0x38, rf))).toEqual([{ kind: "radio", radio }]);
});

test.each([
  [60, 45],
  [68, 53],
])("MON-HW of %i bytes has its jamming indicator at %i", (length, at) => {
  const hw = new Uint8Array(length);
  [hw[16], hw[18], hw[20], hw[22], hw[at]] = [90, 200, 2, 3 << 2, 120];
  const radio = { jamming: 3, antenna: 2, level: 120, agc: 200, noise: 90 };
  expect(reportsOf(ubxFrame(0x0a, 9, hw))).toEqual([{ kind: "radio", radio }]);
});

/** NAV-PVT with its payload changed by hand. */
function pvtWith(change: (payload: Uint8Array, view: DataView) => void): Uint8Array {
  const payload = pvt().slice(6, -2);
  change(payload, new DataView(payload.buffer));
  return ubxFrame(1, 7, payload);
}

test.each([
  ["latitude 150°", (_: Uint8Array, view: DataView) => view.setInt32(28, 1_500_000_000, true)],
  ["longitude −181°", (_: Uint8Array, view: DataView) => view.setInt32(24, -1_810_000_000, true)],
  ["the invalidLlh flag", (payload: Uint8Array) => payload.fill(1, 78, 79)],
])("%s is no fix", (_, change) => {
  expect(reportsOf(pvtWith(change))).toEqual([{ kind: "no-fix" }]);
});

test("a time whose second is not resolved is no time", () => {
  const [report] = reportsOf(pvtWith((payload) => payload.fill(0x03, 11, 12)));
  expect(report.kind === "fix" && report.fix.timeMs).toBe(undefined);
});

test("a time that no record can hold is no time", () => {
  const [report] = reportsOf(
    pvtWith((payload, view) => {
      view.setUint16(4, 1970, true);
      payload.set([1, 1, 0, 0, 0], 6);
      view.setInt32(16, -900_000_000, true);
    }),
  );
  expect(report.kind === "fix" && report.fix.timeMs).toBe(undefined);
});

const HEADERS: [string, number[]][] = [
  ["NAV-PVT of 2,047 bytes", [0x01, 0x07, 0xff, 0x07]],
  ["NAV-PVT of the right length", [0x01, 0x07, 92, 0]],
  ["a message we do not read, of 2,047 bytes", [0x02, 0x15, 0xff, 0x07]],
  ["a message we do not read, of 100 bytes", [0x02, 0x15, 100, 0]],
  ["MON-VER of 340 bytes", [0x0a, 0x04, 340 & 255, 340 >> 8]],
  ["MON-RF of 52 bytes", [0x0a, 0x38, 52, 0]],
];

test.each(HEADERS)("a false header costs no fix, and holds it back by one epoch at most: %s", (_, header) => {
  const receiver = createReceiver();
  const times: number[] = [];
  feed(receiver, Uint8Array.of(0xb5, 0x62, ...header), () => {});
  for (let second = 0; second < 5; second++) {
    feed(receiver, pvt({ timeMs: T0 + second * 1000 }), (report) => {
      if (report.kind === "fix") times.push((report.fix.timeMs ?? 0) - T0);
    });
    expect(times.length, `after ${second + 1} epochs`).toBeGreaterThanOrEqual(second);
  }
  expect(times).toEqual([0, 1000, 2000, 3000, 4000]);
});

test("a long message that is not read does not hide the next one", () => {
  const satellites = ubxFrame(1, 0x35, new Uint8Array(8 + 12 * 40).fill(0x24));
  const receiver = createReceiver();
  let fixes = 0;
  feed(receiver, join(satellites, pvt()), (report) => {
    if (report.kind === "fix") fixes += 1;
  });
  expect([fixes, receiver.badChecks]).toEqual([1, 0]);
});

test("nothing from before the power was cut comes out after it", () => {
  const reports: Report[] = [];
  const receiver = createReceiver();
  const keep = (report: Report) => reports.push(report);
  const position = new Uint8Array(28);
  const solution = new Uint8Array(52);
  [solution[10], solution[11]] = [3, 1];
  const utc = new Uint8Array(20);
  utc.set([0xe4, 7, 11, 24, 9, 0, 0, 4], 12);
  feed(receiver, join(sentence("GPRMC,090001,A,3540.860,N,13946.020,E,1.0,2.0,241126,,"), pvt().subarray(0, 50)), keep);
  feed(receiver, join(ubxFrame(1, 2, position), ubxFrame(1, 6, solution)), keep);
  cutStream(receiver);
  feed(receiver, join(ubxFrame(1, 0x21, utc), sentence("GPGSA,A,1,,,,,,,,,,,,,,,")), keep);
  finish(receiver, keep);
  expect(reports).toEqual([]);
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
