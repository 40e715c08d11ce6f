import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { Motion } from "../../firmware/bracelet/events.ts";
import { nextWake, step } from "../../firmware/bracelet/machine.ts";
import { createState, type Duty } from "../../firmware/bracelet/state.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { circleZone } from "../samples.ts";
import { viewOf } from "../zones/bracelet-view.ts";

/** What the world does to the bracelet; metres north of the place where the night begins, seconds since it began. */
export interface Night {
  zones: Zone[];
  hours: number;
  duty?: Partial<Duty>;
  /** Where the wearer is. Default: he stays. */
  northM?: (s: number) => number;
  /** What the receiver adds to that, and what it claims, metres. */
  errorM?: (s: number) => number;
  hAccM?: (s: number) => number;
  /** Whether the receiver gets a solution. */
  sky?: (s: number) => boolean;
  /** What the motion sensor says from these seconds on. */
  motions?: [number, Motion][];
}

export interface NightResult {
  alerts: (Alert & { s: number })[];
  /** Seconds at which a fix was believed, and at which the receiver was switched on. */
  fixes: number[];
  on: number[];
  effects: { s: number; effect: Effect }[];
}

export const START_MS = Date.UTC(2026, 10, 24, 20, 0, 0);
const LAT = 35.68;
const LON = 139.76;
const DEGREE_M = 110_950;
const TTFF_S = 2;

/** A circle whose centre lies so many metres north of where the night begins. */
export function circleAt(id: string, northM: number, radiusM: number, changes: Partial<Zone> = {}): Zone {
  return circleZone(id, LAT + northM / DEGREE_M, LON, radiusM, changes);
}

/** Runs the machine alone, second by second, with a receiver that needs two seconds. */
export function live(night: Night): NightResult {
  const duty: Duty = { fromMs: 0, toMs: undefined, utcOffsets: [], delayMs: 60_000, heartbeatMs: 900_000 };
  const state = createState({ ...duty, ...night.duty }, viewOf(night.zones).pack, START_MS);
  const result: NightResult = { alerts: [], fixes: [], on: [], effects: [] };
  let onS: number | undefined;
  const take = (s: number, effects: Effect[]) => {
    for (const effect of effects) {
      result.effects.push({ s, effect });
      if (effect.kind === "alert") result.alerts.push({ ...effect.alert, s });
      if (effect.kind === "fix.judged" && effect.accepted) result.fixes.push(s);
      if (effect.kind !== "gnss.power") continue;
      onS = effect.on ? s : undefined;
      if (effect.on) result.on.push(s);
    }
  };
  take(0, step(state, { kind: "boot" }, START_MS));
  const north = night.northM ?? (() => 0);
  for (let s = 1; s <= night.hours * 3600; s++) {
    const nowMs = START_MS + s * 1000;
    for (const [at, motion] of night.motions ?? [])
      if (at === s) take(s, step(state, { kind: "motion", motion }, nowMs));
    if (onS !== undefined && s >= onS + TTFF_S)
      take(s, step(state, (night.sky?.(s) ?? true) ? fixEvent(night, north, s) : { kind: "no-fix" }, nowMs));
    if (nextWake(state) <= nowMs) take(s, step(state, { kind: "wake" }, nowMs));
  }
  return result;
}

function fixEvent(night: Night, north: (s: number) => number, s: number) {
  const metres = north(s) + (night.errorM?.(s) ?? 0);
  return {
    kind: "fix" as const,
    fix: {
      timeMs: START_MS + s * 1000,
      latE7: Math.round((LAT + metres / DEGREE_M) * 1e7),
      lonE7: Math.round(LON * 1e7),
      dimensions: 3,
      hAccMm: (night.hAccM?.(s) ?? 4) * 1000,
      speedMmps: Math.round(Math.abs(north(s) - north(s - 1)) * 1000),
      courseCdeg: undefined,
      satellites: 9,
    },
  };
}
