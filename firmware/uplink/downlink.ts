import { copyOf, equalBytes, joinBytes, uint32Bytes } from "../../protocol/bytes.ts";
import { DOWNLINK_CONTEXT, LEASE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_DOWNLINK, PURPOSE_LEASE } from "../../protocol/cose/keys.ts";
import { openMac0 } from "../../protocol/cose/mac0.ts";
import { openMessage } from "../../protocol/cose/message.ts";
import { PACK_CHUNK_BYTES } from "../../protocol/limits.ts";
import { type Downlink, type DownlinkKind, decodeDownlink } from "../../protocol/messages/downlink.ts";
import { decodeLease } from "../../protocol/messages/lease.ts";
import { BEGUN, DONE, decodeReceipt, encodeReceipt, type Receipt, TAKEN } from "../../protocol/messages/receipt.ts";
import { deviceIdOf, keyOf } from "../bracelet/identity.ts";
import { numberAt } from "../lib/big-end.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Secrets } from "../ports/secrets.ts";
import { SLOT_DOWNLINK } from "../secrets/slots.ts";

/**
 * What the centre says is opened, judged and counted here; the shell carries it out and says what became of it.
 *
 *   new ──slot: BEGUN──▶ carried out ──journal: RECEIPT──▶ slot: outcome ──▶ told
 *
 * Counters grow strictly, and the slot, which nobody can rewind, is written before anything is done. A power cut before the
 * outcome stands in it leaves BEGUN: then the same downlink is carried out again, which is harmless for all kinds (an order
 * that is in force already says `order.replayed`, and counts as done). With its outcome there it only gets the same receipt
 * again. No receipt leaves whose RECEIPT record does not stand: where the journal does not take it, the slot is left as it was, and
 * the downlink comes again. But a word which piece is wanted says nothing of what was done, and has no record.
 *
 * The counter is that of one downlink key, and the slot bears that key's mark: under another key it counts for nothing, from the very
 * write that put the key there.
 *
 * An offer (order, image) may take days, and others come meanwhile. Its chunks bear its counter, are taken while it is open
 * and write no slot; orders and update hold each against the offer's hashes.
 */
export interface Inbox {
  secrets: Secrets;
  crypto: Crypto;
  /** Appends a RECEIPT to the journal. False: it does not stand there. */
  record: (body: Uint8Array) => boolean;
  /** Of the key that downlinks are counted under. */
  mark: Uint8Array;
  /** Of this boot's uplink; the shell sets it once nothing hinders sealing. */
  salt: Uint8Array | undefined;
  /** As in the slot: counters of the open offers, 0 where none is, and what became of the last counted downlink. */
  openOrder: number;
  openImage: number;
  last: Receipt | undefined;
  /** Sealed part of an offer that comes in pieces; a boot forgets it. */
  sealed: SealedPart | undefined;
  /** Reasons told not long ago, and how long each is not news. */
  reasons: string[];
  quietMs: number[];
}

interface SealedPart {
  kind: DownlinkKind;
  counter: number;
  bytes: Uint8Array;
  /** So many, from the first, have come. */
  have: number;
}

/**
 * For the shell to carry out and then to `settle`.
 *
 * | kind                     | `first`          | `second`   | `bytes`                            |
 * | ------------------------ | ---------------- | ---------- | ---------------------------------- |
 * | order, image, end        |                  |            | sealed, whole                      |
 * | order-chunk              | the piece's index |            | piece of the pack                  |
 * | image-chunk              | its offset       |            | piece of the image                 |
 * | lease                    |                  |            | a `Lease`, no longer sealed        |
 * | day-keys                 | first day        |            | keys of three days, 16 each        |
 * | locate                   |                  |            |                                    |
 * | pause                    | until, UTC ms    |            |                                    |
 * | time                     | UTC ms, now      | error, ms  |                                    |
 * | ack                      | `historyTo`      | `alertsTo` | for `reconcile` of the outbox      |
 */
