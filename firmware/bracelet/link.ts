import type { Sealer } from "../../protocol/cose/message.ts";
import { ACKED } from "../../protocol/journal/record.ts";
import type { Status } from "../../protocol/messages/status.ts";
import {
  askReport,
  type Backlog,
  createOutbox,
  nextOutgoing,
  type Outbox,
  outboxAcknowledged,
  outboxFailed,
  outboxOnline,
  outboxWakeMs,
  wantsSession,
} from "../alerts/outbox.ts";
import { acknowledge, type Journal, readRecords, troubleOf } from "../journal/ring.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { qualityOf } from "../time/trusted.ts";
import { createUplink, uplinkStep, uplinkWakeMs } from "../uplink/bg9x.ts";
import { openInbox } from "../uplink/downlink.ts";
import { openSealer, sealUplink } from "../uplink/seal.ts";
import type { UplinkAction, UplinkEvent } from "../uplink/uplink-events.ts";
import type { Uplink } from "../uplink/uplink-state.ts";
import { takeDownlink } from "./commands.ts";
import { type Board, type Bracelet, keep, type Ports, take } from "./device.ts";

/** The way to the centre as the bracelet has it: the modem, what is owed, and the seal of this boot. */
export interface Link {
  /** `undefined`: this board has no modem. */
  uplink: Uplink | undefined;
  outbox: Outbox;
  /** `undefined`: there is no key or no chance, so nothing can be sealed, and nothing is sent. Tried again at `sealMs`. */
  sealer: Sealer | undefined;
  sealMs: number;
  online: boolean;
  /** Since boot: the centre acknowledged something; a cell was there. */
  served: boolean;
  covered: boolean;
  /** Told today, and since when that is. */
  findings: number;
  findingsMs: number;
  /** `pumpLink` is under way: what it causes does not begin it again. */
  pumping: boolean;
}

export function createLink(ports: Ports, board: Board, journal: Journal, nowMs: number): Link {
  const hasModem = board.modemScript !== "";
  return {
    uplink: hasModem ? createUplink(board.modemScript, chance(ports)) : undefined,
    outbox: createOutbox(nowMs, journal.ackedTo, journal.alertsTo),
    sealer: undefined,
    sealMs: nowMs,
    online: false,
    served: false,
    covered: false,
    findings: 0,
    findingsMs: nowMs,
    pumping: false,
  };
}

/** After a failure to seal. */
const SEAL_AGAIN_MS = 60_000;

/** A new salt and a counter from nothing, under the key that stands now. The reason why not; empty: it is open. */
export function openLink(bracelet: Bracelet, nowMs: number): string {
  const link = bracelet.channel;
  const ports = bracelet.ports;
  const opened = openSealer(ports.secrets, ports.crypto, ports.random);
  link.sealMs = nowMs + SEAL_AGAIN_MS;
  if (!opened.ok) return opened.reason;
  link.sealer = opened.sealer;
  bracelet.inbox.salt = opened.sealer.salt;
  askReport(link.outbox);
  return "";
}

/** The device has other keys: nothing goes or comes under those before, and counting downlinks is the new key's. */
export function renewLink(bracelet: Bracelet): void {
  bracelet.inbox = openInbox(bracelet.ports.secrets, bracelet.ports.crypto, bracelet.inbox.record);
  const link = bracelet.channel;
  const nowMs = bracelet.ports.clock.nowMs();
  // What is asked now is answered first; the next wake-up, which is due at once, opens it anew.
  link.sealer = undefined;
  link.sealMs = nowMs;
  // Whether the centre can still open what is under way, nobody knows: it goes again.
  const flight = link.outbox.flight;
  if (flight !== undefined) outboxFailed(link.outbox, flight.token, nowMs, 0);
}

/** In [0, 1); a half where there is no chance. */
function chance(ports: Ports): number {
  const bytes = new Uint8Array(3);
  return ports.random.fill(bytes) ? (bytes[0] * 65536 + bytes[1] * 256 + bytes[2]) / 16777216 : 0.5;
}

/** Bytes came from the modem. */
export function receiveModem(bracelet: Bracelet, bytes: Uint8Array): void {
  tellUplink(bracelet, { kind: "bytes", bytes: bytes });
  pumpLink(bracelet, bracelet.ports.clock.nowMs());
}

export function linkWakeMs(link: Link, nowMs: number): number {
  if (link.uplink === undefined) return NEVER_MS;
  // Without a seal nothing is owed that a wake-up could bring on its way.
  if (link.sealer === undefined) return link.sealMs;
  const outbox = link.outbox;
  const owedMs = link.online || outbox.flight !== undefined || !outbox.seen ? outboxWakeMs(outbox, nowMs) : NEVER_MS;
  return Math.min(uplinkWakeMs(link.uplink), Math.max(owedMs, nowMs));
}

