import type { Effect } from "../../firmware/bracelet/effects.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import type { Order } from "../../protocol/messages/order.ts";
import type { StartEngine } from "../engines/engine.ts";
import { type BoardOptions, blankBoard, bootBoard, ERASE_BYTES, prepareBoard } from "../hardware/board.ts";
import { chargeMah } from "../hardware/charge.ts";
import {
  createReceiver,
  createReplayReceiver,
  type GnssReceiver,
  type ReceiverModel,
} from "../hardware/gnss-receiver.ts";
import { senseMotion } from "../hardware/motion-sensor.ts";
import type { Trace } from "../traces/trace.ts";
import { makePath, type Path } from "../world/path.ts";
import { type SimulatedOrder, sealSimulatedOrder } from "../world/provision.ts";
import { type Baseline, runBaseline } from "./baseline.ts";
import { createEffectLog } from "./effect-log.ts";
import {
  type EntryAlert,
  falseAlerts,
  findVisits,
  type Loss,
  type RaisedAlert,
  type ScoredVisit,
  scoreVisits,
} from "./visits.ts";

export interface ReplayOptions {
  order: Order;
  /** The order as the device is to have it, where somebody else has sealed it; without it `order` is. */
  sealed?: SimulatedOrder;
  startEngine: StartEngine;
  receiver: ReceiverModel;
  seed: number;
  /** Share done, 0 to 1; called about a hundred times. */
  onProgress?: (done: number) => void;
  /** Canonical line of every effect. */
  onEffectLine?: (line: string) => void;
}

export interface JudgedFix {
  atMs: number;
  fix: Fix;
  accepted: boolean;
  reason: string | undefined;
}

/** Everything a run gave, for the summary, the report and the benchmarks. */
export interface ReplayResult {
  trace: Trace;
  path: Path;
  order: Order;
  receiver: ReceiverModel | "raw";
  seed: number;
  fixes: JudgedFix[];
  alerts: Alert[];
  visits: ScoredVisit[];
  falseAlerts: RaisedAlert[];
  /** Times at which the receiver was switched on and off, alternating. */
  powerMs: number[];
  fixAttempts: number;
  gnssOnS: number;
  chargeMah: number;
  baseline: Baseline;
  spanS: number;
  effectHash: string;
}

/** A fix every 15 s with its frame: more than a bracelet journals but for months inside a zone. */
const JOURNAL_BYTES_PER_S = 6;
const JOURNAL_LEAST_BYTES = 256 * 1024;
const JOURNAL_MOST_BYTES = 64 * 1024 * 1024;

/** Runs one trace through the bracelet, from the receiver's bytes to the alerts, in virtual time. */
export function replay(trace: Trace, options: ReplayOptions): ReplayResult {
  const path = makePath(trace);
  if (path.rows === 0) throw new ToolError("replay.empty-trace", { file: trace.name });
  const run = runDevice(trace, path, options);
  const { order } = options;
  const entries = entryAlerts(run.alerts);
  const accepted = run.fixes.filter((f) => f.accepted).map((f) => f.atMs);
  const spanS = (path.timeMs[path.rows - 1] - path.timeMs[0]) / 1000;
  const gnssOnS = onSeconds(run.powerMs, path.timeMs[path.rows - 1]);
  return {
    trace,
    path,
    order,
    receiver: trace.raw ? "raw" : options.receiver,
    seed: options.seed,
    ...run,
    visits: scoreVisits(
      path,
      findVisits(path, order),
      entries,
      order.delayS,
      accepted,
      trace.raw?.arriveMs,
      lossesOf(run.alerts),
    ),
    falseAlerts: falseAlerts(path, order, raisedAlerts(run.alerts)),
    gnssOnS,
    chargeMah: chargeMah(gnssOnS, spanS, run.alerts.length),
    baseline: runBaseline(path, receiverFor(trace, path, options), spanS, run.alerts.length),
    spanS,
  };
}

function receiverFor(trace: Trace, path: Path, options: ReplayOptions): GnssReceiver {
  return trace.raw ? createReplayReceiver(trace.raw) : createReceiver(path, options.receiver, options.seed);
}

interface DeviceRun {
  fixes: JudgedFix[];
  alerts: Alert[];
  powerMs: number[];
  fixAttempts: number;
  effectHash: string;
}

