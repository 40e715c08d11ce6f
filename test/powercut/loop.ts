import { apply } from "../../simulator/faults/power-cut.ts";
import { BULK, type Cells, ERASE_BYTES } from "../../simulator/hardware/board.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { type Cut, check, cutsAt, idOf, leave } from "./cut.ts";
import type { Day } from "./day.ts";
import { type Standing, standingOf } from "./device.ts";

export interface LoopOptions {
  /** One cut in so many, by chance; 1: all. */
  sample: number;
  /** This cut alone. */
  only?: string;
  rewinds: number;
  onProgress?: (operation: number, cuts: number, failed: number) => void;
  onFailure?: (id: string, wrong: string[]) => void;
}

/** Cuts the power at every operation of a day. How many cuts there were, and the ids of those that went wrong. */
export function loop(day: Day, options: LoopOptions): { cuts: number; failed: string[] } {
  const { operations } = day;
  const random = seededRandom(day.seed, "sample");
  const chips = chipsOverTime(day);
  const standings = chips.map((onChip) => standingOf(onChip));
  const rewinds = rewindsOf(day, options.rewinds);
  const cells: Cells = { bulk: day.start.bulk.slice(), onChip: day.start.onChip.slice() };
  const failed: string[] = [];
  let cuts = 0;
  const judge = (cut: Cut, run: () => string[]) => {
    const id = idOf(cut);
    const isWanted =
      options.only === undefined ? options.sample === 1 || random() * options.sample < 1 : options.only === id;
    if (!isWanted) return;
    cuts += 1;
    const wrong = run();
    if (wrong.length === 0) return;
    failed.push(id);
    options.onFailure?.(id, wrong);
  };
  operations.forEach((operation, index) => {
    const between = { before: standings[index], after: standings[index + 1] };
    for (const cut of cutsAt(operation, index))
      judge(cut, () => check(day, cut, leave(day, cells, cut as never), between));
    for (const cut of rewinds.get(index) ?? [])
      judge(cut, () => {
        const left = { bulk: cells.bulk.slice(), onChip: chips[cut.index].slice() };
        const standing: Standing = standings[cut.index];
        return check(
          day,
          cut,
          { cells: left, done: cut.index, rotted: undefined, isRewound: true, isCutInErase: false },
          { before: standing, after: standing },
        );
      });
    apply(operation.chip === BULK ? cells.bulk : cells.onChip, operation, ERASE_BYTES);
    options.onProgress?.(index + 1, cuts, failed.length);
  });
  return { cuts, failed };
}

/** The chip's cells before each operation, and after the last. */
function chipsOverTime(day: Day): Uint8Array[] {
  const onChip = day.start.onChip.slice();
  const all = [onChip.slice()];
  for (const operation of day.operations) {
    if (operation.chip === BULK) all.push(all[all.length - 1]);
    else {
      apply(onChip, operation, ERASE_BYTES);
      all.push(onChip.slice());
    }
  }
  return all;
}

/** By the operation to whose time the bulk flash is put back. */
function rewindsOf(day: Day, count: number): Map<number, Extract<Cut, { kind: "rewind" }>[]> {
  const random = seededRandom(day.seed, "rewind");
  const byTime = new Map<number, Extract<Cut, { kind: "rewind" }>[]>();
  for (let i = 0; i < count; i++) {
    const index = 1 + Math.floor(random() * day.operations.length);
    const to = Math.floor(random() * index);
    byTime.set(to, [...(byTime.get(to) ?? []), { kind: "rewind", index, to }]);
  }
  return byTime;
}
