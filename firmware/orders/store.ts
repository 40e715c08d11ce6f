import { equalBytes, joinBytes, uint32Bytes } from "../../protocol/bytes.ts";
import { ORDER_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_BEACON, PURPOSE_LEASE, PURPOSE_ORDER } from "../../protocol/cose/keys.ts";
import { openMac0, payloadOfMac0 } from "../../protocol/cose/mac0.ts";
import {
  ORDER_HASH_BYTES,
  ORDER_PACK_AT,
  ORDER_PLACE_BYTES,
  PACK_CHUNK_BYTES,
  SEALED_ORDER_MOST_BYTES,
} from "../../protocol/limits.ts";
import { decodeDeviceOrder, packBytesOf, type Terms } from "../../protocol/messages/device-order.ts";
import { textOf } from "../../protocol/utf8.ts";
import type { Duty, OrderMark } from "../bracelet/state.ts";
import { numberAt } from "../lib/big-end.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Flash } from "../ports/flash.ts";
import type { Secrets } from "../ports/secrets.ts";
import { SLOT_DEVICE, SLOT_FIT, SLOT_KEY, SLOT_ORDER } from "../secrets/slots.ts";
import { i32At, openPack, type Pack } from "../zones/pack.ts";
import { erasePlace, readSealed, writeSealed } from "./place.ts";

/**
 * The order that this device carries. Two places in the bulk flash hold sealed orders with their zones; which of them counts
 * is said by SLOT_ORDER alone, which nobody can rewind: its write is the switch. An order comes as an offer, piece by piece,
 * and every piece is held against the sealed order before it is written; only a whole one is put in force.
 *
 *   none ──offer──▶ offered ──every piece──▶ install: SLOT_ORDER ──▶ in force ──end, or its date──▶ forgetting ──▶ none
 *                      ▲                                                │  ▲
 *                      └────── an amendment into the other place ───────┘  └─ the old place is erased and read back
 */
export interface Orders {
  flash: Flash;
  /** Where the two places lie in the bulk flash, at an erase block; blocks are of 4,096 bytes or less. */
  address: number;
  secrets: Secrets;
  crypto: Crypto;
  /** As in SLOT_ORDER: of the order in force, or of the last that ended; 0 before the first. */
  counter: number;
  /** 0, 1, NO_PLACE or FORGETTING. */
  place: number;
  hash: Uint8Array;
  inForce: OrderInForce | undefined;
  offered: Offered | undefined;
  /** What was looked at last, if it was genuine: a refusal is of that. */
  seen: OrderMark | undefined;
}

export interface OrderInForce {
  counter: number;
  id: string;
  /** 16 bytes of the SHA-256 of what was sealed: zones included, for their hashes are in it. */
  hash: Uint8Array;
  duty: Duty;
  pack: Pack;
  /** The order's words, but without the hashes of its zones. */
  terms: Terms;
}

/** Sealed for this device, and well-formed. */
interface Genuine {
  counter: number;
  id: string;
  /** Nobody looks at those of an end. */
  terms: Terms;
  hash: Uint8Array;
}

interface Offered {
  genuine: Genuine;
  /** A byte for each piece of the zones: 1 once it is written. */
  there: Uint8Array;
  /** Pieces still to come. */
  missing: number;
}

interface Refused {
  ok: false;
  reason: string;
}

/** `missing`: pieces of the zones that are still to come. */
export type Took = { ok: true; missing: number } | Refused;
/** `forgotten`: false where something of the order before can still be read. */
export type Installed = { ok: true; order: OrderInForce; forgotten: boolean } | Refused;

const NO_PLACE = 2;
/** The order has ended, and not everything of it is known to be gone. */
const FORGETTING = 3;
const SLOT_BYTES = 5 + ORDER_HASH_BYTES;

/**
 * At boot. What SLOT_ORDER names is verified again to the last byte, for the bulk flash may have been written or rewound since:
 * where it does not hold there are no zones and `inForce` is undefined, and `finding` says `order.rewound` (another sealed order
 * stands there) or `order.damaged`. The counter still holds then: only the very same order, or a later one, mends it. What a
 * power cut left half done is finished: forgetting, and the erasing of the place that does not count (`order.not-forgotten`
 * where it could not be).
 */
