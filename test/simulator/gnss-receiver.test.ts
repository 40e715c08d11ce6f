import { expect, test } from "vitest";
import { SETUP_REQUEST } from "../../firmware/gnss/configure.ts";
import {
  createReceiver,
  createReplayReceiver,
  type GnssReceiver,
  type ReceiverModel,
} from "../../simulator/hardware/gnss-receiver.ts";
import type { RawRecording } from "../../simulator/traces/trace.ts";
import type { Path } from "../../simulator/world/path.ts";
import { type Epoch, errorOf, everySecond, listen, pathOf, START_MS, sOf } from "./walks.ts";

const HOURS = 6;
const RIDE_MPS = 5;
const eastOf = (s: number) => RIDE_MPS * s;
/** Six hours on a bicycle, never long in one place. */
const RIDE = pathOf(everySecond(HOURS * 3_600, (s) => [0, eastOf(s)]));

/** Asked for UBX so long after power-on, as the firmware does. */
const ASKED_MS = 200;

/** Switched on at these seconds for so long. */
function sessions(path: Path, model: ReceiverModel, seed: number, onS: number[], forS: number): Epoch[][] {
  const gnss = createReceiver(path, model, seed);
  return onS.map((s) => {
    gnss.power(true, START_MS + s * 1000);
    gnss.hear(SETUP_REQUEST, START_MS + s * 1000 + ASKED_MS);
    const epochs = listen(gnss, s + forS);
    gnss.power(false, START_MS + (s + forS) * 1000);
    return epochs;
  });
}

const every = (stepS: number, untilS: number) =>
  Array.from({ length: Math.floor(untilS / stepS) }, (_, i) => i * stepS);
const seeds = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const rms = (values: number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);

/** The first epoch with a solution, seconds after power-on. */
function ttffS(epochs: Epoch[], onS: number): number {
  return (epochs.find((e) => e.fix !== undefined)?.s ?? Number.POSITIVE_INFINITY) - onS;
}

interface Judged {
  s: number;
  north: number;
  east: number;
  errorM: number;
  claimedM: number;
}

function judge(epochs: Epoch[]): Judged[] {
  return epochs.flatMap(({ s, fix }) => {
    if (fix === undefined) return [];
    const { north, east } = errorOf(fix, 0, eastOf(s));
    return [{ s, north, east, errorM: Math.hypot(north, east), claimedM: (fix.hAccMm ?? Number.NaN) / 1000 }];
  });
}

/** Far off while it claims to be near: no honest error is six times what it claims. */
const isLie = ({ errorM, claimedM }: Judged) => errorM > 6 * claimedM;

test.each<ReceiverModel>(["ideal", "realistic"])("without power a receiver (%s) gives no bytes", (model) => {
  const gnss = createReceiver(RIDE, model, 1);
  expect(gnss.nextMs()).toBe(Number.POSITIVE_INFINITY);
  gnss.power(true, START_MS);
  gnss.take();
  gnss.power(false, START_MS + 1_000);
  expect(gnss.nextMs()).toBe(Number.POSITIVE_INFINITY);
});

/** What comes within four seconds: NMEA by its first byte, UBX by its class. */
function spoken(gnss: GnssReceiver, fromS: number): string[] {
  const said: string[] = [];
  while (sOf(gnss.nextMs()) <= fromS + 4) {
    const bytes = gnss.take();
    said.push(bytes[0] === 0xb5 ? `ubx ${bytes[2]}` : String.fromCharCode(bytes[0]));
  }
  return said;
}

test("a receiver speaks NMEA until it is asked, acknowledges, speaks UBX, and forgets with the power", () => {
  const gnss = createReceiver(RIDE, "ideal", 1);
  gnss.power(true, START_MS);
  expect(spoken(gnss, 0)).toEqual(["$", "$", "$", "$"]);
  gnss.hear(SETUP_REQUEST, START_MS + 4_500);
  expect(spoken(gnss, 2)).toEqual(["ubx 5", "ubx 1", "ubx 1"]);
  gnss.power(false, START_MS + 6_000);
  gnss.hear(SETUP_REQUEST, START_MS + 7_000);
  expect(gnss.nextMs()).toBe(Number.POSITIVE_INFINITY);
  gnss.power(true, START_MS + 8_000);
  expect(spoken(gnss, 8)).toEqual(["$", "$", "$", "$"]);
});

