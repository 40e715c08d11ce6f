import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import vm from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleForEspruino, gateFile } from "../../host/build/espruino/bundle.ts";
import { checkDeviceCode } from "../../host/build/espruino/check.ts";
import { hoistFunctions } from "../../host/build/espruino/hoist.ts";
import { bundleEngine } from "../../simulator/engines/bundle.ts";
import { createEspruinoContext } from "../../simulator/engines/bundle-globals.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { replay } from "../../simulator/replay/replay.ts";
import { readTrace } from "../../simulator/traces/read.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { makePath } from "../../simulator/world/path.ts";
import { dutchDays, orderOf, ride } from "../samples.ts";
import { ROOT, sharedFolder } from "../shared.ts";

let folder = "";
let bundleFile = "";

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "omamori-bundle-"));
  bundleFile = path.join(folder, "bracelet.espruino.js");
  const { code } = await bundleForEspruino(path.join(ROOT, "firmware/boards/espruino/bracelet.ts"), ROOT);
  writeFileSync(bundleFile, code);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function effectsOf(
  trace: Trace,
  startEngine: typeof startNodeEngine,
  receiver: "ideal" | "realistic",
): { lines: string[]; hash: string } {
  const lines: string[] = [];
  const order = orderOf(layZones(makePath(trace), 3));
  const { effectHash } = replay(trace, {
    order,
    startEngine,
    receiver,
    seed: 3,
    onEffectLine: (line) => lines.push(line),
  });
  return { lines, hash: effectHash };
}

test.each(["ideal", "realistic"] as const)(
  "the bundle gives the source's effects, byte for byte, on a real ride (%s)",
  (receiver) => {
    const source = effectsOf(ride(), startNodeEngine, receiver);
    const bundle = effectsOf(ride(), bundleEngine(bundleFile), receiver);
    expect(source.lines.length).toBeGreaterThan(50);
    expect(bundle.lines).toEqual(source.lines);
    expect(bundle.hash).toBe(source.hash);
  },
);

test.skipIf(sharedFolder("data/trajectories/nl-ssi-open-geodata") === undefined)("and on Dutch days", () => {
  for (const file of dutchDays().filter((_, i) => i % 7 === 0)) {
    const trace = readTrace(readFileSync(file), path.basename(file));
    expect(effectsOf(trace, bundleEngine(bundleFile), "realistic").hash).toBe(
      effectsOf(trace, startNodeEngine, "realistic").hash,
    );
  }
});

test.each([
  ["const { a } = b;", "destructuring"],
  ["f(...xs);", "spread"],
  ["function f(a = 1) { return a; }", "default"],
  ["const x = 0.1;", "0.1"],
  ["const x = Math.sin(y);", "sin"],
  ["const x = Math.random();", "random"],
  ["const t = Date.now();", "clock"],
  ["const m = new Map();", "Map"],
  ["const r = /a/.test(s);", ""],
  ["async function f() {}", "async"],
  ["a.sort();", "sort"],
])("the gate refuses %s", async (line, word) => {
  const findings = await gateFile(`export const before = 1;\n${line}\n`, "firmware/example.ts");
  expect(findings.length).toBeGreaterThan(0);
  expect(findings[0]).toMatch(/^firmware\/example\.ts:2:\d+ /);
  expect(findings.join("\n").toLowerCase()).toContain(word.toLowerCase());
});

test("the gate lets exact arithmetic through", async () => {
  const source =
    "export function f(a: number): number {\n  const half = 0.5;\n  return Math.floor((a * 3) / 10) + Math.sqrt(a) * half;\n}\n";
  expect(await gateFile(source, "firmware/example.ts")).toEqual([]);
});

test("a source that breaks the rule fails the build with file and line", async () => {
  const project = mkdtempSync(path.join(tmpdir(), "omamori-gate-"));
  writeFileSync(path.join(project, "entry.ts"), 'import { g } from "./inner.ts";\ng();\n');
  writeFileSync(path.join(project, "inner.ts"), "export function g(): number {\n  return Math.cos(1);\n}\n");
  await expect(bundleForEspruino(path.join(project, "entry.ts"), project)).rejects.toThrow(/inner\.ts:2:\d+/);
  rmSync(project, { recursive: true });
});

test("functions are declared before they are used, for Espruino does not hoist", () => {
  expect(vm.runInNewContext(`let seen = typeof f; ${"function f() {}"} seen`)).toBe("function");
  expect(hoistFunctions("(()=>{g();function g(){}})();").indexOf("function g")).toBeLessThan(
    hoistFunctions("(()=>{g();function g(){}})();").indexOf("g();"),
  );
});

test("the finished bundle is checked once more", () => {
  expect(checkDeviceCode("var of = 1;", "script").length).toBeGreaterThan(0);
  expect(checkDeviceCode(readFileSync(bundleFile, "utf8"), "script")).toEqual([]);
});

test("the bundle's world has what Espruino has and no more", () => {
  const context = createEspruinoContext();
  for (const name of [
    "Map",
    "Set",
    "Symbol",
    "Promise",
    "BigInt",
    "Proxy",
    "Reflect",
    "TextEncoder",
    "process",
    "require",
    "console",
    "setTimeout",
    "WebAssembly",
    "Atomics",
  ])
    expect(vm.runInContext(`typeof ${name}`, context), name).toBe("undefined");
  for (const expression of [
    "[].flat",
    "[].at",
    "Array.from",
    "Math.trunc",
    "Math.hypot",
    "Math.imul",
    "Number.isInteger",
    "new Uint8Array(1).slice",
    "Object.freeze",
  ])
    expect(vm.runInContext(`typeof ${expression}`, context), expression).toBe("undefined");
  expect(vm.runInContext("typeof Uint8Array + typeof global", context)).toBe("functionobject");
});