export function openOrders(
  flash: Flash,
  address: number,
  secrets: Secrets,
  crypto: Crypto,
): { orders: Orders; finding: string | undefined } {
  const orders: Orders = {
    flash: flash,
    address: address,
    secrets: secrets,
    crypto: crypto,
    counter: 0,
    place: NO_PLACE,
    hash: new Uint8Array(ORDER_HASH_BYTES),
    inForce: undefined,
    offered: undefined,
    seen: undefined,
  };
  const slot = secrets.read(SLOT_ORDER);
  if (slot !== undefined && slot.length === SLOT_BYTES) {
    orders.counter = numberAt(slot, 0, 4);
    orders.place = slot[4];
    for (let i = 0; i < ORDER_HASH_BYTES; i++) orders.hash[i] = slot[5 + i];
  }
  let finding: string | undefined;
  if (orders.place < NO_PLACE) finding = reopen(orders);
  const gone = orders.place === FORGETTING ? forget(orders) : resumeOffer(orders);
  return { orders: orders, finding: gone ? finding : "order.not-forgotten" };
}

export function orderInForce(orders: Orders): OrderInForce | undefined {
  return orders.inForce;
}

/** Its hash lies on the chip and vouches for it, also when the order key has been rotated since it came. */
function reopen(orders: Orders): string | undefined {
  const sealed = readSealed(orders.flash, placeAt(orders, orders.place));
  const genuine = readOrder(orders, payloadOfMac0(sealed), false);
  if (typeof genuine === "string") return "order.damaged";
  if (!equalBytes(genuine.hash, orders.hash))
    return typeof look(orders, sealed, false) === "string" ? "order.damaged" : "order.rewound";
  const order = enforce(orders, orders.place, genuine);
  if (typeof order === "string") return "order.damaged";
  putInForce(orders, order);
  return undefined;
}

/** An offer that was under way goes on; anything else in a place that does not count is erased. False: it is still there. */
function resumeOffer(orders: Orders): boolean {
  const spare = spareOf(orders);
  const genuine = look(orders, readSealed(orders.flash, placeAt(orders, spare)), false);
  if (typeof genuine === "string" || refuseCounter(orders, genuine) !== "") return eraseOthers(orders);
  const offered = offerOf(genuine);
  for (let i = 0; i < offered.there.length; i++) if (hasPiece(orders, spare, genuine.terms, i)) markThere(offered, i);
  orders.offered = offered;
  return true;
}

/** Every place that does not count. */
function eraseOthers(orders: Orders): boolean {
  let erased = true;
  for (let place = 0; place < NO_PLACE; place++)
    if (place !== orders.place && !erasePlace(orders.flash, placeAt(orders, place))) erased = false;
  return erased;
}

/**
 * A sealed order from outside. It is kept beside the one in force, and changes nothing yet. The same offer again goes on where
 * it was. `trustedMs`: UTC where time is trusted. Refused: `order.too-long`, `order.no-key`, `order.unsealed` (no seal at all),
 * `order.forged`, `order.malformed`, `order.foreign` (another device's), `order.is-end`, `order.expired`, `order.replayed` (the
 * counter was used), `order.rolled-back` (a lower one), `order.worn` (the flash does not take it).
 */
export function offerOrder(orders: Orders, sealed: Uint8Array, trustedMs: number | undefined): Took {
  const genuine = look(orders, sealed, false);
  if (typeof genuine === "string") return refused(genuine);
  const toMs = genuine.terms.toMs;
  if (trustedMs !== undefined && toMs !== undefined && toMs <= trustedMs) return refused("order.expired");
  const pending = orders.offered;
  if (pending !== undefined && equalBytes(genuine.hash, pending.genuine.hash)) return took(pending.missing);
  const reason = refuseCounter(orders, genuine);
  if (reason !== "") return refused(reason);
  orders.offered = undefined;
  if (!eraseOthers(orders) || !writeSealed(orders.flash, placeAt(orders, spareOf(orders)), sealed))
    return refused("order.worn");
  orders.offered = offerOf(genuine);
  return took(orders.offered.missing);
}

/**
 * Piece `index` of the offered order's zones; in any order, more than once. Refused: `order.not-offered`,
 * `order.pack-mismatch` (not the piece that was sealed), `order.worn` (it does not read back: the offer is dropped).
 */
