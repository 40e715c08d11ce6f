import { expect, test } from "vitest";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import { ORDER_PLACE_BYTES } from "../../protocol/limits.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import { boardMap, type Cells } from "../../simulator/hardware/board.ts";
import { navPvtFrame } from "../../simulator/hardware/nav-pvt.ts";
import { circleZone } from "../samples.ts";
import { BOARD, boardWith, bootHeld, findingsIn } from "./on-board.ts";

const START_MS = Date.UTC(2026, 10, 25, 9, 0, 0);
const PVT = { solved: true, lat: 35.68, lon: 139.76, hAccM: 4, speedMps: 0, courseDeg: 0, satellites: 9 };
const HOME = circleZone("home", 35.68, 139.76, 300);

/** Boots on what the flash holds, is put on or not, and stands in the zone for a minute. */
function aMinuteInside(
  cells: Cells,
  bootMs: number,
  boot: number,
  worn = false,
): { alerts: Alert[]; zones: number; on: boolean } {
  let nowMs = bootMs;
  let on = false;
  const alerts: Alert[] = [];
  const onEffect = (effect: Effect) => {
    if (effect.kind === "alert") alerts.push(effect.alert);
    if (effect.kind === "gnss.power") on = effect.on;
  };
  const outside = { nowMs: () => nowMs, gnss: () => {}, onEffect };
  const { bracelet, engine } = bootHeld(cells, outside, boot);
  const zones = bracelet.state.pack.zones;
  if (worn) engine.sense({ kind: "fit" });
  for (let s = 1; s <= 60; s++) {
    nowMs = bootMs + s * 1000;
    if (on) engine.receive(navPvtFrame({ ...PVT, timeMs: nowMs }));
    engine.wake();
  }
  return { alerts, zones, on };
}

test("alerts are numbered on where the journal ends, also after a reboot", () => {
  const cells = boardWith([HOME]);
  const before = aMinuteInside(cells, START_MS, 1).alerts.map((a) => a.seq);
  const after = aMinuteInside(cells, START_MS + 3_600_000, 2).alerts.map((a) => a.seq);
  expect(before).toEqual([1]);
  expect(after).toEqual([2]);
});

test("alerts are numbered on also where the journal was wiped, for the chip knows", () => {
  const cells = boardWith([HOME]);
  aMinuteInside(cells, START_MS, 1);
  const { journalAddress, journalBytes } = boardMap(BOARD);
  cells.bulk.fill(0xff, journalAddress, journalAddress + journalBytes);
  const { alerts } = aMinuteInside(cells, START_MS + 3_600_000, 2);
  expect(alerts.map((a) => [a.seq, a.about, a.detail ?? a.zone])).toEqual([
    [2, "integrity", "journal.rewound"],
    [3, "zone", "home"],
  ]);
  expect(findingsIn(cells)).toContain("journal.rewound");
});

/** Zones and sealed order, where they lie in the flash. */
const SPOILT: [string, string, (bulk: Uint8Array) => void][] = [
  ["bit of the zones has tipped over", "order.damaged", tipZone],
  ["place is erased", "order.damaged", (bulk) => bulk.fill(0xff, 0, 2 * ORDER_PLACE_BYTES)],
  ["place is full of noughts", "order.damaged", (bulk) => bulk.fill(0, 0, 2 * ORDER_PLACE_BYTES)],
];

/** The zone's name stands in the pack. */
function tipZone(bulk: Uint8Array): void {
  const at = Buffer.from(bulk.buffer, bulk.byteOffset, 2 * ORDER_PLACE_BYTES).indexOf("home");
  expect(at).toBeGreaterThan(0);
  bulk[at] ^= 1;
}

test.each(SPOILT)(
  "a bracelet without a readable pack starts, has no zones, and says why: a %s",
  (_, finding, spoil) => {
    const cells = boardWith([HOME]);
    spoil(cells.bulk);
    const { alerts, zones, on } = aMinuteInside(cells, START_MS, 1, true);
    expect(zones).toBe(0);
    expect(on, "without an order nobody may know where he is").toBe(false);
    expect(alerts.map((a) => [a.about, a.state, a.detail])).toEqual([["integrity", "raised", finding]]);
    expect(findingsIn(cells)).toEqual([finding]);
  },
);

test("a bracelet that was never given an order starts, has no zones, and finds nothing amiss", () => {
  const cells = boardWith(undefined);
  expect(aMinuteInside(cells, START_MS, 1)).toEqual({ alerts: [], zones: 0, on: false });
  expect(findingsIn(cells)).toEqual([]);
});
