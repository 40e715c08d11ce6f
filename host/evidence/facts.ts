import type { Bundle, RecordItem } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { ALERT, INPUTS } from "../../protocol/journal/record.ts";
import { type Alert, decodeAlert } from "../../protocol/messages/alert.ts";
import type { ChainChecked } from "./check-chain.ts";
import { numberOf, type TreeChecked } from "./check-tree.ts";

/** What a bundle shows, for words and pages; nothing here is judged. */
export interface Facts {
  alerts: ShownAlert[];
  /** Alerts that this program cannot read, by number. */
  unreadable: number[];
  gaps: ShownGap[];
  /** The first and last instant of any record; `undefined` where none has one. */
  fromMs: number | undefined;
  toMs: number | undefined;
  heldBack: number;
  witnessed: number;
  /** Records that no head holds, first and last number. */
  unwitnessed: { from: number; to: number; count: number } | undefined;
  lastHeadMs: number | undefined;
}

export interface ShownAlert {
  number: number;
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

export function factsOf({ records }: Bundle, { missing, heldBack }: ChainChecked, tree: TreeChecked): Facts {
  const alerts: ShownAlert[] = [];
  const unreadable: number[] = [];
  for (const item of records) {
    const number = numberOf(item);
    if ((item.shown ? item.record.kind : item.kind) !== ALERT) continue;
    const alert = decodeAlert(item.shown ? item.record.body : bodyOf(item));
    const band = item.shown ? undefined : item.band;
    if (alert.ok) alerts.push({ number, alert: alert.value, band, witnessedMs: tree.witnessedMs.get(number) });
    else unreadable.push(number);
  }
  const moments = records.flatMap((item) => {
    const ms = item.shown ? momentOf(item.record) : undefined;
    return ms === undefined ? [] : [{ number: numberOf(item), ms }];
  });
  const alone = records.map(numberOf).filter((number) => !tree.witnessedMs.has(number));
  return {
    alerts,
    unreadable,
    gaps: missing.map(({ from, to }) => ({
      from,
      to,
      afterMs: moments.filter(({ number }) => number < from).at(-1)?.ms,
      beforeMs: moments.find(({ number }) => number > to)?.ms,
    })),
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

/** For each record's number when it was, as near as the records about it tell. UTC ms. */
export function momentsOf(records: SealedRecord[]): Map<number, number> {
  const moments = new Map<number, number>();
  const sorted = [...records].sort((a, b) => a.number - b.number);
  let last = sorted.map(momentOf).find((ms) => ms !== undefined);
  for (const record of sorted) {
    last = momentOf(record) ?? last;
    if (last !== undefined) moments.set(record.number, last);
  }
  return moments;
}

/** What is left of an alert's map: its shown fields under a head that counts them. */
function bodyOf(item: Extract<RecordItem, { shown: false }>): Uint8Array {
  const fields = item.parts.slice(2, -1).flatMap((part) => ("bytes" in part ? [part.bytes] : []));
  return Uint8Array.from(Buffer.concat([Uint8Array.of(0xa0 | fields.length), ...fields]));
}