export function offerPackChunk(orders: Orders, index: number, bytes: Uint8Array): Took {
  const offered = offerIn(orders);
  if (offered === undefined) return refused("order.not-offered");
  const terms = offered.genuine.terms;
  if (!isPiece(orders, terms, index, bytes)) return refused("order.pack-mismatch");
  if (offered.there[index] === 0) {
    const place = spareOf(orders);
    // What a power cut left of it is completed: bits only fall, and towards the same bytes.
    orders.flash.program(pieceAt(orders, place, index), bytes);
    if (!hasPiece(orders, place, terms, index)) {
      // What stands there is not what was erased: the same offer, made again, erases it.
      orders.offered = undefined;
      return refused("order.worn");
    }
    markThere(offered, index);
  }
  return took(offered.missing);
}

/**
 * Puts the offered order in force; from then on the one before is gone. Refused, and nothing changes: `order.not-offered`,
 * `order.incomplete`, `order.pack-mismatch` (the flash has changed since), `order.pack-refused`, `order.unwritten` (the slot).
 */
export function installOrder(orders: Orders): Installed {
  const offered = offerIn(orders);
  if (offered === undefined) return refused("order.not-offered");
  if (offered.missing > 0) return refused("order.incomplete");
  const place = spareOf(orders);
  const order = enforce(orders, place, offered.genuine);
  if (typeof order === "string") return refused(order);
  if (!writeSlot(orders, order, place)) return refused("order.unwritten");
  orders.offered = undefined;
  putInForce(orders, order);
  return { ok: true, order: order, forgotten: eraseOthers(orders) };
}

/** A sealed end. Refused as an order is, and: `order.no-end`, `order.not-in-force` (another order's), `order.unwritten`. */
export function endOrder(orders: Orders, sealed: Uint8Array): Took {
  const genuine = look(orders, sealed, true);
  if (typeof genuine === "string") return refused(genuine);
  const reason = refuseUsed(genuine, orders.counter);
  if (reason !== "") return refused(reason);
  if (orders.inForce !== undefined && orders.inForce.id !== genuine.id) return refused("order.not-in-force");
  if (!writeSlot(orders, genuine, FORGETTING)) return refused("order.unwritten");
  return forget(orders) ? took(0) : refused("order.not-forgotten");
}

/** The order's date has passed, says a machine that trusts its time: zones, order and its keys go, the counter stays. */
export function forgetOrder(orders: Orders): boolean {
  return writeSlot(orders, orders, FORGETTING) && forget(orders);
}

/** Until the last byte has been read back as gone the slot says so, and the next boot goes on. */
function forget(orders: Orders): boolean {
  orders.inForce = undefined;
  orders.offered = undefined;
  let gone = eraseOthers(orders);
  // What it radiated under and took leases under was this order's; the others carry the next one in, and the bracelet off.
  for (let purpose = PURPOSE_LEASE; purpose <= PURPOSE_BEACON; purpose++)
    if (!orders.secrets.erase(SLOT_KEY + purpose)) gone = false;
  // Nobody is to wear it any more.
  if (!orders.secrets.erase(SLOT_FIT)) gone = false;
  return gone && writeSlot(orders, orders, NO_PLACE);
}

/** An order, or the end of one, that is sealed for this device and well-formed; or why it is none. */
function look(orders: Orders, sealed: Uint8Array, isEnd: boolean): Genuine | string {
  orders.seen = undefined;
  const key = orders.secrets.read(SLOT_KEY + PURPOSE_ORDER);
  if (sealed.length > SEALED_ORDER_MOST_BYTES) return "order.too-long";
  if (key === undefined) return "order.no-key";
  const opened = openMac0(orders.crypto, key, sealed, ORDER_CONTEXT);
  if (!opened.ok) return opened.reason === "seal.forged" ? "order.forged" : "order.unsealed";
  return readOrder(orders, opened.payload, isEnd);
}

function readOrder(orders: Orders, payload: Uint8Array, isEnd: boolean): Genuine | string {
  const device = orders.secrets.read(SLOT_DEVICE);
  if (device === undefined) return "order.no-key";
  const read = decodeDeviceOrder(payload);
  if (!read.ok) return "order.malformed";
  const order = read.value;
  if (order.device !== textOf(device, 0, device.length)) return "order.foreign";
  if ((order.terms === undefined) !== isEnd) return isEnd ? "order.no-end" : "order.is-end";
  const hash = new Uint8Array(ORDER_HASH_BYTES);
  const sum = orders.crypto.sha256(payload);
  for (let i = 0; i < hash.length; i++) hash[i] = sum[i];
  const genuine = { counter: order.counter, id: order.id, terms: order.terms as Terms, hash: hash };
  orders.seen = genuine;
  return genuine;
}

