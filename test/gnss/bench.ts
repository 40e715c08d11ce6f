import { type Bracelet, nextWakeMs, receiveBytes, startBracelet, wakeUp } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import { writePack } from "../../protocol/pack/writer.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { createReceiver, type GnssReceiver } from "../../simulator/hardware/gnss-receiver.ts";
import { readTrace } from "../../simulator/traces/read.ts";
import { makePath, type Path } from "../../simulator/world/path.ts";
import { circleZone } from "../samples.ts";

export const T0 = Date.UTC(2026, 10, 24, 9);

const METRES_PER_DEGREE = 111_195;

/** An hour southwards at a constant speed, or on one spot. */
function hourSouth(mps: number): Path {
  const rows = Array.from({ length: 3_600 }, (_, s) => {
    const lat = (35.681 - (s * mps) / METRES_PER_DEGREE).toFixed(7);
    return `w,${new Date(T0 + s * 1000).toISOString()},${lat},139.767`;
  });
  return makePath(
    readTrace(Buffer.from(["user_id,timestamp,latitude,longitude", ...rows, ""].join("\n")), "south.csv"),
  );
}

export function idealReceiver(mps = 0): GnssReceiver {
  return createReceiver(hourSouth(mps), "ideal", 1);
}

export interface Run {
  bracelet: Bracelet;
  effects: Effect[];
  /** What the bracelet wrote to the receiver, and when after the start. */
  writes: { atMs: number; bytes: Uint8Array }[];
  logged: string[];
  /** What the receiver said. */
  heard: Uint8Array[];
  accepted: number;
}

/** The bracelet with a receiver at its serial port, for so long. */
export function runBracelet(gnss: GnssReceiver, forMs: number): Run {
  const packed = writePack([circleZone("far", 36.5, 139.767, 300)]);
  if (!packed.ok) throw new Error(packed.reason);
  const journalAddress = Math.ceil(packed.bytes.length / 4096) * 4096;
  const flash = createFlash(journalAddress + 65_536, 4096);
  flash.program(0, packed.bytes);
  let nowMs = T0;
  const run: Omit<Run, "bracelet"> = { effects: [], writes: [], logged: [], heard: [], accepted: 0 };
  const ports = {
    clock: { nowMs: () => nowMs },
    serial: {
      write: (bytes: Uint8Array) => {
        run.writes.push({ atMs: nowMs - T0, bytes: Uint8Array.from(bytes) });
        gnss.hear(bytes, nowMs);
      },
    },
    flash,
    random: { fill: () => true },
    log: { line: (text: string) => void run.logged.push(text) },
  };
  const duty = { fromMs: 0, toMs: undefined, utcOffsets: [], delayMs: 60_000, heartbeatMs: 900_000 };
  const started = startBracelet(ports, { packAddress: 0, journalAddress, journalBytes: 65_536 }, duty, (effect) => {
    run.effects.push(effect);
    if (effect.kind === "gnss.power") gnss.power(effect.on, nowMs);
    if (effect.kind === "fix.judged" && effect.accepted) run.accepted += 1;
  });
  if (!started.ok) throw new Error(started.reason);
  const { bracelet } = started;
  while (true) {
    const bytesMs = gnss.nextMs();
    const nextMs = Math.min(bytesMs, Math.max(nowMs, nextWakeMs(bracelet)));
    if (nextMs > T0 + forMs) return { ...run, bracelet, accepted: run.accepted };
    nowMs = nextMs;
    if (bytesMs === nextMs) {
      const bytes = gnss.take();
      run.heard.push(bytes);
      receiveBytes(bracelet, bytes);
    } else wakeUp(bracelet);
  }
}
