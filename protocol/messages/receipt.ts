import {
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  readArrayCount,
  readIntBetween,
  readTextBetween,
  writeIntBetween,
  writeTextBetween,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import { createWriter, type Writer, writeArrayHead } from "../cbor/writer.ts";
import { UINT32_MOST } from "../limits.ts";
import { DOWNLINK_KINDS, type DownlinkKind } from "./downlink.ts";

/** What became of a downlink. It stands in the journal before it is sent. */
export interface Receipt {
  /** The downlink's; of a chunk: its offer's. */
  counter: number;
  kind: DownlinkKind;
  /** `done`, `taken` (an offer of which more is to come), `begun` (never sent), or the code of the refusal. */
  outcome: string;
  /** Of an offer: the offset in its sealed part from which bytes are wanted, then what `orders` or `update` say is missing; else 0. */
  next: number;
}

export const DONE = "done";
export const TAKEN = "taken";
/** Only in the slot: the device set about it, and it is not known to be done. */
export const BEGUN = "begun";
/** The longest code of a refusal has 26. */
export const OUTCOME_MOST_BYTES = 40;

/** At most 54 bytes: the slot of the secrets store takes 64. */
export function encodeReceipt(receipt: Receipt): Encoded {
  const writer = createWriter(32);
  writeReceipt(writer, receipt);
  return encoded(writer);
}

export function writeReceipt(writer: Writer, receipt: Receipt): void {
  writeArrayHead(writer, 4);
  writeIntBetween(writer, receipt.counter, 1, UINT32_MOST);
  writeIntBetween(writer, DOWNLINK_KINDS.indexOf(receipt.kind), 0, DOWNLINK_KINDS.length - 1);
  writeTextBetween(writer, receipt.outcome, 1, OUTCOME_MOST_BYTES);
  writeIntBetween(writer, receipt.next, 0, UINT32_MOST);
}

export function decodeReceipt(bytes: Uint8Array): Decoded<Receipt> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readReceipt(reader));
}

export function readReceipt(reader: Reader): Receipt {
  readArrayCount(reader, 4, 4);
  return {
    counter: readIntBetween(reader, 1, UINT32_MOST),
    kind: DOWNLINK_KINDS[readIntBetween(reader, 0, DOWNLINK_KINDS.length - 1)],
    outcome: readTextBetween(reader, 1, OUTCOME_MOST_BYTES),
    next: readIntBetween(reader, 0, UINT32_MOST),
  };
}
