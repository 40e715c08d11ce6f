import { CHECKPOINT_FORMAT } from "../../firmware/bracelet/checkpoint.ts";
import type { BraceletState } from "../../firmware/bracelet/state.ts";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import { createTamper } from "../../firmware/tamper/tamper.ts";
import { zoneId } from "../../firmware/zones/pack.ts";
import { type CborValue, decode } from "../../protocol/cbor/codec.ts";
import { ToolError } from "../../protocol/errors.ts";

type Values = CborValue[];

/** The counter of the order that was in force at a checkpoint; `undefined`: none was. */
export function orderOfCheckpoint(body: Uint8Array): number | undefined {
  const order = valuesOf(body)[2];
  return typeof order === "number" ? order : undefined;
}

/**
 * Puts what `writeCheckpoint` wrote back into a state that has the checkpoint's order already. The values stand without names:
 * they go into the fields in the order in which the state declares them, and where one may have several shapes its text or
 * length says which.
 */
export function readCheckpoint(body: Uint8Array, state: BraceletState): void {
  const values = valuesOf(body);
  const at = (i: number) => values[i + 1];
  fill(state.time, at(0));
  state.ended = at(2) === true;
  state.watching = at(3) === true;
  unpack(state.active, at(4));
  state.changeMs = numberOf(at(5));
  const gate = listOf(at(6));
  const { metric, ...kept } = state.gate;
  fill(kept, gate);
  Object.assign(state.gate, kept, { metric });
  fill(state.ttff, at(7));
  fill(state.belief, at(8));
  fill(state.reach, at(9));
  state.receiver = receiverOf(at(10));
  fill(state.plan, at(11));
  state.fixMs = numberOr(at(12));
  state.fix = at(13) === null ? undefined : fixOf(at(13));
  state.fixDoubtM = numberOf(at(14));
  state.watches = listOf(at(15)).map(watchOf);
  state.entered = listOf(at(16)).map((one) => {
    const zone = numberOf(one);
    return { zone, id: zoneId(state.pack, zone) };
  });
  state.close = at(17) === true;
  state.strange = at(18) === true;
  state.dueMs = numberOf(at(19));
  state.failures = numberOf(at(20));
  state.retryMs = numberOf(at(21));
  fill(state.loss, at(22));
  state.locating = at(23) === true;
  state.tamper = tamperOf(at(24));
  const sensed = listOf(at(25));
  for (let i = 0; i < sensed.length; i += 2) fill(state.tamper.signals[numberOf(sensed[i])] ?? {}, sensed[i + 1]);
  state.alertSeq = numberOf(at(26));
}

/** The values of a checkpoint behind its format, as `writeCheckpoint` names them. */
const NAMES = [
  ...[
    "time",
    "order",
    "ended",
    "watching",
    "active",
    "changeMs",
    "gate",
    "ttff",
    "belief",
    "reach",
    "receiver",
    "plan",
  ],
  ...["fixMs", "fix", "fixDoubtM", "watches", "entered", "close", "strange", "dueMs", "failures", "retryMs", "loss"],
  ...["locating", "tamper", "tamper.signals", "alertSeq"],
];

/** Which values of two checkpoints are not the same; `format` where one of them cannot be read. */
export function differingFields(a: Uint8Array, b: Uint8Array): string[] {
  try {
    const [was, is] = [valuesOf(a), valuesOf(b)].map((values) => values.slice(1).map((value) => JSON.stringify(value)));
    return NAMES.filter((_, i) => was[i] !== is[i]);
  } catch {
    return ["format"];
  }
}

function valuesOf(body: Uint8Array): Values {
  let value: CborValue;
  try {
    value = decode(body);
  } catch {
    throw new ToolError("journal.bad-checkpoint", { detail: "cbor" });
  }
  const values = listOf(numbersIn(value, { ms: 0 }));
  if (values[0] !== CHECKPOINT_FORMAT || values.length !== 28)
    throw new ToolError("journal.bad-checkpoint", { detail: `format ${String(values[0])}` });
  return values;
}

/** Sets an object's fields, in order, each to a value of the shape that it has. */
function fill(target: object, value: CborValue): void {
  const values = listOf(value);
  const fields = target as Record<string, unknown>;
  const names = Object.keys(fields);
  if (names.length !== values.length) throw bad(`${names.length} fields, ${values.length} values`);
  for (const [i, name] of names.entries()) fields[name] = like(fields[name], values[i]);
}

