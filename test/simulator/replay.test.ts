import { expect, test } from "vitest";
import type { Alert } from "../../protocol/messages/alert.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { chargeMah } from "../../simulator/hardware/charge.ts";
import type { ReceiverModel } from "../../simulator/hardware/gnss-receiver.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { entryAlerts, type ReplayOptions, type ReplayResult, replay } from "../../simulator/replay/replay.ts";
import { readTrace } from "../../simulator/traces/read.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { makePath } from "../../simulator/world/path.ts";
import { sentence } from "../gnss/streams.ts";
import { orderOf, ride } from "../samples.ts";
import { circleAt, everySecond, START_MS, sOf, traceOf } from "./walks.ts";

const RIDE = ride();
const RIDE_ORDER = orderOf(layZones(makePath(RIDE), 1, 30));

function run(trace: Trace, changes: Partial<ReplayOptions> = {}): ReplayResult {
  return replay(trace, {
    order: RIDE_ORDER,
    startEngine: startNodeEngine,
    receiver: "ideal",
    seed: 1,
    ...changes,
  });
}

/** Stands, walks into her street after half an hour, stays, and walks back. */
const VISIT = traceOf(
  everySecond(5_400, (s) => [Math.min(Math.max(0, s - 1_800), 900, Math.max(0, 5_000 - s)) * 1.4, 0]),
);
const STREET = orderOf([circleAt("her street", 1_260, 300)]);

test("progress is told, forwards, up to the whole", () => {
  const told: number[] = [];
  run(RIDE, { onProgress: (done) => told.push(done) });
  expect(told.length).toBeGreaterThan(10);
  expect(told.length).toBeLessThanOrEqual(101);
  for (let i = 0; i < told.length; i++) expect(told[i]).toBeGreaterThan(i > 0 ? told[i - 1] : 0);
  expect(told.at(-1)).toBeGreaterThan(0.9);
  expect(told.at(-1)).toBeLessThanOrEqual(1);
});

test.each<ReceiverModel>(["ideal", "realistic"])("the same seed twice gives the same effects (%s)", (receiver) => {
  const [one, two] = [run(RIDE, { receiver, seed: 9 }), run(RIDE, { receiver, seed: 9 })];
  expect(one.effectHash).toBe(two.effectHash);
  expect(one.baseline).toEqual(two.baseline);
});

test("another seed is another run with the realistic receiver", () => {
  const hashes = [1, 2, 3, 4].map((seed) => run(RIDE, { receiver: "realistic", seed }).effectHash);
  expect(new Set(hashes).size).toBe(4);
});

test("the hash is that of the lines that were told", () => {
  const [one, two]: [string[], string[]] = [[], []];
  run(RIDE, { onEffectLine: (line) => one.push(line) });
  const watched = run(RIDE, { onEffectLine: (line) => two.push(line) });
  expect(one).toEqual(two);
  expect(watched.effectHash).toBe(run(RIDE).effectHash);
});

test("a visit is found in the trace and told by the device within D; he leaves and that is told too", () => {
  const result = run(VISIT, { order: STREET });
  expect(result.visits).toHaveLength(1);
  const [visit] = result.visits;
  // 960 m at 1.4 m/s from half past: inside at 2486 s.
  expect(sOf(visit.entryMs)).toBe(2_486);
  expect(visit).toMatchObject({ zone: "her street", late: false, missed: false, beyondModel: undefined });
  expect(visit.delayS).toBeGreaterThanOrEqual(0);
  expect(visit.delayS).toBeLessThanOrEqual(60);
  expect(result.falseAlerts).toEqual([]);
  expect(result.alerts.map((a) => a.state)).toEqual(["entered", "left"]);
});

test("an alert is one effect, and the journal has it before", () => {
  const lines: string[] = [];
  run(VISIT, { order: STREET, onEffectLine: (line) => lines.push(line) });
  const at = lines.findIndex((line) => line.includes('"kind":"alert"'));
  expect(lines[at - 1]).toContain('"kind":"journal.append"');
});

