import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { LIMITS, permissionFlags, reExecute } from "../../host/evidence/re-execute.ts";

const SHORT = { ...LIMITS, timeMs: 8_000 };
const run = (program: string, job = "x", limits = SHORT) => reExecute(program, job, limits);
const answering = (expression: string) => run(`function omamoriReplay(job) { return String(${expression}); }`);

test("a program answers with text to text", async () => {
  expect(await run("function omamoriReplay(job) { return job + '!'; }", '"\u2028{}')).toEqual({
    ok: true,
    answer: '"\u2028{}!',
  });
});

test("it finds no process, no modules, no network, no clock, no environment and no way to make code", async () => {
  for (const name of [
    "process",
    "require",
    "fetch",
    "WebSocket",
    "Date",
    "setTimeout",
    "WebAssembly",
    "SharedArrayBuffer",
    "Promise",
    "Proxy",
  ])
    expect(await answering(`typeof ${name}`), name).toEqual({ ok: true, answer: "undefined" });
  expect(await answering('(() => { try { return Function("return 1")(); } catch (e) { return "no"; } })()')).toEqual({
    ok: true,
    answer: "no",
  });
  // The classical way out: by the constructor of something that came from outside. Nothing has.
  const out =
    "(() => { try { return typeof globalThis.constructor.constructor('return process')(); } catch (e) { return 'no'; } })()";
  expect(await answering(out)).toEqual({ ok: true, answer: "no" });
});

test("around it stands Node's own fence: no file, no process, no thread", () => {
  for (const deed of [
    "fs.readFileSync('/etc/passwd')",
    "child_process.spawnSync('true')",
    "new worker_threads.Worker('1', { eval: true })",
  ]) {
    const code = `try { const fs = require("fs"), child_process = require("child_process"), worker_threads = require("worker_threads"); ${deed}; } catch (e) { console.log(e.code); }`;
    const { stdout } = spawnSync(process.execPath, [...permissionFlags(), "-e", code], { env: {}, encoding: "utf8" });
    expect(stdout.trim(), deed).toBe("ERR_ACCESS_DENIED");
  }
});

test("one that never ends is ended", async () => {
  const result = await run("function omamoriReplay() { for (;;); }", "x", { ...SHORT, timeMs: 700 });
  expect(result).toMatchObject({ ok: false });
  expect(["too-long", "failed"]).toContain((result as { reason: string }).reason);
});

test("one that takes all memory is ended, whether it is the heap's or not", async () => {
  const heap = "function omamoriReplay() { var a = []; for (;;) a.push({ a: [1, 2, 3] }); }";
  expect(await run(heap, "x", { ...SHORT, memoryMb: 200 })).toMatchObject({ ok: false, reason: "too-much" });
  const buffers = "function omamoriReplay() { var a = []; for (;;) a.push(new Uint8Array(1e7).fill(1)); }";
  expect(await run(buffers, "x", { ...SHORT, memoryMb: 300 })).toMatchObject({ ok: false });
});

test("one that is broken, throws, or answers with something else has failed, and says why", async () => {
  expect(await run("function (")).toMatchObject({ ok: false, reason: "failed" });
  expect(await run("var a = 1;")).toMatchObject({
    ok: false,
    reason: "failed",
    detail: "omamoriReplay is not defined",
  });
  expect(await run("function omamoriReplay() { throw new Error('so'); }")).toMatchObject({ detail: "so" });
  expect(await run("function omamoriReplay() { return 7; }")).toMatchObject({ reason: "failed" });
  expect(await run("function omamoriReplay() { throw null; }")).toMatchObject({ reason: "failed" });
});

test("an answer without end is cut off", async () => {
  const program = "function omamoriReplay() { return 'x'.repeat(1e6); }";
  expect(await run(program, "x", { ...SHORT, answerBytes: 1000 })).toMatchObject({ ok: false, reason: "too-large" });
});
