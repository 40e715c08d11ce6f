import { createUplink, uplinkStep, uplinkWakeMs } from "../../firmware/uplink/bg9x.ts";
import type { UplinkAction, UplinkEvent } from "../../firmware/uplink/uplink-events.ts";
import type { Uplink } from "../../firmware/uplink/uplink-state.ts";
import { type ModemSettings, modemScript } from "../../protocol/modem-script.ts";
import type { ModemFaults } from "../../simulator/hardware/modem-bg9x/faults.ts";
import { type ScriptedBroker, scriptedBroker } from "../../simulator/hardware/modem-bg9x/scripted-broker.ts";
import { createModemBg9x, type ModemBg9x } from "../../simulator/hardware/modem-bg9x.ts";
import { seededRandom } from "../../simulator/world/random.ts";

export const SETTINGS: ModemSettings = {
  apn: "iot.example",
  host: "centre.example",
  port: 8883,
  clientId: "OMB-000123",
  downlinkTopic: "omamori/OMB-000123/down",
  keepAliveS: 400,
  // Three hours; 30 s; 20.48 s.
  tau: "00100011",
  activeTime: "00001111",
  edrx: "0010",
  caFile: "ca.pem",
  certificateFile: "device.pem",
  keyFile: "device.key",
};

export const UP = "omamori/OMB-000123/up";
const EPOCH_MS = Date.UTC(2026, 10, 25);

export function scriptOf(settings: ModemSettings = SETTINGS): string {
  const script = modemScript(settings);
  if (script === undefined) throw new Error("settings that no script is made of");
  return script;
}

/** A driver, a modem and a broker, in their own time. */
export interface ModemWorld {
  uplink: Uplink;
  modem: ModemBg9x;
  broker: ScriptedBroker;
  nowMs: number;
  /** Everything that the driver did, but for writing and the key. */
  told: (Exclude<UplinkAction, { kind: "write" | "key" }> & { atMs: number })[];
  /** What went over the line, in both directions, as text. */
  written: string[];
  tell(event: UplinkEvent): void;
  /** Lets time pass. */
  run(forMs: number): void;
  /** Lets time pass until something was told, or throws. */
  until(kind: UplinkAction["kind"], withinMs: number): void;
}

/** The driver's doors, of the source or of a bundle. */
export interface Driver {
  createUplink: typeof createUplink;
  uplinkStep: typeof uplinkStep;
  uplinkWakeMs: typeof uplinkWakeMs;
}

interface Given {
  seed?: number;
  faults?: Partial<ModemFaults>;
  /** `undefined`: no card. */
  iccid?: string | undefined;
  driver?: Driver;
}

export function modemWorld(given: Given = {}) {
  const driver = given.driver ?? { createUplink, uplinkStep, uplinkWakeMs };
  const random = seededRandom(given.seed ?? 1, "modem-world");
  const broker = scriptedBroker();
  const modem = createModemBg9x({
    network: broker.network,
    utcMs: (nowMs) => EPOCH_MS + nowMs,
    ...("iccid" in given ? { iccid: given.iccid } : {}),
    faults: given.faults,
  });
  const world: ModemWorld = {
    uplink: driver.createUplink(scriptOf(), random()),
    modem,
    broker,
    nowMs: 0,
    told: [],
    written: [],
    tell(event) {
      for (const action of driver.uplinkStep(world.uplink, event, world.nowMs, random())) carryOut(world, action);
    },
    run(forMs) {
      const endMs = world.nowMs + forMs;
      while (advance(world, driver, endMs));
      world.nowMs = endMs;
    },
    until(kind, withinMs) {
      const endMs = world.nowMs + withinMs;
      const before = world.told.length;
      while (!world.told.slice(before).some((one) => one.kind === kind))
        if (!advance(world, driver, endMs))
          throw new Error(`no ${kind} within ${withinMs} ms: ${JSON.stringify(world.told)}`);
    },
  };
  return world;
}

function carryOut(world: ModemWorld, action: UplinkAction): void {
  if (action.kind === "write") {
    world.written.push(Buffer.from(action.bytes).toString("latin1"));
    world.modem.hear(action.bytes, world.nowMs);
  } else if (action.kind === "key") world.modem.key(action.down, world.nowMs);
  else world.told.push({ ...action, atMs: world.nowMs });
}

/** The next thing that happens by `endMs`; whether there was one. */
function advance(world: ModemWorld, driver: Driver, endMs: number): boolean {
  const modemMs = world.modem.nextMs();
  const wakeMs = driver.uplinkWakeMs(world.uplink);
  const nextMs = Math.min(modemMs, wakeMs);
  if (nextMs > endMs) return false;
  world.nowMs = Math.max(world.nowMs, nextMs);
  if (modemMs <= wakeMs) {
    const bytes = world.modem.take();
    if (bytes.length > 0) world.tell({ kind: "bytes", bytes });
  } else world.tell({ kind: "wake" });
  return true;
}