function runDevice(trace: Trace, path: Path, options: ReplayOptions): DeviceRun {
  const startMs = path.timeMs[0];
  const endMs = path.timeMs[path.rows - 1];
  const setup = boardOptions(options.seed, (endMs - startMs) / 1000);
  const cells = blankBoard(setup);
  const sealed = options.sealed ?? sealSimulatedOrder(options.order, 1, createNodeCrypto(), options.seed);
  prepareBoard(cells, setup, sealed, startMs);

  let nowMs = startMs;
  const gnss = receiverFor(trace, path, options);
  const log = createEffectLog(options.onEffectLine);
  const run: DeviceRun = { fixes: [], alerts: [], powerMs: [], fixAttempts: 0, effectHash: "" };
  const onEffect = (effect: Effect) => {
    log.note(effect, nowMs);
    if (effect.kind === "gnss.power") {
      gnss.power(effect.on, nowMs);
      run.powerMs.push(nowMs);
      if (effect.on) run.fixAttempts += 1;
    } else if (effect.kind === "alert") run.alerts.push(effect.alert);
    else if (effect.kind === "fix.judged")
      run.fixes.push({ atMs: nowMs, fix: effect.fix, accepted: effect.accepted, reason: effect.reason });
  };
  const outside = {
    nowMs: () => nowMs,
    gnss: (bytes: Uint8Array) => gnss.hear(bytes, nowMs),
    log: refuseLoss,
    onEffect,
  };
  const engine = bootBoard(cells, setup, options.startEngine, outside, 0);

  const motions = senseMotion(path, options.seed);
  let motion = 0;
  let reported = 0;
  while (true) {
    const motionMs = motion < motions.length ? motions[motion].atMs : Number.POSITIVE_INFINITY;
    const gnssMs = gnss.nextMs();
    const wakeMs = Math.max(nowMs, engine.nextWakeMs());
    const nextMs = Math.min(motionMs, gnssMs, wakeMs);
    if (nextMs > endMs) break;
    nowMs = Math.max(nowMs, nextMs);
    // Bytes before wake-ups: what has arrived is dealt with before a deadline is said to have passed.
    if (gnssMs === nextMs) engine.receive(gnss.take());
    else if (motionMs === nextMs) engine.motion(motions[motion++].motion);
    else engine.wake();
    const done = Math.floor(((nowMs - startMs) / (endMs - startMs || 1)) * 100);
    if (done > reported) {
      reported = done;
      options.onProgress?.(done / 100);
    }
  }
  run.effectHash = log.digest();
  return run;
}

/** A board without a modem: what it would send stays in its journal. */
function boardOptions(seed: number, spanS: number): BoardOptions {
  const wanted = Math.min(JOURNAL_MOST_BYTES, Math.max(JOURNAL_LEAST_BYTES, JOURNAL_BYTES_PER_S * spanS));
  return { seed, journalBytes: Math.ceil(wanted / ERASE_BYTES) * ERASE_BYTES, hasModem: false };
}

/** An alert that is not in the journal was not detected: such a run proves nothing. */
function refuseLoss(line: string): void {
  if (line.startsWith("journal.")) throw new ToolError("replay.journal-refused", { detail: line });
}

function onSeconds(powerMs: number[], endMs: number): number {
  let totalMs = 0;
  for (let i = 0; i < powerMs.length; i += 2) totalMs += (powerMs[i + 1] ?? endMs) - powerMs[i];
  return totalMs / 1000;
}

/** Design §13: assumed where the receiver gives no accuracy. Metres. */
const ACCURACY_ASSUMED_M = 30;

/** Every alert that says a zone was entered: each must be true by itself. */
export function raisedAlerts(alerts: Alert[]): RaisedAlert[] {
  return alerts.flatMap((alert) =>
    alert.about === "zone" && alert.zone !== undefined && alert.state !== "left"
      ? [{ zone: alert.zone, atMs: alert.atMs, hAccM: accuracyOf(alert) }]
      : [],
  );
}

function accuracyOf({ fix }: Alert): number {
  return fix?.hAccMm === undefined ? ACCURACY_ASSUMED_M : fix.hAccMm / 1000;
}

/** When `location-lost` stood. */
function lossesOf(alerts: Alert[]): Loss[] {
  const losses: Loss[] = [];
  for (const { about, state, atMs } of alerts) {
    if (about !== "location-lost") continue;
    if (state === "raised") losses.push({ fromMs: atMs, toMs: Number.POSITIVE_INFINITY });
    const last = losses.at(-1);
    if (state === "cleared" && last !== undefined) last.toMs = atMs;
  }
  return losses;
}

/** One entry for each time a zone was reported entered, with the time at which it was reported left. */
export function entryAlerts(alerts: Alert[]): EntryAlert[] {
  const entries: EntryAlert[] = [];
  const open = new Map<string, EntryAlert>();
  for (const alert of alerts) {
    if (alert.about !== "zone" || alert.zone === undefined) continue;
    const standing = open.get(alert.zone);
    if (alert.state === "left") {
      if (standing) standing.leftMs = alert.atMs;
      open.delete(alert.zone);
    } else if (!standing) {
      const entry: EntryAlert = { zone: alert.zone, atMs: alert.atMs, leftMs: undefined, hAccM: accuracyOf(alert) };
      entries.push(entry);
      open.set(alert.zone, entry);
    }
  }
  return entries;
}
