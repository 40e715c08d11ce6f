import { expect, test } from "vitest";
import * as protocol from "../../protocol/index.ts";
import { type CborValue, type Decoded, type Encoded, encode } from "../../protocol/index.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { AS_MESSAGE } from "./as-message.ts";
import { mismatch, parseCddl, readSchemas, type Type } from "./cddl.ts";
import { generate, type Spoilt, spoil } from "./values.ts";

const schema = readSchemas();

/** Each message: its rule, and our two functions. */
const MESSAGES: Record<string, { encode: (value: never) => Encoded; decode: (bytes: Uint8Array) => Decoded<unknown> }> =
  {
    fix: { encode: protocol.encodeFix, decode: protocol.decodeFix },
    alert: { encode: protocol.encodeAlert, decode: protocol.decodeAlert },
    zone: { encode: protocol.encodeZone, decode: protocol.decodeZone },
    order: { encode: protocol.encodeOrder, decode: protocol.decodeOrder },
    "device-order": { encode: protocol.encodeDeviceOrder, decode: protocol.decodeDeviceOrder },
    "image-manifest": { encode: protocol.encodeImageManifest, decode: protocol.decodeImageManifest },
    "image-info": { encode: protocol.encodeImageInfo, decode: protocol.decodeImageInfo },
    "release-list": { encode: protocol.encodeReleaseList, decode: protocol.decodeReleaseList },
    status: { encode: protocol.encodeStatus, decode: protocol.decodeStatus },
    uplink: { encode: protocol.encodeUplink, decode: protocol.decodeUplink },
    downlink: { encode: protocol.encodeDownlink, decode: protocol.decodeDownlink },
    receipt: { encode: protocol.encodeReceipt, decode: protocol.decodeReceipt },
    lease: { encode: protocol.encodeLease, decode: protocol.decodeLease },
    acked: { encode: protocol.encodeAcked, decode: protocol.decodeAcked },
    "trace-header": { encode: protocol.encodeTraceHeader, decode: protocol.decodeTraceHeader },
    "trace-point": { encode: protocol.encodeTracePoint, decode: protocol.decodeTracePoint },
  };
const NAMES = Object.keys(MESSAGES);
const RUNS = 400;
const REFUSED = { ok: false, reason: expect.stringMatching(/^(message|cbor)\./), offset: expect.any(Number) };

const typeOf = (name: string): Type => ({ kind: "name", name });
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** A value for which the schema and its rules find nothing to say. */
function allowed(name: string, random: () => number): CborValue {
  for (;;) {
    const value = generate({ schema, random }, typeOf(name));
    if (mismatch(schema, typeOf(name), value) === undefined) return value;
  }
}

/** Both functions do with the value what the schema says of it. Whether it was allowed. */
function agree(name: string, { what, value, onlyWire }: Spoilt): boolean {
  const wrong = mismatch(schema, typeOf(name), value);
  const bytes = encode(value);
  const label = `${name}, ${what}: ${wrong ?? "allowed"}: ${hexOf(bytes.subarray(0, 100))}`;
  const read = MESSAGES[name].decode(bytes);
  if (wrong === undefined) expect(read, label).toMatchObject({ ok: true });
  else expect(read, label).toEqual(REFUSED);
  if (onlyWire || !(value instanceof Map)) return wrong === undefined;
  const written = MESSAGES[name].encode(AS_MESSAGE[name](value as Map<number, CborValue>) as never);
  if (!written.ok || wrong !== undefined) expect(written, label).toEqual(wrong === undefined ? { ok: true } : REFUSED);
  else expect(hexOf(written.bytes), label).toBe(hexOf(bytes));
  return wrong === undefined;
}

