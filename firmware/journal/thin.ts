import { copyOf, joinBytes, uint32Bytes } from "../../protocol/bytes.ts";
import { GAP_HEAD_BYTES, GAP_POSITIONS_MOST, isPosition } from "../../protocol/journal/gap.ts";
import { FRONT_BYTES } from "../../protocol/journal/inputs.ts";
import { GAP, INPUTS } from "../../protocol/journal/record.ts";
import { wordAt } from "./ratchet.ts";
import { lastNumberOf } from "./reclaim.ts";
import { type Journal, readBlock } from "./ring.ts";

/** The body of a GAP record: what stays of a block that makes way before the centre has it. `at`: its place in the order. */
export function gapOf(journal: Journal, at: number): Uint8Array {
  const index = journal.order[at];
  const positions: Uint8Array[] = [];
  let first = Math.max(journal.blocks[index].number, journal.ackedTo + 1);
  readBlock(journal, index, (record) => {
    const body = record.body;
    if (record.kind === INPUTS) keepPosition(positions, body, 0);
    if (record.kind !== GAP) return;
    // What it told is told on, or else the oldest loss would in the end be nobody's.
    if (record.number > journal.ackedTo) first = Math.min(first, wordAt(body, 0));
    for (let from = GAP_HEAD_BYTES; from < body.length; from += FRONT_BYTES) keepPosition(positions, body, from);
  });
  const parts = [uint32Bytes(first), uint32Bytes(lastNumberOf(journal, at))];
  const stride = Math.max(1, Math.ceil(positions.length / GAP_POSITIONS_MOST));
  // The last of each run: of a block with few the newest stays.
  for (let i = stride - 1; i < positions.length; i += stride) parts.push(positions[i]);
  return joinBytes(parts);
}

function keepPosition(positions: Uint8Array[], body: Uint8Array, at: number): void {
  if (isPosition(body, at)) positions.push(copyOf(body, at, at + FRONT_BYTES));
}
