import type { CborValue } from "../../protocol/index.ts";
import type { Item, Schema, Type } from "./cddl.ts";

/** Values that a schema allows, and values that overstep one bound of it by one. `random`: 0 ≤ x < 1. */
export interface Source {
  schema: Schema;
  random: () => number;
}

export function resolve(schema: Schema, type: Type): Type {
  return type.kind === "name" ? resolve(schema, schema.get(type.name) as Type) : type;
}

/** A value that the grammar allows, bounds included now and then. What only the rules beside it forbid may come as well. */
export function generate(from: Source, type: Type): CborValue {
  const { schema, random } = from;
  switch (type.kind) {
    case "name":
      return type.name === "ring" && random() < 0.8 ? smallRing(from) : generate(from, schema.get(type.name) as Type);
    case "range":
      return between(random, type.least, type.most);
    case "text": {
      const wide = type.most >= 3 && random() < 0.3 ? "水" : "";
      return wide + "z".repeat(Math.max(0, between(random, type.least, type.most) - 3 * wide.length));
    }
    case "bytes":
      return new Uint8Array(between(random, type.least, type.most)).map(() => between(random, 0, 255));
    case "literal":
      return type.value;
    case "choice":
      return generate(from, type.of[Math.floor(random() * type.of.length)]);
    case "map":
      return new Map(
        type.members.filter((m) => !m.optional || random() < 0.6).map((m) => [m.key, generate(from, m.type)]),
      );
    case "array":
      return type.items.flatMap((item) =>
        repeat(from, item, between(random, item.least, Math.min(item.most, item.least + 3))),
      );
  }
}

function between(random: () => number, least: number, most: number): number {
  const edge = random();
  if (edge < 0.15) return least;
  return edge < 0.3 ? most : least + Math.floor(random() * (most - least + 1));
}

/** Random differences leave the vertices' bounds at once; a ring of a real zone is small. */
function smallRing({ random }: Source): number[] {
  const first = [between(random, -1_800_000_000, 1_800_000_000), between(random, -800_000_000, 800_000_000)];
  const steps = 2 * between(random, 2, 6);
  return [...first, ...Array.from({ length: steps }, () => between(random, -50_000_000, 10_000_000))];
}

function repeat(from: Source, item: Item, count: number): CborValue[] {
  return Array.from({ length: count }, () => item.group.map((type) => generate(from, type))).flat();
}

export interface Spoilt {
  what: string;
  value: CborValue;
  /**
   * Only bytes can say it: an unknown key, another constant, a tuple of another length have no place in a message's value, and
   * a map or list that is missing, or something else, is what its TypeScript type rules out.
   */
  onlyWire: boolean;
}

/** Whether a member of this type, missing or of another kind, can be given to an encoder. */
function isOnlyWire(schema: Schema, type: Type): boolean {
  const inner = resolve(schema, type);
  return inner.kind === "range" ? inner.least === inner.most : inner.kind !== "text";
}

/** Every bound under `type` overstepped by one, every field left out, one too many, a wrong kind: one value each. */
export function* spoil(from: Source, type: Type, value: CborValue): Generator<Spoilt> {
  const inner = resolve(from.schema, type);
  const onlyWire = isOnlyWire(from.schema, inner);
  if (inner.kind === "choice") {
    for (const one of inner.of) yield* spoil(from, one, generate(from, one));
  } else if (inner.kind === "map") yield* spoilMap(from, inner, value as Map<CborValue, CborValue>);
  else if (inner.kind === "array") yield* spoilArray(from, inner, value as CborValue[]);
  else for (const [what, value] of leaves(inner)) yield { what, value, onlyWire };
  if (inner.kind !== "text" && inner.kind !== "literal") yield { what: "text instead", value: "wrong", onlyWire };
  if (inner.kind !== "range") yield { what: "a number instead", value: -1, onlyWire };
}

function leaves(type: Type): [string, CborValue][] {
  if (type.kind === "bytes")
    return [
      ["bytes too few", new Uint8Array(Math.max(0, type.least - 1))],
      ["bytes too many", new Uint8Array(type.most + 1)],
    ];
  if (type.kind === "range")
    return [
      [`${type.least} − 1`, type.least - 1],
      [`${type.most} + 1`, type.most + 1],
    ];
  if (type.kind !== "text") return [["other text", "omamori-other"]];
  const tooShort: [string, CborValue][] = type.least > 0 ? [["text too short", "z".repeat(type.least - 1)]] : [];
  return [
    ...tooShort,
    ["text too long", "z".repeat(type.most + 1)],
    // As many characters as bytes are allowed, but one of them takes two.
    ["text with a byte too many", `ü${"z".repeat(type.most - 1)}`],
  ];
}

function* spoilMap(
  from: Source,
  type: Extract<Type, { kind: "map" }>,
  map: Map<CborValue, CborValue>,
): Generator<Spoilt> {
  for (const member of type.members) {
    const whole = new Map(map).set(member.key, map.get(member.key) ?? generate(from, member.type));
    for (const { what, value, onlyWire } of spoil(from, member.type, whole.get(member.key) as CborValue))
      yield { what: `${member.key}: ${what}`, value: new Map(whole).set(member.key, value), onlyWire };
    whole.delete(member.key);
    yield {
      what: `${member.key} missing`,
      value: whole,
      onlyWire: isOnlyWire(from.schema, member.type) && !member.optional,
    };
  }
  for (const key of [1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 255])
    if (!type.members.some((m) => m.key === key))
      yield { what: `${key} too many`, value: new Map(map).set(key, 0), onlyWire: true };
}

function* spoilArray(from: Source, type: Extract<Type, { kind: "array" }>, items: CborValue[]): Generator<Spoilt> {
  for (const [n, item] of type.items.entries()) {
    const others = (count: number) => type.items.flatMap((i) => repeat(from, i, i === item ? count : i.least));
    const one = others(Math.max(1, item.least));
    const onlyWire = item.least === item.most;
    if (item.least > 0) yield { what: `item ${n}: ${item.least - 1} of them`, value: others(item.least - 1), onlyWire };
    for (const count of [item.most, item.most + 1])
      yield { what: `item ${n}: ${count} of them`, value: fill(one, item, count), onlyWire };
    if (item.group.length > 1) yield { what: `item ${n}: a part of one`, value: items.slice(0, -1), onlyWire };
    const at = type.items.slice(0, n).reduce((sum, i) => sum + i.least * i.group.length, 0);
    for (const [g, inner] of item.group.entries())
      for (const spoilt of spoil(from, inner, one[at + g]))
        yield {
          what: `item ${n}.${g}: ${spoilt.what}`,
          value: one.map((v, i) => (i === at + g ? spoilt.value : v)),
          onlyWire: spoilt.onlyWire,
        };
  }
}

/** The last group again and again; only of the last item of an array. */
function fill(array: CborValue[], item: Item, count: number): CborValue[] {
  const size = item.group.length;
  const last = array.slice(-size);
  const fixed = array.length - size * Math.max(1, item.least);
  const zeros = item.most > 2000 ? last.map(() => 0) : last;
  return [...array.slice(0, fixed), ...Array.from({ length: count }, () => zeros).flat()];
}
