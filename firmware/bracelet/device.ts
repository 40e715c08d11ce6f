import { createWriter, finish, writeArrayHead, writeBytes, writeInt, writeText } from "../../protocol/cbor/writer.ts";
import { BOOT, FINDING, RECEIPT, UPDATE } from "../../protocol/journal/record.ts";
import type { ImageTarget } from "../../protocol/messages/image.ts";
import { createDeframer, type Deframer } from "../../protocol/smp/serial.ts";
import { askReport } from "../alerts/outbox.ts";
import { configure, SETUP_REQUEST, type Setup, type SetupEvent, setupWakeMs } from "../gnss/configure.ts";
import { createReceiver, cutStream, feed, type Receiver, type Report } from "../gnss/receiver.ts";
import type { Radio } from "../gnss/ubx.ts";
import { openJournal } from "../journal/ring.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { BUFFER_BYTES } from "../management/os.ts";
import { createServer, type Server } from "../management/server.ts";
import { forgetOrder, type Orders, openOrders } from "../orders/store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Flash } from "../ports/flash.ts";
import type { Log } from "../ports/log.ts";
import type { ModemKey } from "../ports/modem-key.ts";
import type { Power } from "../ports/power.ts";
import type { Random } from "../ports/random.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { Serial } from "../ports/serial.ts";
import { isNews } from "../tamper/jamming.ts";
import { openUpdate, PROVE_MS, proveImage, takeOutcome, type Update } from "../update/session.ts";
import { OUTCOME_NONE } from "../update/slots.ts";
import { type Inbox, openInbox } from "../uplink/downlink.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import type { Effect } from "./effects.ts";
import type { BraceletEvent, Motion } from "./events.ts";
import { bringBack, keepFit, keepWhatLasts, type Lasting, lastingWakeMs, openLasting, wearAgain } from "./lasting.ts";
import { createLink, type Link, linkWakeMs, openLink, pumpLink } from "./link.ts";
import { nextWake, step } from "./machine.ts";
import { createManaged } from "./management.ts";
import { putInForce } from "./order-records.ts";
import { createRecorder, flushInputs, noteInput, type Recorder, record, recorderWakeMs } from "./recorder.ts";
import { type BraceletState, createBlankState, type OrderMark } from "./state.ts";

/** What a board gives the bracelet. */
export interface Ports {
  clock: Clock;
  /** The GNSS receiver's line. */
  gnss: Serial;
  /** The modem's, and its key. */
  modem: Serial;
  modemKey: ModemKey;
  /** Whoever is at the USB port. */
  usb: Serial;
  power: Power;
  /** The bulk flash. */
  flash: Flash;
  secrets: Secrets;
  crypto: Crypto;
  random: Random;
  log: Log;
}

/** What was set when the board was made and provisioned. Addresses are in the bulk flash, in bytes. */
export interface Board {
  ordersAddress: number;
  journalAddress: number;
  journalBytes: number;
  imagesAddress: number;
  target: ImageTarget;
  /** For people: device, version, board, engine. */
  about: string;
  /** SHA-256 of the image's source bundle, or no bytes where nobody knows it. */
  imageHash: Uint8Array;
  /** Whether the clock ran on while the device was off, so that it can vouch for `clockErrorMs`. */
  clockKept: boolean;
  clockErrorMs: number;
  /** What is said to the modem (`protocol/modem-script.ts`); empty: there is none. */
  modemScript: string;
  uplinkTopic: string;
}

/** The bracelet as a board drives it: bytes, senses and wake-ups in; bytes and effects out. */
export interface Bracelet {
  ports: Ports;
  board: Board;
  state: BraceletState;
  receiver: Receiver;
  setup: Setup;
  /** Power-ons at which the receiver could not be configured; it was used as it was. */
  notConfigured: number;
  /** What the receiver last said of its antenna and of jamming, as the machine was told it. */
  radio: Radio | undefined;
  /** The receiver's own version (MON-VER), for diagnostics. */
  receiverVersion: string | undefined;
  recorder: Recorder;
  orders: Orders;
  update: Update;
  channel: Link;
  inbox: Inbox;
  /** `undefined` until it has started. */
  console: Console | undefined;
  bootMs: number;
  lasting: Lasting;
  /** When the device is to start anew, so that what was asked of it has been answered. */
  resetMs: number;
  /** A frame of the receiver's has come since boot. */
  heardReceiver: boolean;
  onEffect: (effect: Effect) => void;
  onReport: (report: Report) => void;
}

