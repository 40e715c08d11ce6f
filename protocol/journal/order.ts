import type { JournalRecord } from "./record.ts";

/**
 * In which order a device wrote its records. Numbers go on for ever and epochs go on with every boot, so under one journal key it is by
 * epoch and then by number: where the bulk flash was put back, a later epoch uses numbers once more. A new journal key begins epochs
 * anew while numbers go on; then its generation comes first.
 */
export type Standing = Pick<JournalRecord, "number" | "epoch">;
export type Named = Standing & { tag?: Uint8Array };

/**
 * What tells a record from every other of its device, but for one that a new journal key sealed in an epoch of the same number. Of epoch
 * 0, in which a device that can seal nothing sends its alerts, numbers come again with every boot: what stands for the seal tells.
 */
export function nameOfRecord({ epoch, number, tag }: Named): string {
  return epoch === 0 && tag !== undefined ? `0/${number}/${Array.from(tag).join(".")}` : `${epoch}/${number}`;
}

/** Records of one epoch, by number, and between the first and the last of them none of an earlier epoch. */
interface Stretch<T> {
  from: number;
  to: number;
  epoch: number;
  records: T[];
}

/**
 * As far as numbers and epochs alone tell; who has the keys knows the generations too. Stretches follow one another by their numbers;
 * where these overlap, numbers were used again, and their epochs say which came first.
 */
export function inWrittenOrder<T extends Standing>(records: readonly T[]): T[] {
  const stretches = stretchesOf(records).sort((a, b) => a.from - b.from || a.epoch - b.epoch);
  const ordered: T[] = [];
  for (let first = 0; first < stretches.length; ) {
    let { to } = stretches[first];
    let next = first + 1;
    for (; next < stretches.length && stretches[next].from <= to; next++) to = Math.max(to, stretches[next].to);
    const together = stretches.slice(first, next).sort((a, b) => a.epoch - b.epoch || a.from - b.from);
    for (const one of together) for (const record of one.records) ordered.push(record);
    first = next;
  }
  return ordered;
}

/** An epoch is cut in two where it was begun twice: epochs count from 1, so one before it, or for the first a gap, lies between. */
function stretchesOf<T extends Standing>(records: readonly T[]): Stretch<T>[] {
  const all: Stretch<T>[] = [];
  // Those that may go on, by ascending epoch.
  const open: Stretch<T>[] = [];
  for (const record of [...records].sort((a, b) => a.number - b.number || a.epoch - b.epoch)) {
    const { number, epoch } = record;
    while (open.length > 0 && open[open.length - 1].epoch > epoch) open.pop();
    const last = open.at(-1);
    if (last?.epoch === epoch && (epoch > 1 || number <= last.to + 1)) {
      last.to = number;
      last.records.push(record);
      continue;
    }
    if (last?.epoch === epoch) open.pop();
    const begun = { from: number, to: number, epoch, records: [record] };
    open.push(begun);
    all.push(begun);
  }
  return all;
}