export interface Command {
  counter: number;
  kind: DownlinkKind;
  /** It may have been carried out before. */
  again: boolean;
  first: number;
  second: number;
  bytes: Uint8Array;
}

export type Taken =
  | { kind: "command"; command: Command }
  /** Nothing is to be done but to send it. */
  | { kind: "receipt"; receipt: Receipt }
  | { kind: "nothing" }
  /** `isNews`: to be journalled; the same reason is news once an hour. */
  | { kind: "refused"; reason: string; isNews: boolean };

/** A flood of what is refused costs 24 records a day and reason, and one of repetitions a report a minute. Milliseconds. */
const QUIET_MS = 3600000;
const REPEAT_MS = 60000;
const AGAIN = "again";
/** There are fewer. */
const REASONS_MOST = 48;
/** An answer with the time that took longer says too little. Milliseconds. */
const ROUND_MOST_MS = 900000;
/** Before the receipt. The slot holds 64 bytes, so an outcome in it at most 38. */
const MARK_BYTES = 4;
const OPEN_BYTES = 8;

export function openInbox(secrets: Secrets, crypto: Crypto, record: (body: Uint8Array) => boolean): Inbox {
  const inbox: Inbox = {
    secrets: secrets,
    crypto: crypto,
    record: record,
    mark: markOf(secrets, crypto),
    salt: undefined,
    openOrder: 0,
    openImage: 0,
    last: undefined,
    sealed: undefined,
    reasons: [],
    quietMs: [],
  };
  const slot = secrets.read(SLOT_DOWNLINK);
  if (slot === undefined || !equalBytes(slot.subarray(0, MARK_BYTES), inbox.mark)) return inbox;
  const receipt = decodeReceipt(slot.subarray(MARK_BYTES + OPEN_BYTES));
  if (!receipt.ok) return inbox;
  inbox.openOrder = numberAt(slot, MARK_BYTES, 4);
  inbox.openImage = numberAt(slot, MARK_BYTES + 4, 4);
  inbox.last = receipt.value;
  return inbox;
}

function markOf(secrets: Secrets, crypto: Crypto): Uint8Array {
  const key = keyOf(secrets, PURPOSE_DOWNLINK);
  return key === undefined ? new Uint8Array(MARK_BYTES) : copyOf(crypto.sha256(key), 0, MARK_BYTES);
}

/**
 * One message from the centre's topic. Refused: `downlink.no-key`, `.garbage` (no message at all), `.unsealed`, `.forged` (another
 * key, or changed), `.malformed`, `.foreign`, `.replayed`, `.no-offer` (a chunk of what is not open), `.bad-chunk`, `.unwritten`
 * (the slot). What is sealed and new but cannot be done has a receipt instead: `downlink.stale`, `lease.…`.
 */
export function openDownlink(inbox: Inbox, bytes: Uint8Array, nowMs: number): Taken {
  const message = look(inbox, bytes);
  if (typeof message === "string") return refused(inbox, message, nowMs);
  if (isChunk(message.kind)) return takeChunk(inbox, message, nowMs);
  const last = inbox.last;
  const before = last === undefined ? 0 : last.counter;
  if (message.counter < before) return refused(inbox, "downlink.replayed", nowMs);
  const again = message.counter === before;
  if (last !== undefined && again && last.outcome !== BEGUN && last.outcome !== TAKEN)
    return told(isNews(inbox, AGAIN, nowMs, REPEAT_MS) ? last : undefined);
  if (!again && !begin(inbox, message)) return refused(inbox, "downlink.unwritten", nowMs);
  return carry(inbox, message, again, nowMs);
}

/**
 * After a command: `outcome` is DONE, TAKEN (an offer that wants more; a chunk, and more are to come) or the refusal's code. Of the
 * chunk that completed an offer, DONE is the offer's. The receipt to send; `undefined`: there is none.
 */