/** SMP over USB. */
export interface Console {
  server: Server;
  deframer: Deframer;
}

/** Says who asked and why, in the journal (FINDING). At most so many a day: nobody fills it from outside, or silences it for good. */
const FINDINGS_MOST = 64;
const FINDINGS_MS = 86_400_000;

/** Opens what the flash holds, and takes the boot event. Always starts: what does not hold is found, said and done without. */
export function startBracelet(ports: Ports, board: Board, onEffect: (effect: Effect) => void): Bracelet {
  const started = assemble(ports, board, onEffect);
  const bracelet = started.bracelet;
  bracelet.recorder.journal.checkpoint = () => writeCheckpoint(bracelet.state);
  bracelet.recorder.onRefused = (reason) => ports.log.line(reason);
  bracelet.onReport = (report) => takeReport(bracelet, report);
  bracelet.inbox.record = (body) => keep(bracelet, RECEIPT, body);
  const unsealed = openLink(bracelet, bracelet.bootMs);
  if (unsealed !== "") started.findings.push(unsealed);
  bracelet.console = { server: createServer(createManaged(bracelet)), deframer: createDeframer(BUFFER_BYTES) };
  recordBoot(bracelet);
  take(bracelet, { kind: "boot" });
  bringBack(bracelet);
  for (const finding of started.findings) find(bracelet, finding);
  const outcome = takeOutcome(bracelet.update);
  if (outcome !== OUTCOME_NONE) recordUpdate(bracelet, outcome);
  return bracelet;
}

function assemble(
  ports: Ports,
  board: Board,
  onEffect: (effect: Effect) => void,
): { bracelet: Bracelet; findings: string[] } {
  const nowMs = ports.clock.nowMs();
  const opened = openJournal(ports.flash, board.journalAddress, board.journalBytes, ports.secrets, ports.crypto);
  const ordered = openOrders(ports.flash, board.ordersAddress, ports.secrets, ports.crypto);
  const area = { flash: ports.flash, address: board.imagesAddress };
  const link = createLink(ports, board, opened.journal, nowMs);
  const bracelet: Bracelet = {
    ports: ports,
    board: board,
    state: createBlankState(nowMs),
    receiver: createReceiver(),
    setup: { phase: "off" },
    notConfigured: 0,
    radio: undefined,
    receiverVersion: undefined,
    recorder: createRecorder(opened.journal, nowMs),
    orders: ordered.orders,
    update: openUpdate(area, ports.secrets, ports.crypto, board.target),
    channel: link,
    inbox: openInbox(ports.secrets, ports.crypto, ignoreRecord),
    console: undefined,
    bootMs: nowMs,
    lasting: openLasting(ports.secrets, nowMs),
    resetMs: NEVER_MS,
    heardReceiver: false,
    onEffect: onEffect,
    onReport: ignoreReport,
  };
  bracelet.state.alertSeq = opened.journal.ratchet.alertSeq;
  const findings = opened.findings;
  if (ordered.finding !== undefined) findings.push(ordered.finding);
  return { bracelet: bracelet, findings: findings };
}

function ignoreReport(): void {}
function ignoreRecord(): boolean {
  return false;
}

/** How the last update ended: its place in `UPDATE_OUTCOMES`. */
function recordUpdate(bracelet: Bracelet, outcome: number): void {
  const writer = createWriter(8);
  writeInt(writer, outcome);
  keep(bracelet, UPDATE, finish(writer));
}

/** `[device clock, alerts so far, boot salt, image]`: from here a replay starts with a blank state. */
function recordBoot(bracelet: Bracelet): void {
  const writer = createWriter(64);
  const sealer = bracelet.channel.sealer;
  writeArrayHead(writer, 4);
  writeInt(writer, bracelet.bootMs);
  writeInt(writer, bracelet.state.alertSeq);
  writeBytes(writer, sealer === undefined ? new Uint8Array(0) : sealer.salt);
  writeBytes(writer, bracelet.board.imageHash);
  keep(bracelet, BOOT, finish(writer));
}

