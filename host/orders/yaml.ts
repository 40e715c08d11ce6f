import {
  Alias,
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from "yaml";
import { ToolError } from "../../protocol/errors.ts";
import type { Fields, Json } from "../zones/json.ts";
import type { Params, Reason } from "../zones/refuse.ts";

/**
 * YAML 1.2 (core schema), of which JSON is a part, read strictly: what would make a text mean something else than a reader of
 * it sees (anchors, tags, a name twice, keys that are no text, several documents) is refused. Objects have no prototype.
 */
export interface Source extends Json {
  /** The line, from 1, of what stands at a path such as `zones[2].properties.id`, or of the nearest thing round it. */
  lineAt(path: string): number;
}

/** A list of positions is nested 8 deep, and a person's own notes a little more. */
const DEPTH_LIMIT = 32;
const REASONS: Record<string, Reason> = {
  DUPLICATE_KEY: "reason.yaml-duplicate-key",
  TAB_AS_INDENT: "reason.yaml-tab",
  MULTIPLE_DOCS: "reason.yaml-several-documents",
  BAD_INDENT: "reason.yaml-indent",
  MISSING_CHAR: "reason.yaml-missing-char",
  TAG_RESOLVE_FAILED: "reason.yaml-tag",
};

/** `order.not-yaml` with file, line and column. */
export function parseYaml(text: string, file: string): Source {
  const lines = new LineCounter();
  const document = parse(text, file, lines);
  const nodes = new Map<unknown, Node>();
  const refuse = (offset: number, detail: Reason, params: Params = {}): never => {
    const { line, col } = lines.linePos(offset);
    throw new ToolError("order.not-yaml", {
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      detail,
      ...params,
    });
  };
  const plain = (node: unknown, depth: number): unknown => {
    if (node === null || node === undefined) return null;
    const { range, tag, anchor } = node as Node & { tag?: string; anchor?: string };
    const at = range?.[0] ?? 0;
    if (depth > DEPTH_LIMIT) refuse(at, "reason.json-too-deep", { limit: DEPTH_LIMIT });
    if (node instanceof Alias || anchor !== undefined) refuse(at, "reason.yaml-anchor");
    if (tag !== undefined) refuse(at, "reason.yaml-tag", { name: tag });
    if (isScalar(node)) return node.value;
    if (isSeq(node))
      return remember(
        node.items.map((item) => plain(item, depth + 1)),
        node,
      );
    if (!isMap(node)) return null;
    const fields: Fields = Object.create(null);
    for (const { key, value } of node.items) {
      if (!isScalar(key) || typeof key.value !== "string") refuse((key as Node).range?.[0] ?? at, "reason.yaml-key");
      // A key may carry an anchor or a tag as well as a value may.
      fields[plain(key, depth) as string] = plain(value, depth + 1);
    }
    return remember(fields, node);
  };
  const remember = <T>(value: T, node: Node): T => {
    nodes.set(value, node);
    return value;
  };
  const lineOfOffset = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const root = plain(document.contents, 0);
  return {
    root,
    lineAt: (path) => lineOfOffset(offsetAt(document.contents, stepsOf(path))),
    lineOf: (value, name) =>
      lineOfOffset(offsetAt(nodes.get(value) ?? document.contents, name === undefined ? [] : [name])),
  };
}

function parse(text: string, file: string, lines: LineCounter): Document {
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: false });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem === undefined) return document;
    const { line, col } = lines.linePos(problem.pos[0]);
    throw new ToolError("order.not-yaml", { file, line, column: col, ...wordsOf(problem) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The parser recurses, and ours was not asked yet.
    throw new ToolError("order.not-yaml", {
      file,
      line: 1,
      column: 1,
      detail: "reason.json-too-deep",
      limit: DEPTH_LIMIT,
    });
  }
}

function wordsOf({ code, message }: YAMLError): Params {
  const [problem] = message.split("\n");
  // The parser names a tag behind a colon.
  return { detail: REASONS[code] ?? "reason.yaml-other", problem, name: problem.replace(/^.*: /, "") };
}

/** `a.b[2]` → a, b, 2. */
export function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) =>
    index === undefined ? name : Number(index),
  );
}

function offsetAt(from: unknown, steps: (string | number)[]): number {
  let node = from;
  let offset = (node as Node | null)?.range?.[0] ?? 0;
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