export function settle(
  inbox: Inbox,
  command: Command,
  outcome: string,
  next: number,
  nowMs: number,
): Receipt | undefined {
  const chunk = isChunk(command.kind);
  if (chunk && outcome === TAKEN) return undefined;
  const isDone = outcome === DONE || (command.again && outcome === "order.replayed");
  const receipt = receiptOf(command, isDone ? DONE : outcome, next);
  if (chunk && !isDone) {
    return isNews(inbox, outcome, nowMs, QUIET_MS) && journal(inbox, receipt) ? receipt : undefined;
  }
  if (chunk) receipt.kind = command.kind === "order-chunk" ? "order" : "image";
  const last = inbox.last;
  const isLast = last !== undefined && last.counter === receipt.counter;
  if (isLast && last.outcome === receipt.outcome && last.next === next)
    return isNews(inbox, AGAIN, nowMs, REPEAT_MS) ? receipt : undefined;
  if (!journal(inbox, receipt)) return undefined;
  const open = outcome === TAKEN ? receipt.counter : 0;
  if (receipt.kind === "order") inbox.openOrder = open;
  if (receipt.kind === "image") inbox.openImage = open;
  writeSlot(inbox, isLast || last === undefined ? receipt : last);
  return receipt;
}

/** What is sealed for this device, or the reason why it is not. */
function look(inbox: Inbox, bytes: Uint8Array): Downlink | string {
  const key = keyOf(inbox.secrets, PURPOSE_DOWNLINK);
  if (key === undefined) return "downlink.no-key";
  const opened = openMessage(inbox.crypto, key, bytes, DOWNLINK_CONTEXT);
  if (!opened.ok) {
    if (opened.reason === "seal.forged") return "downlink.forged";
    const bare = opened.reason === "seal.wrong-algorithm" || decodeDownlink(bytes).ok;
    return bare ? "downlink.unsealed" : "downlink.garbage";
  }
  const read = decodeDownlink(opened.plaintext);
  if (!read.ok) return "downlink.malformed";
  return read.value.device === deviceIdOf(inbox.secrets) ? read.value : "downlink.foreign";
}

/** From here on it counts. */
function begin(inbox: Inbox, message: Downlink): boolean {
  if (message.kind === "order") inbox.openOrder = message.counter;
  if (message.kind === "image") inbox.openImage = message.counter;
  return writeSlot(inbox, receiptOf(message, BEGUN, 0));
}

/** What is left to do; or the receipt, where the outcome is clear already. */
function carry(inbox: Inbox, message: Downlink, again: boolean, nowMs: number): Taken {
  const command = commandOf(message, again);
  let outcome = "";
  if (message.kind === "order" || message.kind === "image") outcome = takeOffer(inbox, command);
  else if (message.kind === "lease") outcome = takeLease(inbox, command);
  else if (message.kind === "time") outcome = takeTime(inbox, command, nowMs);
  return outcome === "" ? asked(command) : told(settle(inbox, command, outcome, 0, nowMs));
}

function commandOf(message: Downlink, again: boolean): Command {
  const numbers = message.numbers;
  return {
    counter: message.counter,
    kind: message.kind,
    again: again,
    first: numbers.length > 0 ? numbers[0] : 0,
    second: numbers.length > 1 ? numbers[1] : 0,
    bytes: message.bytes === undefined ? new Uint8Array(0) : message.bytes,
  };
}

/** `first` is the length of the whole. */
function takeOffer(inbox: Inbox, command: Command): string {
  const bytes = command.bytes;
  inbox.sealed = undefined;
  if (bytes.length > command.first) return "downlink.bad-chunk";
  if (bytes.length === command.first) return "";
  const whole = new Uint8Array(command.first);
  whole.set(bytes);
  inbox.sealed = { kind: command.kind, counter: command.counter, bytes: whole, have: bytes.length };
  return TAKEN;
}

function takeLease(inbox: Inbox, command: Command): string {
  const key = keyOf(inbox.secrets, PURPOSE_LEASE);
  if (key === undefined) return "lease.no-key";
  const opened = openMac0(inbox.crypto, key, command.bytes, LEASE_CONTEXT);
  if (!opened.ok) return "lease.forged";
  command.bytes = opened.payload;
  return decodeLease(opened.payload).ok ? "" : "lease.malformed";
}

