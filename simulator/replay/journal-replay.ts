import { ALERT, BOOT, CHECKPOINT, INPUTS, type JournalRecord, REFUSED } from "../../protocol/journal/record.ts";

/**
 * A device's recorded inputs run again: what the machine makes of them must be what the journal has, to the byte. What runs is a
 * program behind one door of text, the same whether it is this checkout's source or the image enclosed in a bundle; cutting
 * the journal into runs and comparing is done here, outside of it.
 */

/** A record of a journal, as much of it as a replay needs. */
export type ReplayRecord = Pick<JournalRecord, "number" | "epoch" | "kind" | "body">;

/** One that there is, and that is not shown. */
export type HeldBackRecord = Pick<JournalRecord, "number" | "epoch"> & { heldBack: true };

/** What the machine makes of its inputs, and so what is compared. */
const MADE = [ALERT, REFUSED, CHECKPOINT];

/** Records without a gap, from a checkpoint or a boot on; each number stands once. */
export interface Segment {
  records: ReplayRecord[];
}

/** Why some records are in no segment; numbers inclusive. */
export interface Gap {
  from: number;
  to: number;
  /** `missing`: there are no such records; `held-back`: they are not shown; `no-start`: no checkpoint or boot comes before them. */
  reason: "missing" | "held-back" | "no-start";
}

/** An order that may come into force: what was sealed, and its zones. Bytes in hex, as all that passes the door. */
export interface JobOrder {
  payload: string;
  /** 16 bytes of the payload's SHA-256: the program has no hash function. */
  hash: string;
  pack: string;
}

/** For each segment its records: number, kind, body. */
export interface ReplayJob {
  orders: JobOrder[];
  segments: [number, number, string][][];
}

/** For each segment what the machine made: after which record, kind, body; or why it could not go on. */
export type Made = { records: [number, number, string][]; refused: { number: number; reason: string } | undefined };

/** The door: a job as JSON to what was made, as JSON. */
export type ReplayDoor = (job: string) => string;

export interface Difference {
  /** Of the recorded record; where the machine made one that is not there, of the one after which it did. */
  number: number;
  epoch: number;
  kind: number;
  /** `other`: both have one, and they differ; `unmade`: the machine makes none; `unrecorded`: the journal has none. */
  what: "other" | "unmade" | "unrecorded";
  recorded: Uint8Array | undefined;
  made: Uint8Array | undefined;
}

export interface JournalRun {
  segments: number;
  /** Records whose inputs ran. */
  records: number;
  /** Alerts and checkpoints that came out the same. */
  alerts: number;
  checkpoints: number;
  gaps: Gap[];
  /** The first in each segment that has one. */
  differences: Difference[];
  /** Where the program could not read a record. */
  refusals: { number: number; reason: string }[];
}

/** Records in the order in which they were written; where numbers are used again, another run begins at the boot behind them. */
export function segmentsOf(records: (ReplayRecord | HeldBackRecord)[]): { segments: Segment[]; gaps: Gap[] } {
  const segments: Segment[] = [];
  const gaps: Gap[] = [];
  let open: Segment | undefined;
  let last: number | undefined;
  const addGap = (from: number, to: number, reason: Gap["reason"]) => {
    const before = gaps.at(-1);
    if (before?.reason === reason && before.to === from - 1) before.to = to;
    else gaps.push({ from, to, reason });
  };
  for (const record of records) {
    if (last !== undefined && record.number !== last + 1) open = undefined;
    if (last !== undefined && record.number > last + 1) addGap(last + 1, record.number - 1, "missing");
    last = record.number;
    if ("heldBack" in record) {
      open = undefined;
      addGap(record.number, record.number, "held-back");
      continue;
    }
    if (open === undefined && (record.kind === CHECKPOINT || record.kind === BOOT)) {
      open = { records: [] };
      segments.push(open);
    }
    if (open === undefined) addGap(record.number, record.number, "no-start");
    else open.records.push(record);
  }
  return { segments, gaps };
}

