import fc from "fast-check";
import { expect, test } from "vitest";
import {
  confirmImage,
  eraseIncoming,
  offerImageChunk,
  offerManifest,
  testImage,
  type Update,
} from "../../firmware/update/session.ts";
import { leastRollback, OUTCOME_CONFIRMED } from "../../firmware/update/slots.ts";
import { CUTS, PowerCut } from "./flash.ts";
import { copyDevice, createDevice, type Device, type Made, makeImage, startedOf } from "./world.ts";

const IMAGES = [
  makeImage("a"),
  makeImage("b", { rollback: 1, bytes: 4_200 }),
  makeImage("c", { rollback: 2, bytes: 1_100 }),
  makeImage("d", { rollback: 3, bytes: 2_900 }),
];
const FACTORY = createDevice(IMAGES[0]);
FACTORY.boot();

/** What may be running, as the world outside can know it: a cut leaves two answers open until the next boot. */
interface Model {
  confirmed: Set<Made>;
  /** Starts that were asked for and have not been seen. */
  mayTry: Set<Made>;
  running: Made;
  testing: boolean;
}

interface Real {
  device: Device;
  update: Update;
}

type Step = { kind: "offer" | "send" | "test" | "confirm" | "erase" | "boot"; image: number; cut: number; how: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step["kind"]>("offer", "send", "send", "test", "test", "confirm", "erase", "boot", "boot"),
  image: fc.nat(IMAGES.length - 1),
  // Most steps are whole; the others lose power at one of their first operations.
  cut: fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(90) }),
  how: fc.nat(CUTS.length - 1),
});

function act(model: Model, real: Real, { kind, image }: Step): void {
  const { update } = real;
  const made = IMAGES[image];
  if (kind === "offer") offerManifest(update, made.sealed);
  else if (kind === "send") send(update, made);
  else if (kind === "erase") eraseIncoming(update, true);
  else if (kind === "test") ask(model, update);
  else if (kind === "confirm" && model.testing) {
    model.confirmed.add(model.running);
    expect(confirmImage(update, OUTCOME_CONFIRMED)).toEqual({ ok: true });
    model.confirmed = new Set([model.running]);
    model.testing = false;
  } else if (kind === "boot") boot(model, real);
}

function send(update: Update, made: Made): void {
  const took = offerManifest(update, made.sealed);
  for (let at = took.ok ? took.nextOffset : made.covered.length; at < made.covered.length; at += 1024)
    offerImageChunk(update, at, made.covered.slice(at, at + 1024));
}

function ask(model: Model, update: Update): void {
  // Before it is asked, for the answer may get lost.
  for (const image of IMAGES) if (update.offered === undefined || sameHash(update, image)) model.mayTry.add(image);
  const wasTesting = model.testing;
  if (testImage(update, 100).ok) expect(wasTesting).toBe(false);
}

function sameHash(update: Update, image: Made): boolean {
  return Buffer.compare(update.offered?.hash ?? new Uint8Array(0), image.hash) === 0;
}

function boot(model: Model, real: Real): void {
  const booted = real.device.boot();
  const running = startedOf(real.device, booted, IMAGES);
  real.update = real.device.open();
  const testing = booted.ok && booted.testing;
  expect(real.update.testing).toBe(testing);
  expect(running.rollback).toBeGreaterThanOrEqual(leastRollback(real.update));
  if (testing) {
    expect([...model.mayTry]).toContain(running);
    model.mayTry.clear();
  } else {
    expect([...model.confirmed]).toContain(running);
    model.confirmed = new Set([running]);
  }
  model.running = running;
  model.testing = testing;
}

test("whatever is asked, in whatever order, and wherever power goes: a whole image runs that may", () => {
  let cuts = 0;
  let tried = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 8, maxLength: 40, size: "max" }), fc.nat(), (steps, seed) => {
      const device = copyDevice(FACTORY, seed);
      const model: Model = { confirmed: new Set([IMAGES[0]]), mayTry: new Set(), running: IMAGES[0], testing: false };
      const real: Real = { device, update: device.open() };
      for (const one of steps) {
        device.supply.operations = 0;
        device.supply.cutAt = one.cut;
        device.supply.cut = CUTS[one.how];
        try {
          act(model, real, one);
          device.supply.cutAt = -1;
        } catch (error) {
          if (!(error instanceof PowerCut)) throw error;
          cuts += 1;
          device.supply.cutAt = -1;
          boot(model, real);
        }
        if (model.testing) tried += 1;
      }
    }),
    { numRuns: 500 },
  );
  expect(cuts).toBeGreaterThan(200);
  expect(tried).toBeGreaterThan(200);
});