/** Bytes came from the receiver. */
export function receiveBytes(bracelet: Bracelet, bytes: Uint8Array): void {
  feed(bracelet.receiver, bytes, bracelet.onReport);
}

/** The strap's circuit, the enclosure's switch, the battery: whatever the board senses, as the machine takes it. */
export function sense(bracelet: Bracelet, event: BraceletEvent): void {
  if (event.kind === "strap") wearAgain(bracelet, event.closed);
  take(bracelet, event);
}

export function senseMotion(bracelet: Bracelet, motion: Motion): void {
  take(bracelet, { kind: "motion", motion: motion });
}

/** The instant of `nextWakeMs` has come. Waking early or twice does no harm. */
export function wakeUp(bracelet: Bracelet): void {
  const nowMs = bracelet.ports.clock.nowMs();
  // Nothing else is under way here; had something been thrown in the midst of it, the centre would never be heard of again.
  bracelet.channel.pumping = false;
  if (nowMs >= resetDueMs(bracelet)) reset(bracelet);
  // No strap was sensed.
  wearAgain(bracelet, true);
  takeSetup(bracelet, { kind: "wake" });
  // The machine hears of its own wake-ups only: what it hears is replayed one day, and the receiver's set-up is not.
  if (nowMs >= nextWake(bracelet.state)) take(bracelet, { kind: "wake" });
  if (nowMs >= recorderWakeMs(bracelet.recorder)) flushInputs(bracelet.recorder, nowMs);
  keepWhatLasts(bracelet, nowMs);
  prove(bracelet, nowMs);
  pumpLink(bracelet, nowMs);
}

export function nextWakeMs(bracelet: Bracelet): number {
  const nowMs = bracelet.ports.clock.nowMs();
  let atMs = Math.min(resetDueMs(bracelet), lastingWakeMs(bracelet, nowMs));
  atMs = Math.min(atMs, nextWake(bracelet.state), setupWakeMs(bracelet.setup), recorderWakeMs(bracelet.recorder));
  const provenMs = bracelet.bootMs + PROVE_MS;
  if (bracelet.update.testing && nowMs < provenMs) atMs = Math.min(atMs, provenMs);
  return Math.min(atMs, linkWakeMs(bracelet.channel, nowMs));
}

function takeReport(bracelet: Bracelet, report: Report): void {
  bracelet.heardReceiver = true;
  switch (report.kind) {
    case "fix":
      take(bracelet, { kind: "fix", fix: report.fix });
      break;
    case "no-fix":
      // It decides nothing, so it is no input.
      break;
    case "ack":
    case "nak":
      takeSetup(bracelet, report);
      break;
    case "radio":
      if (!isNews(report.radio, bracelet.radio)) break;
      bracelet.radio = report.radio;
      take(bracelet, { kind: "radio", radio: report.radio });
      break;
    case "version":
      bracelet.receiverVersion = report.text;
      break;
  }
}

function takeSetup(bracelet: Bracelet, event: SetupEvent): void {
  const turn = configure(bracelet.setup, event, bracelet.ports.clock.nowMs());
  bracelet.setup = turn.setup;
  if (turn.ask) bracelet.ports.gnss.write(SETUP_REQUEST);
  if (turn.reason === undefined) return;
  bracelet.notConfigured += 1;
  bracelet.ports.log.line(`${turn.reason} ${bracelet.notConfigured}`);
}

/** One event through the machine: noted before it is taken, so that what it leads to can be worked out again. */
export function take(bracelet: Bracelet, event: BraceletEvent): void {
  const nowMs = bracelet.ports.clock.nowMs();
  note(bracelet, event, nowMs);
  const was = bracelet.state.tamper.wearing.phase;
  const effects = step(bracelet.state, event, nowMs);
  if (bracelet.state.tamper.wearing.phase !== was) keepFit(bracelet, nowMs);
  // A word of today is kept at once, for the next boot.
  if (event.kind === "time" && event.source === "sealed") bracelet.lasting.keepMs = nowMs;
  keepWhatLasts(bracelet, nowMs);
  let ended = false;
  for (const effect of effects) {
    carryOut(bracelet, effect);
    if (effect.kind === "order.ended") ended = true;
  }
  // After all that this event led to, for it leads to an event of its own.
  if (ended) letGo(bracelet);
  pumpLink(bracelet, nowMs);
}