export function jobOf(segments: Segment[], orders: JobOrder[]): ReplayJob {
  return {
    orders,
    segments: segments.map(({ records }) => records.map(({ number, kind, body }) => [number, kind, hexOf(body)])),
  };
}

/** Runs and compares. Throws what the door throws. */
export function replayJournal(
  records: (ReplayRecord | HeldBackRecord)[],
  orders: JobOrder[],
  door: ReplayDoor,
): JournalRun {
  const { segments, gaps } = segmentsOf(records);
  return compareRuns(segments, gaps, madeIn(door(JSON.stringify(jobOf(segments, orders))), segments.length));
}

/** What a program answered; throws an Error where it is not of the form. */
export function madeIn(text: string, segments: number): Made[] {
  const made = JSON.parse(text) as Made[];
  if (!Array.isArray(made) || made.length !== segments) throw new Error("replay.bad-answer");
  for (const { records } of made)
    for (const [number, kind, body] of records)
      if (!Number.isInteger(number) || !Number.isInteger(kind) || !/^(?:[0-9a-f]{2})*$/.test(body))
        throw new Error("replay.bad-answer");
  return made;
}

export function compareRuns(segments: Segment[], gaps: Gap[], made: Made[]): JournalRun {
  const run: JournalRun = {
    segments: segments.length,
    records: 0,
    alerts: 0,
    checkpoints: 0,
    gaps,
    differences: [],
    refusals: [],
  };
  for (const [i, segment] of segments.entries()) compareSegment(segment, made[i], run);
  return run;
}

function compareSegment({ records }: Segment, { records: made, refused }: Made, run: JournalRun): void {
  const until = refused?.number ?? Number.POSITIVE_INFINITY;
  if (refused) run.refusals.push(refused);
  // Checkpoints stand where blocks begin, which may be between inputs and what came of them: each kind of thing in its own order.
  const marks = made.filter((one) => one[1] === CHECKPOINT);
  const said = made.filter((one) => one[1] !== CHECKPOINT);
  // What stands between a checkpoint and the next inputs came of inputs before it.
  const first = records[0].kind === CHECKPOINT ? records.findIndex(({ kind }) => kind === INPUTS) : 0;
  for (const [i, record] of records.entries()) {
    const { number, kind, body } = record;
    if (number >= until) return;
    run.records += 1;
    if (!MADE.includes(kind)) continue;
    if (first < 0 || i < first) {
      // The first one is where the run starts; any other the program makes again all the same.
      if (kind === CHECKPOINT && i > 0) marks.shift();
      continue;
    }
    const next = (kind === CHECKPOINT ? marks : said).shift();
    if (next === undefined || next[0] > number || next[1] !== kind) {
      run.differences.push(difference("unmade", record, kind, body, undefined));
      return;
    }
    if (next[2] !== hexOf(body)) {
      run.differences.push(difference("other", record, kind, body, bytesOf(next[2])));
      return;
    }
    if (kind === ALERT) run.alerts += 1;
    if (kind === CHECKPOINT) run.checkpoints += 1;
  }
  // Inputs at the very end of a run may bring what the journal did not take or no longer holds: that is its end, and no difference.
  const last = records.filter(({ kind }) => kind === INPUTS).at(-1);
  const over = said.find(([after]) => last === undefined || after < last.number);
  if (over === undefined) return;
  const after = records.find(({ number }) => number === over[0]) ?? records[0];
  run.differences.push(difference("unrecorded", after, over[1], undefined, bytesOf(over[2])));
}

function difference(
  what: Difference["what"],
  { number, epoch }: ReplayRecord,
  kind: number,
  recorded: Uint8Array | undefined,
  made: Uint8Array | undefined,
): Difference {
  return { number, epoch, kind, what, recorded, made };
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