/** The value in the shape of what stood there; an object keeps its identity. */
function like(before: unknown, value: CborValue): unknown {
  if (value === null) return undefined;
  if (typeof before === "object" && before !== null && Array.isArray(value)) {
    fill(before, value);
    return before;
  }
  return value;
}

function receiverOf(value: CborValue): BraceletState["receiver"] {
  const [phase, sinceMs, solvedMs, held] = listOf(value);
  if (phase === "off") return { phase: "off" };
  if (phase !== "acquiring") throw bad(`receiver ${String(phase)}`);
  return {
    phase: "acquiring",
    sinceMs: numberOf(sinceMs),
    solvedMs: numberOr(solvedMs),
    held: held === null ? undefined : { fix: fixOf(listOf(held)[0]), atMs: numberOf(listOf(held)[1]) },
  };
}

function fixOf(value: CborValue): NonNullable<BraceletState["fix"]> {
  const [timeMs, latE7, lonE7, dimensions, hAccMm, speedMmps, courseCdeg, satellites] = listOf(value);
  return {
    timeMs: numberOr(timeMs),
    latE7: numberOf(latE7),
    lonE7: numberOf(lonE7),
    dimensions: numberOf(dimensions),
    hAccMm: numberOr(hAccMm),
    speedMmps: numberOr(speedMmps),
    courseCdeg: numberOr(courseCdeg),
    satellites: numberOr(satellites),
  };
}

function watchOf(value: CborValue): BraceletState["watches"][number] {
  const [zone, sinceMs, ...rest] = listOf(value);
  if (rest.length === 2) {
    const [confirmed, outMs] = rest;
    return {
      phase: "inside",
      zone: numberOf(zone),
      sinceMs: numberOf(sinceMs),
      confirmed: confirmed === true,
      outMs: numberOr(outMs),
    };
  }
  if (rest.length !== 6) throw bad(`watch of ${rest.length}`);
  const [lookedMs, looks, inside, outside, leanM, dueMs] = rest.map(numberOf);
  return {
    phase: "confirming",
    zone: numberOf(zone),
    sinceMs: numberOf(sinceMs),
    lookedMs,
    looks,
    inside,
    outside,
    leanM,
    dueMs,
  };
}

function tamperOf(value: CborValue): BraceletState["tamper"] {
  const [wearing, ...values] = listOf(value);
  const { wearing: _blank, signals, ...rest } = createTamper();
  fill(rest, values);
  return { wearing: wearingOf(wearing), ...rest, signals };
}

function wearingOf(value: CborValue): BraceletState["tamper"]["wearing"] {
  const [phase, untilMs, takenMs, emergency, opened, overdue] = listOf(value);
  if (phase === "loose" || phase === "worn") return { phase };
  if (phase !== "removed") throw bad(`wearing ${String(phase)}`);
  return {
    phase,
    untilMs: numberOf(untilMs),
    takenMs: numberOf(takenMs),
    emergency: emergency === true,
    opened: opened === true,
    overdue: overdue === true,
  };
}

function listOf(value: CborValue): Values {
  if (!Array.isArray(value)) throw bad("not a list");
  return value;
}

function numberOf(value: CborValue): number {
  if (typeof value !== "number") throw bad("not a number");
  return value;
}

function numberOr(value: CborValue): number | undefined {
  return value === null ? undefined : numberOf(value);
}

/** Doubles of eight bytes, and instants of fewer, which tell how far they are from the one before; in the order in which they stand. */
function numbersIn(value: CborValue, last: { ms: number }): CborValue {
  if (Array.isArray(value)) return value.map((one) => numbersIn(one, last));
  if (!(value instanceof Uint8Array)) return value;
  if (value.length === 8) return new DataView(value.buffer, value.byteOffset, 8).getFloat64(0);
  if (value.length > 8) throw bad("not a number");
  if (value.length === 1 && value[0] === 0) return NEVER_MS;
  const folded = value.reduceRight((rest, byte) => 256 * rest + byte, 0);
  last.ms += folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
  return last.ms;
}

function unpack(active: Uint8Array, value: CborValue): void {
  const bytes = listOf(value).map(numberOf);
  if (bytes.length !== Math.ceil(active.length / 8)) throw bad("zones of another order");
  for (let i = 0; i < active.length; i++) active[i] = (bytes[i >> 3] >> (i & 7)) & 1;
}

function bad(detail: string): ToolError {
  return new ToolError("journal.bad-checkpoint", { detail });
}