test("a request with a bad check is not heard", () => {
  const gnss = createReceiver(RIDE, "ideal", 1);
  const spoilt = SETUP_REQUEST.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
  gnss.power(true, START_MS);
  gnss.hear(spoilt, START_MS + ASKED_MS);
  expect(spoken(gnss, 0)).toEqual(["$", "$", "$", "$"]);
});

test("the ideal receiver has its first fix after a second, 3 m and no noise, then one a second", () => {
  const [epochs] = sessions(RIDE, "ideal", 1, [100], 60);
  expect(epochs.map((e) => e.s)).toEqual(Array.from({ length: 60 }, (_, i) => 101 + i));
  for (const { s, fix } of epochs) {
    expect(fix).toMatchObject({ timeMs: START_MS + s * 1000, hAccMm: 3_000, dimensions: 3 });
    expect(Math.abs((fix?.speedMmps ?? 0) - RIDE_MPS * 1000)).toBeLessThan(30);
  }
  expect(Math.max(...judge(epochs).map((j) => j.errorM))).toBeLessThan(0.05);
});

test("between two rows the ideal receiver stands between their places", () => {
  const [epochs] = sessions(RIDE, "ideal", 1, [100.4], 10);
  expect(epochs[0].s).toBeCloseTo(101.4, 6);
  expect(Math.max(...judge(epochs).map((j) => j.errorM))).toBeLessThan(0.05);
});

test("in a hole the body stands where the recording left it, at speed 0, until it must set off", () => {
  const path = pathOf([...everySecond(60, (s) => [0, eastOf(s)]), [1_000, 0, 900], [1_001, 0, 905]]);
  for (const [s, east] of [
    [500, 300],
    [970, 300],
    [1_000, 900],
  ]) {
    const [[epoch]] = sessions(path, "ideal", 1, [s - 1], 1);
    const { north, east: off } = errorOf(epoch.fix!, 0, east);
    expect(Math.hypot(north, off), `at ${s} s`).toBeLessThan(0.05);
    if (s < 1_000) expect(epoch.fix?.speedMmps).toBe(0);
  }
});

test("a cold start takes 23 to 29 s", () => {
  const colds = seeds(60).map((seed) => ttffS(sessions(RIDE, "realistic", seed, [0], 60)[0], 0));
  expect(Math.min(...colds)).toBeGreaterThanOrEqual(23);
  expect(Math.max(...colds)).toBeLessThanOrEqual(30);
  expect(new Set(colds).size).toBeGreaterThan(3);
});

test("a hot start takes 1 to 5 s, and now and then a few more", () => {
  const starts = every(300, HOURS * 3_600);
  const hots = seeds(12).flatMap((seed) =>
    sessions(RIDE, "realistic", seed, starts, 60)
      .map((epochs, i) => ttffS(epochs, starts[i]))
      .slice(1),
  );
  const share = (within: (s: number) => boolean) => hots.filter(within).length / hots.length;
  expect(Math.min(...hots)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...hots)).toBeLessThanOrEqual(14);
  expect(share((s) => s <= 5)).toBeGreaterThan(0.93);
  expect(share((s) => s > 6)).toBeGreaterThan(0.005);
  for (const s of [2, 3, 4, 5]) expect(share((t) => t === s)).toBeGreaterThan(0.15);
});

test("after hours without power a start is no hot one", () => {
  const later = seeds(40).map((seed) => ttffS(sessions(RIDE, "realistic", seed, [0, 4 * 3_600], 60)[1], 4 * 3_600));
  expect(later.reduce((sum, s) => sum + s, 0) / later.length).toBeGreaterThan(10);
  expect(Math.max(...later)).toBeLessThanOrEqual(30);
});

