import { expect, test } from "vitest";
import * as protocol from "../../protocol/index.ts";
import { type CborValue, type Decoded, decode, encode } from "../../protocol/index.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { generate, mismatch, parseCddl, readSchemas, type Type } from "./cddl.ts";

const schema = readSchemas();

/** Each message: its rule, and our two functions. */
const MESSAGES: Record<
  string,
  { encode: (value: never) => Uint8Array; decode: (bytes: Uint8Array) => Decoded<unknown> }
> = {
  fix: { encode: protocol.encodeFix, decode: protocol.decodeFix },
  alert: { encode: protocol.encodeAlert, decode: protocol.decodeAlert },
  zone: { encode: protocol.encodeZone, decode: protocol.decodeZone },
  order: { encode: protocol.encodeOrder, decode: protocol.decodeOrder },
  status: { encode: protocol.encodeStatus, decode: protocol.decodeStatus },
  "trace-header": { encode: protocol.encodeTraceHeader, decode: protocol.decodeTraceHeader },
  "trace-point": { encode: protocol.encodeTracePoint, decode: protocol.decodeTracePoint },
};
const NAMES = Object.keys(MESSAGES);
const RUNS = 400;

/** Rings are differences, so a random one runs out of range, or has an odd count: made small and even here, as the schema's comment says. */
function tame(name: string, value: CborValue): CborValue {
  if (name === "ring" && Array.isArray(value))
    return value
      .slice(0, value.length - (value.length % 2))
      .map((v, i) => (i < 2 ? Number(v) % 900000000 : Number(v) % 1000));
  return value;
}

function generated(name: string, random: () => number): CborValue {
  const ring = schema.get("ring") as Type;
  const walk = (type: Type): CborValue => {
    if (type.kind === "name")
      return tame(
        type.name,
        type.name === "ring" ? generate(schema, ring, random) : walk(schema.get(type.name) as Type),
      );
    if (type.kind === "map")
      return new Map(type.members.filter((m) => !m.optional || random() < 0.6).map((m) => [m.key, walk(m.type)]));
    if (type.kind === "choice") return walk(type.of[Math.floor(random() * type.of.length)]);
    if (type.kind === "array")
      return type.items.flatMap((item) =>
        Array.from({ length: item.least === item.most ? item.least : item.least + Math.floor(random() * 4) }, () =>
          walk(item.type),
        ),
      );
    return generate(schema, type, random);
  };
  return walk({ kind: "name", name });
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
    else if (type.kind === "array") for (const i of type.items) mark(i.type);
  };
  for (const name of NAMES) mark(schema.get(name) as Type);
  expect([...schema.keys()].filter((name) => !used.has(name))).toEqual([]);
});

test.each(NAMES)("what the schema allows, %s decodes and writes back to the byte", (name) => {
  const random = seededRandom(1, name);
  for (let run = 0; run < RUNS; run++) {
    const value = generated(name, random);
    expect(mismatch(schema, { kind: "name", name }, value)).toBe(undefined);
    const bytes = encode(value);
    const read = MESSAGES[name].decode(bytes);
    expect(read, Buffer.from(bytes).toString("hex")).toMatchObject({ ok: true });
    if (!read.ok) continue;
    const again = MESSAGES[name].encode(read.value as never);
    expect(Buffer.from(again).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
    expect(mismatch(schema, { kind: "name", name }, decode(again))).toBe(undefined);
  }
});

/** One bound overstepped, one field missing, one too many: each at a random place. */
function spoil(value: CborValue, type: Type, random: () => number): CborValue {
  const inner = type.kind === "name" ? (schema.get(type.name) as Type) : type;
  if (inner.kind === "range") return random() < 0.5 ? inner.least - 1 : inner.most + 1;
  if (inner.kind === "text") return random() < 0.5 && inner.least > 0 ? "" : "z".repeat(inner.most + 1);
  if (inner.kind === "literal") return "other";
  if (inner.kind === "map" && value instanceof Map) {
    const copy = new Map(value);
    const here = inner.members.filter((m) => copy.has(m.key));
    const kind = random();
    const member = here[Math.floor(random() * here.length)];
    if (kind < 0.15) copy.set(99, 0);
    else if (kind < 0.3 && !member.optional) copy.delete(member.key);
    else copy.set(member.key, spoil(copy.get(member.key) as CborValue, member.type, random));
    return copy;
  }
  if (
    inner.kind === "array" &&
    Array.isArray(value) &&
    value.length > 0 &&
    inner.items.every((i) => i.least === i.most)
  ) {
    const copy = [...value];
    const at = Math.floor(random() * copy.length);
    copy[at] = spoil(copy[at], inner.items[at].type, random);
    return copy;
  }
  return random() < 0.5 ? "wrong" : -1;
}

test.each(NAMES)("what the schema refuses, %s refuses", (name) => {
  const random = seededRandom(2, name);
  let tried = 0;
  for (let run = 0; run < RUNS; run++) {
    const value = spoil(generated(name, random), { kind: "name", name }, random);
    if (mismatch(schema, { kind: "name", name }, value) === undefined) continue;
    tried += 1;
    const read = MESSAGES[name].decode(encode(value));
    expect(read, JSON.stringify(value instanceof Map ? [...value] : value)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^(message|cbor)\./),
    });
  }
  expect(tried).toBeGreaterThan(RUNS / 2);
});

test.each(NAMES)("%s cut off at any byte, or with bytes after it, is refused", (name) => {
  const bytes = encode(generated(name, seededRandom(3, name)));
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
  const small = parseCddl("a = { 1: 0..9, ? 2: tstr .size (1..2) }");
  const a: Type = { kind: "name", name: "a" };
  expect(mismatch(small, a, new Map([[1, 9]]))).toBe(undefined);
  expect(mismatch(small, a, new Map([[1, 10]]))).toContain("0..9");
  expect(
    mismatch(
      small,
      a,
      new Map<number, CborValue>([
        [1, 1],
        [2, "abc"],
      ]),
    ),
  ).toContain("text");
  expect(
    mismatch(
      small,
      a,
      new Map([
        [1, 1],
        [3, 1],
      ]),
    ),
  ).toContain("not in the schema");
  expect(mismatch(small, a, new Map())).toContain("missing");
});
