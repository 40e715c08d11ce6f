import { expect, test } from "vitest";
import { createGate, judge } from "../../firmware/gnss/gate.ts";
import type { Fix } from "../../protocol/messages/fix.ts";

const T0 = Date.UTC(2026, 10, 24, 9, 0, 0);
const DEGREE_M = 111_195;

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
    const verdict = judge(gate, fix, nowMs ? nowMs(fix, i) : fix.timeMs);
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

test("a receiver whose week rolled over is named so, once or twice round", () => {
  const rollMs = 1024 * 7 * 86_400_000;
  expect(reasons([fixAt(0), fixAt(1)], (fix, i) => (fix.timeMs ?? 0) + rollMs * (i + 1))).toEqual([
    "gate.week-rollover",
    "gate.week-rollover",
  ]);
});

test("without a clock nothing is stale or rolled over", () => {
  expect(reasons([fixAt(0)], () => undefined)).toEqual([undefined]);
});

test("a jump of 200 m at a claimed 1.7 m in one second is not believed", () => {
  expect(reasons([fixAt(0), fixAt(1, 200, { hAccMm: 1700 })])).toEqual([undefined, "gate.implausible-speed"]);
});

test("a Doppler speed beyond any train is not believed", () => {
  expect(reasons([fixAt(0, 0, { speedMmps: 61_000 })])).toEqual(["gate.implausible-speed"]);
});

test("dropped fixes that agree with one another are believed in the end", () => {
  const far = [1, 2, 3, 4, 5].map((s) => fixAt(s, 80_000 + s));
  expect(reasons([fixAt(0), ...far])).toEqual([
    undefined,
    "gate.implausible-speed",
    "gate.implausible-speed",
    "gate.implausible-speed",
    undefined,
    undefined,
  ]);
});

test("dropped fixes that do not agree are never believed", () => {
  const wild = Array.from({ length: 20 }, (_, i) => fixAt(i + 1, 80_000 * (1 + (i % 3))));
  expect(new Set(reasons([fixAt(0), ...wild]).slice(1))).toEqual(new Set(["gate.implausible-speed"]));
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
