import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { ToolError } from "../../protocol/errors.ts";

export function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ToolError("cli.cannot-read", { file, detail: reasonOf(error) });
  }
}

/** Zones and orders are text. */
export function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFile(file));
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError("cli.cannot-read", { file, detail: "not UTF-8" });
  }
}

/** Refuses early what `writeFileAtomically` would refuse after the work is done. */
export function refuseExisting(file: string, force: boolean): void {
  if (!force && existsSync(file)) throw new ToolError("cli.output-exists", { file });
}

/** Whole or not at all: a temporary file beside it, flushed, and then given the name. Without `force` nothing is replaced. */
export function writeFileAtomically(file: string, content: string | Uint8Array, force: boolean): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = openSync(temporary, "wx");
    try {
      const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (force) renameSync(temporary, file);
    else linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new ToolError("cli.output-exists", { file });
    throw new ToolError("cli.cannot-write", { file, detail: reasonOf(error) });
  } finally {
    rmSync(temporary, { force: true });
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Record<string, string> = {
    ENOENT: "no such file or folder",
    EACCES: "not permitted",
    EISDIR: "it is a folder",
    ENOSPC: "the disk is full",
  };
  return known[code ?? ""] ?? message;
}