test("every message has its rule, and every rule its use", () => {
  expect(schema.size).toBeGreaterThan(10);
  expect(NAMES.filter((name) => !schema.has(name))).toEqual([]);
  const used = new Set(NAMES);
  const mark = (type: Type): void => {
    if (type.kind === "name") {
      used.add(type.name);
      mark(schema.get(type.name) as Type);
    } else if (type.kind === "choice") for (const t of type.of) mark(t);
    else if (type.kind === "map") for (const m of type.members) mark(m.type);
    else if (type.kind === "array") for (const t of type.items.flatMap((i) => i.group)) mark(t);
  };
  for (const name of NAMES) mark(schema.get(name) as Type);
  expect([...schema.keys()].filter((name) => !used.has(name))).toEqual([]);
});

test.each(NAMES)("what the schema allows, %s decodes, and writes back to the byte", (name) => {
  const random = seededRandom(1, name);
  for (let run = 0; run < RUNS; run++) {
    const bytes = encode(allowed(name, random));
    const read = MESSAGES[name].decode(bytes);
    expect(read, hexOf(bytes)).toMatchObject({ ok: true });
    if (!read.ok) continue;
    const again = MESSAGES[name].encode(read.value as never);
    expect(again).toEqual({ ok: true, bytes });
  }
});

test.each(NAMES)("%s encodes and decodes just when the schema accepts: random values", (name) => {
  const random = seededRandom(4, name);
  let accepted = 0;
  for (let run = 0; run < RUNS; run++) {
    const value = generate({ schema, random }, typeOf(name));
    if (agree(name, { what: `random ${run}`, value, onlyWire: false })) accepted += 1;
  }
  expect(accepted).toBeGreaterThan(RUNS / 20);
});

test.each(NAMES)("%s encodes and decodes just when the schema accepts: every bound overstepped by one", (name) => {
  const source = { schema, random: seededRandom(2, name) };
  let refused = 0;
  for (const spoilt of spoil(source, typeOf(name), allowed(name, source.random)))
    if (!agree(name, spoilt)) refused += 1;
  expect(refused).toBeGreaterThan(5);
});

test("the bounds that are overstepped include the counts of windows, offsets, zones, polygons, rings and vertices", () => {
  const source = { schema, random: seededRandom(5, "counts") };
  const seen = new Set<string>();
  for (const { what } of spoil(source, typeOf("order"), allowed("order", source.random)))
    for (const count of what.matchAll(/(\d+) of them/g)) seen.add(count[1]);
  for (const count of ["64", "65", "1000", "1001", "39999", "40000", "1", "0"]) expect(seen).toContain(count);
});

/** The message again and again, each time another of its numbers replaced. */
function* replaced(message: unknown, by: number): Generator<unknown> {
  if (typeof message === "number") yield by;
  else if (typeof message === "object" && message !== null && !(message instanceof Uint8Array))
    for (const [key, item] of Object.entries(message))
      for (const other of replaced(item, by))
        yield Array.isArray(message)
          ? message.map((v, i) => (i === Number(key) ? other : v))
          : { ...message, [key]: other };
}

test.each(NAMES.filter((name) => name !== "trace-header"))("%s with a number that is none is not written", (name) => {
  const random = seededRandom(6, name);
  let tried = 0;
  for (let run = 0; run < 20; run++) {
    const read = MESSAGES[name].decode(encode(allowed(name, random)));
    if (!read.ok) throw new Error(read.reason);
    for (const by of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53])
      for (const message of replaced(read.value, by)) {
        tried += 1;
        expect(MESSAGES[name].encode(message as never), `${by}: ${JSON.stringify(message)}`).toEqual(REFUSED);
      }
  }
  expect(tried).toBeGreaterThan(100);
});

test("half a unit is refused, not cut off", () => {
  const fix = { timeMs: undefined, latE7: 1.5, lonE7: 0, dimensions: 3, hAccMm: undefined };
  const written = protocol.encodeFix({ ...fix, speedMmps: undefined, courseCdeg: undefined, satellites: undefined });
  expect(written).toEqual({ ok: false, reason: "cbor.not-integer", offset: 2 });
});

