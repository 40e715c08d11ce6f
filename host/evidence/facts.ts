import type { Bundle, RecordItem } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { inWrittenOrder, type Named, nameOfRecord } from "../../protocol/journal/order.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { ALERT, INPUTS } from "../../protocol/journal/record.ts";
import { type Alert, decodeAlert } from "../../protocol/messages/alert.ts";
import type { ChainChecked, Rewind } from "./check-chain.ts";
import { epochOf, numberOf, type TreeChecked } from "./check-tree.ts";

/** What a bundle shows, for words and pages; nothing here is judged. */
export interface Facts {
  alerts: ShownAlert[];
  /** Alerts that this program cannot read, by number. */
  unreadable: number[];
  gaps: ShownGap[];
  rewinds: ShownRewind[];
  /** The first and last instant of any record; `undefined` where none has one. */
  fromMs: number | undefined;
  toMs: number | undefined;
  heldBack: number;
  witnessed: number;
  /** Records that no head holds: the first, the last and how many. */
  unwitnessed: { from: number; to: number; count: number } | undefined;
  lastHeadMs: number | undefined;
}

export interface ShownAlert {
  number: number;
  /** Where its number stands in several epochs, the one of them that is its own. */
  epoch: number | undefined;
  /** What of it is shown. */
  alert: Alert;
  /** An index into BANDS_M where the distance is held back. */
  band: number | undefined;
  /** When a signed head first held it. */
  witnessedMs: number | undefined;
}

export interface ShownGap {
  from: number;
  to: number;
  /** The last instant before it and the first after it. */
  afterMs: number | undefined;
  beforeMs: number | undefined;
}

/** Numbers used again after the device's flash was put back, and when that was. */
export interface ShownRewind extends Omit<Rewind, "at"> {
  afterMs: number | undefined;
  beforeMs: number | undefined;
}

export function factsOf({ records }: Bundle, { missing, rewinds, heldBack }: ChainChecked, tree: TreeChecked): Facts {
  const alerts: ShownAlert[] = [];
  const unreadable: number[] = [];
  const twice = numbersUsedTwice(records);
  for (const item of records) {
    const number = numberOf(item);
    const epoch = twice.has(number) ? epochOf(item) : undefined;
    if ((item.shown ? item.record.kind : item.kind) !== ALERT) continue;
    const alert = decodeAlert(item.shown ? item.record.body : bodyOf(item));
    const band = item.shown ? undefined : item.band;
    if (alert.ok) alerts.push({ number, epoch, alert: alert.value, band, witnessedMs: tree.witnessedMs.get(item) });
    else unreadable.push(number);
  }
  const moments = records.flatMap((item, at) => {
    const ms = item.shown ? momentOf(item.record) : undefined;
    return ms === undefined ? [] : [{ at, ms }];
  });
  const around = (place: number) => ({
    afterMs: moments.filter(({ at }) => at < place).at(-1)?.ms,
    beforeMs: moments.find(({ at }) => at >= place)?.ms,
  });
  const alone = records.filter((item) => !tree.witnessedMs.has(item)).map(numberOf);
  return {
    alerts,
    unreadable,
    gaps: missing.map(({ from, to, at }) => ({ from, to, ...around(at) })),
    rewinds: rewinds.map(({ at, ...rewind }) => ({ ...rewind, ...around(at) })),
    fromMs: moments[0]?.ms,
    toMs: moments.at(-1)?.ms,
    heldBack: heldBack.length,
    witnessed: tree.witnessedMs.size,
    unwitnessed: alone.length === 0 ? undefined : { from: alone[0], to: alone[alone.length - 1], count: alone.length },
    lastHeadMs: tree.lastMs,
  };
}

/** When a record says that it was; `undefined` where it does not. UTC ms. */
export function momentOf({ kind, body }: Pick<SealedRecord, "kind" | "body">): number | undefined {
  if (kind === INPUTS) return momentOfInputs(body);
  if (kind !== ALERT) return undefined;
  const alert = decodeAlert(body);
  return alert.ok ? alert.value.atMs : undefined;
}

/** GPS did not serve the public before: a clock that says so does not know the time. */
const EARLIEST_MS = 631_152_000_000;

/** By its first fix's own time, or else by the device's clock where that is set. */
function momentOfInputs(body: Uint8Array): number | undefined {
  const read = readInputs(body);
  if (!read.ok) return undefined;
  for (const { input } of read.inputs)
    if (input.kind === "fix" && input.fix.timeMs !== undefined) return input.fix.timeMs;
  const nowMs = read.inputs.find((one) => one.nowMs !== undefined)?.nowMs;
  return nowMs !== undefined && nowMs >= EARLIEST_MS ? nowMs : undefined;
}

/** When a record was, as near as the records about it tell; `undefined` where none tells. UTC ms. */
export type MomentAt = (record: Named) => number | undefined;

export function momentsOf(records: SealedRecord[]): MomentAt {
  const moments = new Map<string, number>();
  const ordered = inWrittenOrder(records);
  let last = ordered.map(momentOf).find((ms) => ms !== undefined);
  for (const record of ordered) {
    last = momentOf(record) ?? last;
    if (last !== undefined) moments.set(nameOfRecord(record), last);
  }
  return (record) => moments.get(nameOfRecord(record));
}

function numbersUsedTwice(records: RecordItem[]): Set<number> {
  const seen = new Set<number>();
  return new Set(records.map(numberOf).filter((number) => seen.has(number) || !seen.add(number)));
}

/** What is left of an alert's map: its shown fields under a head that counts them. */
function bodyOf(item: Extract<RecordItem, { shown: false }>): Uint8Array {
  const fields = item.parts.slice(2, -1).flatMap((part) => ("bytes" in part ? [part.bytes] : []));
  return Uint8Array.from(Buffer.concat([Uint8Array.of(0xa0 | fields.length), ...fields]));
}
