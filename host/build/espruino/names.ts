import type * as acorn from "acorn";
import { absentMethods, BUILTINS, GLOBALS } from "../../../simulator/engines/espruino-world.ts";

/** How device code may use a global: nothing else may be done with it, so that it never becomes a value that escapes. */
interface Use {
  /** As the object of these members, written out. */
  members?: string[];
  /** After `new` and `instanceof`. */
  made?: boolean;
  called?: boolean;
  /** Wherever a value may stand. */
  value?: boolean;
}

/** The globals of device code; `Math` keeps to what is exact in IEEE 754 on every engine (design §4). */
export const CORE: Record<string, Use> = {
  undefined: { value: true },
  NaN: { value: true },
  Infinity: { value: true },
  isNaN: { called: true },
  isFinite: { called: true },
  Math: { members: ["abs", "ceil", "floor", "max", "min", "sqrt"] },
  Object: { members: ["assign", "create", "keys"] },
  Number: { members: ["MAX_VALUE", "NEGATIVE_INFINITY", "NaN", "POSITIVE_INFINITY"] },
  String: { members: ["fromCharCode"] },
  Array: { members: ["isArray"], made: true },
  ...onlyMade(
    "ArrayBuffer DataView Uint8Array Int8Array Uint8ClampedArray Uint16Array Int16Array Uint32Array Int32Array",
  ),
  ...onlyMade("Float32Array Float64Array Error TypeError SyntaxError ReferenceError"),
};

/** What only `firmware/boards/espruino` may touch, for there the world comes in: clock, pins, radio, storage. */
export const BOARD_GLOBALS = ["global"];

/** Why a global is refused, where "is not there" is not the reason. */
const REASONS: Record<string, string> = {
  Date: "is a clock: time arrives as an argument",
  performance: "is a clock: time arrives as an argument",
  setTimeout: "is a clock: time arrives as an argument",
  setInterval: "is a clock: time arrives as an argument",
  setImmediate: "is a clock: time arrives as an argument",
  crypto: "is chance: random bytes arrive through a port",
  Promise: "waits: the core has no promise",
  queueMicrotask: "waits: the core has no promise",
  console: "is the outside: lines go through the log port",
  require: "is the outside: what the board has comes through ports",
  global: "is the outside: what the board has comes through ports",
  globalThis: "is the outside: what the board has comes through ports",
  RegExp: "is mostly not there",
  eval: "hides code from this check",
  Function: "hides code from this check",
  parseFloat: "reads decimals, and engines differ in the last bit",
  parseInt: "reads decimals, and engines differ beyond 53 bits: digits are read by hand",
  JSON: "reads and prints decimals, and engines differ in the last bit",
};

/** Members that are there in part or under another meaning, or that lead round this check. */
const MEMBERS: Record<string, string> = {
  slice: "shares memory on typed arrays: copy by hand",
  sort: "is unstable",
  toFixed: "is wrong for large numbers",
  toString: "prints decimals otherwise there",
  toLocaleString: "is not there",
  match: "makes a RegExp, which is mostly not there",
  lastIndexOf: "is not there on arrays",
  constructor: "leads round the check of names",
  prototype: "leads round the check of names",
  __proto__: "leads round the check of names",
};

const ABSENT = absentMethods();

function onlyMade(names: string): Record<string, Use> {
  return Object.fromEntries(names.split(" ").map((name) => [name, { made: true }]));
}

/** Why device code may not have the global `name` where `parent` has it; `undefined` where it may. */
export function refuseGlobal(
  name: string,
  node: acorn.Node,
  parent: acorn.AnyNode,
  board: boolean,
): Refusal | undefined {
  if (board && BOARD_GLOBALS.includes(name)) return undefined;
  const use = Object.hasOwn(CORE, name) ? CORE[name] : undefined;
  if (use === undefined) {
    const reason = REASONS[name] ?? (GLOBALS.includes(name) ? "is not for device code" : "is not there");
    return { rule: "name", message: `${name} ${reason}` };
  }
  if (use.value || (use.called && isCallee(node, parent)) || (use.made && isMade(node, parent))) return undefined;
  const rule = name === "Math" ? "arithmetic" : "name";
  if (parent.type !== "MemberExpression" || parent.object !== node)
    return { rule, message: `${name} is not a value here: ${usage(name, use)}` };
  const member = nameOfMember(parent);
  if (!parent.computed && member !== undefined && use.members?.includes(member)) return undefined;
  return { rule, message: `${name}.${member ?? "[…]"} ${whyNotMember(name, member)}: ${usage(name, use)}` };
}

function whyNotMember(name: string, member: string | undefined): string {
  if (name === "Math") return "is not the same on every engine, or not there";
  const isThere = member !== undefined && BUILTINS[name]?.own.includes(member);
  return isThere ? "is not for device code" : "is not there";
}

export interface Refusal {
  rule: string;
  message: string;
}

/** Why no object may be asked for this member. */
export function refuseMember(node: acorn.MemberExpression): Refusal | undefined {
  const name = nameOfMember(node);
  if (name === undefined) return undefined;
  if (Object.hasOwn(MEMBERS, name)) return { rule: "name", message: `.${name} ${MEMBERS[name]}` };
  return ABSENT.has(name) ? { rule: "name", message: `.${name} is not there` } : undefined;
}

/** The member's name where it is written out, as `a.b`, `a["b"]` or with a plain template. */
function nameOfMember(node: acorn.MemberExpression): string | undefined {
  const { property } = node;
  if (!node.computed) return property.type === "Identifier" ? property.name : undefined;
  if (property.type === "Literal" && typeof property.value === "string") return property.value;
  if (property.type === "TemplateLiteral" && property.quasis.length === 1) return property.quasis[0].value.cooked ?? "";
  return undefined;
}

function isCallee(node: acorn.Node, parent: acorn.AnyNode): boolean {
  return parent.type === "CallExpression" && parent.callee === node;
}

function isMade(node: acorn.Node, parent: acorn.AnyNode): boolean {
  return (
    (parent.type === "NewExpression" && parent.callee === node) ||
    (parent.type === "BinaryExpression" && parent.operator === "instanceof" && parent.right === node)
  );
}

function usage(name: string, use: Use): string {
  const ways = (use.members ?? []).map((member) => `${name}.${member}`);
  return `only ${ways.concat(use.made ? [`new ${name}`] : [], use.called ? [`${name}(…)`] : []).join(", ")}`;
}
