import { expect, test } from "vitest";
import { ERASE_BYTES } from "../../simulator/hardware/board.ts";
import type { BraceletWorld } from "../../simulator/world/bracelet-world.ts";
import { atRest, HOUR_MS, MINUTE_MS, ours, putOn, START_MS } from "./story.ts";

const HOURS = 20;

/** At rest, unheard, with a battery that cannot make up its mind: inputs by the thousand, and hardly an alert. */
function unheard(): BraceletWorld {
  const waver = (world: BraceletWorld): void => {
    world.battery(80 + ((world.nowMs / 5_000) % 2));
    world.at(world.nowMs + 5_000, waver);
  };
  return ours({ path: atRest(HOURS, 600), journalBytes: 14 * ERASE_BYTES })
    .at(START_MS + MINUTE_MS, putOn)
    .at(START_MS + 10 * MINUTE_MS, (w) => w.cover(false))
    .at(START_MS + 30 * MINUTE_MS, (w) => w.strap(false))
    .at(START_MS + 31 * MINUTE_MS, (w) => w.strap(true))
    .at(START_MS + 40 * MINUTE_MS, waver)
    .at(START_MS + (HOURS - 2) * HOUR_MS, (w) => w.cover(true));
}

/** The ring went round, and yet the centre has every alert. */
function expectAlerts(world: BraceletWorld): void {
  world.run(START_MS + HOURS * HOUR_MS - MINUTE_MS);
  expect(world.centre.faults).toEqual([]);
  expect(world.log.filter(({ line }) => line.startsWith("journal."))).toEqual([]);
  const newest = world.centre.statuses.at(-1)?.newest ?? 0;
  expect(world.centre.records.size).toBeLessThan(newest - 20);
  const told = world.effects.flatMap(({ effect }) => (effect.kind === "alert" ? [effect.alert.seq] : []));
  expect(told.length).toBeGreaterThan(5);
  expect(world.centre.alerts.map(({ alert }) => alert.seq)).toEqual(told);
}

test("a ring that goes round without coverage: no alert makes way that the centre lacks", () => {
  expectAlerts(unheard());
});

test("nor where the device starts again meanwhile", () => {
  const world = unheard().at(START_MS + 11 * HOUR_MS, (w) => w.reboot());
  expectAlerts(world);
});
