import { ALERT } from "../../protocol/journal/record.ts";
import { type Journal, readBlock } from "./ring.ts";

/**
 * Which block takes the next records: a free one; else the oldest whose records the centre has; else the oldest that holds
 * neither an alert that it lacks nor the inputs of one, which are in the alert's block or the one before. −1: all must stay.
 * Free ones are taken by wear, used ones in turn, so that blocks wear alike. `besides`: as if that one were gone.
 */
export function reclaimable(journal: Journal, besides: number): number {
  let free = -1;
  for (let i = 0; i < journal.blocks.length; i++) {
    const block = journal.blocks[i];
    if (block.sequence > 0 || block.worn || i === besides) continue;
    if (free < 0 || block.erases < journal.blocks[free].erases) free = i;
  }
  if (free >= 0) return free;
  for (let strictness = 0; strictness < 2; strictness++)
    for (let at = 0; at < journal.order.length - 1; at++) {
      const index = journal.order[at];
      if (index !== besides && !journal.blocks[index].worn && mayGo(journal, at, strictness)) return index;
    }
  return -1;
}

/** `at`: place in the order of writing, never the last. */
function mayGo(journal: Journal, at: number, strictness: number): boolean {
  return strictness === 0 ? !isLoss(journal, at) : !owes(journal, at) && !owes(journal, at + 1);
}

/** Whether the centre lacks a record of the block's. */
export function isLoss(journal: Journal, at: number): boolean {
  return lastNumberOf(journal, at) > journal.ackedTo;
}

/** The number before the next block's first. */
export function lastNumberOf(journal: Journal, at: number): number {
  return journal.blocks[journal.order[at + 1]].number - 1;
}

/** Whether an alert that the centre lacks is in the block. */
export function owes(journal: Journal, at: number): boolean {
  const index = journal.order[at];
  const block = journal.blocks[index];
  if (block.alert < 0) {
    block.alert = 0;
    readBlock(journal, index, (record) => {
      if (record.kind === ALERT) block.alert = record.number;
      return true;
    });
  }
  return block.alert > Math.max(journal.ackedTo, journal.alertsTo);
}
