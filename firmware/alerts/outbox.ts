import { createWriter, finish, type Writer, writeArrayHead, writeInt, writeRaw } from "../../protocol/cbor/writer.ts";
import { ALERT, type JournalRecord } from "../../protocol/journal/record.ts";
import type { Receipt } from "../../protocol/messages/receipt.ts";
import type { Status } from "../../protocol/messages/status.ts";
import {
  beginReport,
  encodeAcked,
  UPLINK_ALERTS,
  UPLINK_HISTORY,
  UPLINK_RECEIPTS_MOST,
  UPLINK_RECORDS_MOST,
  UPLINK_REPORT,
  writeRecord,
} from "../../protocol/messages/uplink.ts";
import { NEVER_MS } from "../lib/instant.ts";

/**
 * What the centre is still owed, and what to send next: alerts, then a report, then the rest of the journal. It holds no record:
 * those lie in the journal, and two numbers say how far the centre has them. One message at a time is under way.
 *
 *   ready ──message──▶ in flight ──acknowledged──▶ ready
 *     ▲                    └──failed: wait, longer each time──┐
 *     └───────────────────────────────────────────────────────┘
 *
 * Guarantee: every record that the journal holds is sent until it is acknowledged, alerts in their order and before all else,
 * the rest in theirs. A record comes a second time only if a message that held it failed, or if it was acknowledged after
 * the last ACKED record before a boot: no more than `UNSAVED_MOST` records and those of one message. The centre knows it by
 * device and number.
 */
export interface Outbox {
  /** The centre has every record up to here, and every alert up to `alertsTo`. */
  historyTo: number;
  alertsTo: number;
  /** Numbers of the alerts that it lacks, ascending, as far as has been looked. */
  alerts: number[];
  /** Looked at for alerts up to here. */
  seenTo: number;
  /** All has been looked at. */
  seen: boolean;
  /** More lies in the journal than the last message held. */
  draining: boolean;
  /** Records acknowledged since the last ACKED record. */
  unsaved: number;
  flight: Flight | undefined;
  token: number;
  /** When the last message that was acknowledged was made: the centre's silence limit counts from it, or later. */
  reachedMs: number;
  /** A report is wanted without waiting. */
  asked: boolean;
  receipts: Receipt[];
  /** As last told: a session stands; a zone is near, and silence is noticed sooner. */
  online: boolean;
  near: boolean;
  /** In a row; and when the next try is due, of alerts and of all else. */
  failures: number;
  alertsMs: number;
  restMs: number;
}

/** A message that is made, and then under way. */
interface Flight {
  token: number;
  type: number;
  /** Its records, until it is sent. */
  writer: Writer;
  count: number;
  /** The last number that it acknowledges; 0: none. */
  lastNumber: number;
  /** It holds all that there was. */
  whole: boolean;
  /** How many of the receipts, from the first. */
  receipts: number;
  sentMs: number;
}

/** The journal as the outbox sees it, and the device. */
export interface Backlog {
  /** Number of the last record; 0: there is none. */
  newest: () => number;
  /** Every record from `from` on that can be read, in order, until `onRecord` says false. */
  read: (from: number, onRecord: (record: JournalRecord) => boolean) => void;
  status: () => Status;
}

/** To be sealed and published under its token. */
export interface Outgoing {
  token: number;
  payload: Uint8Array;
}

/** Bytes of records in a message; one that is longer goes alone. With status, receipts and seal, 1,450 bytes. */
export const RECORDS_MOST_BYTES = 1024;
/** Alerts that the centre may lack and the device know of: one every two hours for ten days. More wait in the journal. */
export const ALERTS_MOST = 128;
/** Records looked at in one go, so that sampling is not held up. */
export const LOOKS_MOST = 32;
/** So many acknowledged records are worth an ACKED record of about 30 bytes. */
export const UNSAVED_MOST = 16;
/** 0.45 of the silence that the centre takes note of, 5 minutes near a zone and 15 elsewhere: two must be missed. Milliseconds. */
export const REPORT_NEAR_MS = 135000;
export const REPORT_MS = 405000;
/** First wait of an alert after a failure, and its longest; all else begins with six times as much. Milliseconds. */
const RETRY_MS = 5000;
const RETRY_MOST_MS = 300000;
const PATIENCE = 6;
/** The modem gives up long before; a token that got lost must not stop everything. Milliseconds. */
const FLIGHT_MOST_MS = 180000;
/** A session is asked for so long before the report is due. Milliseconds. */
const LEAD_MS = 20000;
/** What a record takes beside its body, at most. Bytes. */
const FRAME_BYTES = 24;

