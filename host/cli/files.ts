import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFile,
} from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { ToolError } from "../../protocol/errors.ts";
import { decodeUtf8 } from "../../simulator/traces/utf8.ts";

/** The name that means standard input, or output. */
export const DASH = "-";
/** Text of a little more no longer fits into one string of V8. */
export const INPUT_MOST_BYTES = 512_000_000;
/** An order, an image, a file of keys or of releases is never as large. */
export const DOCUMENT_MOST_BYTES = 64_000_000;
/** For the owner alone: keys, and whatever names people and hidden places. */
export const PRIVATE_MODE = 0o600;
const CHUNK_BYTES = 1 << 20;

/** What an input is called in messages. */
export function nameOf(file: string): string {
  return file === DASH ? "stdin" : file;
}

/** All that this process has read, by name or descriptor: none of it is ever written over, whatever a command knows of it. */
const inputs = new Set<string | number>();

/** Of what is read elsewhere; `readFile` notes by itself. */
export function noteInput(input: string | number): void {
  inputs.add(input);
}

let stdinTaken = false;

/** A whole file, or standard input for `-`, which can be read once. */
export function readFile(file: string, mostBytes = INPUT_MOST_BYTES): Uint8Array {
  noteInput(file);
  if (file === DASH && stdinTaken) throw new ToolError("cli.stdin-twice");
  if (file === DASH) stdinTaken = true;
  try {
    const handle = file === DASH ? 0 : openSync(file, "r");
    try {
      return readHandle(handle, file, mostBytes);
    } finally {
      if (file !== DASH) closeSync(handle);
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError("cli.cannot-read", { file: nameOf(file), ...reasonOf(error) });
  }
}

function readHandle(handle: number, file: string, mostBytes: number): Uint8Array {
  const stat = fstatSync(handle);
  if (stat.size > mostBytes) throw tooLarge(file, mostBytes);
  if (stat.isFile()) return readFileSync(handle);
  const chunks: Uint8Array[] = [];
  for (let total = 0; total <= mostBytes; ) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = readChunk(handle, chunk);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  throw tooLarge(file, mostBytes);
}

/** Waits where a terminal or a pipe that does not block has nothing yet. */
function readChunk(handle: number, into: Uint8Array): number {
  while (true) {
    try {
      return readSync(handle, into);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** Only a recording can be cut. */
function tooLarge(file: string, mostBytes: number): ToolError {
  const code = mostBytes === INPUT_MOST_BYTES ? "cli.too-large" : "cli.document-too-large";
  return new ToolError(code, { file: nameOf(file), limit: mostBytes / 1e6 });
}

/** Zones and orders are text. */
export function readText(file: string): string {
  const decoded = decodeUtf8(readFile(file, DOCUMENT_MOST_BYTES));
  if (decoded.ok) return decoded.text;
  throw new ToolError("cli.not-utf8", { file: nameOf(file), line: decoded.line, offset: decoded.offset });
}

/**
 * Refuses before the work what `writeWhole` would refuse after it, and to write over what is read: `known` and all that was read
 * so far, or into a witness's folder, whose files are only ever added to.
 */
export function checkOutput(file: string, known: string[], force: boolean): void {
  for (const input of known) noteInput(input);
  const standing = statOf(file);
  refuseInput(file, standing);
  if (standing && isStream(standing)) return;
  if (standing && !force) throw new ToolError("cli.output-exists", { file });
  if (!standing && /[/\\]$/.test(file)) throw new ToolError("cli.cannot-write", { file, detail: "reason.EISDIR" });
  orRefuse(file, () => accessSync(`${path.dirname(standing ? realpathSync(file) : file)}/.`, constants.W_OK));
}

function refuseInput(file: string, standing: Stats | undefined): void {
  if (standing?.isFile() && [...inputs].some((input) => isSameFile(input, standing)))
    throw new ToolError("cli.same-file", { file });
  const folder = path.dirname(standing ? realpathSync(file) : file);
  if (WITNESS_FILES.every((name) => existsSync(path.join(folder, name))))
    throw new ToolError("cli.in-witness", { file });
}

/** What every witness's folder holds (`evidence/witness.ts`). */
const WITNESS_FILES = ["leaves", "heads"];

function isSameFile(input: string | number, output: Stats): boolean {
  const { dev, ino } =
    (typeof input === "number" || input === DASH
      ? fstatSync(Number(input === DASH ? 0 : input))
      : statSync(input, { throwIfNoEntry: false })) ?? {};
  return dev === output.dev && ino === output.ino;
}

/** What stands under a name, links followed; `undefined`: nothing yet. Refuses what can be neither replaced nor written into. */
function statOf(file: string): Stats | undefined {
  const standing = orRefuse(file, () => statSync(file, { throwIfNoEntry: false }));
  if (standing === undefined) {
    const isLink = orRefuse(file, () => lstatSync(file, { throwIfNoEntry: false }))?.isSymbolicLink();
    if (isLink) throw new ToolError("cli.cannot-write", { file, detail: "reason.dangling" });
  } else if (standing.isDirectory()) throw new ToolError("cli.cannot-write", { file, detail: "reason.EISDIR" });
  else if (!standing.isFile() && !isStream(standing))
    throw new ToolError("cli.cannot-write", { file, detail: "reason.no-file" });
  return standing;
}

/** What is written into takes no harm: a pipe, a terminal, the null device. */
function isStream(standing: Stats): boolean {
  return standing.isFIFO() || standing.isCharacterDevice();
}

/**
 * Whole or not at all: a temporary file beside it, flushed, and then given the name. Without `force` nothing is replaced; what
 * is replaced keeps its permissions, unless `mode` says others, and a link goes on pointing to it. Pipes and devices are written into.
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  force: boolean,
  mode?: number,
): Promise<void> {
  const standing = statOf(file);
  refuseInput(file, standing);
  try {
    if (standing && isStream(standing)) await promisify(writeFile)(file, content);
    else if (standing && force)
      await writeBeside(realpathSync(file), content, mode ?? standing.mode & 0o7777, renameSync);
    else await writeBeside(file, content, mode, nameNew);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new ToolError("cli.output-exists", { file });
    throw new ToolError("cli.cannot-write", { file, ...reasonOf(error) });
  }
}

type GiveName = (temporary: string, target: string) => void;

async function writeBeside(
  target: string,
  content: string | Uint8Array,
  mode: number | undefined,
  giveName: GiveName,
): Promise<void> {
  const temporary = path.join(path.dirname(target), `.omamori-${randomBytes(6).toString("hex")}.tmp`);
  const forget = removeOnSignal(temporary);
  try {
    const handle = openSync(temporary, "wx", mode);
    try {
      // Before the first byte: opening takes away what the umask says.
      if (mode !== undefined) fchmodSync(handle, mode);
      await promisify(writeFile)(handle, content);
      await promisify(fsync)(handle);
    } finally {
      closeSync(handle);
    }
    giveName(temporary, target);
  } finally {
    remove(temporary);
    forget();
  }
}

/** A name that could not be made cannot be removed either, which is no second mistake. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}

/** Fails where the name is taken. File systems without hard links, such as FAT, take the name first and fill it then. */
function nameNew(temporary: string, target: string): void {
  try {
    linkSync(temporary, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    closeSync(openSync(target, "wx"));
    renameSync(temporary, target);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Until the function it returns is called, a signal that ends the process takes the file with it. */
function removeOnSignal(file: string): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    remove(file);
    forget();
    process.kill(process.pid, signal);
  };
  const forget = () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return forget;
}

function orRefuse<T>(file: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new ToolError("cli.cannot-write", { file, ...reasonOf(error) });
  }
}

const KNOWN_REASONS = ["ENOENT", "ENOTDIR", "EACCES", "EPERM", "EISDIR", "ENOSPC", "EROFS", "ENAMETOOLONG"];

/** The system's reason as a code of the catalogue, or else in the system's words. */
export function reasonOf(error: unknown): { detail: string } {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return { detail: KNOWN_REASONS.includes(code) ? `reason.${code}` : message };
}
