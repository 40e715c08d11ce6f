import type { Bracelet } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { Cells, Outside } from "../../simulator/hardware/board.ts";
import { createReceiver, type GnssReceiver } from "../../simulator/hardware/gnss-receiver.ts";
import { readTrace } from "../../simulator/traces/read.ts";
import { makePath, type Path } from "../../simulator/world/path.ts";
import { boardWith, bootHeld } from "../firmware/on-board.ts";
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
  /** Its flash. */
  cells: Cells;
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
  const cells = boardWith([circleZone("far", 36.5, 139.767, 300)]);
  let nowMs = T0;
  const run: Omit<Run, "bracelet"> = { cells, effects: [], writes: [], logged: [], heard: [], accepted: 0 };
  const outside: Outside = {
    nowMs: () => nowMs,
    gnss: (bytes) => {
      run.writes.push({ atMs: nowMs - T0, bytes: Uint8Array.from(bytes) });
      gnss.hear(bytes, nowMs);
    },
    log: (text) => void run.logged.push(text),
    onEffect: (effect) => {
      run.effects.push(effect);
      if (effect.kind === "gnss.power") gnss.power(effect.on, nowMs);
      if (effect.kind === "fix.judged" && effect.accepted) run.accepted += 1;
    },
  };
  const { bracelet, engine } = bootHeld(cells, outside, 1);
  while (true) {
    const bytesMs = gnss.nextMs();
    const nextMs = Math.min(bytesMs, Math.max(nowMs, engine.nextWakeMs()));
    if (nextMs > T0 + forMs) return { ...run, bracelet };
    nowMs = nextMs;
    if (bytesMs === nextMs) {
      const bytes = gnss.take();
      run.heard.push(bytes);
      engine.receive(bytes);
    } else engine.wake();
  }
}