/** At boot; `historyTo` and `alertsTo` as the journal has them. */
export function createOutbox(nowMs: number, historyTo: number, alertsTo: number): Outbox {
  return {
    historyTo: historyTo,
    alertsTo: alertsTo,
    alerts: [],
    seenTo: alertsTo,
    seen: false,
    draining: false,
    unsaved: 0,
    flight: undefined,
    token: 0,
    reachedMs: nowMs,
    // A boot is news.
    asked: true,
    receipts: [],
    online: false,
    near: false,
    failures: 0,
    alertsMs: 0,
    restMs: 0,
  };
}

/**
 * The next message; `undefined`: nothing is due, or one is under way. Looks on in the journal as well, so it is to be called
 * after every step of the device, `online` or not, and at `outboxWakeMs`. `isNear`: a zone is, or he is within.
 */
export function nextOutgoing(
  outbox: Outbox,
  backlog: Backlog,
  isOnline: boolean,
  isNear: boolean,
  nowMs: number,
): Outgoing | undefined {
  outbox.online = isOnline;
  outbox.near = isNear;
  const flight = outbox.flight;
  if (flight !== undefined && nowMs - flight.sentMs >= FLIGHT_MOST_MS) outboxFailed(outbox, flight.token, nowMs, 0);
  lookOn(outbox, backlog);
  if (!isOnline || outbox.flight !== undefined) return undefined;
  if (outbox.alerts.length > 0) {
    if (nowMs < outbox.alertsMs) return undefined;
    const alerts = makeAlerts(outbox, backlog, nowMs);
    if (alerts !== undefined) return alerts;
  }
  // Where an alert may yet be found, all else waits.
  if (!outbox.seen || nowMs < outbox.restMs) return undefined;
  if (nowMs >= reportMs(outbox)) return makeReport(outbox, backlog, nowMs);
  return outbox.draining ? makeHistory(outbox, backlog, nowMs) : undefined;
}

/** When to call again, at the latest; without a session, when one will be wanted. */
export function outboxWakeMs(outbox: Outbox, nowMs: number): number {
  if (!outbox.seen && outbox.alerts.length < ALERTS_MOST) return nowMs;
  if (outbox.flight !== undefined) return outbox.flight.sentMs + FLIGHT_MOST_MS;
  if (!outbox.online) return wantsSession(outbox, nowMs) === "no" ? reportMs(outbox) - LEAD_MS : NEVER_MS;
  if (outbox.alerts.length > 0) return outbox.alertsMs;
  return outbox.draining ? outbox.restMs : Math.max(outbox.restMs, reportMs(outbox));
}

/** Whether the modem should have a session now; `alert`: and hurry. */
export function wantsSession(outbox: Outbox, nowMs: number): "no" | "yes" | "alert" {
  if (outbox.alerts.length > 0) return "alert";
  return outbox.flight !== undefined || outbox.draining || nowMs >= reportMs(outbox) - LEAD_MS ? "yes" : "no";
}

/** A session stands again: what waits after a failure need not wait any more. */
export function outboxOnline(outbox: Outbox): void {
  outbox.alertsMs = 0;
  outbox.restMs = 0;
}

/** A report as soon as may be: somebody asked where he is. */
export function askReport(outbox: Outbox): void {
  outbox.asked = true;
}

/** Goes with the next report, which is due now. The latest for a downlink counts; too many, and the oldest makes way. */
export function addReceipt(outbox: Outbox, receipt: Receipt): void {
  const kept: Receipt[] = [];
  for (const other of outbox.receipts)
    if (other.counter !== receipt.counter || other.kind !== receipt.kind) kept.push(other);
  if (kept.length === UPLINK_RECEIPTS_MOST) kept.shift();
  kept.push(receipt);
  outbox.receipts = kept;
  // Those under way go again, for their places have changed.
  if (outbox.flight !== undefined) outbox.flight.receipts = 0;
  outbox.asked = true;
}

