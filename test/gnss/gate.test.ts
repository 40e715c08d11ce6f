import { expect, test } from "vitest";
import { createGate, judge } from "../../firmware/gnss/gate.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { idealReceiver, runBracelet } from "./bench.ts";

const T0 = Date.UTC(2026, 10, 24, 9, 0, 0);
const DEGREE_M = 111_195;
const YEAR_MS = 365.25 * 86_400_000;
const ROLL_MS = 1024 * 7 * 86_400_000;
const noClock = () => undefined;

function fixAt(seconds: number, northM = 0, changes: Partial<Fix> = {}): Fix {
  return {
    timeMs: T0 + seconds * 1000,
    latE7: Math.round((northM / DEGREE_M) * 1e7),
    lonE7: 0,
    dimensions: 3,
    hAccMm: 3000,
    speedMmps: 0,
    courseCdeg: 0,
    satellites: 9,
    ...changes,
  };
}

function reasons(fixes: Fix[], nowMs?: (fix: Fix, i: number) => number | undefined): (string | undefined)[] {
  const gate = createGate();
  return fixes.map((fix, i) => {
    const verdict = judge(gate, fix, nowMs ? nowMs(fix, i) : fix.timeMs, 0);
    return verdict.ok ? undefined : verdict.reason;
  });
}

test("a plain walk passes", () => {
  expect(reasons([fixAt(0), fixAt(1, 2), fixAt(2, 4)])).toEqual([undefined, undefined, undefined]);
});

test("the last fix once more is repeated, an older one stale", () => {
  expect(reasons([fixAt(10), fixAt(10), fixAt(5)], () => T0 + 10_000)).toEqual([
    undefined,
    "gate.repeated",
    "gate.stale",
  ]);
});

test("a fix from before the receiver lost lock is stale by the device's clock", () => {
  expect(reasons([fixAt(0)], () => T0 + 11_000)).toEqual(["gate.stale"]);
});

test("one fix dated ahead is dropped and does not make the rest stale", () => {
  const fixes = [fixAt(0), fixAt(86_400), fixAt(1)];
  expect(reasons(fixes, (_, i) => T0 + i * 500)).toEqual([undefined, "gate.future", undefined]);
});

test("without a time there is no age", () => {
  expect(reasons([fixAt(0, 0, { timeMs: undefined })])).toEqual(["gate.no-time"]);
});

test.each([
  ["with", T0],
  ["without", undefined],
])("the date at which receivers start is no time, %s a clock", (_, nowMs) => {
  expect(reasons([fixAt(0, 0, { timeMs: Date.UTC(1980, 0, 6, 0, 0, 9) })], () => nowMs)).toEqual(["gate.no-time"]);
});

test("a fix that was dropped for its quality does not make an earlier one stale", () => {
  const early = fixAt(0, 0, { dimensions: 2, hAccMm: undefined, timeMs: T0 + 20 * YEAR_MS });
  expect(reasons([early, fixAt(1), fixAt(2)], noClock)).toEqual(["gate.2d", undefined, undefined]);
});

test("a receiver whose week rolled over is named so, once or twice round", () => {
  expect(reasons([fixAt(0), fixAt(1)], (fix, i) => (fix.timeMs ?? 0) + ROLL_MS * (i + 1))).toEqual([
    "gate.week-rollover",
    "gate.week-rollover",
  ]);
});

test("without a clock nothing tells that the first fix is old", () => {
  expect(reasons([fixAt(0)], noClock)).toEqual([undefined]);
});

test("without a clock one date ahead is dropped, and what follows the last believed one passes", () => {
  const ahead = fixAt(1, 0, { timeMs: T0 + 20 * YEAR_MS });
  expect(reasons([fixAt(0), ahead, fixAt(2)], noClock)).toEqual([undefined, "gate.future", undefined]);
});

test("without a clock a week that rolls over is named by the last believed date", () => {
  const rolled = fixAt(1, 0, { timeMs: T0 + 1_000 - ROLL_MS });
  expect(reasons([fixAt(0), rolled, fixAt(2)], noClock)).toEqual([undefined, "gate.week-rollover", undefined]);
});

test.each([
  ["a day ahead, told as stale", 86_400_000, "gate.stale"],
  ["1,024 weeks ahead, told as a rollover", ROLL_MS, "gate.week-rollover"],
  ["years behind, told as future", -20 * YEAR_MS, "gate.future"],
])("without a clock a wrong first date is outvoted by dates that agree: %s", (_, offMs, reason) => {
  const fixes = Array.from({ length: 20 }, (_, i) => fixAt(i + 1));
  const verdicts = reasons([fixAt(0, 0, { timeMs: T0 + offMs }), ...fixes], noClock).slice(1);
  expect(droppedFirst(verdicts)).toBe(15);
  expect(verdicts[0]).toBe(reason);
});

