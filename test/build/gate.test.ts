import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { bundleForEspruino, gateFile } from "../../host/build/espruino/bundle.ts";
import { checkDeviceCode } from "../../host/build/espruino/check.ts";
import { CORE } from "../../host/build/espruino/names.ts";
import { deviceSources } from "../../host/build/espruino/sources.ts";
import { BUILTINS, GLOBALS } from "../../simulator/engines/espruino-world.ts";
import { ROOT } from "../shared.ts";

type Refused = [line: string, message: string];

/** Design §5, "not there": each stands on line 2 of a source of its own. */
const NOT_THERE: Refused[] = [
  ["const { c } = b;", "destructuring is not there"],
  ["const [c] = b;", "destructuring is not there"],
  ["[a, b] = [b, a];", "destructuring is not there"],
  ["function f({ a }: P) {}", "destructuring is not there"],
  ["for (const [k] of xs) f(k);", "destructuring is not there"],
  ["f(...xs);", "spread is not there"],
  ["const x = [...xs];", "spread is not there"],
  ["const x = { ...o };", "spread is not there"],
  ["function f(...xs: number[]) {}", "rest parameters are not there"],
  ["function f(a = 1) { return a; }", "default parameters are not there"],
  ["const x = 2 ** 3;", "** is not exact on every engine"],
  ["let x = 2; x **= 3;", "** is not exact on every engine"],
  ["const x = { [k]: 1 };", "computed keys are not there"],
  ["class A { [k]() {} }", "computed and static methods are not there"],
  ["class A { #x() {} }", "private names are not there"],
  ["class A { #x; }", "private names are not there"],
  ["function* f() {}", "async functions and generators are not there"],
  ["const o = { *f() {} };", "async functions and generators are not there"],
  ["async function f() {}", "async functions and generators are not there"],
  ["const f = async () => 1;", "async functions and generators are not there"],
  ["class A { async f() {} }", "async functions and generators are not there"],
  ["out: for (;;) break out;", "labels are not there"],
  ["const x = 10n;", "BigInt is not there"],
  ["const x = BigInt(1);", "BigInt is not there"],
  ["const x = Symbol();", "Symbol is not there"],
  ["const x = new Map();", "Map is not there"],
  ["const x = new Set();", "Set is not there"],
  ["const x = new WeakMap();", "WeakMap is not there"],
  ["const x = new Proxy(a, b);", "Proxy is not there"],
  ["const x = Reflect.ownKeys(o);", "Reflect is not there"],
  ["const x = Array.from(xs);", "Array.from is not there"],
  ['const x = Array["from"](xs);', "Array.from is not there"],
  ["const x = Array.of(1);", "Array.of is not there"],
  ["const x = Uint8Array.from(xs);", "Uint8Array.from is not there"],
  ["const x = Uint8Array.of(1);", "Uint8Array.of is not there"],
  ["const U = Uint8Array;", "Uint8Array is not a value here: only new Uint8Array"],
  ["const x = xs.at(-1);", ".at is not there"],
  ['const x = xs["at"](-1);', ".at is not there"],
  ["const x = xs[`at`](-1);", ".at is not there"],
  ["const x = xs.flat();", ".flat is not there"],
  ["const x = xs.flatMap(f);", ".flatMap is not there"],
  ["const x = [].entries();", ".entries is not there"],
  ["const x = xs.keys();", ".keys is not there"],
  ["const x = xs.toReversed();", ".toReversed is not there"],
  ["const x = xs.reduceRight(f);", ".reduceRight is not there"],
  ["const x = xs.findLast(f);", ".findLast is not there"],
  ["const x = xs.lastIndexOf(1);", ".lastIndexOf is not there on arrays"],
  ["xs.copyWithin(0, 1);", ".copyWithin is not there"],
  ["const x = Math.hypot(3, 4);", "Math.hypot is not the same on every engine, or not there"],
  ["const x = Math.imul(3, 4);", "Math.imul is not the same on every engine, or not there"],
  ["const x = Math.trunc(y);", "Math.trunc is not the same on every engine, or not there"],
  ["const x = Math.log2(y);", "Math.log2 is not the same on every engine, or not there"],
  ["const x = Math.log10(y);", "Math.log10 is not the same on every engine, or not there"],
  ["const x = Number.isInteger(y);", "Number.isInteger is not there"],
  ["const x = Object.freeze(o);", "Object.freeze is not there"],
  ["const x = Object.hasOwn(o, k);", "Object.hasOwn is not there"],
  ["const x = Object.values(o);", "Object.values is not for device code"],
  ["const x = Promise.race(xs);", "Promise waits: the core has no promise"],
  ["const x = /a+?/.test(s);", "most of RegExp is not there"],
  ['const x = new RegExp("a");', "RegExp is mostly not there"],
  ["const x = s.matchAll(y);", ".matchAll is not there"],
  ["const x = s.codePointAt(0);", ".codePointAt is not there"],
  ["const x = s.localeCompare(y);", ".localeCompare is not there"],
  ["const x = String.fromCodePoint(1);", "String.fromCodePoint is not there"],
  ["const x = y.toPrecision(3);", ".toPrecision is not there"],
  ["const x = new TextEncoder();", "TextEncoder is not there"],
  ["const x = new RangeError();", "RangeError is not there"],
  ["let of = 1;", "an identifier named of does not parse there"],
  ["let é = 1;", "é does not parse there: ASCII only"],
  ["switch (x) { default: f(); case 1: g(); }", "a case after default is not reached there"],
  ["const o = { f() { return super.f(); } };", "super in an object's method is not there"],
  ["class A { delete() {} }", "a method named delete does not parse there"],
  ["function f() { return new.target; }", "new.target and import.meta are not there"],
  ["const x = t`a`;", "tagged templates are not there"],
  ['const x = import("./a.ts");', "dynamic import is not there"],
  ["class A { static { f(); } }", "static blocks are not there"],
  ["for await (const c of xs) f(c);", "async functions and generators are not there"],
  ['const x = s.match("a+?");', ".match makes a RegExp, which is mostly not there"],
  ["debugger;", "debugger stops the board"],
];

