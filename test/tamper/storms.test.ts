import fc from "fast-check";
import { expect, test } from "vitest";
import type { BraceletEvent } from "../../firmware/bracelet/events.ts";
import { circleZone } from "../samples.ts";
import { motion, orderWith, START_MS, type Worn, worn } from "./worn.ts";

const ZONES = [circleZone("near", 35.6836, 139.76, 300, { bufferM: 200 }), circleZone("far", 36, 139.76, 300)];
const HOUR_MS = 3_600_000;

/** Shortest time from one raising to the next: what must last, and what must be gone. Milliseconds. */
const LEAST_MS: Record<string, number> = {
  strap: 600_000,
  enclosure: 600_000,
  usb: 600_000,
  jamming: 600_000,
  shielding: 600_000,
  "frozen-fix": 600_000,
  teleport: 600_000,
  "clock-step": 600_000,
  "comms-lost": 300_000,
  stillness: 12 * HOUR_MS,
  integrity: HOUR_MS,
};

const RADIOS = [
  { jamming: 1, antenna: 2, level: 10, agc: 4_000, noise: 90 },
  { jamming: 3, antenna: 2, level: 255, agc: 500, noise: 300 },
];

/** Anything a world or a wearer may do, but for field units and orders, who may clear what they like. */
const event: fc.Arbitrary<BraceletEvent> = fc.oneof(
  fc.boolean().map((closed) => ({ kind: "strap" as const, closed })),
  fc.boolean().map((closed) => ({ kind: "enclosure" as const, closed })),
  fc.boolean().map((attached) => ({ kind: "usb" as const, attached })),
  fc.boolean().map((attached) => ({ kind: "coverage" as const, attached })),
  fc.constantFrom("still", "walking", "moving").map((m) => ({ kind: "motion" as const, motion: m as "still" })),
  fc.constantFrom(...RADIOS).map((radio) => ({ kind: "radio" as const, radio })),
  fc.constant({ kind: "served" as const }),
  fc.constant({ kind: "locate" as const }),
  fc.constantFrom("seal.forged", "order.worn").map((reason) => ({ kind: "finding" as const, reason })),
  fc
    .record({ utcMs: fc.integer({ min: 1_795_550_000_000, max: 1_795_580_000_000 }), errorMs: fc.constant(3_000) })
    .map((time) => ({ kind: "time" as const, ...time, source: "network" as const })),
  fc
    .record({ percent: fc.integer({ min: 0, max: 100 }), charging: fc.boolean() })
    .map((b) => ({ kind: "battery" as const, ...b })),
);

const story = fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), event), { maxLength: 80 });

function tellAll(turns: [number, BraceletEvent][]): Worn {
  const device = worn(ZONES, (s) => {
    const kind = (Math.imul(s >> 6, 2_654_435_761) >>> 20) % 6;
    if (kind === 0) return undefined;
    if (kind === 1) return { latE7: 356_800_000, lonE7: 1_397_600_000, speedMmps: 3_000 };
    return { northM: kind === 2 ? 90_000 : 0, timeMs: (kind === 3 ? 1_795_000_000_000 : START_MS) + s * 1000 };
  });
  motion(device, "moving");
  for (const [seconds, next] of turns) {
    device.run(seconds);
    device.send(next);
  }
  device.run(1_000);
  return device;
}

/** And what field units and the centre do. */
const official: fc.Arbitrary<BraceletEvent> = fc.oneof(
  fc.constant({ kind: "fit" as const }),
  fc
    .record({ untilMs: fc.integer({ min: START_MS, max: START_MS + 40_000_000 }), emergency: fc.boolean() })
    .map((removal) => ({ kind: "removal" as const, spentMin: 0, ...removal })),
  fc.constantFrom(undefined, orderWith(ZONES, {}, 2)).map((order) => ({ kind: "order" as const, order })),
  fc
    .integer({ min: START_MS, max: START_MS + 40_000_000 })
    .map((utcMs) => ({ kind: "time" as const, utcMs, errorMs: 500, source: "sealed" as const })),
);

test("whatever field units and the centre do meanwhile, alerts are raised, continue and are cleared in turn", () => {
  const abouts = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), fc.oneof(event, official)), { maxLength: 80 }),
      (turns) => {
        const standing = new Map<string, boolean>();
        for (const { about, zone, state } of tellAll(turns).alerts) {
          abouts.add(about);
          const key = zone ?? about;
          if (about === "zone") continue;
          expect(state === "raised", `${key} ${state}`).toBe(!standing.get(key));
          standing.set(key, state !== "cleared");
        }
      },
    ),
    { numRuns: 40 },
  );
  expect(abouts.size, "most kinds came").toBeGreaterThanOrEqual(12);
});

test("whatever happens, no alert comes more often than its kind allows, and cleared follows raised", () => {
  fc.assert(
    fc.property(story, (turns) => {
      const device = tellAll(turns);
      for (const [about, leastMs] of Object.entries(LEAST_MS)) {
        const all = device.alerts.filter((a) => a.about === about);
        let standing = false;
        let raisedMs = Number.NEGATIVE_INFINITY;
        let toldMs = Number.NEGATIVE_INFINITY;
        for (const { state, atMs } of all) {
          expect(state === "raised", `${about} ${state}`).toBe(!standing);
          if (state === "raised") {
            expect(atMs - raisedMs, about).toBeGreaterThanOrEqual(leastMs);
            raisedMs = atMs;
          }
          if (state === "continuing") expect(atMs - toldMs, about).toBeGreaterThanOrEqual(HOUR_MS);
          standing = state !== "cleared";
          toldMs = atMs;
        }
      }
    }),
    { numRuns: 25 },
  );
});

test("the same story gives the same effects", () => {
  fc.assert(
    fc.property(story, (turns) => {
      expect(tellAll(turns).effects).toEqual(tellAll(turns).effects);
    }),
    { numRuns: 5 },
  );
});

test("a still night in which everything is as it should be raises nothing", () => {
  const device = worn([circleZone("home", 35.6836, 139.76, 300)]);
  motion(device, "still");
  device.send({ kind: "strap", closed: true });
  device.send({ kind: "enclosure", closed: true });
  device.send({ kind: "usb", attached: false });
  device.send({ kind: "coverage", attached: true });
  device.send({ kind: "battery", percent: 90, charging: true });
  for (let minute = 0; minute < 10 * 60; minute++) {
    device.run(60);
    if (minute % 5 === 0) device.send({ kind: "served" });
    if (minute % 60 === 7) device.send({ kind: "radio", radio: RADIOS[0] });
    const utcMs = START_MS + device.s * 1000;
    if (minute === 300) device.send({ kind: "time", utcMs, errorMs: 500, source: "sealed" });
  }
  expect(device.alerts).toEqual([]);
});