test("while it acquires it says every second that it has no solution", () => {
  const [epochs] = sessions(RIDE, "realistic", 3, [0], 22);
  expect(epochs.map((e) => [e.s, e.fix])).toEqual(Array.from({ length: 22 }, (_, i) => [i + 1, undefined]));
});

test("neighbouring errors are the same error, and five minutes later it is another", () => {
  const sums = { same: 0, next: 0, later: 0 };
  for (const seed of seeds(5)) {
    const settled = judge(sessions(RIDE, "realistic", seed, [0], HOURS * 3_600)[0])
      .slice(60)
      .map((j) => (isLie(j) ? undefined : j));
    for (let i = 0; i + 300 < settled.length; i++) {
      const [now, next, later] = [settled[i], settled[i + 1], settled[i + 300]];
      if (now === undefined || next === undefined || later === undefined) continue;
      sums.same += now.north ** 2 + now.east ** 2;
      sums.next += now.north * next.north + now.east * next.east;
      sums.later += now.north * later.north + now.east * later.east;
    }
  }
  expect(sums.next / sums.same).toBeGreaterThan(0.95);
  expect(Math.abs(sums.later / sums.same)).toBeLessThan(0.15);
});

test("the accuracy it claims is honest on the whole: root mean square of errors and of claims agree", () => {
  const fixes = seeds(5).flatMap((seed) =>
    judge(sessions(RIDE, "realistic", seed, [0], HOURS * 3_600)[0]).filter((j) => !isLie(j)),
  );
  const ratio = rms(fixes.map((j) => j.errorM)) / rms(fixes.map((j) => j.claimedM));
  expect(ratio).toBeGreaterThan(0.8);
  expect(ratio).toBeLessThan(1.1);
  const bias = fixes.reduce((sum, j) => sum + j.north, 0) / fixes.length;
  expect(Math.abs(bias)).toBeLessThan(0.7);
});

test("first fixes are poorer than settled ones, and claim no more than they are", () => {
  const first: Judged[] = [];
  const settled: Judged[] = [];
  for (const seed of seeds(10))
    for (const epochs of sessions(RIDE, "realistic", seed, every(300, HOURS * 3_600), 60)) {
      const honest = judge(epochs).filter((j) => !isLie(j));
      first.push(honest[0]);
      settled.push(honest[honest.length - 1]);
    }
  const error = (fixes: Judged[]) => rms(fixes.map((j) => j.errorM));
  expect(error(first)).toBeGreaterThan(1.5 * error(settled));
  expect(error(first) / rms(first.map((j) => j.claimedM))).toBeLessThan(1.15);
});

test("about one fix in five hundred lies: off by up to 200 m at a proud claim", () => {
  const fixes = seeds(5).flatMap((seed) => judge(sessions(RIDE, "realistic", seed, [0], HOURS * 3_600)[0]));
  const lies = fixes.filter(isLie);
  expect(fixes.length / lies.length).toBeGreaterThan(400);
  expect(fixes.length / lies.length).toBeLessThan(625);
  expect(Math.max(...lies.map((j) => j.errorM))).toBeLessThan(220);
  expect(Math.max(...lies.map((j) => j.errorM))).toBeGreaterThan(150);
  expect(Math.max(...lies.map((j) => j.claimedM))).toBeLessThan(3);
});

/** Rides, stands at a light for two minutes, rides, stays for forty, rides on. */
const LIGHT = { fromS: 600, untilS: 720 };
const STAY = { fromS: 1_320, untilS: 3_720 };
const END_S = 4_900;
const DAY = pathOf(
  everySecond(END_S, (s) => {
    const ridden = s - Math.min(Math.max(0, s - LIGHT.fromS), 120) - Math.min(Math.max(0, s - STAY.fromS), 2_400);
    return [0, ridden * RIDE_MPS];
  }),
);