/** Design §5, "silently wrong". */
const SILENTLY_WRONG: Refused[] = [
  ["switch (x) { case 1: f(); function f() {} }", "a declaration in a case needs braces round it"],
  ["switch (x) { case 1: let c = 1; f(c); }", "a declaration in a case needs braces round it"],
  ["var x = 1;", "var is not hoisted there"],
  ["class A { x = 1; }", "class fields are shared through the prototype"],
  ["class A { static x = 1; }", "class fields are shared through the prototype"],
  ["class A { static f() {} }", "computed and static methods are not there or not inherited"],
  ["for (let i = 0; i < 3; i++) fs.push(() => i);", "a closure over the loop's i sees its last value there"],
  ["for (const x of xs) fs.push(() => x);", "a closure over the loop's x sees its last value there"],
  ["for (const x of xs) { const y = x; fs.push(() => y); }", "a closure over the loop's y sees"],
  ["while (go()) { const y = g(); fs.push(() => y); }", "a closure over the loop's y sees its last value there"],
  ["do { let y = g(); fs.push(function () { return y; }); } while (go());", "a closure over the loop's y sees"],
  ["for (;;) { class A {} fs.push(() => ({ f: () => new A() })); }", "a closure over the loop's A sees"],
  ["const x = Math.round(-2.5);", "Math.round is not the same on every engine, or not there"],
  ["const x = y.toFixed(7);", ".toFixed is wrong for large numbers"],
  ["xs.sort();", ".sort is unstable"],
  ['xs["sort"]();', ".sort is unstable"],
  ["const x = bytes.slice(1);", ".slice shares memory on typed arrays"],
  ["class A extends Error {}", "extends Error is broken there"],
  ["class A extends Array {}", "extends Array is broken there"],
  ["for (const k in o) f(k);", "the order of for…in differs between engines"],
  ["const o = { 2: a, 1: b };", "keys that are numbers come in another order there"],
];