/**
 * The centre has what was sent. The body of an ACKED record to append, of no bytes while it is not worth one; `undefined`: the
 * token is not the one under way. Afterwards the journal is told `historyTo` and `alertsTo`.
 */
export function outboxAcknowledged(outbox: Outbox, token: number): Uint8Array | undefined {
  const flight = outbox.flight;
  if (flight === undefined || flight.token !== token) return undefined;
  outbox.flight = undefined;
  outbox.failures = 0;
  outboxOnline(outbox);
  outbox.reachedMs = flight.sentMs;
  outbox.unsaved += flight.count;
  if (flight.type !== UPLINK_ALERTS) {
    outbox.historyTo = Math.max(outbox.historyTo, flight.lastNumber);
    outbox.draining = !flight.whole;
    outbox.receipts.splice(0, flight.receipts);
  }
  dropAlerts(outbox, flight.lastNumber);
  const alarmed = flight.type === UPLINK_ALERTS && outbox.alerts.length === 0;
  return alarmed || outbox.unsaved >= UNSAVED_MOST ? ackedBody(outbox) : new Uint8Array(0);
}

/** It may have arrived all the same, and goes again. `random`: in [0, 1). Another token changes nothing. */
export function outboxFailed(outbox: Outbox, token: number, nowMs: number, random: number): void {
  const flight = outbox.flight;
  if (flight === undefined || flight.token !== token) return;
  outbox.flight = undefined;
  if (flight.type === UPLINK_REPORT) outbox.asked = true;
  outbox.failures += 1;
  const mostMs = outbox.near ? REPORT_NEAR_MS : REPORT_MS;
  outbox.alertsMs = nowMs + waitMs(outbox.failures, RETRY_MS, Math.min(mostMs, RETRY_MOST_MS), random);
  outbox.restMs = nowMs + waitMs(outbox.failures, RETRY_MS * PATIENCE, mostMs, random);
}

/**
 * The centre says what it has. Less, where it was restored from a copy: then that comes again; more: then it is spared. `newest`:
 * the journal's last record. The body of an ACKED record to append.
 */
export function reconcile(outbox: Outbox, historyTo: number, alertsTo: number, newest: number): Uint8Array {
  outbox.historyTo = Math.min(historyTo, newest);
  outbox.alertsTo = Math.min(Math.max(alertsTo, historyTo), newest);
  outbox.alerts = [];
  outbox.seenTo = outbox.alertsTo;
  outbox.seen = false;
  outbox.draining = true;
  const flight = outbox.flight;
  if (flight !== undefined) {
    flight.lastNumber = 0;
    flight.whole = false;
  }
  return ackedBody(outbox);
}

function ackedBody(outbox: Outbox): Uint8Array {
  outbox.unsaved = 0;
  const written = encodeAcked({ historyTo: outbox.historyTo, alertsTo: outbox.alertsTo });
  return written.ok ? written.bytes : new Uint8Array(0);
}

function dropAlerts(outbox: Outbox, to: number): void {
  outbox.alertsTo = Math.max(outbox.alertsTo, to);
  while (outbox.alerts.length > 0 && outbox.alerts[0] <= to) outbox.alerts.shift();
}

function reportMs(outbox: Outbox): number {
  return outbox.asked ? 0 : outbox.reachedMs + (outbox.near ? REPORT_NEAR_MS : REPORT_MS);
}

/** Twice as long each time, and never the same for two devices. */
function waitMs(failures: number, firstMs: number, mostMs: number, random: number): number {
  let limitMs = firstMs;
  for (let i = 1; i < failures && limitMs < mostMs; i++) limitMs *= 2;
  return Math.floor(Math.min(limitMs, mostMs) * (0.5 + random * 0.5));
}

