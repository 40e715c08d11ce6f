import { writeCheckpoint } from "../../firmware/bracelet/checkpoint.ts";
import type { BraceletEvent } from "../../firmware/bracelet/events.ts";
import { nextWake, step } from "../../firmware/bracelet/machine.ts";
import { type BraceletState, createBlankState, enforce } from "../../firmware/bracelet/state.ts";
import type { OrderInForce } from "../../firmware/orders/store.ts";
import type { Flash } from "../../firmware/ports/flash.ts";
import { openPack } from "../../firmware/zones/pack.ts";
import { readArrayCount, readBytesBetween, readIntBetween, readTextBetween } from "../../protocol/cbor/items.ts";
import { createReader } from "../../protocol/cbor/reader.ts";
import type { Input } from "../../protocol/journal/inputs.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { BOOT, CHECKPOINT, INPUTS, ORDER } from "../../protocol/journal/record.ts";
import { ORDER_HASH_BYTES } from "../../protocol/limits.ts";
import { decodeDeviceOrder } from "../../protocol/messages/device-order.ts";
import { orderOfCheckpoint, readCheckpoint } from "./checkpoint.ts";
import type { Made, ReplayJob } from "./journal-replay.ts";

/**
 * The machine with its recorded inputs, behind the door of `journal-replay.ts`. Bundled it is the program that a release names, a
 * bundle of evidence holds and a court runs again: it may use the bare language only, no clock, no Node.
 */
export function replayDoor(text: string): string {
  const job = JSON.parse(text) as ReplayJob;
  const named = namedIn(job);
  const orders = job.orders
    .flatMap(({ payload, hash, pack }) => orderIn(bytesIn(payload), bytesIn(hash), bytesIn(pack)))
    // A checkpoint has the counter alone, so an order that was in force by another hash is none.
    .filter(({ counter, hash }) => (named.get(counter) ?? hexIn(hash)) === hexIn(hash));
  return JSON.stringify(job.segments.map((records) => runSegment(records, orders)));
}

/** By their counters, the hashes of orders that the journal says were put in force. */
function namedIn(job: ReplayJob): Map<number, string> {
  const named = new Map<number, string>();
  for (const [, kind, hex] of job.segments.flat()) {
    if (kind !== ORDER) continue;
    const reader = createReader(bytesIn(hex), 0, true);
    readArrayCount(reader, 3, 3);
    const counter = readIntBetween(reader, 0, Number.MAX_SAFE_INTEGER);
    const hash = readBytesBetween(reader, 0, ORDER_HASH_BYTES);
    if (readTextBetween(reader, 1, 64) === "in force" && reader.error === "") named.set(counter, hexIn(hash));
  }
  return named;
}

/** One that is no order, an end, or has broken zones is none that could have been in force. */
function orderIn(payload: Uint8Array, hash: Uint8Array, packBytes: Uint8Array): OrderInForce[] {
  const order = decodeDeviceOrder(payload);
  const opened = openPack(flashOf(packBytes), 0);
  if (!order.ok || order.value.terms === undefined || !opened.ok) return [];
  const { counter, id, terms } = order.value;
  const { fromMs, toMs, utcOffsets, delayS, heartbeatS } = terms;
  const duty = { fromMs, toMs, utcOffsets, delayMs: 1000 * delayS, heartbeatMs: 1000 * heartbeatS };
  return [{ counter, id, hash, duty, pack: opened.pack, terms: { ...terms, packHashes: new Uint8Array(0) } }];
}

function flashOf(bytes: Uint8Array): Flash {
  return {
    sizeBytes: bytes.length,
    eraseBytes: 4096,
    read(address, into, length) {
      for (let i = 0; i < length; i++) into[i] = address + i < bytes.length ? bytes[address + i] : 0xff;
    },
    program() {},
    erase() {},
  };
}

interface Run {
  state: BraceletState | undefined;
  made: [number, number, string][];
}

function runSegment(records: ReplayJob["segments"][0], orders: OrderInForce[]): Made {
  const run: Run = { state: undefined, made: [] };
  for (const [number, kind, hex] of records) {
    const reason = takeRecord(run, number, kind, bytesIn(hex), orders);
    if (reason !== undefined) return { records: run.made, refused: { number, reason } };
  }
  return { records: run.made, refused: undefined };
}

/** Why it cannot be taken; `undefined`: it was. */
function takeRecord(
  run: Run,
  number: number,
  kind: number,
  body: Uint8Array,
  orders: OrderInForce[],
): string | undefined {
  if (kind === BOOT) return takeBoot(run, body);
  if (kind === CHECKPOINT && run.state === undefined) return resume(run, body, orders);
  if (run.state === undefined) return "replay.no-start";
  if (kind === CHECKPOINT) run.made.push([number, CHECKPOINT, hexIn(writeCheckpoint(run.state))]);
  return kind === INPUTS ? takeInputs(run, run.state, number, body, orders) : undefined;
}

/** `[device clock, alerts so far, …]`: a boot begins with nothing else. */
function takeBoot(run: Run, body: Uint8Array): string | undefined {
  const reader = createReader(body, 0, true);
  readArrayCount(reader, 4, 4);
  const bootMs = readIntBetween(reader, 0, Number.MAX_SAFE_INTEGER);
  const alertSeq = readIntBetween(reader, 0, Number.MAX_SAFE_INTEGER);
  if (reader.error !== "") return reader.error;
  run.state = createBlankState(bootMs);
  run.state.alertSeq = alertSeq;
  return undefined;
}

function resume(run: Run, body: Uint8Array, orders: OrderInForce[]): string | undefined {
  try {
    const counter = orderOfCheckpoint(body);
    const order = orders.find((one) => one.counter === counter);
    if (counter !== undefined && order === undefined) return "replay.no-order";
    const state = createBlankState(0);
    if (order !== undefined) enforce(state, { counter: order.counter, hash: order.hash }, order.duty, order.pack);
    readCheckpoint(body, state);
    run.state = state;
    return undefined;
  } catch {
    return "replay.bad-checkpoint";
  }
}

function takeInputs(
  run: Run,
  state: BraceletState,
  number: number,
  body: Uint8Array,
  orders: OrderInForce[],
): string | undefined {
  const read = readInputs(body);
  if (!read.ok) return read.reason;
  for (const { input, nowMs } of read.inputs) {
    const event = eventOf(input, orders);
    if (event === undefined) return "replay.no-order";
    for (const effect of step(state, event, nowMs ?? nextWake(state)))
      if (effect.kind === "journal.append") run.made.push([number, effect.record, hexIn(effect.body)]);
  }
  return undefined;
}

/** An order is named by counter and hash; one that the job does not have, or has otherwise, cannot be followed. */
function eventOf(input: Input, orders: OrderInForce[]): BraceletEvent | undefined {
  if (input.kind !== "order") return input;
  const order = orders.find(({ counter, hash }) => counter === input.counter && hexIn(hash) === hexIn(input.hash));
  return order === undefined && input.counter > 0 ? undefined : { kind: "order", order };
}

const DIGITS = "0123456789abcdef";

function hexIn(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte >> 4] + DIGITS[byte & 15];
  return text;
}

function bytesIn(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
