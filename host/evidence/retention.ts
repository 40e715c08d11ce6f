import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { ToolError } from "../../protocol/errors.ts";

/**
 * Who may still read what was received. Payloads are encrypted under a key an order; at the end of retention the key is destroyed,
 * and with it every payload and every salt, while the log's leaves stay and still prove that something unchanged was there. A dated
 * legal hold defers that. What a disk or a backup keeps of an old key file is beyond this: keep it on a disk of its own.
 */
export interface OrderKeys {
  /** 32 bytes; made when it is first asked for. `undefined`: it was destroyed. */
  keyOf(order: string): Uint8Array | undefined;
  /** The order has ended: its records go `days` later. */
  endOn(order: string, endMs: number, days: number, why?: Why): void;
  /** Nothing of the order goes before `untilMs`. Holds are only ever lengthened; `undefined` lifts one, with a reason too. */
  hold(order: string, untilMs: number | undefined, reason: string, nowMs: number, why?: Why): void;
  /** Destroys every key that is due. The orders' ids. */
  shred(nowMs: number, why?: Why): string[];
  status(nowMs: number): OrderStatus[];
}

/** Who asked for it, who agreed and why, as they were named; each line of the account has it. */
export interface Why {
  requestedBy?: string;
  agreedBy?: string;
  reason?: string;
  /** SHA-256 of the signed end that it follows from, in hex. */
  end?: string;
}

export interface OrderStatus {
  order: string;
  /** `kept`: retention runs, or the order does; `due`: the next shredding takes it; `held`; `shredded`. */
  state: "kept" | "due" | "held" | "shredded";
  /** When it is due; `undefined`: the order has not ended. */
  dueMs: number | undefined;
  heldUntilMs: number | undefined;
  reason: string | undefined;
  shreddedMs: number | undefined;
}

interface Entry {
  /** Hex; gone when shredded. */
  key?: string;
  dueMs?: number;
  hold?: { untilMs: number; reason: string; sinceMs: number };
  shreddedMs?: number;
}

const KEY_BYTES = 32;
const DAY_MS = 86_400_000;
/** Beside the keys: a line of JSON for every end, hold, lifted hold and shredding, written before it is done. */
export const ACCOUNT = "retention-account";

export function openOrderKeys(file: string): OrderKeys {
  const entries = readEntries(file);
  const entryOf = (order: string): Entry => {
    const entry = entries.get(order);
    if (entry === undefined) throw new ToolError("evidence.no-such-order", { order });
    return entry;
  };
  const save = () => {
    writeEntries(file, entries);
  };
  const account = (what: string, order: string, nowMs: number, more: Record<string, unknown>) => {
    const line = JSON.stringify({ atMs: nowMs, who: accountName(), what, order, ...more });
    appendFileSync(path.join(path.dirname(file), ACCOUNT), `${line}\n`, { mode: 0o600, flush: true });
  };
  return {
    keyOf(order) {
      const known = entries.get(order);
      if (known?.shreddedMs !== undefined) return undefined;
      if (known?.key !== undefined) return Buffer.from(known.key, "hex");
      const key = randomBytes(KEY_BYTES);
      entries.set(order, { ...known, key: key.toString("hex") });
      save();
      return key;
    },
    endOn(order, endMs, days, why) {
      const entry = entryOf(order);
      const dueMs = endMs + days * DAY_MS;
      account("end", order, Date.now(), { wasMs: entry.dueMs, dueMs, ...why });
      entry.dueMs = dueMs;
      save();
    },
    hold(order, untilMs, reason, nowMs, why) {
      const entry = entryOf(order);
      if (entry.shreddedMs !== undefined) throw new ToolError("evidence.already-shredded", { order });
      if (reason.trim() === "") throw new ToolError("evidence.no-reason");
      if (untilMs !== undefined && untilMs <= nowMs) throw new ToolError("evidence.hold-past");
      if (untilMs !== undefined && untilMs < (entry.hold?.untilMs ?? 0))
        throw new ToolError("evidence.hold-shortened", { order });
      account(untilMs === undefined ? "lift" : "hold", order, nowMs, { untilMs, ...why, reason });
      if (untilMs === undefined) delete entry.hold;
      else entry.hold = { untilMs, reason, sinceMs: nowMs };
      save();
    },
    shred(nowMs, why) {
      const due = [...entries].filter(([, entry]) => stateOf(entry, nowMs) === "due");
      for (const [order, entry] of due) {
        account("shred", order, nowMs, { ...why });
        delete entry.key;
        entry.shreddedMs = nowMs;
      }
      if (due.length > 0) save();
      return due.map(([order]) => order);
    },
    status: (nowMs) =>
      [...entries].map(([order, entry]) => ({
        order,
        state: stateOf(entry, nowMs),
        dueMs: entry.dueMs,
        heldUntilMs: entry.hold?.untilMs,
        reason: entry.hold?.reason,
        shreddedMs: entry.shreddedMs,
      })),
  };
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "?"}`;
  }
}

function stateOf({ shreddedMs, hold, dueMs }: Entry, nowMs: number): OrderStatus["state"] {
  if (shreddedMs !== undefined) return "shredded";
  if (hold !== undefined && hold.untilMs > nowMs) return "held";
  return dueMs !== undefined && dueMs <= nowMs ? "due" : "kept";
}

function readEntries(file: string): Map<string, Entry> {
  if (!existsSync(file)) return new Map();
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, Entry>));
  } catch {
    throw new ToolError("evidence.bad-order-keys", { file });
  }
}

/** Whole or not at all; the old file is overwritten before its name goes to the new one. */
function writeEntries(file: string, entries: Map<string, Entry>): void {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.new`);
  rmSync(beside, { force: true });
  writeDurably(beside, Buffer.from(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`), "wx");
  const old = existsSync(file) ? readFileSync(file).length : 0;
  const doomed = `${beside}.old`;
  if (old > 0) renameSync(file, doomed);
  renameSync(beside, file);
  if (old > 0) {
    writeDurably(doomed, Buffer.alloc(old), "r+");
    rmSync(doomed);
  }
}

function writeDurably(file: string, bytes: Buffer, how: "wx" | "r+"): void {
  const handle = openSync(file, how, 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
