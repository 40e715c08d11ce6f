import { configure, SETUP_REQUEST, type Setup, type SetupEvent, setupWakeMs } from "../gnss/configure.ts";
import { createReceiver, cutStream, feed, type Receiver, type Report } from "../gnss/receiver.ts";
import type { Radio } from "../gnss/ubx.ts";
import { appendRecord, type Journal, openJournal } from "../journal/append.ts";
import { lastAlertSeq } from "../journal/record.ts";
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
  setup: Setup;
  /** Power-ons at which the receiver could not be configured; it was used as it was. */
  notConfigured: number;
  /**
   * What the receiver last said of its antenna and of jamming, and when by the device's clock; `undefined` before. Nothing
   * is decided by it: what decides must be an event of `step`, or a replay of the journal could not repeat it.
   */
  radio: { reading: Radio; atMs: number } | undefined;
  /** The receiver's own version (MON-VER), for diagnostics. */
  receiverVersion: string | undefined;
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
    setup: { phase: "off" },
    notConfigured: 0,
    radio: undefined,
    receiverVersion: undefined,
    journal: openJournal(ports.flash, map.journalAddress, map.journalBytes),
    onEffect: onEffect,
    onReport: ignoreReport,
  };
  // The centre counts alerts by their numbers, so a reboot must go on where the journal ends.
  bracelet.state.alertSeq = lastAlertSeq(bracelet.journal);
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
  const nowMs = bracelet.ports.clock.nowMs();
  takeSetup(bracelet, { kind: "wake" });
  // The machine hears of its own wake-ups only: what it hears is replayed one day, and the receiver's set-up is not.
  if (nowMs >= nextWake(bracelet.state)) take(bracelet, { kind: "wake" });
}

export function nextWakeMs(bracelet: Bracelet): number {
  return Math.min(nextWake(bracelet.state), setupWakeMs(bracelet.setup));
}

function takeReport(bracelet: Bracelet, report: Report): void {
  switch (report.kind) {
    case "fix":
      take(bracelet, { kind: "fix", fix: report.fix });
      break;
    case "no-fix":
      take(bracelet, { kind: "no-fix" });
      break;
    case "ack":
    case "nak":
      takeSetup(bracelet, report);
      break;
    case "radio":
      bracelet.radio = { reading: report.radio, atMs: bracelet.ports.clock.nowMs() };
      break;
    case "version":
      bracelet.receiverVersion = report.text;
      break;
  }
}

function takeSetup(bracelet: Bracelet, event: SetupEvent): void {
  const turn = configure(bracelet.setup, event, bracelet.ports.clock.nowMs());
  bracelet.setup = turn.setup;
  if (turn.ask) bracelet.ports.serial.write(SETUP_REQUEST);
  if (turn.reason === undefined) return;
  bracelet.notConfigured += 1;
  bracelet.ports.log.line(`${turn.reason} ${bracelet.notConfigured}`);
}

function take(bracelet: Bracelet, event: BraceletEvent): void {
  const effects = step(bracelet.state, event, bracelet.ports.clock.nowMs());
  for (const effect of effects) {
    if (effect.kind === "journal.append") {
      const appended = appendRecord(bracelet.journal, effect.record);
      if (!appended.ok) bracelet.ports.log.line(appended.reason);
    }
    if (effect.kind === "gnss.power") takePower(bracelet, effect.on);
    bracelet.onEffect(effect);
  }
}

function takePower(bracelet: Bracelet, on: boolean): void {
  if (on) cutStream(bracelet.receiver);
  takeSetup(bracelet, { kind: "power", on: on });
}
