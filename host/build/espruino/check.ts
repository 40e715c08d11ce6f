import * as acorn from "acorn";
import * as walk from "acorn-walk";
import { needsHoisting } from "./hoist.ts";
import { type Refusal, refuseGlobal, refuseMember } from "./names.ts";
import { declaredAt, findScopes, isFunction, outlivesTurn, type Scopes } from "./scope.ts";

/** One thing that the device cannot run, or would run wrongly. */
export interface Finding extends Refusal {
  line: number;
  column: number;
}

/** What is checked: one source as it was written, or the finished bundle; `board` code may touch the board's own globals. */
export interface Kind {
  sourceType: "module" | "script";
  board: boolean;
}

/** Syntax that Espruino 2v29 lacks or runs wrongly (measured; design §5). */
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
  StaticBlock: "static blocks are not there",
  ForInStatement: "the order of for…in differs between engines",
  WithStatement: "with is not there",
  DebuggerStatement: "debugger stops the board",
};

/** Everything in `code` that the device could not run, or that would not agree between engines, in order. */
export function checkDeviceCode(code: string, kind: Kind): Finding[] {
  const findings: Finding[] = [];
  const program = acorn.parse(code, { ecmaVersion: 2024, sourceType: kind.sourceType, locations: true });
  const scopes = findScopes(program);
  walk.fullAncestor(program, (node, ancestors: acorn.Node[]) => {
    for (const refusal of refusals(ancestors.slice().reverse() as acorn.AnyNode[], scopes, kind)) {
      const place = node.loc?.start ?? { line: 1, column: 0 };
      findings.push({ ...refusal, line: place.line, column: place.column + 1 });
    }
  });
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `chain`: the node, then what holds it, outwards. */
function refusals(chain: acorn.AnyNode[], scopes: Scopes, kind: Kind): Refusal[] {
  const node = chain[0];
  if (node.type === "Identifier") return refuseIdentifier(node, chain, scopes, kind);
  const found = [refuseNode(node, chain, kind)];
  if (SYNTAX[node.type]) found.push(syntax(SYNTAX[node.type]));
  // The members of globals are judged with the global.
  if (node.type === "MemberExpression" && !isGlobal(node.object, chain, scopes)) found.push(refuseMember(node));
  return found.filter((one) => one !== undefined);
}

function refuseNode(node: acorn.AnyNode, chain: acorn.AnyNode[], kind: Kind): Refusal | undefined {
  switch (node.type) {
    case "Literal":
      return refuseLiteral(node);
    case "UnaryExpression":
      return refuseConversion(node);
    case "BinaryExpression":
    case "AssignmentExpression":
      if (node.operator.startsWith("**")) return arithmetic("** is not exact on every engine");
      return isFinished(kind) && /^(\?\?|\|\||&&)=$/.test(node.operator)
        ? syntax(`${node.operator} is not there`)
        : undefined;
    case "Program":
    case "BlockStatement":
      return isFinished(kind) && needsHoisting(node)
        ? syntax("a function is declared after code that may use it")
        : undefined;
    case "ChainExpression":
      return isFinished(kind) ? syntax("?. is not there") : undefined;
    case "Property":
      if (node.key.type === "Literal" && typeof node.key.value === "number")
        return syntax("keys that are numbers come in another order there");
      if (node.computed) return syntax("computed keys are not there");
      return node.kind === "init" ? undefined : syntax("accessors are not used on the device");
    case "MethodDefinition":
      return refuseMethod(node);
    case "PropertyDefinition":
      if (node.key.type === "PrivateIdentifier") return syntax("private names are not there");
      // One without a value is a type's: the build takes it out.
      return node.value || isFinished(kind)
        ? syntax("class fields are shared through the prototype: assign in the constructor")
        : undefined;
    case "VariableDeclaration":
      return node.kind === "var" && !isFinished(kind) ? syntax("var is not hoisted there") : undefined;
    case "SwitchStatement":
      return node.cases.some((c, i) => c.test === null && i < node.cases.length - 1)
        ? syntax("a case after default is not reached there")
        : undefined;
    case "ClassDeclaration":
    case "ClassExpression":
      return node.superClass?.type === "Identifier" && /Error$|Array$/.test(node.superClass.name)
        ? syntax(`extends ${node.superClass.name} is broken there`)
        : undefined;
    case "ForOfStatement":
      return node.await ? syntax("async functions and generators are not there") : undefined;
    case "ThisExpression":
      return isOwned(chain) ? undefined : syntax("this is the global object there: only in methods and constructors");
    case "Super":
      return isInObject(chain) ? syntax("super in an object's method is not there") : undefined;
    case "SwitchCase":
      // Hoisting moves functions to the front of a body; a case is none, and its declarations reach into the next.
      return node.consequent.some((one) => one.type.endsWith("Declaration"))
        ? syntax("a declaration in a case needs braces round it")
        : undefined;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return node.async || node.generator ? syntax("async functions and generators are not there") : undefined;
  }
  return undefined;
}

/** Whether esbuild has been over it: lowered what it can, and written `var`. */
function isFinished(kind: Kind): boolean {
  return kind.sourceType === "script";
}

/** An engine must read the literal as what is written: whole numbers, or fractions that binary holds exactly. */
function refuseLiteral(node: acorn.Literal): Refusal | undefined {
  if (node.regex) return syntax("most of RegExp is not there");
  if (node.bigint) return syntax("BigInt is not there");
  if (typeof node.value !== "number") return undefined;
  if (Number.isInteger(node.value))
    return Math.abs(node.value) > Number.MAX_SAFE_INTEGER
      ? arithmetic(`${node.raw} is not exact in a double`)
      : undefined;
  // An exact fraction times some small power of two is whole.
  return Number.isInteger(node.value * 2 ** 20)
    ? undefined
    : arithmetic(`${node.raw} is not exact in binary: write it as a ratio of integers`);
}

/** Text becomes a number only by hand, digit by digit: what a decimal reads as differs between engines. */
function refuseConversion(node: acorn.UnaryExpression): Refusal | undefined {
  const ofText =
    node.argument.type === "TemplateLiteral" ||
    (node.argument.type === "Literal" && typeof node.argument.value === "string");
  return node.operator === "+" || (ofText && "-~".includes(node.operator))
    ? arithmetic(`${node.operator} turns text into a number, and engines differ in the last bit`)
    : undefined;
}

function refuseMethod(node: acorn.MethodDefinition): Refusal | undefined {
  if (node.key.type === "PrivateIdentifier") return syntax("private names are not there");
  if (node.computed || node.static) return syntax("computed and static methods are not there or not inherited");
  return node.key.type === "Identifier" && node.key.name === "delete"
    ? syntax("a method named delete does not parse there")
    : undefined;
}

function refuseIdentifier(node: acorn.Identifier, chain: acorn.AnyNode[], scopes: Scopes, kind: Kind): Refusal[] {
  const { name } = node;
  const parent = chain[1];
  const found: (Refusal | undefined)[] = [];
  if (name === "of") found.push({ rule: "name", message: "an identifier named of does not parse there" });
  if (/[^ -~]/.test(name)) found.push({ rule: "name", message: `${name} does not parse there: ASCII only` });
  // A function's own name stands inside it, and means it outside.
  const seenFrom = isFunction(parent) && parent.id === node ? chain.slice(2) : chain;
  const declared = declaredAt(name, seenFrom, scopes);
  if (declared < 0) found.push(refuseGlobal(name, node, parent, kind.board));
  else if (outlivesTurn(seenFrom, declared))
    found.push(syntax(`a closure over the loop's ${name} sees its last value there`));
  return found.filter((one) => one !== undefined);
}

function isGlobal(node: acorn.AnyNode, chain: acorn.AnyNode[], scopes: Scopes): boolean {
  return node.type === "Identifier" && declaredAt(node.name, chain, scopes) < 0;
}

function isInObject(chain: acorn.AnyNode[]): boolean {
  return ownerOf(chain)?.type === "Property";
}

/** Whether `this` is an object of ours. */
function isOwned(chain: acorn.AnyNode[]): boolean {
  return ["Property", "MethodDefinition", "PropertyDefinition"].includes(ownerOf(chain)?.type ?? "");
}

/** What holds the function that gives `this` and `super` their meaning. */
function ownerOf(chain: acorn.AnyNode[]): acorn.AnyNode | undefined {
  const giver = chain.findIndex((node) => isFunction(node) && node.type !== "ArrowFunctionExpression");
  return giver < 0 ? chain.find((node) => node.type === "PropertyDefinition") : chain[giver + 1];
}

function syntax(message: string): Refusal {
  return { rule: "syntax", message };
}

function arithmetic(message: string): Refusal {
  return { rule: "arithmetic", message };
}
