import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";
import { expect, test } from "vitest";
import { checkDeviceCode } from "../../host/build/espruino/check.ts";
import { createAdopter, createEspruinoContext } from "../../simulator/engines/bundle-globals.ts";
import { sharedFolder } from "../shared.ts";

const evaluate = (code: string, context = createEspruinoContext()) => vm.runInContext(code, context) as unknown;

test("the bundle's world has the globals that Espruino has, and no more", () => {
  const names = evaluate("Object.getOwnPropertyNames(globalThis).join(' ')") as string;
  expect(names.split(" ").sort()).toMatchInlineSnapshot(`
    [
      "Array",
      "ArrayBuffer",
      "Boolean",
      "DataView",
      "Error",
      "Float32Array",
      "Float64Array",
      "Function",
      "Infinity",
      "Int16Array",
      "Int32Array",
      "Int8Array",
      "JSON",
      "Math",
      "NaN",
      "Number",
      "Object",
      "ReferenceError",
      "String",
      "SyntaxError",
      "TypeError",
      "Uint16Array",
      "Uint32Array",
      "Uint8Array",
      "Uint8ClampedArray",
      "eval",
      "global",
      "globalThis",
      "isFinite",
      "isNaN",
      "parseFloat",
      "parseInt",
      "undefined",
    ]
  `);
});

test("what is not there cannot be reached through a literal's prototype either", () => {
  const lacking = [
    ..."[].flat [].at [].entries [].keys [].values [].toSorted [].findLast [].reduceRight [].copyWithin".split(" "),
    ..."''.at ''.matchAll ''.codePointAt ''.normalize ''.localeCompare (1).toPrecision (()=>1).caller".split(" "),
    ..."Array.from Array.of Math.trunc Math.hypot Math.imul Number.isInteger Object.freeze Object.hasOwn".split(" "),
    ..."String.raw String.fromCodePoint ArrayBuffer.isView Error.captureStackTrace Uint8Array.from".split(" "),
    ..."[].constructor.from ''.constructor.raw (1).constructor.isInteger ({}).constructor.freeze".split(" "),
    ..."(()=>1).constructor.prototype.toLocaleString Object.getPrototypeOf(Uint8Array).from".split(" "),
    "new(Uint8Array)(1).at",
    "new(Uint8Array)(1).toReversed",
    "new(ArrayBuffer)(1).slice",
    "new(DataView)(new(ArrayBuffer)(8)).getBigInt64",
  ];
  const context = createEspruinoContext();
  expect(lacking.filter((expression) => evaluate(`typeof ${expression}`, context) !== "undefined")).toEqual([]);
});

test("nothing leads out of the context", () => {
  const ways = ["constructor", "globalThis.constructor", "(()=>1).constructor", "[].constructor.constructor"];
  const context = createEspruinoContext();
  for (const way of ways)
    for (const name of ["process", "Map", "setTimeout"])
      expect(evaluate(`${way}.constructor("return typeof ${name}")()`, context), `${way} ${name}`).toBe("undefined");
});

test("what the shell hands in brings nothing that is not there", () => {
  const context = createEspruinoContext();
  const adopt = createAdopter(context);
  const filled: number[] = [];
  const fillWithSevens = (into: Uint8Array) => {
    filled.push(into.length);
    into.fill(7);
    return new Uint8Array([9]);
  };
  const handed = adopt({
    bytes: new Uint8Array([1, 2]),
    view: Buffer.from([3]),
    list: [{ name: "a" }],
    none: undefined,
    port: { size: 2, read: fillWithSevens },
  });
  context.handed = handed;
  for (const value of ["bytes", "view", "list", "port.read", "port.read(handed.bytes)"])
    for (const member of ["at", "entries", "toReversed", "toSorted", "caller"])
      expect(evaluate(`typeof handed.${value}.${member}`, context), `${value}.${member}`).toBe("undefined");
  expect(evaluate("handed.list[0].constructor === Object && handed.view.constructor === Uint8Array", context)).toBe(
    true,
  );
  expect(evaluate("var own = new Uint8Array(3); handed.port.read(own); own.join()", context)).toBe("7,7,7");
  expect(evaluate("handed.port.read(own)[0] + handed.port.size + handed.list.length", context)).toBe(12);
  expect(filled).toContain(3);
});

test("an object keeps its methods' owner on the way in", () => {
  const counter = {
    count: 0,
    next() {
      this.count += 1;
      return this.count;
    },
  };
  const { next } = createAdopter(createEspruinoContext())(counter);
  expect([next(), next(), counter.count]).toEqual([1, 2, 2]);
});

/** Feature tests that ran on Espruino 2v29, and how they went there. */
const folder = sharedFolder("spikes/espruino");
const features = folder === undefined ? [] : readFeatures(folder);

/** The board's own world, which the core never sees. */
const WORLD = /^(Promise|Date|new Date|console|setTimeout|btoa|encodeURI|require|Modules|crypto)/;
/** What only types or a run would show. */
const UNSEEN = ["Function.length/name", "Array.length assign truncate", "recursion depth 1000"];
/** What esbuild writes otherwise, or what no source can hold: Biome and tsc refuse them. */
const REWRITTEN = ["ASI: return newline", "var/hoisting of var use before decl"];

test.skipIf(folder === undefined)("the bundle's world has what was found on Espruino's interpreter", () => {
  const lacking = features.filter(({ name, there, code, wanted }) => there && !WORLD.test(name) && !runs(code, wanted));
  expect(lacking.map(({ name }) => name)).toEqual([]);
});

test.skipIf(folder === undefined)("and lacks what was not found there", () => {
  const missing = features.filter(
    ({ there, found }) => !there && /^got .*"undefined".* want|Function ".*" not found|Error: "[A-Z]/.test(found),
  );
  expect(missing.length).toBeGreaterThan(30);
  // An array's methods in a class that extends it are syntax, not library.
  const having = missing.filter(({ name, code, wanted }) => name !== "extends Array" && runs(code, wanted));
  expect(having.map(({ name }) => name)).toEqual([]);
});

test.skipIf(folder === undefined)("the gate refuses every feature that is missing or wrong there", () => {
  const unseen = UNSEEN.concat(REWRITTEN);
  const passing = features.filter(({ name, there, code }) => !there && !unseen.includes(name) && !isRefused(code));
  expect(passing.map(({ name }) => name)).toEqual([]);
});

interface Feature {
  name: string;
  code: string;
  wanted: unknown;
  there: boolean;
  found: string;
}

function readFeatures(from: string): Feature[] {
  const tests = createRequire(import.meta.url)(path.join(from, "feature-tests.js")) as [string, string, unknown][];
  const text = readFileSync(path.join(from, "feature-results.json"), "utf8");
  const results = new Map((JSON.parse(text) as string[][]).map(([state, name, found]) => [name, { state, found }]));
  return tests.map(([name, code, wanted]) => {
    const result = results.get(name);
    return { name, code, wanted, there: result?.state === "OK", found: result?.found ?? "" };
  });
}

function runs(code: string, wanted: unknown): boolean {
  try {
    return JSON.stringify(evaluate(`var R, R0; ${code}; R`)) === JSON.stringify(wanted);
  } catch {
    return false;
  }
}

/** The tests hand out their result as a global `R`; that alone is no refusal. */
function isRefused(code: string): boolean {
  try {
    const findings = checkDeviceCode(code, { sourceType: "script", board: true });
    return findings.some((finding) => !/^(R|R0|String) is not/.test(finding.message));
  } catch {
    return true;
  }
}
