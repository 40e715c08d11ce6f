import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { CborValue } from "../../protocol/index.ts";
import { ROOT } from "../shared.ts";

/**
 * A reader of the part of CDDL (RFC 8610) that `protocol/schema` uses: integers and ranges, text with a size or a value,
 * maps with integer keys and optional members, arrays of items and groups with counts, choices, names.
 */
export type Type =
  | { kind: "range"; least: number; most: number }
  | { kind: "text"; least: number; most: number }
  | { kind: "bytes"; least: number; most: number }
  | { kind: "literal"; value: string }
  | { kind: "map"; members: { key: number; optional: boolean; type: Type }[] }
  | { kind: "array"; items: Item[] }
  | { kind: "choice"; of: Type[] }
  | { kind: "name"; name: string };

/** A group of values that is repeated `least` to `most` times. */
export interface Item {
  least: number;
  most: number;
  group: Type[];
}

export type Schema = Map<string, Type>;

export function readSchemas(): Schema {
  const folder = path.join(ROOT, "protocol/schema");
  const schema: Schema = new Map();
  for (const file of readdirSync(folder).filter((f) => f.endsWith(".cddl")))
    for (const [name, type] of parseCddl(readFileSync(path.join(folder, file), "utf8"))) {
      if (schema.has(name)) throw new Error(`${file}: ${name} is defined twice`);
      schema.set(name, type);
    }
  return schema;
}

const TOKEN = /"[^"]*"|-?\d+\.\.-?\d+|\d+\*\d+|-?\d+|\.size|[A-Za-z][\w-]*|[=:?,()[\]{}/*]/y;

export function parseCddl(text: string): Schema {
  const tokens = tokensOf(text.replace(/;.*$/gm, ""));
  const schema: Schema = new Map();
  let at = 0;
  const take = (wanted?: string) => {
    const token = tokens[at++];
    if (token === undefined || (wanted !== undefined && token !== wanted))
      throw new Error(`CDDL: ${wanted ?? "a token"} expected, not ${token}`);
    return token;
  };
  const type = (): Type => {
    const of = [single()];
    while (tokens[at] === "/") {
      at += 1;
      of.push(single());
    }
    return of.length === 1 ? of[0] : { kind: "choice", of };
  };
  const single = (): Type => {
    const token = take();
    if (token === "{") return members();
    if (token === "[") return items();
    if (token.startsWith('"')) return { kind: "literal", value: token.slice(1, -1) };
    if (token === "tstr") return { kind: "text", ...sized() };
    if (token === "bstr") return { kind: "bytes", ...sized() };
    if (/^-?\d/.test(token)) {
      const [least, most = least] = token.split("..").map(Number);
      return { kind: "range", least, most };
    }
    return { kind: "name", name: token };
  };
  const sized = (): { least: number; most: number } => {
    take(".size");
    take("(");
    const [least, most = least] = take().split("..").map(Number);
    take(")");
    return { least, most };
  };
  const members = (): Type => {
    const list: Extract<Type, { kind: "map" }>["members"] = [];
    while (tokens[at] !== "}") {
      const optional = tokens[at] === "?";
      if (optional) at += 1;
      const key = Number(take());
      take(":");
      list.push({ key, optional, type: type() });
      if (tokens[at] === ",") at += 1;
    }
    take("}");
    return { kind: "map", members: list };
  };
  const items = (): Type => {
    const list: Item[] = [];
    while (tokens[at] !== "]") {
      const count = /^\d+\*\d+$/.test(tokens[at]) ? take().split("*").map(Number) : [1, 1];
      list.push({ least: count[0], most: count[1], group: group() });
      if (tokens[at] === ",") at += 1;
    }
    take("]");
    return { kind: "array", items: list };
  };
  const group = (): Type[] => {
    if (tokens[at] !== "(") return [type()];
    take("(");
    const list = [type()];
    while (tokens[at] === ",") {
      take(",");
      list.push(type());
    }
    take(")");
    return list;
  };
  while (at < tokens.length) {
    const name = take();
    take("=");
    schema.set(name, type());
  }
  return schema;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at])) {
      at += 1;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`CDDL: ${text.slice(at, at + 20)}`);
    tokens.push(match[0]);
    at = TOKEN.lastIndex;
  }
  return tokens;
}

/**
 * What the grammar cannot say and the schema's comments do, by the name of the rule. Written from those comments, not from
 * the code.
 */
