import { DOWNLINK_CONTEXT, ORDER_CONTEXT } from "../../protocol/cose/contexts.ts";
import type { Crypto } from "../../protocol/cose/crypto.ts";
import { PURPOSE_DOWNLINK, PURPOSE_ORDER, PURPOSE_UPLINK } from "../../protocol/cose/keys.ts";
import { sealMac0 } from "../../protocol/cose/mac0.ts";
import { createSealer, type Sealer, sealMessage } from "../../protocol/cose/message.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { nameOfRecord } from "../../protocol/journal/order.ts";
import { ALERT, type JournalRecord } from "../../protocol/journal/record.ts";
import { type Alert, decodeAlert } from "../../protocol/messages/alert.ts";
import { encodeDeviceOrder } from "../../protocol/messages/device-order.ts";
import {
  DOWNLINK_CHUNK_BYTES,
  type Downlink,
  type DownlinkKind,
  sealDownlink,
} from "../../protocol/messages/downlink.ts";
import { PIECE_BYTES } from "../../protocol/messages/image.ts";
import type { Receipt } from "../../protocol/messages/receipt.ts";
import type { Status } from "../../protocol/messages/status.ts";
import { openUplink, type Uplink } from "../../protocol/messages/uplink.ts";
import { SIMULATED_DEVICE, type SimulatedOrder, simulatedKey } from "./provision.ts";

/** A record as the centre has it. */
export interface Received {
  record: JournalRecord;
  /** When it came first. */
  atMs: number;
  times: number;
}

/** A new image as it travels: the sealed manifest, and what that names. */
export interface SimulatedImage {
  sealed: Uint8Array;
  covered: Uint8Array;
}

/**
 * The centre of one simulated device: opens what it sends, keeps every record once, and answers under seal. It notes what must
 * never happen, too: a message that does not open, a pair of salt and counter used twice, a number with two contents in one epoch.
 */
export class Centre {
  /** By `nameOfRecord`: a device whose flash was put back uses a number again, in a later epoch. */
  readonly records = new Map<string, Received>();
  readonly alerts: { alert: Alert; number: number; atMs: number }[] = [];
  readonly statuses: { status: Status; newest: number; atMs: number }[] = [];
  readonly receipts: (Receipt & { atMs: number })[] = [];
  readonly faults: string[] = [];
  /** Messages that came, by salt and counter. */
  readonly seals = new Set<string>();
  /** Whether a status of a new boot is answered with the time. */
  tellsTime = true;
  private readonly crypto: Crypto = createNodeCrypto();
  private readonly sealer: Sealer;
  private readonly uplinkKey: Uint8Array;
  private readonly told = new Set<string>();
  private counter = 0;

  /** `send`: to the broker, for the device. */
  constructor(
    private readonly seed: number,
    private readonly send: (bytes: Uint8Array) => void,
  ) {
    this.uplinkKey = simulatedKey(this.crypto, seed, PURPOSE_UPLINK);
    const salt = this.crypto.sha256(new TextEncoder().encode(`centre ${seed}`)).slice(0, 16);
    this.sealer = createSealer(this.crypto, simulatedKey(this.crypto, seed, PURPOSE_DOWNLINK), salt);
  }

  /** A message that the broker has kept. */
  take(bytes: Uint8Array, nowMs: number): void {
    const opened = openUplink(this.crypto, this.uplinkKey, bytes);
    if (!opened.ok) {
      this.faults.push(opened.reason);
      return;
    }
    const name = `${Buffer.from(opened.salt).toString("hex")}/${opened.counter}`;
    if (this.seals.has(name)) this.faults.push(`seal repeated: ${name}`);
    this.seals.add(name);
    for (const record of opened.uplink.records) this.keep(record, nowMs);
    if (opened.uplink.kind === "report") this.takeReport(opened.uplink, opened.salt, nowMs);
  }

  private keep(record: JournalRecord, nowMs: number): void {
    const name = nameOfRecord(record);
    const known = this.records.get(name);
    if (known !== undefined) {
      if (Buffer.compare(known.record.tag, record.tag) !== 0) this.faults.push(`two records ${name}`);
      known.times += 1;
      return;
    }
    this.records.set(name, { record, atMs: nowMs, times: 1 });
    if (record.kind !== ALERT) return;
    const alert = decodeAlert(record.body);
    if (alert.ok) this.alerts.push({ alert: alert.value, number: record.number, atMs: nowMs });
    else this.faults.push(alert.reason);
  }

  private takeReport(report: Uplink & { kind: "report" }, salt: Uint8Array, nowMs: number): void {
    this.statuses.push({ status: report.status, newest: report.newest, atMs: nowMs });
    for (const receipt of report.receipts) this.receipts.push({ ...receipt, atMs: nowMs });
    const boot = Buffer.from(salt).toString("hex");
    if (!this.tellsTime || this.told.has(boot)) return;
    this.told.add(boot);
    this.tell("time", [nowMs, report.status.atMs], salt);
  }

  /** Seals and sends; the counter that it bears. */
  tell(kind: DownlinkKind, numbers: number[] = [], bytes?: Uint8Array, counter = ++this.counter): number {
    const message: Downlink = { device: SIMULATED_DEVICE, counter, kind, numbers, bytes };
    const sealed = sealDownlink(this.sealer, message);
    if (!sealed.ok) throw new Error(sealed.reason);
    this.send(sealed.bytes);
    return counter;
  }

  /** Bytes that bear the seal and are no downlink, for who wants to be refused. */
  tellGarbage(bytes: Uint8Array): void {
    const sealed = sealMessage(this.sealer, bytes, DOWNLINK_CONTEXT);
    if (sealed.ok) this.send(sealed.bytes);
  }

  /** An offer and its pieces. */
  tellOrder(order: SimulatedOrder): number {
    const counter = this.offer("order", "order-chunk", order.sealed);
    this.pieces("order-chunk", counter, order.pack, DOWNLINK_CHUNK_BYTES);
    return counter;
  }

  tellImage(image: SimulatedImage): number {
    const counter = this.offer("image", "image-chunk", image.sealed);
    this.pieces("image-chunk", counter, image.covered, PIECE_BYTES);
    return counter;
  }

  private offer(kind: "order" | "image", chunk: DownlinkKind, sealed: Uint8Array): number {
    const counter = this.tell(kind, [sealed.length], sealed.slice(0, DOWNLINK_CHUNK_BYTES));
    for (let at = DOWNLINK_CHUNK_BYTES; at < sealed.length; at += DOWNLINK_CHUNK_BYTES)
      this.tell(chunk, [0, at], sealed.slice(at, at + DOWNLINK_CHUNK_BYTES), counter);
    return counter;
  }

  private pieces(chunk: DownlinkKind, counter: number, bytes: Uint8Array, step: number): void {
    for (let at = 0; at < bytes.length; at += step) this.tell(chunk, [1, at], bytes.slice(at, at + step), counter);
  }

  /** The end of the order with this id. */
  tellEnd(id: string, orderCounter: number): number {
    const encoded = encodeDeviceOrder({ device: SIMULATED_DEVICE, counter: orderCounter, id, terms: undefined });
    if (!encoded.ok) throw new Error(encoded.reason);
    const key = simulatedKey(this.crypto, this.seed, PURPOSE_ORDER);
    return this.tell("end", [], sealMac0(this.crypto, key, encoded.bytes, ORDER_CONTEXT));
  }

  /** How a downlink ended, as far as is known. */
  outcomeOf(counter: number): string | undefined {
    return this.receipts.filter((receipt) => receipt.counter === counter).at(-1)?.outcome;
  }
}
