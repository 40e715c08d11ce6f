import { expect, test } from "vitest";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { createEffectLog } from "../../simulator/replay/effect-log.ts";

const FIX: Fix = {
  timeMs: 1_000,
  latE7: 356_800_000,
  lonE7: 1_397_600_000,
  dimensions: 3,
  hAccMm: 3_000,
  speedMmps: 0,
  courseCdeg: undefined,
  satellites: 9,
};

const EFFECTS: [Effect, number][] = [
  [{ kind: "gnss.power", on: true }, 1_000],
  [{ kind: "fix.judged", fix: FIX, accepted: true, reason: undefined }, 2_000],
  [{ kind: "journal.append", record: 2, body: Uint8Array.of(1, 2, 3) }, 2_000],
  [{ kind: "gnss.power", on: false }, 2_000],
];

function digest(effects: [Effect, number][]): string {
  const log = createEffectLog();
  for (const [effect, nowMs] of effects) log.note(effect, nowMs);
  return log.digest();
}

/** The same run with one thing changed. */
const changed = (at: number, effect: Effect, nowMs: number) =>
  digest(EFFECTS.map((one, i): [Effect, number] => (i === at ? [effect, nowMs] : one)));

test("the same effects at the same times have the same hash", () => {
  expect(digest(EFFECTS)).toBe(digest(structuredClone(EFFECTS)));
  expect(digest(EFFECTS)).toMatch(/^[0-9a-f]{64}$/);
});

test("one bit, one millisecond, one effect more or less or in another place: another hash", () => {
  const others = [
    changed(0, { kind: "gnss.power", on: false }, 1_000),
    changed(0, { kind: "gnss.power", on: true }, 1_001),
    changed(1, { kind: "fix.judged", fix: { ...FIX, latE7: FIX.latE7 + 1 }, accepted: true, reason: undefined }, 2_000),
    changed(1, { kind: "fix.judged", fix: FIX, accepted: false, reason: "gate.repeated" }, 2_000),
    changed(1, { kind: "fix.judged", fix: { ...FIX, courseCdeg: 0 }, accepted: true, reason: undefined }, 2_000),
    changed(2, { kind: "journal.append", record: 2, body: Uint8Array.of(1, 2, 2) }, 2_000),
    changed(2, { kind: "journal.append", record: 2, body: Uint8Array.of(1, 2, 3, 0) }, 2_000),
    digest(EFFECTS.slice(0, 3)),
    digest([...EFFECTS, EFFECTS[0]]),
    digest([EFFECTS[0], EFFECTS[2], EFFECTS[1], EFFECTS[3]]),
    digest([]),
  ];
  expect(new Set([...others, digest(EFFECTS)]).size).toBe(others.length + 1);
});

test("each effect is one line, told as it comes", () => {
  const lines: string[] = [];
  const log = createEffectLog((line) => lines.push(line));
  for (const [effect, nowMs] of EFFECTS) log.note(effect, nowMs);
  expect(lines).toHaveLength(EFFECTS.length);
  expect(lines[0]).toBe('1000 {"kind":"gnss.power","on":true}\n');
  expect(lines[2]).toBe('2000 {"kind":"journal.append","record":2,"body":"010203"}\n');
});
