import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../shared.ts";

export const CLI = path.join(ROOT, "dist/host/cli.js");

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** What standard input holds. */
  input?: string | Uint8Array;
}

/** Runs the built command line, as a user would. */
export function omamori(args: string[], options: RunOptions = {}): Ran {
  if (!existsSync(CLI)) throw new Error("no dist/: run npm run build first");
  return runFile(CLI, args, options);
}

/** The same of a command line that lies elsewhere. */
export function runFile(file: string, args: string[], options: RunOptions = {}): Ran {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: "C.UTF-8", ...options.env };
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    cwd: options.cwd,
    env,
    input: options.input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { code: status, out: stdout, err: stderr };
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
