import { expect, test } from "vitest";
import { type MotionChange, senseMotion } from "../../simulator/hardware/motion-sensor.ts";
import { everySecond, pathOf, type Step, sOf } from "./walks.ts";

const seeds = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const said = (changes: MotionChange[]) => changes.map(({ atMs, motion }) => [sOf(atMs), motion] as const);

/** Rests for three minutes and rides for two, at a speed at which nothing looks smooth; forty times. */
const CYCLE_S = 300;
const REST_S = 180;
const ONSETS = 40;
const ERRANDS = pathOf(
  everySecond(CYCLE_S * ONSETS, (s) => [0, (Math.floor(s / CYCLE_S) * 120 + Math.max(0, (s % CYCLE_S) - REST_S)) * 6]),
);

/** Seconds from each onset of movement to the sensor's word for it; `undefined` where none came before the next. */
function latencies(seed: number): (number | undefined)[] {
  const moves = said(senseMotion(ERRANDS, seed)).filter(([, motion]) => motion === "moving");
  return Array.from({ length: ONSETS }, (_, i) => {
    const onsetS = i * CYCLE_S + REST_S;
    const heard = moves.find(([s]) => s > onsetS - 60 && s < onsetS + CYCLE_S - 60);
    return heard && heard[0] - onsetS;
  });
}

test("an onset of movement is never told before it happens", () => {
  for (const seed of seeds(5))
    for (const latency of latencies(seed)) expect(latency, `seed ${seed}`).toBeGreaterThanOrEqual(0);
});

test("what happens later changes nothing that was said before", () => {
  const rest: Step[] = everySecond(600, () => [0, 0]);
  const stays = [...rest, ...everySecond(300, () => [0, 0]).map(([s]): Step => [601 + s, 0, 0])];
  const leaves = [...rest, ...everySecond(300, () => [0, 0]).map(([s]): Step => [601 + s, 0, 6 * (s + 1)])];
  for (const seed of seeds(10)) {
    const before = (steps: Step[]) => said(senseMotion(pathOf(steps), seed)).filter(([s]) => s <= 600);
    expect(before(leaves), `seed ${seed}`).toEqual(before(stays));
  }
});

test("every onset is noticed within fifteen seconds", () => {
  for (const seed of seeds(30))
    for (const latency of latencies(seed)) expect(latency ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(15);
});

test("about one onset in twenty is missed at first and noticed some seconds after the others", () => {
  const all = seeds(40).flatMap(latencies) as number[];
  const soonest = Math.min(...all);
  const late = all.filter((latency) => latency > soonest + 3);
  expect(late.length / all.length).toBeGreaterThan(0.03);
  expect(late.length / all.length).toBeLessThan(0.075);
  expect(Math.max(...late) - soonest).toBeGreaterThan(8);
  expect(Math.max(...late) - soonest).toBeLessThanOrEqual(12);
});

test("stillness is said half a minute after the last movement, and not sooner", () => {
  for (const seed of seeds(10)) {
    const stills = said(senseMotion(ERRANDS, seed)).filter(([, motion]) => motion === "still");
    expect(stills).toHaveLength(ONSETS);
    for (const [s] of stills.slice(1)) {
      expect(s % CYCLE_S).toBeGreaterThanOrEqual(30);
      expect(s % CYCLE_S).toBeLessThanOrEqual(45);
    }
  }
});

test("a pause shorter than half a minute is no stillness", () => {
  const path = pathOf(everySecond(600, (s) => [0, 6 * (s - Math.min(20, Math.max(0, s - 300)))]));
  for (const seed of seeds(10)) expect(said(senseMotion(path, seed))).toEqual([]);
});

test("a walk is movement first and a gait after some seconds of it", () => {
  const path = pathOf(everySecond(600, (s) => [0, 1.4 * Math.max(0, s - 200)]));
  for (const seed of seeds(10)) {
    const changes = said(senseMotion(path, seed));
    expect(changes.map(([, motion]) => motion)).toEqual(["still", "moving", "walking"]);
    expect(changes[2][0]).toBeGreaterThanOrEqual(201);
    expect(changes[2][0]).toBeLessThanOrEqual(225);
  }
});

const TRAIN_HOURS = 5;
const train = (mps: number) => pathOf(everySecond(TRAIN_HOURS * 3_600, (s) => [0, mps * s]));

test("a smooth ride looks still about once in ten minutes, for up to three minutes", () => {
  const path = train(20);
  let spells = 0;
  for (const seed of seeds(20)) {
    const changes = said(senseMotion(path, seed));
    changes.forEach(([s, motion], i) => {
      if (motion !== "still") return;
      spells += 1;
      const untilS = changes[i + 1]?.[0] ?? TRAIN_HOURS * 3_600;
      expect(untilS - s, `seed ${seed}`).toBeLessThanOrEqual(180);
    });
  }
  const perHour = spells / (20 * TRAIN_HOURS);
  expect(perHour).toBeGreaterThan(4);
  expect(perHour).toBeLessThan(6.2);
});

test("what shakes, a bicycle or a walk, never looks still", () => {
  for (const seed of seeds(10)) {
    const words = [...senseMotion(train(6), seed), ...senseMotion(train(1.4), seed)].map((change) => change.motion);
    expect(words).not.toContain("still");
  }
});

test("changes come in order, and each is a change", () => {
  for (const seed of seeds(10)) {
    const changes = senseMotion(ERRANDS, seed);
    for (let i = 1; i < changes.length; i++) {
      expect(changes[i].atMs).toBeGreaterThan(changes[i - 1].atMs);
      expect(changes[i].motion).not.toBe(changes[i - 1].motion);
      expect(Number.isInteger(changes[i].atMs)).toBe(true);
    }
  }
});

test("the same seed says the same, another seed something else", () => {
  expect(senseMotion(ERRANDS, 5)).toEqual(senseMotion(ERRANDS, 5));
  expect(senseMotion(ERRANDS, 5)).not.toEqual(senseMotion(ERRANDS, 6));
});
