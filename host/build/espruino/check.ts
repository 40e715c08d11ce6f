import * as acorn from "acorn";
import * as walk from "acorn-walk";

/** One thing that the device cannot run, or would run wrongly. */
export interface Finding {
  rule: string;
  message: string;
  line: number;
  column: number;
}

/** What `Math` may be asked for in code that decides (design §4); all exact in IEEE 754 on every engine. */
const MATH_ALLOWED = ["floor", "ceil", "abs", "min", "max", "sqrt"];

/** Syntax that Espruino 2v29 lacks or runs wrongly (measured; see this room's README). */
const SYNTAX: Record<string, string> = {
  ObjectPattern: "destructuring is not there",
  ArrayPattern: "destructuring is not there",
  RestElement: "rest parameters are not there",
  SpreadElement: "spread is not there",
  AssignmentPattern: "default parameters are not there",
  YieldExpression: "generators are not there",
  AwaitExpression: "async functions are not there",
  LabeledStatement: "labels are not there",
  ImportExpression: "dynamic import is not there",
  MetaProperty: "new.target and import.meta are not there",
  TaggedTemplateExpression: "tagged templates are not there",
  PropertyDefinition: "class fields are shared through the prototype: assign in the constructor",
  StaticBlock: "static blocks are not there",
  PrivateIdentifier: "private names are not there",
  ForInStatement: "the order of for…in differs between engines",
  WithStatement: "with is not there",
};

/** Globals that are missing, or that let the outside in where the core must have none. */
const NAMES: Record<string, string> = {
  Map: "is not there",
  Set: "is not there",
  WeakMap: "is not there",
  WeakSet: "is not there",
  Symbol: "is not there",
  Proxy: "is not there",
  Reflect: "is not there",
  BigInt: "is not there",
  RegExp: "is mostly not there",
  TextEncoder: "is not there",
  TextDecoder: "is not there",
  Date: "is a clock: time arrives as an argument",
  Promise: "waits: the core has no promise",
  setTimeout: "is a clock: time arrives as an argument",
  setInterval: "is a clock: time arrives as an argument",
  parseFloat: "differs between engines",
  process: "is Node's",
  require: "is Node's",
  Buffer: "is Node's",
};

/** Methods that are missing or silently wrong there. */
const METHODS: Record<string, string> = {
  flat: "is not there",
  flatMap: "is not there",
  at: "is not there",
  lastIndexOf: "is not there on arrays",
  reduceRight: "is not there",
  findLast: "is not there",
  findLastIndex: "is not there",
  copyWithin: "is not there",
  slice: "shares memory on typed arrays: copy by hand",
  sort: "is unstable",
  toPrecision: "is not there",
  toFixed: "is wrong for large numbers",
  matchAll: "is not there",
  codePointAt: "is not there",
  normalize: "is not there",
  localeCompare: "is not there",
};

/** Names that its parser stumbles over. */
const IDENTIFIERS = ["of"];

type Report = (rule: string, message: string, node: acorn.Node) => void;

/** Everything in `code` that the device could not run, or that would not agree between engines, in order. */
export function checkDeviceCode(code: string, kind: "module" | "script"): Finding[] {
  const findings: Finding[] = [];
  const program = acorn.parse(code, { ecmaVersion: 2024, sourceType: kind, locations: true });
  const report: Report = (rule, message, node) => {
    const place = node.loc?.start ?? { line: 1, column: 0 };
    findings.push({ rule, message, line: place.line, column: place.column + 1 });
  };
  walk.full(program, (node) => {
    if (SYNTAX[node.type]) report("syntax", SYNTAX[node.type], node);
    checkNode(node as acorn.AnyNode, report);
  });
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

function checkNode(node: acorn.AnyNode, report: Report): void {
  switch (node.type) {
    case "Literal":
      checkLiteral(node, report);
      break;
    case "Identifier":
      if (Object.hasOwn(NAMES, node.name)) report("name", `${node.name} ${NAMES[node.name]}`, node);
      if (IDENTIFIERS.includes(node.name))
        report("name", `an identifier named ${node.name} does not parse there`, node);
      break;
    case "MemberExpression":
      checkMember(node, report);
      break;
    case "Property":
      if (node.computed) report("syntax", "computed keys are not there", node);
      if (node.kind !== "init") report("syntax", "accessors are not used on the device", node);
      break;
    case "MethodDefinition":
      if (node.computed || node.static)
        report("syntax", "computed and static methods are not there or not inherited", node);
      break;
    case "BinaryExpression":
    case "AssignmentExpression":
      if (node.operator.startsWith("**")) report("arithmetic", "** is not exact on every engine", node);
      break;
    case "SwitchStatement":
      if (node.cases.some((c, i) => c.test === null && i < node.cases.length - 1))
        report("syntax", "a case after default is not reached there", node);
      break;
    case "ClassDeclaration":
    case "ClassExpression":
      if (node.superClass?.type === "Identifier" && ["Error", "Array"].includes(node.superClass.name))
        report("syntax", `extends ${node.superClass.name} is broken there`, node);
      break;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      if (node.async || node.generator) report("syntax", "async functions and generators are not there", node);
      break;
    case "ForStatement":
      checkLoopClosure(node, report);
      break;
  }
}

/** An engine must read the literal as what is written: whole numbers, or fractions that binary holds exactly. */
function checkLiteral(node: acorn.Literal, report: Report): void {
  if ("regex" in node && node.regex) report("syntax", "most of RegExp is not there", node);
  if ("bigint" in node && node.bigint) report("syntax", "BigInt is not there", node);
  if (typeof node.value !== "number") return;
  if (Number.isInteger(node.value)) {
    if (Math.abs(node.value) > Number.MAX_SAFE_INTEGER)
      report("arithmetic", `${node.raw} is not exact in a double`, node);
    return;
  }
  // An exact fraction times some small power of two is whole.
  if (!Number.isInteger(node.value * 2 ** 20))
    report("arithmetic", `${node.raw} is not exact in binary: write it as a ratio of integers`, node);
}

function checkMember(node: acorn.MemberExpression, report: Report): void {
  if (node.computed || node.property.type !== "Identifier") return;
  const name = node.property.name;
  if (node.object.type === "Identifier" && node.object.name === "Math" && !MATH_ALLOWED.includes(name)) {
    report("arithmetic", `Math.${name} is not the same on every engine, or not there`, node);
  } else if (Object.hasOwn(METHODS, name)) report("name", `.${name} ${METHODS[name]}`, node);
  else if (node.object.type === "Identifier" && node.object.name === "Array" && name !== "isArray")
    report("name", `Array.${name} is not there`, node);
  else if (
    node.object.type === "Identifier" &&
    node.object.name === "Object" &&
    !["keys", "assign", "create"].includes(name)
  )
    report("name", `Object.${name} is not there`, node);
  else if (node.object.type === "Identifier" && node.object.name === "Number")
    report("name", `Number.${name} is not there`, node);
}

/** A closure over a loop's `let` sees the last value there. */
function checkLoopClosure(node: acorn.ForStatement, report: Report): void {
  if (node.init?.type !== "VariableDeclaration" || node.init.kind === "var") return;
  const names = node.init.declarations.flatMap((d) => (d.id.type === "Identifier" ? [d.id.name] : []));
  walk.full(node.body, (inner) => {
    if (inner.type !== "ArrowFunctionExpression" && inner.type !== "FunctionExpression") return;
    walk.full(inner, (use) => {
      if (use.type === "Identifier" && names.includes((use as acorn.Identifier).name))
        report("syntax", `a closure over the loop's ${(use as acorn.Identifier).name} sees its last value there`, use);
    });
  });
}