/** Looks at some more records for alerts. */
function lookOn(outbox: Outbox, backlog: Backlog): void {
  if (outbox.alerts.length === ALERTS_MOST) return;
  const newest = backlog.newest();
  let looks = 0;
  let to = newest;
  if (outbox.seenTo < newest)
    backlog.read(outbox.seenTo + 1, (record) => {
      if (looks < LOOKS_MOST && outbox.alerts.length < ALERTS_MOST) {
        looks += 1;
        if (record.kind === ALERT) outbox.alerts.push(record.number);
        return true;
      }
      to = record.number - 1;
      return false;
    });
  outbox.seenTo = to;
  outbox.seen = outbox.seenTo >= newest;
}

function beginFlight(outbox: Outbox, type: number, nowMs: number): Flight {
  outbox.token += 1;
  return {
    token: outbox.token,
    type: type,
    writer: createWriter(RECORDS_MOST_BYTES),
    count: 0,
    lastNumber: 0,
    whole: true,
    receipts: 0,
    sentMs: nowMs,
  };
}

/** False, and not whole: there is no room for it. In a report a long one has none: it goes alone. */
function add(flight: Flight, record: JournalRecord): boolean {
  const isAlone = flight.count === 0 && flight.type !== UPLINK_REPORT;
  const fits = flight.writer.length + record.body.length + FRAME_BYTES <= RECORDS_MOST_BYTES;
  flight.whole = (fits || isAlone) && flight.count < UPLINK_RECORDS_MOST;
  if (!flight.whole) return false;
  writeRecord(flight.writer, record);
  flight.count += 1;
  flight.lastNumber = record.number;
  return true;
}

/** `undefined`: none of them stands in the journal any more. */
function makeAlerts(outbox: Outbox, backlog: Backlog, nowMs: number): Outgoing | undefined {
  const flight = beginFlight(outbox, UPLINK_ALERTS, nowMs);
  let i = 0;
  while (i < outbox.alerts.length && flight.whole) {
    if (takeAlert(backlog, outbox.alerts[i], flight)) i += 1;
    else outbox.alerts.splice(i, 1);
  }
  return flight.count === 0 ? undefined : sendRecords(outbox, flight);
}

/** False: it is not there. */
function takeAlert(backlog: Backlog, number: number, flight: Flight): boolean {
  let found = false;
  backlog.read(number, (record) => {
    found = record.number === number;
    if (found) add(flight, record);
    return false;
  });
  return found;
}

function makeReport(outbox: Outbox, backlog: Backlog, nowMs: number): Outgoing {
  const flight = beginFlight(outbox, UPLINK_REPORT, nowMs);
  collect(outbox, backlog, flight);
  const writer = createWriter(RECORDS_MOST_BYTES + 256);
  beginReport(writer, backlog.newest(), backlog.status(), outbox.receipts);
  flight.receipts = outbox.receipts.length;
  outbox.asked = false;
  return send(outbox, flight, writer);
}

function makeHistory(outbox: Outbox, backlog: Backlog, nowMs: number): Outgoing | undefined {
  const flight = beginFlight(outbox, UPLINK_HISTORY, nowMs);
  collect(outbox, backlog, flight);
  if (flight.count > 0) return sendRecords(outbox, flight);
  // Nothing but alerts that the centre has.
  outbox.historyTo = Math.max(outbox.historyTo, flight.lastNumber);
  outbox.draining = false;
  return undefined;
}

/** Of what the centre lacks the oldest. */
function collect(outbox: Outbox, backlog: Backlog, flight: Flight): void {
  backlog.read(outbox.historyTo + 1, (record) => {
    if (record.kind !== ALERT || record.number > outbox.alertsTo) return add(flight, record);
    flight.lastNumber = record.number;
    return true;
  });
}

function sendRecords(outbox: Outbox, flight: Flight): Outgoing {
  const writer = createWriter(RECORDS_MOST_BYTES + FRAME_BYTES);
  writeArrayHead(writer, 2);
  writeInt(writer, flight.type);
  return send(outbox, flight, writer);
}

function send(outbox: Outbox, flight: Flight, writer: Writer): Outgoing {
  writeArrayHead(writer, flight.count);
  writeRaw(writer, flight.writer.bytes, flight.writer.length);
  flight.writer = createWriter(0);
  outbox.flight = flight;
  return { token: flight.token, payload: finish(writer) };
}
