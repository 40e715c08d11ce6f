import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { BraceletEvent, Motion } from "../../firmware/bracelet/events.ts";
import { nextWake, step } from "../../firmware/bracelet/machine.ts";
import { type BraceletState, createBlankState, type Duty } from "../../firmware/bracelet/state.ts";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import type { OrderInForce } from "../../firmware/orders/store.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { viewOf } from "../zones/bracelet-view.ts";

/** What the receiver sees at a second: metres north, Doppler speed, its own clock. `undefined`: no sky. */
export type Sky = (s: number) => Partial<Fix & { northM: number }> | undefined;

/** A bracelet and its small world, second by second. The device's clock begins anywhere; UTC comes by a sealed word. */
export interface Worn {
  state: BraceletState;
  /** Seconds since boot. */
  s: number;
  alerts: (Alert & { s: number })[];
  effects: { s: number; effect: Effect }[];
  /** Seconds at which the receiver was switched on. */
  on: number[];
  sky: Sky;
  /** Of the device's clock, in parts per million. */
  driftPpm: number;
  send(event: BraceletEvent): Effect[];
  run(seconds: number): void;
}

export const START_MS = Date.UTC(2026, 10, 24, 20, 0, 0);
/** The device's clock at boot: nobody set it. */
export const BOOT_MS = 5_000;
const LAT = 35.68;
const LON = 139.76;
export const DEGREE_M = 110_950;
const TTFF_S = 2;

export function orderWith(zones: Zone[], duty: Partial<Duty> = {}, counter = 1): OrderInForce {
  const whole: Duty = { fromMs: 0, toMs: undefined, utcOffsets: [], delayMs: 60_000, heartbeatMs: 900_000, ...duty };
  const hash = new Uint8Array(16).fill(counter);
  return { counter, id: `order ${counter}`, hash, duty: whole, pack: viewOf(zones).pack } as OrderInForce;
}

/** Just booted: no time, no order, nobody's. */
export function blank(sky: Sky = () => ({})): Worn {
  const worn: Worn = {
    state: createBlankState(BOOT_MS),
    s: 0,
    alerts: [],
    effects: [],
    on: [],
    sky,
    driftPpm: 0,
    send(event) {
      const effects = step(worn.state, event, deviceMs(worn));
      for (const effect of effects) note(worn, effect);
      return effects;
    },
    run(seconds) {
      const end = worn.s + seconds;
      while (worn.s < end) {
        worn.s += 1;
        second(worn);
      }
    },
  };
  worn.send({ kind: "boot" });
  return worn;
}

/** Time, an order with these zones, fitted, and the first fix taken. */
export function worn(zones: Zone[], sky?: Sky, duty?: Partial<Duty>): Worn {
  const device = blank(sky);
  device.send({ kind: "time", utcMs: START_MS, errorMs: 0, source: "sealed" });
  device.send({ kind: "order", order: orderWith(zones, duty) });
  device.send({ kind: "fit" });
  return device;
}

export function deviceMs(device: Worn): number {
  return BOOT_MS + Math.floor(device.s * 1000 * (1 + device.driftPpm / 1e6));
}

/** True UTC. */
export function utcAt(device: Worn): number {
  return START_MS + device.s * 1000;
}

function second(device: Worn): void {
  const { state } = device;
  const onS = device.on.at(-1);
  if (state.receiver.phase === "acquiring" && onS !== undefined && device.s >= onS + TTFF_S) {
    const seen = device.sky(device.s);
    device.send(seen === undefined ? { kind: "no-fix" } : { kind: "fix", fix: fixOf(device, seen) });
  }
  let turns = 0;
  while (nextWake(state) <= deviceMs(device)) {
    device.send({ kind: "wake" });
    turns += 1;
    if (turns > 5) throw new Error(`does not come to rest at ${device.s} s, wants ${nextWake(state)}`);
  }
  if (nextWake(state) > NEVER_MS) throw new Error("no instant");
}

function fixOf(device: Worn, { northM = 0, ...seen }: Partial<Fix & { northM: number }>): Fix {
  // The last digit is never quiet.
  const jitter = (Math.imul(device.s, 2_654_435_761) >>> 16) % 9;
  return {
    timeMs: utcAt(device),
    latE7: Math.round((LAT + northM / DEGREE_M) * 1e7) + jitter,
    lonE7: Math.round(LON * 1e7) - jitter,
    dimensions: 3,
    hAccMm: 4_000,
    speedMmps: 0,
    courseCdeg: undefined,
    satellites: 9,
    ...seen,
  };
}

function note(device: Worn, effect: Effect): void {
  device.effects.push({ s: device.s, effect });
  if (effect.kind === "alert") device.alerts.push({ ...effect.alert, s: device.s });
  if (effect.kind === "gnss.power" && effect.on) device.on.push(device.s);
}

export function motion(device: Worn, what: Motion): void {
  device.send({ kind: "motion", motion: what });
}

/** `about state`, in their order. */
export function told(device: Worn, about?: Alert["about"]): string[] {
  return device.alerts
    .filter((a) => about === undefined || a.about === about)
    .map((a) => `${a.zone ?? a.about} ${a.state}`);
}

/** Seconds at which these were told. */
export function toldAt(device: Worn, about: Alert["about"], state: Alert["state"]): number[] {
  return device.alerts.filter((a) => a.about === about && a.state === state).map((a) => a.s);
}
