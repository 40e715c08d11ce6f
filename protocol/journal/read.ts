import { equalBytes } from "../bytes.ts";
import { UINT32_MOST } from "../limits.ts";
import { BLOCK_HEAD_BYTES, readBlockHead } from "./block.ts";
import { frameBytes, frameLength, HEAD_BYTES, isFrame, type JournalRecord, readFrame } from "./record.ts";

/** Bytes of a ring that are neither erased nor part of a whole record or head: rotten, or cut off in the writing. */
export interface Damage {
  /** Which erase block of the area, and where in it. */
  block: number;
  offset: number;
  bytes: number;
  /** What stood there had numbers from one to the other, as far as its surroundings tell; `undefined`: they do not. */
  from: number | undefined;
  to: number | undefined;
}

export interface Ring {
  /** In the order in which their blocks were begun; nobody has looked at their seals. */
  records: JournalRecord[];
  damage: Damage[];
  /** Erase blocks in use. */
  blocks: number;
}

/** A block of the area; `number`: of its first record. */
interface Placed {
  block: number;
  sequence: number;
  number: number;
  records: JournalRecord[];
  damage: Damage[];
}

/** A ring has fewer numbers than their low 16 bits tell apart: so far below the newest that is known, one stands for itself. */
const BELOW_NEWEST = 61_440;

export const ERASE_BYTES = 4096;

/**
 * A ring as it was pulled from a device's flash. Nothing in it is believed but what is whole; at most 2 KB are looked at for
 * each byte of it, whatever it holds. What is shorter than a block at its end is passed over.
 */
export function readRing(area: Uint8Array, eraseBytes = ERASE_BYTES): Ring {
  const placed: Placed[] = [];
  const headless: { block: number; bytes: Uint8Array }[] = [];
  for (let block = 0; (block + 1) * eraseBytes <= area.length; block++) {
    const bytes = area.subarray(block * eraseBytes, (block + 1) * eraseBytes);
    const read = readBlock(bytes, block);
    if (read !== undefined) placed.push(read);
    else if (endOf(bytes, 0, eraseBytes) > 0) headless.push({ block, bytes });
  }
  placed.sort((a, b) => a.sequence - b.sequence || a.block - b.block);
  placed.forEach(({ damage }, i) => {
    const next = placed[i + 1]?.number;
    for (const place of damage) if (place.to === undefined && next !== undefined) place.to = next - 1;
  });
  const records = placed.flatMap((one) => one.records);
  const newest = records.reduce((most, { number }) => Math.max(most, number), 1);
  return {
    records,
    damage: [
      ...placed.flatMap((one) => one.damage),
      ...headless.map(({ block, bytes }) => damageOf(block, bytes, Math.max(1, newest - BELOW_NEWEST))),
    ],
    blocks: placed.length + headless.length,
  };
}

/** `undefined` where no head of ours stands. */
function readBlock(bytes: Uint8Array, block: number): Placed | undefined {
  const head = readBlockHead(bytes);
  if (head === undefined) return undefined;
  const placed: Placed = { block, sequence: head.sequence, number: head.number, records: [], damage: [] };
  const half = BLOCK_HEAD_BYTES / 2;
  // It stands there twice; one of them has done.
  if (!equalBytes(bytes.subarray(0, half), bytes.subarray(half, BLOCK_HEAD_BYTES)))
    placed.damage.push({ block, offset: 0, bytes: BLOCK_HEAD_BYTES, from: head.number, to: head.number - 1 });
  readRecords(bytes, placed, head.number, head.epoch);
  return placed;
}

/** Of a block without its head nobody knows the epochs, so its records are lost; but the low bits of their numbers stand there. */
function damageOf(block: number, bytes: Uint8Array, base: number): Damage {
  const lost: Placed = { block, sequence: 0, number: base, records: [], damage: [] };
  readRecords(bytes, lost, base, 0);
  const numbers = lost.records.map(({ number }) => base + ((number - base) & 0xffff));
  const [from, to] = numbers.length === 0 ? [] : [Math.min(...numbers), Math.max(...numbers)];
  return { block, offset: 0, bytes: endOf(bytes, 0, bytes.length), from, to };
}

function readRecords(bytes: Uint8Array, placed: Placed, number: number, epoch: number): void {
  let last = number;
  let lastEpoch = epoch;
  let readTo = BLOCK_HEAD_BYTES;
  let from = number;
  for (let at = BLOCK_HEAD_BYTES; at + frameBytes(0) <= bytes.length; ) {
    const record = recordAt(bytes, at, last, lastEpoch);
    if (record === undefined) {
      at += 1;
      continue;
    }
    noteDamage(placed, bytes, readTo, at, from, record.number - 1);
    placed.records.push(record);
    last = record.number;
    lastEpoch = record.epoch;
    from = last + 1;
    at += frameBytes(record.body.length);
    readTo = at;
  }
  noteDamage(placed, bytes, readTo, bytes.length, from, undefined);
}

function recordAt(bytes: Uint8Array, at: number, last: number, lastEpoch: number): JournalRecord | undefined {
  const length = frameLength(bytes.subarray(at, at + HEAD_BYTES));
  if (length === 0 || at + length > bytes.length) return undefined;
  const frame = bytes.subarray(at, at + length);
  if (!isFrame(frame, length)) return undefined;
  const record = readFrame(frame, length, last, lastEpoch);
  return record.number <= UINT32_MOST && record.epoch <= UINT32_MOST ? record : undefined;
}

function noteDamage(
  placed: Placed,
  bytes: Uint8Array,
  start: number,
  end: number,
  from: number,
  to: number | undefined,
): void {
  const offset = start;
  const length = endOf(bytes, start, end) - start;
  if (length > 0) placed.damage.push({ block: placed.block, offset, bytes: length, from, to });
}

/** Behind the last byte of `bytes[from..to)` that is not erased; `from` where all are. */
function endOf(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1] === 0xff) end -= 1;
  return end;
}