test("an alert about a zone names it; one about anything else names none, and has states of its own", () => {
  const alert: protocol.Alert = {
    seq: 1,
    atMs: 2,
    about: "zone",
    zone: "home",
    state: "entered",
    sinceMs: 1,
    fix: undefined,
    signedMm: undefined,
    clock: "holdover",
    clockErrorMs: 5_000,
    percent: undefined,
    detail: undefined,
  };
  const refusal = (changes: Partial<protocol.Alert>) => {
    const written = protocol.encodeAlert({ ...alert, ...changes });
    return written.ok ? undefined : written.reason;
  };
  expect(refusal({})).toBeUndefined();
  expect(refusal({ zone: undefined })).toBe("message.missing-field");
  expect(refusal({ state: "raised" })).toBe("message.out-of-bounds");
  expect(refusal({ about: "strap", state: "raised" })).toBe("message.unknown-field");
  expect(refusal({ about: "strap", state: "raised", zone: undefined })).toBeUndefined();
  expect(refusal({ about: "battery", state: "raised", zone: undefined })).toBe("message.missing-field");
  expect(refusal({ about: "battery", state: "raised", zone: undefined, percent: 25 })).toBeUndefined();
  expect(refusal({ clockErrorMs: undefined })).toBe("cbor.not-integer");
  const wire: [number, CborValue][] = [
    [1, 1],
    [2, 2],
    [3, 0],
    [5, 0],
    [6, 1],
  ];
  expect(protocol.decodeAlert(encode(new Map(wire)))).toMatchObject({ reason: "message.missing-field" });
  const lost = new Map(wire).set(3, 1).set(5, 3);
  expect(protocol.decodeAlert(encode(lost))).toMatchObject({ ok: true });
  expect(protocol.decodeAlert(encode(lost.set(4, "home")))).toEqual({
    ok: false,
    reason: "message.unknown-field",
    offset: 7,
  });
});

test("an unknown field is refused where it stands", () => {
  const bytes = encode(
    new Map([
      [1, 2],
      [2, 3],
      [3, 4],
      [9, 5],
    ]),
  );
  expect(protocol.decodeTracePoint(bytes)).toEqual({ ok: false, reason: "message.unknown-field", offset: 7 });
});

test.each(NAMES)("%s cut off at any byte, or with bytes after it, is refused", (name) => {
  const bytes = encode(allowed(name, seededRandom(3, name)));
  for (let n = 0; n < Math.min(bytes.length, 300); n++)
    expect(MESSAGES[name].decode(bytes.subarray(0, n)).ok).toBe(false);
  expect(MESSAGES[name].decode(Uint8Array.from([...bytes, 0]))).toMatchObject({
    ok: false,
    reason: "cbor.trailing-bytes",
    offset: bytes.length,
  });
});

test("the schema's own reader sees nonsense", () => {
  expect(() => parseCddl("a = {")).toThrow();
  expect(() => parseCddl("a = %")).toThrow();
  const small = parseCddl("a = { 1: 0..9, ? 2: tstr .size (1..2) } b = [ 0, 1*2 (1, 2) ]");
  const wrong = (name: string, value: CborValue) => mismatch(small, typeOf(name), value);
  const a = (...pairs: [number, CborValue][]) => wrong("a", new Map(pairs));
  expect(a([1, 9])).toBe(undefined);
  expect(a([1, 10])).toContain("0..9");
  expect(a([1, 1], [2, "abc"])).toContain("text");
  expect(a([1, 1], [3, 1])).toContain("not in the schema");
  expect(a()).toContain("missing");
  expect(wrong("b", [0, 1, 2, 1, 2])).toBe(undefined);
  for (const b of [[0], [0, 1], [0, 1, 2, 1], [0, 1, 2, 1, 2, 1, 2], [0, 2, 1]])
    expect(wrong("b", b), String(b)).toBeDefined();
});
