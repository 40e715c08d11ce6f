import {
  createWriter,
  finish,
  type Writer,
  writeArrayHead,
  writeBool,
  writeBytes,
  writeInt,
  writeNull,
  writeText,
} from "../../protocol/cbor/writer.ts";
import { UINT32_MOST } from "../../protocol/limits.ts";
import { NEVER_MS } from "../lib/instant.ts";
import type { Signal } from "../tamper/signal.ts";
import type { BraceletState } from "./state.ts";

/** Raised with every change of what stands in a checkpoint or in which order. */
export const CHECKPOINT_FORMAT = 2;
const USUAL_BYTES = 512;

/**
 * All that the machine remembers, as CBOR: values in the order in which the state declares them, without names. Left out are
 * the order's words and zones, and the scratch space, which the order and the next fix make anew. The device only ever writes it: a
 * boot begins afresh, and it is the replay that goes on from a checkpoint.
 */
export function writeCheckpoint(state: BraceletState): Uint8Array {
  const writer = createWriter(USUAL_BYTES);
  const kept = keptOf(state);
  const last: Last = { ms: 0 };
  writeArrayHead(writer, kept.length + 1);
  writeInt(writer, CHECKPOINT_FORMAT);
  for (let i = 0; i < kept.length; i++) writeValue(writer, kept[i], last);
  return finish(writer);
}

/** The instant that was written last. */
interface Last {
  ms: number;
}

/** In this order, for ever within a format. */
function keptOf(state: BraceletState): unknown[] {
  return [
    state.time,
    state.order === undefined ? undefined : state.order.counter,
    state.ended,
    state.watching,
    packed(state.active),
    state.changeMs,
    valuesBut(state.gate, state.gate.metric),
    state.ttff,
    state.belief,
    state.reach,
    state.receiver,
    state.plan,
    state.fixMs,
    state.fix,
    state.fixDoubtM,
    // Without their phases, which their lengths tell; and without names, which are the order's.
    state.watches.map((watch) => valuesBut(watch, watch.phase)),
    state.entered.map((one) => one.zone),
    state.close,
    state.strange,
    state.dueMs,
    state.failures,
    state.retryMs,
    state.loss,
    state.locating,
    valuesBut(state.tamper, state.tamper.signals),
    sensed(state.tamper.signals),
    state.alertSeq,
  ];
}

/** An object's values in order, but for one that stands elsewhere or is made anew. */
function valuesBut(object: unknown, left: unknown): unknown[] {
  const fields = object as Record<string, unknown>;
  const names = Object.keys(fields);
  const values: unknown[] = [];
  for (let i = 0; i < names.length; i++) if (fields[names[i]] !== left) values.push(fields[names[i]]);
  return values;
}

/** Those that have ever said anything, each with its place: mostly there are none. */
function sensed(signals: Signal[]): unknown[] {
  const found: unknown[] = [];
  for (let i = 0; i < signals.length; i++) {
    if (!signals[i].on && !signals[i].raised && signals[i].changedMs < 0) continue;
    found.push(i);
    found.push(signals[i]);
  }
  return found;
}

/** Eight zones to a byte. */
function packed(active: Uint8Array): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < active.length; i++) {
    if (i % 8 === 0) bytes.push(0);
    if (active[i] === 1) bytes[bytes.length - 1] |= 1 << (i % 8);
  }
  return bytes;
}

/**
 * Integers, texts and truth values as they are; instants as fewer than eight bytes; other numbers as the eight bytes of the double;
 * objects as their values in order.
 */
function writeValue(writer: Writer, value: unknown, last: Last): void {
  if (value === undefined) writeNull(writer);
  else if (typeof value === "number") writeNumber(writer, value, last);
  else if (typeof value === "string") writeText(writer, value);
  else if (typeof value === "boolean") writeBool(writer, value);
  else writeValues(writer, value as Record<string, unknown>, last);
}

function writeValues(writer: Writer, object: Record<string, unknown>, last: Last): void {
  // Of an array these are its indices.
  const names = Object.keys(object);
  writeArrayHead(writer, names.length);
  for (let i = 0; i < names.length; i++) writeValue(writer, object[names[i]], last);
}

/** −0 is no integer here: it must come back as it was. */
function writeNumber(writer: Writer, value: number, last: Last): void {
  if (Math.floor(value) === value && value - value === 0 && (value !== 0 || 1 / value > 0)) {
    if (value > UINT32_MOST && value <= NEVER_MS) writeInstant(writer, value, last);
    else writeInt(writer, value);
    return;
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bytes = new Uint8Array(8);
  for (let i = 0; i < 8; i++) bytes[i] = view.getUint8(i);
  writeBytes(writer, bytes);
}

/**
 * As its distance from the one before, little end first, doubled, and less one where it lies before it: no bytes where it is the
 * same. `NEVER_MS` is a lone 0, which no distance is.
 */
function writeInstant(writer: Writer, value: number, last: Last): void {
  const bytes: number[] = [];
  if (value === NEVER_MS) bytes.push(0);
  else {
    const ms = value - last.ms;
    last.ms = value;
    for (let rest = ms < 0 ? -2 * ms - 1 : 2 * ms; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  }
  writeBytes(writer, new Uint8Array(bytes));
}
