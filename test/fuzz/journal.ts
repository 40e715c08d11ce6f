import { append, endEpoch } from "../../firmware/journal/ring.ts";
import { chainOf, examine } from "../../protocol/journal/examine.ts";
import { readRing } from "../../protocol/journal/read.ts";
import { readGap } from "../../protocol/journal/read-gap.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { ALERT, INPUTS } from "../../protocol/journal/record.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { allRecords, BLOCK, blankDevice, boot, crypto, JOURNAL_KEY } from "../journal/device.ts";
import { sampleGap, sampleInputs } from "../journal/samples.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

/** A ring is dear to read; in between come many bodies. */
const RING_EVERY = 100;
const BLOCKS = 4;
const EPOCHS = new Set(Array.from({ length: 64 }, (_, epoch) => epoch));

/**
 * Bodies of INPUTS and GAP records, and a ring that was written over, cut and joined anew: everything is read to its end, no
 * record counts as genuine that the device did not write, and the device boots with such a ring and goes on.
 */
export const fuzzJournal: Fuzz = (runs, seed, onRun) => {
  const nextInputs = createMutator(seed, "inputs", [0, 1, 2].map(sampleInputs));
  const nextGap = createMutator(seed, "gap", [sampleGap(0), sampleGap(14)]);
  const hostile = createRings(seed);
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  for (let run = 0; run < runs; run++) {
    if (run % RING_EVERY === 0) {
      hostile.attack(run);
      count.accepted += 1;
    } else {
      const read = run % 2 === 0 ? checkInputs(nextInputs()) : readGap(nextGap());
      if (read.ok) count.accepted += 1;
      else count.refused[read.reason] = (count.refused[read.reason] ?? 0) + 1;
    }
    onRun?.(run);
  }
  return count;
};

function checkInputs(body: Uint8Array): ReturnType<typeof readInputs> {
  const read = readInputs(body);
  // Every input takes a bit at least.
  if (read.ok && read.inputs.length > 8 * body.length) throw new Error(`of ${Buffer.from(body).toString("hex")}`);
  return read;
}

function createRings(seed: number): { attack: (run: number) => void } {
  const random = seededRandom(seed, "rings");
  const below = (most: number) => Math.floor(random() * most);
  const cells = blankDevice(BLOCKS);
  const { journal } = boot(cells);
  for (let i = 0; i < 120; i++) {
    append(journal, i % 9 === 0 ? ALERT : INPUTS, sampleInputs(i));
    if (i % 9 === 0) endEpoch(journal, i);
  }
  const chain = chainOf(crypto, JOURNAL_KEY, EPOCHS);
  const written = new Set(allRecords(journal).map(({ tag }) => Buffer.from(tag).toString("hex")));
  const attack = (run: number) => {
    const bulk = cells.bulk.slice();
    for (let changes = 1 + below(12); changes > 0; changes--) {
      const at = below(bulk.length);
      const kind = below(4);
      if (kind === 0) bulk[at] ^= 1 << below(8);
      else if (kind === 1) bulk.copyWithin(BLOCK * below(BLOCKS), BLOCK * below(BLOCKS), BLOCK * (1 + below(BLOCKS)));
      else if (kind === 2) bulk.copyWithin(at, below(bulk.length), below(bulk.length));
      else for (let i = at; i < Math.min(bulk.length, at + below(300)); i++) bulk[i] = below(256);
    }
    const { records, damage } = readRing(bulk);
    const { records: examined, holes } = examine(crypto, records, [chain], damage);
    for (const { verified, tag, number } of examined)
      if (verified === true && !written.has(Buffer.from(tag).toString("hex")))
        throw new Error(`run ${run}, seed ${seed}: record ${number} was not written`);
    for (const [i, { from, to }] of holes.entries())
      if (from > to || (i > 0 && from <= holes[i - 1].to)) throw new Error(`run ${run}, seed ${seed}: hole ${from}`);
    const again = boot({ bulk, onChip: cells.onChip.slice() }).journal;
    const appended = append(again, ALERT, new Uint8Array(20));
    if (!appended.ok && appended.reason !== "journal.full")
      throw new Error(`run ${run}, seed ${seed}: ${appended.reason}`);
  };
  return { attack };
}