/** Design §4: + − × ÷ and sqrt; numbers that every engine reads alike. */
const INEXACT: Refused[] = [
  ["const x = 0.1;", "0.1 is not exact in binary: write it as a ratio of integers"],
  ["const x = 1e-7;", "1e-7 is not exact in binary"],
  ["const x = 9007199254740994;", "9007199254740994 is not exact in a double"],
  ["const x = Math.sin(y);", "Math.sin is not the same on every engine, or not there"],
  ['const x = Math["sin"](1);', "Math.sin is not the same on every engine, or not there"],
  ["const x = Math[y](1);", "Math.[…] is not the same on every engine, or not there"],
  ["const x = Math.PI;", "Math.PI is not the same on every engine, or not there"],
  ["const x = Math.pow(2, y);", "Math.pow is not the same on every engine, or not there"],
  ["const m = Math; m.sin(1);", "Math is not a value here: only Math.abs"],
  ["const x = globalThis.Math.sin(1);", "globalThis is the outside"],
  ['const x = eval("0.1");', "eval hides code from this check"],
  ['const x = new Function("return 0.1");', "Function hides code from this check"],
  ['const x = f.constructor("return 0.1")();', ".constructor leads round the check of names"],
  ['const x = f["constructor"];', ".constructor leads round the check of names"],
  ['const x = +"0.1";', "+ turns text into a number, and engines differ in the last bit"],
  ["const x = +y;", "+ turns text into a number, and engines differ in the last bit"],
  ['const x = -"0.1";', "- turns text into a number, and engines differ in the last bit"],
  ['const x = Number("0.1");', "Number is not a value here: only Number.MAX_VALUE"],
  ["const x = xs.map(Number);", "Number is not a value here: only Number.MAX_VALUE"],
  ['const x = parseFloat("0.1");', "parseFloat reads decimals, and engines differ in the last bit"],
  ['const x = parseInt("9", 10);', "parseInt reads decimals, and engines differ beyond 53 bits"],
  ['const x = JSON.parse("0.1");', "JSON reads and prints decimals, and engines differ in the last bit"],
  ["const x = y.toString();", ".toString prints decimals otherwise there"],
  ["const f = function (this: X) { return this; };", "this is the global object there"],
  ["const x = [Math];", "Math is not a value here: only Math.abs"],
  ["const x = Array.prototype;", "Array.prototype is not there: only Array.isArray, new Array"],
  ["const x = String(y);", "String is not a value here: only String.fromCharCode"],
];

/** Design §4: no clock, chance or world inside. */
const OUTSIDE: Refused[] = [
  ["const x = Math.random();", "Math.random is not the same on every engine, or not there"],
  ["const x = crypto.getRandomValues(y);", "crypto is chance"],
  ["const x = Date.now();", "Date is a clock: time arrives as an argument"],
  ["const x = new Date();", "Date is a clock: time arrives as an argument"],
  ["const x = performance.now();", "performance is a clock: time arrives as an argument"],
  ["setTimeout(f, 1);", "setTimeout is a clock: time arrives as an argument"],
  ["setInterval(f, 1);", "setInterval is a clock: time arrives as an argument"],
  ["setImmediate(f);", "setImmediate is a clock: time arrives as an argument"],
  ["queueMicrotask(f);", "queueMicrotask waits: the core has no promise"],
  ['console.log("a");', "console is the outside: lines go through the log port"],
  ["const x = structuredClone(y);", "structuredClone is not there"],
  ["const x = Intl.NumberFormat();", "Intl is not there"],
  ["const x = new WeakRef(y);", "WeakRef is not there"],
  ["const x = process.env;", "process is not there"],
  ['const x = require("fs");', "require is the outside"],
  ["global.x = 1;", "global is the outside"],
  ["const x = window;", "window is not there"],
];

describe.each([
  ["not there", NOT_THERE],
  ["silently wrong", SILENTLY_WRONG],
  ["not the same on every engine", INEXACT],
  ["outside", OUTSIDE],
] as const)("the gate refuses what is %s, with file and line", (_, rows) => {
  test.each(rows)("%s", async (line, message) => {
    const findings = await gateFile(`${context(line)}\n${line}\n`, "firmware/example.ts");
    const places = findings.map((finding) => finding.split(" ")[0].replace(/:\d+$/, ""));
    expect(new Set(places)).toEqual(new Set(["firmware/example.ts:2"]));
    expect(findings.join("\n")).toContain(`: ${message}`);
  });
});

