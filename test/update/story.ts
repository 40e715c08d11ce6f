import { expect } from "vitest";
import { proveImage, takeOutcome, testImage } from "../../firmware/update/session.ts";
import { leastRollback } from "../../firmware/update/slots.ts";
import { UPDATE_OUTCOMES } from "../../protocol/messages/image.ts";
import { PowerCut } from "./flash.ts";
import { type Device, makeImage, startedOf, takeIn } from "./world.ts";

export const A = makeImage("a");
const B = makeImage("b", { rollback: 2, bytes: 9_000 });
const C = makeImage("c", { rollback: 2, bytes: 3_000 });
const IMAGES = [A, B, C];
const PROVEN = { journal: true, order: true, receiver: true, uplink: true, coverage: true };

/** What the world outside remembers of the device, whatever happens to it. */
export interface Story {
  /** B answered that it is confirmed. */
  confirmed: boolean;
  /** Tests of C asked for, and starts of it. */
  asked: number;
  started: number;
  cReverted: boolean;
  boots: number;
}

/**
 * One life between two boots, as a centre would have it: from A to B, which proves itself; then to C, which does not, so that
 * B comes back. True: all is done.
 */
function live(device: Device, story: Story): boolean {
  const booted = device.boot();
  story.boots += 1;
  const image = startedOf(device, booted, IMAGES);
  const update = device.open();
  expect(image.rollback).toBeGreaterThanOrEqual(leastRollback(update));
  expect(update.running?.hash).toEqual(image.hash);
  expect(booted).toMatchObject({ testing: update.testing });
  if (story.confirmed) expect(image).not.toBe(A);
  if (image === A) expect(update.testing).toBe(false);
  // Confirmed is confirmed: the loader has brought the counter after it.
  if (image === B && !update.testing) expect(leastRollback(update)).toBe(2);
  if (image === C) {
    story.started += 1;
    expect(update.testing).toBe(true);
    // Once for each time that it was asked for.
    expect(story.started).toBeLessThanOrEqual(story.asked);
    return false;
  }
  if (image === B && update.testing) {
    expect(proveImage(update, PROVEN, 60_000)).toBe("confirmed");
  }
  if (image === B) story.confirmed = true;
  if (UPDATE_OUTCOMES[takeOutcome(update)] === "update.reverted" && story.asked > 0) story.cReverted = true;
  if (image === B && story.cReverted) return true;
  takeIn(update, image === A ? B : C);
  // The answer may get lost in the cut.
  if (image !== A) story.asked += 1;
  expect(testImage(update, 80)).toEqual({ ok: true });
  return false;
}

/** To its end, power cuts or not. */
export function liveOn(device: Device): Story {
  const story: Story = { confirmed: false, asked: 0, started: 0, cReverted: false, boots: 0 };
  for (;;) {
    try {
      if (live(device, story)) return story;
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    expect(story.boots, "it comes to an end").toBeLessThan(12);
  }
}
