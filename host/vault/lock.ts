import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { ToolError } from "../../protocol/errors.ts";

/** How long another process may take over its change: scrypt is done before, so this is a file's writing. */
const WAIT_MOST_MS = 15_000;
const PAUSE_MS = 20;
/** A lock without a name in it is one whose process died between two calls. */
const NAMELESS_MOST_MS = 5_000;

/**
 * Runs `work` while no other process that asks for the same file does. The lock is a file beside it with host and process
 * in it; what a process that is no more left behind is taken away.
 */
export function withLock<T>(file: string, work: () => T): T {
  const lock = `${file}.lock`;
  const endMs = Date.now() + WAIT_MOST_MS;
  while (!take(lock)) {
    if (isLeft(lock)) takeAway(lock);
    else if (Date.now() > endMs) throw new ToolError("vault.locked", { file: lock, who: nameIn(lock) });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** False where it is taken. */
function take(lock: string): boolean {
  try {
    const handle = openSync(lock, "wx", 0o600);
    try {
      writeSync(handle, `${hostname()} ${process.pid}`);
    } finally {
      closeSync(handle);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Only one process at a time takes a lock away, and it looks again first: else it could be another's new one. */
function takeAway(lock: string): void {
  const removing = `${lock}.removing`;
  if (!take(removing)) {
    if (isLeft(removing)) rmSync(removing, { force: true });
    return;
  }
  try {
    if (isLeft(lock)) rmSync(lock, { force: true });
  } finally {
    rmSync(removing, { force: true });
  }
}

function isLeft(lock: string): boolean {
  const name = nameIn(lock);
  const standing = statSync(lock, { throwIfNoEntry: false });
  if (standing === undefined) return false;
  if (name === "") return Date.now() - standing.mtimeMs > NAMELESS_MOST_MS;
  const [host, pid] = name.split(" ");
  return host === hostname() && !isAlive(Number(pid));
}

function nameIn(lock: string): string {
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