/** After whatever happened: asks for a session, and sends what is owed next. Never waits. */
export function pumpLink(bracelet: Bracelet, nowMs: number): void {
  const link = bracelet.channel;
  const uplink = link.uplink;
  if (uplink === undefined || link.pumping) return;
  if (link.sealer === undefined && nowMs >= link.sealMs) openLink(bracelet, nowMs);
  if (link.sealer === undefined) return;
  link.pumping = true;
  if (nowMs >= uplinkWakeMs(uplink)) tellUplink(bracelet, { kind: "wake" });
  if (!uplink.wanted) tellUplink(bracelet, { kind: "open" });
  if (!link.online && wantsSession(link.outbox, nowMs) === "alert") tellUplink(bracelet, { kind: "hurry" });
  const outgoing = nextOutgoing(link.outbox, backlogOf(bracelet, nowMs), link.online, bracelet.state.close, nowMs);
  tellJournal(bracelet);
  if (outgoing !== undefined) {
    const sealed = sealUplink(link.sealer, outgoing.payload);
    if (sealed.ok)
      tellUplink(bracelet, {
        kind: "publish",
        topic: bracelet.board.uplinkTopic,
        bytes: sealed.bytes,
        token: outgoing.token,
      });
    else outboxFailed(link.outbox, outgoing.token, nowMs, chance(bracelet.ports));
  }
  link.pumping = false;
}

function backlogOf(bracelet: Bracelet, nowMs: number): Backlog {
  const journal = bracelet.recorder.journal;
  return {
    newest: () => journal.nextNumber - 1,
    read: (from, onRecord) => readRecords(journal, from, onRecord),
    status: () => statusOf(bracelet, nowMs),
  };
}

/** What a keep-alive says. */
export function statusOf(bracelet: Bracelet, nowMs: number): Status {
  const state = bracelet.state;
  let phase: Status["phase"] = state.close ? "near" : "far";
  if (state.loss.lost) phase = "lost";
  else if (state.entered.length > 0) phase = "inside";
  return {
    atMs: nowMs,
    phase: phase,
    fixes: 0,
    attempts: 0,
    gnssOnMs: 0,
    nextLookMs: undefined,
    usedUah: undefined,
    batteryPercent: state.tamper.batteryPercent,
    time: qualityOf(state.time, nowMs),
    orderCounter: state.order === undefined ? undefined : state.order.counter,
    fix: state.fix,
    trouble: troubleOf(bracelet.recorder.journal),
  };
}

function tellUplink(bracelet: Bracelet, event: UplinkEvent): void {
  const uplink = bracelet.channel.uplink;
  if (uplink === undefined) return;
  const nowMs = bracelet.ports.clock.nowMs();
  const actions = uplinkStep(uplink, event, nowMs, chance(bracelet.ports));
  for (const action of actions) carryOut(bracelet, action, nowMs);
}

function carryOut(bracelet: Bracelet, action: UplinkAction, nowMs: number): void {
  const link = bracelet.channel;
  const outbox = link.outbox;
  switch (action.kind) {
    case "write":
      bracelet.ports.modem.write(action.bytes);
      break;
    case "key":
      bracelet.ports.modemKey.press(action.down);
      break;
    case "session":
      link.online = action.online;
      if (action.online) outboxOnline(outbox);
      break;
    case "acknowledged":
      takeAcknowledgement(bracelet, action.token);
      break;
    case "failed":
      outboxFailed(outbox, action.token, nowMs, chance(bracelet.ports));
      break;
    case "received":
      takeDownlink(bracelet, action.bytes, nowMs);
      break;
    case "coverage":
      if (action.attached) link.covered = true;
      take(bracelet, { kind: "coverage", attached: action.attached });
      break;
    case "network-time":
      take(bracelet, { kind: "time", utcMs: action.utcMs, errorMs: action.errorMs, source: "network" });
      break;
    case "fault":
      bracelet.ports.log.line(`${action.reason} ${action.during}`);
      break;
  }
}

/** The centre has it for good; what it has may make way. */
function takeAcknowledgement(bracelet: Bracelet, token: number): void {
  const link = bracelet.channel;
  const acked = outboxAcknowledged(link.outbox, token);
  if (acked === undefined) return;
  link.served = true;
  tellJournal(bracelet);
  if (acked.length > 0) keep(bracelet, ACKED, acked);
  take(bracelet, { kind: "served" });
}

/** After every change of what the centre has, and of what it lacks. */
export function tellJournal(bracelet: Bracelet): void {
  const outbox = bracelet.channel.outbox;
  acknowledge(bracelet.recorder.journal, outbox.historyTo, outbox.alertsTo);
}
