import { ToolError } from "../../protocol/errors.ts";
import type { Params, Reason } from "./refuse.ts";

/**
 * JSON (RFC 8259), read strictly: a name twice in one object, a number that no double holds and bottomless nesting are
 * refused too. Objects have no prototype, so that `__proto__` is a name like any other.
 */
export interface Json {
  root: unknown;
  /** The line, from 1, on which an object stands, or its member `name` where it has one. */
  lineOf(fields: unknown, name?: string): number;
}

export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as the file has it, short enough for a message; a dash where it is missing. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "–";
  return text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text;
}

/** The names in `fields` that are neither known nor a person's own (`x-…`), or `undefined`. */
export function unknownNames(fields: Fields, known: string[]): string | undefined {
  const names = Object.keys(fields).filter((name) => !known.includes(name) && !name.startsWith("x-"));
  return names.length > 0 ? names.join(", ") : undefined;
}

const QUOTE_LIMIT = 40;
/** A collection of multipolygons is nested 8 deep, and a person's own notes a little more; deeper would strain the stack. */
const DEPTH_LIMIT = 32;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const WORDS: Record<string, unknown> = { true: true, false: false, null: null };

/** `code` is the name of the refusal, which says line and column. */
export function parseJson(text: string, file: string, code: string): Json {
  const places = new Map<unknown, { start: number; members: Map<string, number> }>();
  let at = 0;
  let depth = 0;
  const root = readValue();
  skipSpace();
  if (at < text.length) refuseHere();
  return {
    root,
    lineOf(fields, name) {
      const place = places.get(fields);
      const member = name === undefined ? undefined : place?.members.get(name);
      return placeIn(text, member ?? place?.start ?? 0).line;
    },
  };

  function readValue(): unknown {
    skipSpace();
    if (text[at] === "{") return readObject();
    if (text[at] === "[") return readArray();
    if (text[at] === '"') return readString();
    const start = at;
    const word = take(WORD);
    if (word !== undefined) return WORDS[word];
    const number = Number(take(NUMBER) ?? refuseHere());
    return Number.isFinite(number) ? number : refuse("reason.json-too-large", {}, start);
  }

  function readObject(): Fields {
    const fields: Fields = Object.create(null);
    const members = new Map<string, number>();
    places.set(fields, { start: at, members });
    readItems("}", () => {
      const start = at;
      const name = text[at] === '"' ? readString() : refuseHere();
      if (members.has(name)) refuse("reason.json-repeated-name", { name }, start);
      members.set(name, start);
      skipSpace();
      if (text[at] !== ":") refuseHere();
      at += 1;
      fields[name] = readValue();
    });
    return fields;
  }

  function readArray(): unknown[] {
    const values: unknown[] = [];
    readItems("]", () => values.push(readValue()));
    return values;
  }

  /** From the opening bracket to the closing one. */
  function readItems(close: string, readItem: () => void): void {
    depth += 1;
    if (depth > DEPTH_LIMIT) refuse("reason.json-too-deep", { limit: DEPTH_LIMIT });
    at += 1;
    skipSpace();
    let more = text[at] !== close;
    if (!more) at += 1;
    while (more) {
      skipSpace();
      readItem();
      skipSpace();
      if (text[at] !== close && text[at] !== ",") refuseHere();
      more = text[at] === ",";
      at += 1;
    }
    depth -= 1;
  }

  function readString(): string {
    const start = at;
    for (at += 1; text[at] !== '"'; at += text[at] === "\\" ? 2 : 1)
      if (at >= text.length || text[at] < " ") refuseHere();
    at += 1;
    try {
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      return refuse("reason.json-bad-escape", {}, start);
    }
  }

  function skipSpace(): void {
    while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at += 1;
  }

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  }

  function refuseHere(): never {
    if (at >= text.length) refuse("reason.json-ends-early", {}, text.length);
    return refuse("reason.json-unexpected", { found: String.fromCodePoint(text.codePointAt(at) ?? 0) });
  }

  function refuse(detail: Reason, params: Params = {}, offset = at): never {
    throw new ToolError(code, { file, ...placeIn(text, offset), detail, ...params });
  }
}

/** Line and column, both from 1. */
function placeIn(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: lines[lines.length - 1].length + 1 };
}