const NO_ORDER: OrderMark = { counter: 0, hash: new Uint8Array(0) };

function note(bracelet: Bracelet, event: BraceletEvent, nowMs: number): void {
  if (event.kind === "no-fix") return;
  if (event.kind === "order") {
    const order = event.order === undefined ? NO_ORDER : event.order;
    const input = { kind: event.kind, counter: order.counter, hash: order.hash };
    noteInput(bracelet.recorder, input, nowMs, false, bracelet.state.fix);
    return;
  }
  const onTime = event.kind === "wake" && nowMs === nextWake(bracelet.state);
  noteInput(bracelet.recorder, event, nowMs, onTime, bracelet.state.fix);
}

function carryOut(bracelet: Bracelet, effect: Effect): void {
  if (effect.kind === "journal.append") {
    keep(bracelet, effect.record, effect.body);
  } else if (effect.kind === "gnss.power") {
    if (effect.on) cutStream(bracelet.receiver);
    takeSetup(bracelet, { kind: "power", on: effect.on });
  } else if (effect.kind === "located") {
    askReport(bracelet.channel.outbox);
  }
  bracelet.onEffect(effect);
}

/** The order's last day has passed: its zones and keys are forgotten. */
function letGo(bracelet: Bracelet): void {
  if (!forgetOrder(bracelet.orders)) find(bracelet, "order.not-forgotten");
  putInForce(bracelet, undefined, "expired");
}

/** A record of its own, behind the inputs that came before it. False: the journal did not take it. */
export function keep(bracelet: Bracelet, kind: number, body: Uint8Array): boolean {
  const nowMs = bracelet.ports.clock.nowMs();
  return record(bracelet.recorder, kind, body, bracelet.state.alertSeq, nowMs).ok;
}

/** What was refused or found amiss, by its code: into the journal, and to the machine. False: too much was, today. */
export function find(bracelet: Bracelet, reason: string): boolean {
  const link = bracelet.channel;
  const nowMs = bracelet.ports.clock.nowMs();
  if (nowMs - link.findingsMs >= FINDINGS_MS) {
    link.findings = 0;
    link.findingsMs = nowMs;
  }
  if (link.findings >= FINDINGS_MOST) return false;
  link.findings += 1;
  const writer = createWriter(64);
  writeText(writer, reason);
  keep(bracelet, FINDING, finish(writer));
  take(bracelet, { kind: "finding", reason: reason });
  return true;
}

/** An image under test is confirmed once it has shown that it works, or makes way. */
function prove(bracelet: Bracelet, nowMs: number): void {
  if (!bracelet.update.testing) return;
  const facts = {
    journal: bracelet.recorder.refused === 0,
    order: holdsOrder(bracelet.orders),
    receiver: bracelet.heardReceiver,
    uplink: bracelet.channel.served,
    coverage: bracelet.channel.covered,
  };
  const proof = proveImage(bracelet.update, facts, nowMs - bracelet.bootMs);
  if (proof === "revert") restart(bracelet, nowMs);
}

/** The order that counts has verified, or neither place counts: there was never one, or it has ended. */
export function holdsOrder(orders: Orders): boolean {
  return orders.inForce !== undefined || orders.place > 1;
}

/** At the next wake-up, which is due by then. */
export function restart(bracelet: Bracelet, atMs: number): void {
  bracelet.resetMs = Math.min(bracelet.resetMs, atMs);
}

/** So long does a restart wait for alerts that stand in memory alone, and would be gone with it. Milliseconds. */
const HELD_MS = 3_600_000;

function resetDueMs(bracelet: Bracelet): number {
  const atMs = bracelet.resetMs;
  return atMs !== NEVER_MS && bracelet.recorder.journal.held.length > 0 ? atMs + HELD_MS : atMs;
}

/** What is still in memory first. */
function reset(bracelet: Bracelet): void {
  bracelet.resetMs = NEVER_MS;
  flushInputs(bracelet.recorder, bracelet.ports.clock.nowMs());
  bracelet.ports.power.reset();
}
