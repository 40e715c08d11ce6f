import { describe, expect, test } from "vitest";
import { acknowledge } from "../../firmware/journal/ring.ts";
import { ALERT, CHECKPOINT, INPUTS } from "../../protocol/journal/record.ts";
import {
  apply,
  MODELS,
  MOMENTS,
  type Model,
  type Moment,
  type Operation,
  tear,
} from "../../simulator/faults/power-cut.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { allRecords, BLOCK, BULK, blankDevice, boot, epochKeys, isGenuine, write } from "./device.ts";

interface Promised {
  /** Operations done when `append` returned. */
  after: number;
  number: number;
  kind: number;
  fill: number;
}

/** A run that goes round the ring: what the flash chips were asked, and what was promised when. */
function recordRun(appends: number) {
  const cells = blankDevice(4);
  const start = { bulk: cells.bulk.slice(), onChip: cells.onChip.slice() };
  const operations: Operation[] = [];
  const { journal } = boot(cells, (chip, address, bytes) => operations.push({ chip, address, bytes: bytes?.slice() }));
  const promised: Promised[] = [];
  const gone: { after: number; from: number; to: number }[] = [];
  for (let i = 0; i < appends; i++) {
    const kind = i % 11 === 0 ? ALERT : INPUTS;
    const number = write(journal, kind, new Uint8Array(90 + (i % 50)).fill(i), i);
    promised.push({ after: operations.length, number, kind, fill: i & 255 });
    // The centre has all but the last thirty: those may be overwritten, and from here on are nobody's promise.
    acknowledge(journal, Math.max(0, number - 30), 0);
    gone.push({ after: operations.length, from: 1, to: number - 30 });
  }
  return { start, operations, promised, gone };
}

const RUN = recordRun(150);

/** Flash as it stands when the power goes at operation `index`. */
function* cuts() {
  const cells = { bulk: RUN.start.bulk.slice(), onChip: RUN.start.onChip.slice() };
  for (let index = 0; index < RUN.operations.length; index++) {
    yield { index, cells };
    const operation = RUN.operations[index];
    apply(operation.chip === BULK ? cells.bulk : cells.onChip, operation, BLOCK);
  }
}

function cutAt(
  cells: { bulk: Uint8Array; onChip: Uint8Array },
  index: number,
  moment: Moment,
  model: Model,
  seed: number,
) {
  const cut = { bulk: cells.bulk.slice(), onChip: cells.onChip.slice() };
  const operation = RUN.operations[index];
  const chip = operation.chip === BULK ? cut.bulk : cut.onChip;
  let rotted: number | undefined;
  if (moment === "middle") rotted = tear(chip, operation, BLOCK, model, seededRandom(seed, `${index}/${model}`)).rotted;
  else if (moment === "after") apply(chip, operation, BLOCK);
  return { cut, rotted: operation.chip === BULK ? rotted : undefined };
}

describe("power cut at every flash operation", () => {
  for (const model of MODELS) {
    test(`${model}: nothing promised is lost, nothing false believed, and it boots and goes on`, () => {
      const keys = epochKeys(60);
      let count = 0;
      for (const { index, cells } of cuts()) {
        for (const moment of MOMENTS) {
          const { cut } = cutAt(cells, index, moment, model, 1);
          if (model === "bit rot" && moment === "middle" && RUN.operations[index].chip !== BULK) continue;
          count += 1;
          const { journal } = boot(cut);
          const records = allRecords(journal);
          const there = new Map(records.map((r) => [r.number, r]));
          const acked = RUN.gone.filter((g) => g.after <= index).at(-1)?.to ?? 0;
          const missing = RUN.promised.filter(
            (p) => p.after <= index && p.number > acked && there.get(p.number)?.body[0] !== p.fill,
          );
          expect([index, moment, missing.length <= (model === "bit rot" ? 1 : 0) ? "none" : missing]).toEqual([
            index,
            moment,
            "none",
          ]);
          expect(records.filter((r) => !isGenuine(r, keys))).toEqual([]);
          const known = new Map(RUN.promised.map((p) => [p.number, p.fill]));
          for (const record of records)
            if (record.kind !== CHECKPOINT) expect(record.body[0]).toBe(known.get(record.number));
          const next = write(journal, ALERT, new Uint8Array(40).fill(1), 1);
          const found = allRecords(journal, next).find((r) => r.number === next);
          expect([index, moment, found !== undefined && isGenuine(found, keys)]).toEqual([index, moment, true]);
        }
      }
      expect(count).toBeGreaterThan(RUN.operations.length * 2);
    });
  }
});
