import { expect, test } from "vitest";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import {
  expire,
  expiresAtMs,
  judgeDistance,
  look,
  radiusOfDoubtM,
  SPACING_MS,
  type Turn,
  type Watch,
} from "../../firmware/zones/watch.ts";

/** Feeds signed distances a spacing apart and returns what each look changed. */
function turnsOf(distancesM: number[], doubtM: number, spacingMs = SPACING_MS): Turn[] {
  let watch: Watch = { phase: "outside" };
  return distancesM.map((signedM, i) => {
    const seen = look(watch, 0, signedM, doubtM, i * spacingMs, NEVER_MS);
    watch = seen.watch;
    return seen.turn;
  });
}

test("two looks inside, spaced apart, are an entry", () => {
  expect(turnsOf([-50, -60], 5)).toEqual(["none", "entered"]);
});

test("a single look inside between looks outside raises nothing", () => {
  expect(turnsOf([80, -50, 80, 80], 5)).toEqual(["none", "none", "none", "none"]);
});

test("looks a second apart confirm nothing, for they share their error", () => {
  expect(turnsOf([-50, -50, -50, -50], 5, 1_000)).toEqual(["none", "none", "none", "none"]);
});

test("uncertain looks raise an unconfirmed alert, and a later sure one confirms it", () => {
  expect(turnsOf([2, -2, -40], 5)).toEqual(["none", "unconfirmed", "entered"]);
});

test("leaving needs the whole error circle out and the hysteresis", () => {
  expect(turnsOf([-50, -50, 8, 14, 16, 16], 5)).toEqual(["none", "entered", "none", "none", "none", "left"]);
});

test("a suspicion without a second look stands, unconfirmed, at its deadline", () => {
  const first = look({ phase: "outside" }, 7, -50, 5, 1_000, NEVER_MS).watch;
  if (first.phase !== "confirming") throw new Error("expected a confirmation to begin");
  expect(expire(first, expiresAtMs(first) - 1).turn).toBe("none");
  const after = expire(first, expiresAtMs(first));
  expect(after.turn).toBe("unconfirmed");
  expect(after.watch).toEqual({ phase: "inside", zone: 7, sinceMs: 1_000, confirmed: false, outMs: undefined });
});

test("the radius of doubt has a floor, a clamp and an assumption", () => {
  expect(radiusOfDoubtM(100)).toBe(3);
  expect(radiusOfDoubtM(9_000)).toBe(9);
  expect(radiusOfDoubtM(900_000)).toBe(60);
  expect(radiusOfDoubtM(undefined)).toBe(30);
  expect(judgeDistance(-4, 3)).toBe("inside");
  expect(judgeDistance(-2, 3)).toBe("uncertain");
  expect(judgeDistance(4, 3)).toBe("outside");
});

test("one look that lies outwards neither cancels a suspicion nor ends a violation", () => {
  expect(turnsOf([-50, 150, -50], 5)).toEqual(["none", "none", "entered"]);
  expect(turnsOf([-50, 150, 150, -50], 5)).toEqual(["none", "none", "none", "none"]);
  expect(turnsOf([-50, -50, 150, -50, 150], 5)).toEqual(["none", "entered", "none", "none", "none"]);
  expect(turnsOf([-50, -50, 150, 150], 5, 1_000)).not.toContain("left");
});

test("who stands just outside by more than half the doubt raises nothing, however long he is uncertain", () => {
  expect(turnsOf([6, 7, 5, 6, 7, 6], 8)).toEqual(["none", "none", "none", "none", "none", "none"]);
  expect(turnsOf([3, 2, 3], 8)).toEqual(["none", "none", "unconfirmed"]);
});

test("an uncertain look that leans outwards does not ripen by waiting", () => {
  const first = look({ phase: "outside" }, 7, 6, 8, 1_000, NEVER_MS).watch;
  expect(expire(first, 10_000_000)).toEqual({ watch: first, turn: "none" });
});

test("a sure look is told by the promise's deadline, though no second one comes", () => {
  const first = look({ phase: "outside" }, 7, -50, 5, 1_000, 6_000).watch;
  expect(expire(first, 5_999).turn).toBe("none");
  expect(expire(first, 6_000).turn).toBe("unconfirmed");
});

test("who dips in and out and then stays just inside is found", () => {
  expect(turnsOf([-10, 10, -2], 3)).toEqual(["none", "none", "unconfirmed"]);
  expect(turnsOf([-10, 10, 1, 1, -1], 3)).toEqual(["none", "none", "none", "none", "unconfirmed"]);
});

test("a suspicion that nothing settles is dropped in the end", () => {
  const hovering = Array.from({ length: 40 }, () => 6);
  let watch: Watch = { phase: "outside" };
  const phases = hovering.map((signedM, i) => {
    watch = look(watch, 0, signedM, 8, i * SPACING_MS, NEVER_MS).watch;
    return watch.phase;
  });
  expect(phases).toContain("outside");
});