function offerIn(orders: Orders): Offered | undefined {
  const offered = orders.offered;
  orders.seen = offered === undefined ? undefined : offered.genuine;
  return offered;
}

/** Empty where the order is later than what is in force and what is offered. One that the flash has lost may come again. */
function refuseCounter(orders: Orders, genuine: Genuine): string {
  const pending = orders.offered;
  if (pending !== undefined && genuine.counter <= pending.genuine.counter)
    return refuseUsed(genuine, pending.genuine.counter);
  const lost = orders.place < NO_PLACE && orders.inForce === undefined;
  return lost && equalBytes(genuine.hash, orders.hash) ? "" : refuseUsed(genuine, orders.counter);
}

function refuseUsed(genuine: Genuine, counter: number): string {
  if (genuine.counter > counter) return "";
  return genuine.counter < counter ? "order.rolled-back" : "order.replayed";
}

function enforce(orders: Orders, place: number, genuine: Genuine): OrderInForce | string {
  const terms = genuine.terms;
  for (let i = 0; i < pieces(terms); i++) if (!hasPiece(orders, place, terms, i)) return "order.pack-mismatch";
  const opened = openPack(orders.flash, placeAt(orders, place) + ORDER_PACK_AT);
  if (!opened.ok || i32At(opened.pack, 8) !== packBytesOf(terms)) return "order.pack-refused";
  const duty: Duty = {
    fromMs: terms.fromMs,
    toMs: terms.toMs,
    utcOffsets: terms.utcOffsets,
    delayMs: terms.delayS * 1000,
    heartbeatMs: terms.heartbeatS * 1000,
  };
  return {
    counter: genuine.counter,
    id: genuine.id,
    hash: genuine.hash,
    duty: duty,
    pack: opened.pack,
    terms: terms,
  };
}

function putInForce(orders: Orders, order: OrderInForce): void {
  // Its zones have been held against them, and nothing will be again before the next boot.
  order.terms.packHashes = new Uint8Array(0);
  orders.inForce = order;
}

function refused(reason: string): Refused {
  return { ok: false, reason: reason };
}

function took(missing: number): Took {
  return { ok: true, missing: missing };
}

function offerOf(genuine: Genuine): Offered {
  const there = new Uint8Array(pieces(genuine.terms));
  return { genuine: genuine, there: there, missing: there.length };
}

function markThere(offered: Offered, index: number): void {
  offered.there[index] = 1;
  offered.missing -= 1;
}

function pieces(terms: Terms): number {
  return terms.packHashes.length / ORDER_HASH_BYTES;
}

/** An index past the end finds no hash, and one that is no index no length either. */
function isPiece(orders: Orders, terms: Terms, index: number, bytes: Uint8Array): boolean {
  if (bytes.length !== pieceBytes(terms, index)) return false;
  const sum = orders.crypto.sha256(bytes);
  for (let i = 0; i < ORDER_HASH_BYTES; i++)
    if (sum[i] !== terms.packHashes[ORDER_HASH_BYTES * index + i]) return false;
  return true;
}

/** Whether the piece in the flash is the one that was sealed. */
function hasPiece(orders: Orders, place: number, terms: Terms, index: number): boolean {
  const bytes = new Uint8Array(pieceBytes(terms, index));
  orders.flash.read(pieceAt(orders, place, index), bytes, bytes.length);
  return isPiece(orders, terms, index, bytes);
}

function pieceBytes(terms: Terms, index: number): number {
  return index === pieces(terms) - 1 ? terms.packLastBytes : PACK_CHUNK_BYTES;
}

function pieceAt(orders: Orders, place: number, index: number): number {
  return placeAt(orders, place) + ORDER_PACK_AT + PACK_CHUNK_BYTES * index;
}

function placeAt(orders: Orders, place: number): number {
  return orders.address + ORDER_PLACE_BYTES * place;
}

/** Where an offer goes: never where the slot points. */
function spareOf(orders: Orders): number {
  return orders.place === 0 ? 1 : 0;
}

/** The one write that decides. */
function writeSlot(orders: Orders, which: OrderMark, place: number): boolean {
  const where = new Uint8Array(1);
  where[0] = place;
  if (!orders.secrets.write(SLOT_ORDER, joinBytes([uint32Bytes(which.counter), where, which.hash]))) return false;
  orders.counter = which.counter;
  orders.place = place;
  orders.hash = which.hash;
  return true;
}
