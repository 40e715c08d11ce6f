import { copyOf, joinBytes, uint32Bytes } from "../../protocol/bytes.ts";
import { GAP_POSITIONS_MOST, GAP_SPAN_BYTES, GAP_SPANS_MOST, isPosition, isSpan } from "../../protocol/journal/gap.ts";
import { FRONT_BYTES } from "../../protocol/journal/inputs.ts";
import { GAP, INPUTS } from "../../protocol/journal/record.ts";
import { wordAt } from "./ratchet.ts";
import { lastNumberOf } from "./reclaim.ts";
import { type Journal, readBlock } from "./ring.ts";

/** The body of a GAP record: what stays of a block that makes way before the centre has it. `at`: its place in the order. */
export function gapOf(journal: Journal, at: number): Uint8Array {
  const index = journal.order[at];
  const positions: Uint8Array[] = [];
  const spans: number[] = [];
  addSpan(spans, Math.max(journal.blocks[index].number, journal.ackedTo + 1), lastNumberOf(journal, at));
  readBlock(journal, index, (record) => {
    const body = record.body;
    if (record.kind === INPUTS) keepPosition(positions, body, 0);
    if (record.kind !== GAP) return true;
    let from = 0;
    for (; isSpan(body, from); from += GAP_SPAN_BYTES) {
      // What it told is told on, or else the oldest loss would in the end be nobody's.
      if (record.number > journal.ackedTo) addSpan(spans, wordAt(body, from), wordAt(body, from + 4));
    }
    for (; from < body.length; from += FRONT_BYTES) keepPosition(positions, body, from);
    return true;
  });
  while (spans.length > 2 * GAP_SPANS_MOST) spans.splice(1, 2);
  const parts: Uint8Array[] = [];
  for (const number of spans) parts.push(uint32Bytes(number));
  const stride = Math.max(1, Math.ceil(positions.length / GAP_POSITIONS_MOST));
  // The last of each run: of a block with few the newest stays.
  for (let i = stride - 1; i < positions.length; i += stride) parts.push(positions[i]);
  return joinBytes(parts);
}

/** Into first and last numbers of spans that ascend and do not touch. */
function addSpan(spans: number[], from: number, to: number): void {
  let at = 0;
  while (at < spans.length && spans[at + 1] < from - 1) at += 2;
  let first = from;
  let last = to;
  while (at < spans.length && spans[at] <= last + 1) {
    first = Math.min(first, spans[at]);
    last = Math.max(last, spans[at + 1]);
    spans.splice(at, 2);
  }
  spans.splice(at, 0, first, last);
}

function keepPosition(positions: Uint8Array[], body: Uint8Array, at: number): void {
  if (isPosition(body, at)) positions.push(copyOf(body, at, at + FRONT_BYTES));
}