test("without a clock dates that wander back and forth outvote nothing", () => {
  const wild = Array.from({ length: 40 }, (_, i) => fixAt(-1_000 - (i % 3) * 100));
  expect(new Set(reasons([fixAt(0), ...wild], noClock).slice(1))).toEqual(new Set(["gate.stale"]));
});

test("with a clock no run of old dates is ever believed", () => {
  const old = Array.from({ length: 40 }, (_, i) => fixAt(i - 3_600));
  expect(new Set(reasons(old, (_, i) => T0 + i * 1000))).toEqual(new Set(["gate.stale"]));
});

test("a jump of 200 m at a claimed 1.7 m in one second is not believed", () => {
  expect(reasons([fixAt(0), fixAt(1, 200, { hAccMm: 1700 })])).toEqual([undefined, "gate.implausible-speed"]);
});

function ride(mps: number, seconds: number[], changes: Partial<Fix> = {}): Fix[] {
  return seconds.map((s) => fixAt(s, mps * s, { speedMmps: mps * 1000, ...changes }));
}

const EACH_SECOND = Array.from({ length: 30 }, (_, i) => i);

test("a Shinkansen does not make the bracelet blind: its speed is believed once the ground covered agrees", () => {
  expect(droppedFirst(reasons(ride(80, EACH_SECOND)))).toBe(15);
});

test("and then it stays believed, after a pause as well", () => {
  const verdicts = reasons([...ride(80, EACH_SECOND), ...ride(80, [90, 300])]);
  expect(verdicts.slice(-2)).toEqual([undefined, undefined]);
});

test("so it raises no location-lost on the way", () => {
  const run = runBracelet(idealReceiver(80), 3_000_000);
  expect(run.accepted).toBeGreaterThan(3);
  expect(run.effects.filter((effect) => effect.kind === "alert")).toEqual([]);
});

test("a wearer who stands still is not believed to move at 80 m/s, however often it is said", () => {
  const lies = EACH_SECOND.map((s) => fixAt(s, 0, { speedMmps: 80_000 }));
  expect(new Set(reasons(lies))).toEqual(new Set(["gate.implausible-speed"]));
});

test("a Doppler speed beyond any train is never believed", () => {
  expect(new Set(reasons(ride(101, EACH_SECOND)))).toEqual(new Set(["gate.implausible-speed"]));
});

/** How many of the fixes were dropped before the rest were all believed. */
function droppedFirst(verdicts: (string | undefined)[]): number {
  const first = verdicts.indexOf(undefined);
  expect(new Set(verdicts.slice(first))).toEqual(new Set([undefined]));
  return first;
}

test.each([
  ["80 km", 80_000, 3_000],
  ["600 m at a claimed 1.7 m", 600, 1_700],
])("dropped fixes that agree with one another are believed once they span 15 s: %s away", (_, northM, hAccMm) => {
  const far = Array.from({ length: 20 }, (_, i) => fixAt(i + 1, northM + i, { hAccMm }));
  expect(droppedFirst(reasons([fixAt(0), ...far]).slice(1))).toBe(15);
});

test("two dropped fixes a minute apart do not outvote what was believed", () => {
  const fixes = [fixAt(0), fixAt(60, 80_000), fixAt(120, 80_010), fixAt(121, 100)];
  expect(reasons(fixes)).toEqual([undefined, "gate.implausible-speed", "gate.implausible-speed", undefined]);
});

test("after one outlier the truth is believed at once", () => {
  expect(reasons([fixAt(0), fixAt(1, 600), fixAt(12, 90)])).toEqual([undefined, "gate.implausible-speed", undefined]);
});

test("dropped fixes that do not agree are never believed", () => {
  const wild = Array.from({ length: 20 }, (_, i) => fixAt(i + 1, 80_000 * (1 + (i % 3))));
  expect(new Set(reasons([fixAt(0), ...wild]).slice(1))).toEqual(new Set(["gate.implausible-speed"]));
});

test("an honest claim of centimetres is believed", () => {
  expect(reasons([fixAt(0, 0, { hAccMm: 14 })])).toEqual([undefined]);
});

test("an accuracy of nothing or of a quarter is implausible", () => {
  expect(reasons([fixAt(0, 0, { hAccMm: 0 }), fixAt(1, 0, { hAccMm: 300_000 })])).toEqual([
    "gate.implausible-accuracy",
    "gate.implausible-accuracy",
  ]);
});

test("a flat fix passes only where the receiver itself says that it is good", () => {
  expect(
    reasons([
      fixAt(0, 0, { dimensions: 2, hAccMm: 80_000 }),
      fixAt(1, 0, { dimensions: 2, hAccMm: undefined }),
      fixAt(2, 0, { dimensions: 2, hAccMm: 20_000 }),
    ]),
  ).toEqual(["gate.2d", "gate.2d", undefined]);
});

test("the antimeridian is no jump", () => {
  expect(reasons([fixAt(0, 0, { lonE7: 1_799_999_900 }), fixAt(1, 0, { lonE7: -1_799_999_900 })])).toEqual([
    undefined,
    undefined,
  ]);
});