/**
 * It answers a status of this boot, for which the salt stands: so it was said between that and now, and half the way is the
 * error. A message that was held back says nothing about the time.
 */
function takeTime(inbox: Inbox, command: Command, nowMs: number): string {
  const roundMs = nowMs - command.second;
  const isOurs = inbox.salt !== undefined && equalBytes(command.bytes, inbox.salt);
  if (!isOurs || roundMs < 0 || roundMs > ROUND_MOST_MS) return "downlink.stale";
  command.second = Math.floor(roundMs * 0.5) + 1;
  command.first += command.second;
  return "";
}

function takeChunk(inbox: Inbox, message: Downlink, nowMs: number): Taken {
  const command = commandOf(message, true);
  const isOrder = message.kind === "order-chunk";
  if (message.counter !== (isOrder ? inbox.openOrder : inbox.openImage))
    return refused(inbox, "downlink.no-offer", nowMs);
  if (command.first === 0) return takeSealed(inbox, command, nowMs);
  command.first = isOrder ? command.second / PACK_CHUNK_BYTES : command.second;
  return Math.floor(command.first) === command.first ? asked(command) : refused(inbox, "downlink.bad-chunk", nowMs);
}

/** Of the offer's sealed part; one that does not follow is passed over, and the centre is told which does. */
function takeSealed(inbox: Inbox, command: Command, nowMs: number): Taken {
  const part = inbox.sealed;
  const offset = command.second;
  const isOurs = part !== undefined && part.counter === command.counter;
  if (!isOurs || offset > part.have) {
    const wanted = receiptOf(command, TAKEN, isOurs ? part.have : 0);
    return told(isNews(inbox, AGAIN, nowMs, REPEAT_MS) ? wanted : undefined);
  }
  const end = offset + command.bytes.length;
  if (end > part.bytes.length) return refused(inbox, "downlink.bad-chunk", nowMs);
  part.bytes.set(command.bytes, offset);
  part.have = Math.max(part.have, end);
  if (part.have < part.bytes.length) return told(undefined);
  inbox.sealed = undefined;
  command.kind = part.kind;
  command.bytes = part.bytes;
  return asked(command);
}

function isChunk(kind: DownlinkKind): boolean {
  return kind === "order-chunk" || kind === "image-chunk";
}

function receiptOf(what: Downlink | Command, outcome: string, next: number): Receipt {
  return { counter: what.counter, kind: what.kind, outcome: outcome, next: next };
}

function asked(command: Command): Taken {
  return { kind: "command", command: command };
}

function told(receipt: Receipt | undefined): Taken {
  return receipt === undefined ? { kind: "nothing" } : { kind: "receipt", receipt: receipt };
}

function refused(inbox: Inbox, reason: string, nowMs: number): Taken {
  return { kind: "refused", reason: reason, isNews: isNews(inbox, reason, nowMs, QUIET_MS) };
}

/** Whether it has not been said lately; then it is said now. */
function isNews(inbox: Inbox, what: string, nowMs: number, quietMs: number): boolean {
  let at = inbox.reasons.indexOf(what);
  if (at >= 0 && nowMs < inbox.quietMs[at]) return false;
  if (at < 0) at = inbox.reasons.length;
  if (at >= REASONS_MOST) return false;
  inbox.reasons[at] = what;
  inbox.quietMs[at] = nowMs + quietMs;
  return true;
}

function journal(inbox: Inbox, receipt: Receipt): boolean {
  const written = encodeReceipt(receipt);
  return written.ok && inbox.record(written.bytes);
}

/** Open offers and the last receipt. */
function writeSlot(inbox: Inbox, receipt: Receipt): boolean {
  const written = encodeReceipt(receipt);
  if (!written.ok) return false;
  const open = [inbox.mark, uint32Bytes(inbox.openOrder), uint32Bytes(inbox.openImage), written.bytes];
  if (!inbox.secrets.write(SLOT_DOWNLINK, joinBytes(open))) return false;
  inbox.last = receipt;
  return true;
}