const RULES: Record<string, (value: CborValue) => string | undefined> = {
  ring(value) {
    const sums = [0, 0];
    const outside = (value as number[]).findIndex((step, i) => {
      sums[i % 2] += step;
      return Math.abs(sums[0]) > 2 ** 31 - 1 || Math.abs(sums[1]) > 900_000_000;
    });
    return outside < 0 ? undefined : `vertex ${outside >> 1} is out of bounds`;
  },
  "utc-offsets"(value) {
    const from = (value as [number, number][]).map((offset) => offset[0]);
    return from.every((ms, i) => i === 0 || ms > from[i - 1]) ? undefined : "not each later than the one before";
  },
  "chunk-hashes"(value) {
    return (value as Uint8Array).length % 16 === 0 ? undefined : "not a multiple of 16";
  },
  "image-hashes"(value) {
    return (value as Uint8Array).length % 16 === 0 ? undefined : "not a multiple of 16";
  },
  "order-in-force"(value) {
    const order = value as Map<number, number>;
    const until = order.get(6);
    return until === undefined || until > (order.get(5) as number) ? undefined : "until is not after from";
  },
  encounter(value) {
    const encounter = value as Map<number, number>;
    const [from, until] = [encounter.get(3), encounter.get(4)];
    if (encounter.size === 0) return "neither where nor when";
    if (from === undefined || until === undefined) return from === until ? undefined : "one end is missing";
    return until > from ? undefined : "until is not after from";
  },
  order(value) {
    const order = value as Map<number, number>;
    const until = order.get(3);
    return until === undefined || until > (order.get(2) as number) ? undefined : "until is not after from";
  },
};

/** What of a value does not fit, as a path; `undefined` where all fits. */
export function mismatch(schema: Schema, type: Type, value: CborValue, at = ""): string | undefined {
  switch (type.kind) {
    case "name":
      return nameMismatch(schema, type.name, value, `${at}<${type.name}>`);
    case "range":
      return typeof value === "number" && value >= type.least && value <= type.most
        ? undefined
        : `${at}: not ${type.least}..${type.most}`;
    case "text": {
      const length = typeof value === "string" ? Buffer.byteLength(value) : -1;
      return length >= type.least && length <= type.most
        ? undefined
        : `${at}: not text of ${type.least}..${type.most} bytes`;
    }
    case "bytes":
      return value instanceof Uint8Array && value.length >= type.least && value.length <= type.most
        ? undefined
        : `${at}: not ${type.least}..${type.most} bytes`;
    case "literal":
      return value === type.value ? undefined : `${at}: not ${type.value}`;
    case "choice":
      return type.of.some((t) => mismatch(schema, t, value, at) === undefined)
        ? undefined
        : `${at}: none of the choices`;
    case "map":
      return mapMismatch(schema, type, value, at);
    case "array":
      return arrayMismatch(schema, type, value, at);
  }
}

function nameMismatch(schema: Schema, name: string, value: CborValue, at: string): string | undefined {
  const named = schema.get(name);
  if (named === undefined) return `${at}: not defined`;
  const wrong = mismatch(schema, named, value, at);
  if (wrong !== undefined || !Object.hasOwn(RULES, name)) return wrong;
  const broken = RULES[name](value);
  return broken === undefined ? undefined : `${at}: ${broken}`;
}

function mapMismatch(
  schema: Schema,
  type: Extract<Type, { kind: "map" }>,
  value: CborValue,
  at: string,
): string | undefined {
  if (!(value instanceof Map)) return `${at}: not a map`;
  const unknown = [...value.keys()].find((key) => !type.members.some((m) => m.key === key));
  if (unknown !== undefined) return `${at}.${String(unknown)}: not in the schema`;
  for (const { key, optional, type: inner } of type.members) {
    const member = value.get(key);
    if (member === undefined && optional) continue;
    const wrong = member === undefined ? `${at}.${key}: missing` : mismatch(schema, inner, member, `${at}.${key}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function arrayMismatch(
  schema: Schema,
  type: Extract<Type, { kind: "array" }>,
  value: CborValue,
  at: string,
): string | undefined {
  if (!Array.isArray(value)) return `${at}: not an array`;
  let i = 0;
  for (const [n, item] of type.items.entries()) {
    const isLast = n === type.items.length - 1;
    const size = item.group.length;
    const count = item.most === item.least ? item.least : isLast ? Math.ceil((value.length - i) / size) : 0;
    if (count < item.least || count > item.most || i + count * size > value.length) return `${at}: ${count} items`;
    for (let k = 0; k < count * size; k++, i++) {
      const wrong = mismatch(schema, item.group[k % size], value[i], `${at}[${i}]`);
      if (wrong !== undefined) return wrong;
    }
  }
  return i === value.length ? undefined : `${at}: ${value.length - i} items too many`;
}