test("charge and receiver time are those of the switching, and the baseline's of a fix a minute", () => {
  const result = run(VISIT, { order: STREET });
  expect(result.spanS).toBe(5_400);
  let onMs = 0;
  for (let i = 0; i < result.powerMs.length; i += 2)
    onMs += (result.powerMs[i + 1] ?? START_MS + 5_400_000) - result.powerMs[i];
  expect(result.gnssOnS).toBeCloseTo(onMs / 1000, 9);
  expect(result.chargeMah).toBeCloseTo(chargeMah(result.gnssOnS, 5_400, result.alerts.length), 12);
  expect(result.fixAttempts).toBe(Math.ceil(result.powerMs.length / 2));
  expect(result.baseline.fixes).toBe(90);
  // Half an hour at rest: the baseline looks thirty times.
  expect(result.fixes.filter((fix) => sOf(fix.atMs) < 1_800).length).toBeLessThan(10);
});

test("nothing happens outside the recording's time", () => {
  const { fixes, alerts, powerMs, path } = run(VISIT, { order: STREET, receiver: "realistic" });
  const endMs = path.timeMs[path.rows - 1];
  for (const ms of [...fixes.map((f) => f.atMs), ...alerts.map((a) => a.atMs), ...powerMs]) {
    expect(ms).toBeGreaterThanOrEqual(START_MS);
    expect(ms).toBeLessThanOrEqual(endMs);
  }
});

test("a recording of one row is a run of no length", () => {
  const result = run(traceOf([[0, 0, 0]]), { order: STREET });
  expect(result).toMatchObject({ spanS: 0, alerts: [], visits: [], gnssOnS: 0 });
});

/** Six minutes of a receiver at rest, its own sentences. */
function nmea(): Uint8Array {
  const two = (n: number) => String(n).padStart(2, "0");
  return Buffer.concat(
    Array.from({ length: 360 }, (_, s) => {
      const time = `20${two(Math.floor(s / 60))}${two(s % 60)}.00`;
      return Buffer.concat([
        sentence(`GPRMC,${time},A,3540.8000,N,13945.6000,E,0.0,0.0,241126,,,A`),
        sentence(`GPGGA,${time},3540.8000,N,13945.6000,E,1,09,0.9,40.0,M,36.0,M,,`),
      ]);
    }),
  );
}

test("a receiver's own recording is replayed from its bytes, whatever model is asked for", () => {
  const trace = readTrace(nmea(), "rest.nmea");
  const [ideal, realistic] = (["ideal", "realistic"] as const).map((receiver) => run(trace, { receiver }));
  expect(ideal.receiver).toBe("raw");
  expect(ideal.effectHash).toBe(realistic.effectHash);
  expect(ideal.fixes.length).toBeGreaterThan(0);
  for (const { fix } of ideal.fixes) expect([fix.latE7, fix.lonE7]).toEqual([356_800_000, 1_397_600_000]);
});

test("an order with more zones than the device takes is refused by name", () => {
  const crowd = orderOf(Array.from({ length: 70_000 }, (_, i) => circleAt(`z${i}`, i, 10)));
  expect(() => run(VISIT, { order: crowd })).toThrow(expect.objectContaining({ code: "replay.zones-refused" }));
});

function zoneAlert(s: number, zone: string, state: Alert["state"], hAccMm?: number): Alert {
  const fix = hAccMm === undefined ? undefined : { latE7: 0, lonE7: 0, hAccMm };
  return {
    seq: 1,
    atMs: START_MS + s * 1000,
    about: "zone",
    zone,
    state,
    sinceMs: START_MS,
    fix: fix && { ...fix, timeMs: 0, dimensions: 3, speedMmps: 0, courseCdeg: 0, satellites: 9 },
    signedMm: 0,
    clock: undefined,
    clockErrorMs: undefined,
    percent: undefined,
    detail: undefined,
  };
}

test("unconfirmed and then entered is one entry, from the first word to the leaving", () => {
  const alerts = [
    zoneAlert(10, "a", "unconfirmed", 5_000),
    zoneAlert(20, "b", "entered", 3_000),
    zoneAlert(30, "a", "entered", 4_000),
    { ...zoneAlert(35, "a", "entered"), about: "location-lost" as const, zone: undefined },
    zoneAlert(40, "a", "left", 6_000),
    zoneAlert(50, "a", "entered", 7_000),
  ];
  expect(entryAlerts(alerts).map((e) => [e.zone, sOf(e.atMs), e.leftMs && sOf(e.leftMs), e.hAccM])).toEqual([
    ["a", 10, 40, 5],
    ["b", 20, undefined, 3],
    ["a", 50, undefined, 7],
  ]);
});

test("a leaving without an entry is no entry", () => {
  expect(entryAlerts([zoneAlert(10, "a", "left", 3_000)])).toEqual([]);
});
