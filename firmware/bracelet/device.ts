import { createReceiver, cutStream, feed, type Receiver, type Report } from "../gnss/receiver.ts";
import { appendRecord, type Journal, openJournal } from "../journal/append.ts";
import type { Clock } from "../ports/clock.ts";
import type { Flash } from "../ports/flash.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { Serial } from "../ports/serial.ts";
import { openPack } from "../zones/pack.ts";
import type { Effect } from "./effects.ts";
import type { BraceletEvent, Motion } from "./events.ts";
import { nextWake, step } from "./machine.ts";
import { type BraceletState, createState, type Duty } from "./state.ts";

/** What a board gives the bracelet. */
export interface Ports {
  clock: Clock;
  /** The GNSS receiver's line. */
  serial: Serial;
  flash: Flash;
  random: Random;
  log: Log;
}

/** Where things lie in the flash area. Bytes. */
export interface FlashMap {
  packAddress: number;
  journalAddress: number;
  journalBytes: number;
}

/** The bracelet as a board drives it: bytes, motion and wake-ups in, effects out. */
export interface Bracelet {
  ports: Ports;
  state: BraceletState;
  receiver: Receiver;
  journal: Journal;
  onEffect: (effect: Effect) => void;
  onReport: (report: Report) => void;
}

export type Started = { ok: true; bracelet: Bracelet } | { ok: false; reason: string };

/** Opens the order's zones and the journal, and takes the boot event. */
export function startBracelet(ports: Ports, map: FlashMap, duty: Duty, onEffect: (effect: Effect) => void): Started {
  const opened = openPack(ports.flash, map.packAddress);
  if (!opened.ok) {
    ports.log.line(`zones refused: ${opened.reason}`);
    return { ok: false, reason: opened.reason };
  }
  const bracelet: Bracelet = {
    ports: ports,
    state: createState(duty, opened.pack, ports.clock.nowMs()),
    receiver: createReceiver(),
    journal: openJournal(ports.flash, map.journalAddress, map.journalBytes),
    onEffect: onEffect,
    onReport: ignoreReport,
  };
  bracelet.onReport = (report) => takeReport(bracelet, report);
  take(bracelet, { kind: "boot" });
  return { ok: true, bracelet: bracelet };
}

function ignoreReport(): void {}

/** Bytes came from the receiver. */
export function receiveBytes(bracelet: Bracelet, bytes: Uint8Array): void {
  feed(bracelet.receiver, bytes, bracelet.onReport);
}

export function senseMotion(bracelet: Bracelet, motion: Motion): void {
  take(bracelet, { kind: "motion", motion: motion });
}

/** The instant of `nextWakeMs` has come. Waking early or twice does no harm. */
export function wakeUp(bracelet: Bracelet): void {
  take(bracelet, { kind: "wake" });
}

export function nextWakeMs(bracelet: Bracelet): number {
  return nextWake(bracelet.state);
}

function takeReport(bracelet: Bracelet, report: Report): void {
  if (report.kind === "fix") take(bracelet, { kind: "fix", fix: report.fix });
  else if (report.kind === "no-fix") take(bracelet, { kind: "no-fix" });
}

function take(bracelet: Bracelet, event: BraceletEvent): void {
  const effects = step(bracelet.state, event, bracelet.ports.clock.nowMs());
  for (const effect of effects) {
    if (effect.kind === "journal.append") {
      const appended = appendRecord(bracelet.journal, effect.record);
      if (!appended.ok) bracelet.ports.log.line(appended.reason);
    }
    if (effect.kind === "gnss.power" && effect.on) cutStream(bracelet.receiver);
    bracelet.onEffect(effect);
  }
}