test("the sky is lost only where somebody stays: never on the way, never at a red light", () => {
  let failedInside = 0;
  for (const seed of seeds(40)) {
    const [epochs] = sessions(DAY, "realistic", seed, [0], END_S);
    const failed = epochs.filter((e) => e.fix === undefined).map((e) => e.s);
    failedInside += failed.filter((s) => s > STAY.fromS && s <= STAY.untilS).length;
    // What was lost inside is acquired anew outside.
    const onTheWay = failed.filter((s) => (s > 30 && s < STAY.fromS - 15) || s > STAY.untilS + 45);
    expect(onTheWay, `seed ${seed}`).toEqual([]);
  }
  expect(failedInside).toBeGreaterThan(0);
});

test("a fix carries the time at which it comes, or it is the last one said again unchanged", () => {
  let repeats = 0;
  for (const seed of seeds(40)) {
    const [epochs] = sessions(DAY, "realistic", seed, [0], END_S);
    let last: Epoch | undefined;
    for (const epoch of epochs) {
      if (epoch.fix === undefined) continue;
      if (epoch.fix.timeMs !== START_MS + epoch.s * 1000) {
        expect(epoch.fix).toEqual(last?.fix);
        repeats += 1;
      }
      last = epoch;
    }
  }
  expect(repeats).toBeGreaterThan(0);
});

const stream = (model: ReceiverModel, seed: number) =>
  Buffer.concat(sessions(DAY, model, seed, every(500, END_S), 100).flatMap((epochs) => epochs.map((e) => e.bytes)));

test.each<ReceiverModel>(["ideal", "realistic"])("the same seed gives the same bytes (%s)", (model) => {
  expect(stream(model, 7).equals(stream(model, 7))).toBe(true);
});

test("another seed gives other bytes, but only where chance is asked for", () => {
  expect(stream("realistic", 7).equals(stream("realistic", 8))).toBe(false);
  expect(stream("ideal", 7).equals(stream("ideal", 8))).toBe(true);
});

/** Ten epochs a second apart, the i-th of i + 1 bytes. */
function recording(): RawRecording {
  const lengths = Array.from({ length: 10 }, (_, i) => i + 1);
  let end = 0;
  return {
    bytes: Uint8Array.from(lengths.flatMap((length, i) => new Array<number>(length).fill(i))),
    endOffset: Float64Array.from(lengths, (length) => {
      end += length;
      return end;
    }),
    arriveMs: Float64Array.from(lengths, (_, i) => START_MS + i * 1000),
  };
}

/** Which epochs come while it is on; each must come whole, at its own instant. */
function replayed(gnss: GnssReceiver, raw: RawRecording, untilS: number): number[] {
  const came: number[] = [];
  while (sOf(gnss.nextMs()) < untilS) {
    const s = sOf(gnss.nextMs());
    const bytes = gnss.take();
    expect([...bytes]).toEqual(new Array(s + 1).fill(s));
    came.push(s);
  }
  expect(raw.arriveMs).toHaveLength(10);
  return came;
}

test("a recording is replayed to the byte, at its own times, and ends", () => {
  const raw = recording();
  const gnss = createReplayReceiver(raw);
  gnss.power(true, START_MS);
  expect(replayed(gnss, raw, 100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(gnss.nextMs()).toBe(Number.POSITIVE_INFINITY);
});

test("a recording gives only what came while there was power; the rest is gone", () => {
  const raw = recording();
  const gnss = createReplayReceiver(raw);
  expect(gnss.nextMs()).toBe(Number.POSITIVE_INFINITY);
  gnss.power(true, START_MS + 1_500);
  expect(replayed(gnss, raw, 4)).toEqual([2, 3]);
  gnss.power(false, START_MS + 4_000);
  expect(gnss.nextMs()).toBe(Number.POSITIVE_INFINITY);
  gnss.power(true, START_MS + 7_000);
  expect(replayed(gnss, raw, 100)).toEqual([7, 8, 9]);
});