/** Line 1: what the example needs to exist, so that nothing but the example is wrong. */
function context(line: string): string {
  const names = ["a", "b", "f", "fs", "g", "go", "k", "o", "s", "t", "x", "xs", "y", "bytes"];
  const declares = (name: string) => new RegExp(`(let|const|function\\*?|var) ${name}\\b`).test(line);
  return `export let ${names.filter((name) => !declares(name)).join(", ")};`;
}

test.each([
  "export function h(a: number): number { return Math.floor((a * 3) / 10) + Math.sqrt(a) * 0.5; }",
  "const x = -1; const z = ~x; const w = !x;",
  "export const a = new Float64Array(3), b = new Array(4), c = Array.isArray(a), d = Object.keys({ e: c });",
  "export const a = (e: unknown) => e instanceof Error && e instanceof Uint8Array;",
  "export const a = Number.POSITIVE_INFINITY, b = isNaN(a), c = undefined, d = String.fromCharCode(65);",
  "export function h(xs: number[]) { for (const x of xs) { const y = x; if (y > 1) return y; } return () => xs; }",
  "export function h(n: number) { for (let i = 0; i < n; i++) { const k = (Math: number) => Math + 1; k(1); } }",
  "export function h(xs: F[]) { const one = () => xs; for (const x of xs) x(one); }",
  "export const a = { x: 1, f() { return [2].map((y) => this.x + y); } };",
  "export class A { x: number; constructor() { this.x = 1; } f() { return this?.x ?? 2; } }",
  "export class B extends A { f() { return super.f(); } } declare class A { f(): number; }",
  "export function h() { return arguments.length; }",
  "export function h(x: number) { switch (x) { case 1: { const y = x; return y; } default: return 0; } }",
  "export const a = { of: 1, at: 2, delete: 3 }; export const b = a.of;",
  "let x: number | undefined; x ??= 1; export const y = x?.z;",
])("the gate lets through: %s", async (line) => {
  const findings = await gateFile(line, "firmware/example.ts");
  expect(findings.filter((finding) => !finding.includes(" A is not there"))).toEqual([]);
});

test("only the board's own code touches the board", async () => {
  expect(await gateFile("global.omamori = 1;", "firmware/boards/espruino/bracelet.ts")).toEqual([]);
  expect(await gateFile("global.omamori = 1;", "firmware/boards/other.ts")).toHaveLength(1);
});

test("what device code may use is there", () => {
  for (const [name, use] of Object.entries(CORE)) {
    expect(GLOBALS).toContain(name);
    expect((use.members ?? []).filter((member) => !BUILTINS[name].own.includes(member))).toEqual([]);
  }
});

test("every source of the device is judged, whether bundled yet or not, and those it knows by their types", () => {
  const sources = deviceSources(ROOT, []);
  expect(sources).toContain("firmware/boards/espruino/bracelet.ts");
  expect(sources).toContain("firmware/ports/clock.ts");
  expect(sources).toContain("protocol/messages/order.ts");
  expect(sources).toContain("protocol/messages/zone.ts");
  expect(sources.length).toBeGreaterThan(30);
  expect(sources.filter((file) => /^firmware\/boards\/(?!espruino\/)/.test(file))).toEqual([]);
});

test("a type's file is judged as well", async () => {
  const project = mkdtempSync(path.join(tmpdir(), "omamori-gate-"));
  const write = (file: string, text: string) => writeFileSync(path.join(project, file), text);
  try {
    write("entry.ts", 'import { g } from "./inner.ts";\ng();\n');
    write("inner.ts", "export function g(): number {\n  return Math.cos(1);\n}\n");
    await expect(bundleForEspruino(path.join(project, "entry.ts"), project)).rejects.toThrow(/inner\.ts:2:10 arithm/);
  } finally {
    rmSync(project, { recursive: true });
  }
});

test.each([
  ["f(a?.b);", "?. is not there"],
  ["a??=1;", "??= is not there"],
  ["a**=2;", "** is not exact"],
  ["let of=1;", "of does not parse"],
  ["f();function f(){}", "declared after code that may use it"],
  ["{f();function f(){}}", "declared after code that may use it"],
])("the finished bundle is checked once more: %s", (code, message) => {
  const findings = checkDeviceCode(code, { sourceType: "script", board: true });
  expect(findings.map((finding) => finding.message).join("\n")).toContain(message);
});
