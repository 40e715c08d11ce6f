import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Runs a device's program again where it can do no harm: in a process of its own that may open no file, no connection, no other
 * process, has no environment, and in it in a context that has the bare language. Only text goes in and comes out. Whoever calls this has first seen the program's hash on a signed list; this is for what a list cannot know.
 */
export interface Limits {
  /** Milliseconds for everything. */
  timeMs: number;
  /** Megabytes of the process in all; held where the system tells (Linux), and of its heap everywhere. */
  memoryMb: number;
  /** Bytes of the answer. */
  answerBytes: number;
}

export const LIMITS: Limits = { timeMs: 60_000, memoryMb: 512, answerBytes: 256 << 20 };

export type ReExecuted =
  | { ok: true; answer: string }
  /** `too-long`, `too-much` (memory), `too-large` (the answer), `failed`: the program threw, or is none. */
  | { ok: false; reason: "too-long" | "too-much" | "too-large" | "failed"; detail: string };

/** `job`: what the program's `omamoriReplay` is called with. */
export function reExecute(program: string, job: string, limits: Limits = LIMITS): Promise<ReExecuted> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...permissionFlags(), ...heapFlags(limits), "-e", CHILD], {
      env: {},
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    const answer: Buffer[] = [];
    const words: Buffer[] = [];
    let bytes = 0;
    let ended: ReExecuted | undefined;
    const end = (result: ReExecuted) => {
      ended ??= result;
      child.kill("SIGKILL");
    };
    const clock = setTimeout(() => end(no("too-long", `${limits.timeMs} ms`)), limits.timeMs);
    const watch = setInterval(() => {
      const usedMb = residentMb(child);
      if (usedMb > limits.memoryMb) end(no("too-much", `${usedMb} MB`));
    }, 50);
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.answerBytes) end(no("too-large", `${bytes} bytes`));
      else answer.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (words.length < 64) words.push(chunk);
    });
    child.on("error", (error) => end(no("failed", error.message)));
    child.on("close", (code, signal) => {
      clearTimeout(clock);
      clearInterval(watch);
      resolve(ended ?? outcome(code, signal, Buffer.concat(answer), Buffer.concat(words).toString("utf8")));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(JSON.stringify({ program, job, cut: CUT_DOWN, timeMs: limits.timeMs }));
  });
}

function outcome(code: number | null, signal: string | null, answer: Buffer, words: string): ReExecuted {
  if (code === 0) return { ok: true, answer: answer.toString("utf8") };
  // V8 ends itself where its heap is full.
  const isFull = signal === "SIGABRT" || signal === "SIGTRAP" || code === 134 || /heap out of memory/i.test(words);
  if (isFull) return no("too-much", "heap");
  return no("failed", lastLine(words));
}

function lastLine(words: string): string {
  return (/^FAILED (.*)$/m.exec(words)?.[1] ?? "").slice(0, 200);
}

function no(reason: Exclude<ReExecuted, { ok: true }>["reason"], detail: string): ReExecuted {
  return { ok: false, reason, detail };
}

/** Node's own fence, for a program and its process; its name lost a word on the way to 22.13. */
export function permissionFlags(): string[] {
  const flag = ["--permission", "--experimental-permission"].find((one) =>
    process.allowedNodeEnvironmentFlags.has(one),
  );
  return flag === undefined ? [] : [flag, "--no-warnings"];
}

function heapFlags({ memoryMb }: Limits): string[] {
  return [`--max-old-space-size=${Math.ceil(memoryMb / 2)}`, "--disallow-code-generation-from-strings"];
}

/** Where the system has no /proc the heap's own limit is left. */
function residentMb({ pid }: ChildProcess): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
    return Math.round((pages * 4096) / 1e6);
  } catch {
    return 0;
  }
}

/** What a program finds there: the language without clock, chance, threads, and what engines may compute differently. */
const CUT_DOWN = `(() => {
  const kept = ("Object Function Array String Number Boolean Symbol BigInt Map Set WeakMap JSON Math ArrayBuffer DataView Uint8Array Int8Array " +
    "Uint8ClampedArray Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array Error TypeError RangeError " +
    "SyntaxError ReferenceError NaN Infinity undefined isNaN isFinite parseInt parseFloat globalThis").split(" ");
  for (const name of Object.getOwnPropertyNames(globalThis)) if (!kept.includes(name)) delete globalThis[name];
  const exact = ["abs", "ceil", "floor", "max", "min", "round", "sign", "sqrt", "trunc", "imul", "fround", "clz32"];
  for (const name of Object.getOwnPropertyNames(Math)) if (!exact.includes(name)) delete Math[name];
})()`;

/**
 * What the process runs. Doors that the context has not are shut in the process too, should something find its way out of the
 * one: sockets refuse, and what loads a module is gone.
 */
const CHILD = `
"use strict";
const vm = require("node:vm");
const net = require("node:net");
const dgram = require("node:dgram");
const write = process.stdout.write.bind(process.stdout);
const say = process.stderr.write.bind(process.stderr);
const quit = process.exit.bind(process);
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk));
process.stdin.on("end", () => {
  const given = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  shut();
  try {
    const context = vm.createContext(Object.create(null), {
      codeGeneration: { strings: false, wasm: false },
      microtaskMode: "afterEvaluate",
    });
    const timeout = given.timeMs;
    vm.runInContext(given.cut, context);
    vm.runInContext(given.program, context, { filename: "program", timeout });
    const answer = vm.runInContext("omamoriReplay(" + JSON.stringify(given.job) + ")", context, { timeout });
    if (typeof answer !== "string") throw new TypeError("the answer is no text");
    write(answer, () => quit(0));
  } catch (error) {
    let words = "";
    try { words = String(error && error.message).replace(/\\s+/g, " ").slice(0, 200); } catch {}
    say("FAILED " + words + "\\n", () => quit(1));
  }
});
function shut() {
  const deny = () => { throw new Error("shut"); };
  for (const [of, names] of [[net.Socket.prototype, ["connect"]], [net.Server.prototype, ["listen"]],
    [dgram.Socket.prototype, ["bind", "connect", "send"]]])
    for (const name of names) Object.defineProperty(of, name, { value: deny });
  for (const name of ["require", "module", "exports", "__filename", "__dirname", "fetch", "WebSocket", "EventSource", "navigator"])
    delete globalThis[name];
  for (const name of ["binding", "_linkedBinding", "dlopen", "mainModule", "getBuiltinModule", "kill", "abort", "chdir", "env"])
    try { Object.defineProperty(process, name, { value: undefined }); } catch {}
}
`;
