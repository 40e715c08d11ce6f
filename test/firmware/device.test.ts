import { expect, test } from "vitest";
import { receiveBytes, startBracelet, wakeUp } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import { writePack } from "../../protocol/pack/writer.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { navPvtFrame } from "../../simulator/hardware/nav-pvt.ts";
import { circleZone } from "../samples.ts";

const START_MS = Date.UTC(2026, 10, 25, 9, 0, 0);
const JOURNAL_AT = 4096;
const PVT = { solved: true, lat: 35.68, lon: 139.76, hAccM: 4, speedMps: 0, courseDeg: 0, satellites: 9 };

/** Boots on a flash and stands in the zone for a minute. */
function aMinuteInside(flash: ReturnType<typeof createFlash>, bootMs: number): { alerts: Alert[]; lines: string[] } {
  let nowMs = bootMs;
  let on = false;
  const alerts: Alert[] = [];
  const lines: string[] = [];
  const onEffect = (effect: Effect) => {
    if (effect.kind === "alert") alerts.push(effect.alert);
    if (effect.kind === "gnss.power") on = effect.on;
  };
  const ports = {
    clock: { nowMs: () => nowMs },
    serial: { write: () => {} },
    flash,
    random: { fill: () => true },
    log: { line: (line: string) => lines.push(line) },
  };
  const map = { packAddress: 0, journalAddress: JOURNAL_AT, journalBytes: 4 * 4096 };
  const duty = { fromMs: 0, toMs: undefined, utcOffsets: [], delayMs: 60_000, heartbeatMs: 900_000 };
  const started = startBracelet(ports, map, duty, onEffect);
  if (!started.ok) return { alerts, lines };
  for (let s = 1; s <= 60; s++) {
    nowMs = bootMs + s * 1000;
    if (on) receiveBytes(started.bracelet, navPvtFrame({ ...PVT, timeMs: nowMs }));
    wakeUp(started.bracelet);
  }
  return { alerts, lines };
}

function flashWith(zones: Parameters<typeof writePack>[0]): ReturnType<typeof createFlash> {
  const written = writePack(zones);
  if (!written.ok) throw new Error(written.reason);
  const flash = createFlash(JOURNAL_AT + 4 * 4096);
  flash.program(0, written.bytes);
  return flash;
}

test("alerts are numbered on where the journal ends, also after a reboot", () => {
  const flash = flashWith([circleZone("home", 35.68, 139.76, 300)]);
  const before = aMinuteInside(flash, START_MS).alerts.map((a) => a.seq);
  const after = aMinuteInside(flash, START_MS + 3_600_000).alerts.map((a) => a.seq);
  expect(before).toEqual([1]);
  expect(after).toEqual([2]);
});

test("a bracelet without a readable pack refuses to start, and says why", () => {
  const { alerts, lines } = aMinuteInside(createFlash(JOURNAL_AT + 4 * 4096), START_MS);
  expect(alerts).toEqual([]);
  expect(lines).toEqual(["zones refused: pack.no-magic"]);
});
