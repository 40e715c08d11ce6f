import {
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readArrayCount,
  readBytesBetween,
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeArrayCount,
  writeIntBetween,
  writeIntField,
  writeTextField,
} from "../cbor/items.ts";
import { createReader } from "../cbor/reader.ts";
import { createWriter, refuse, writeBytes, writeInt, writeMapHead } from "../cbor/writer.ts";
import { DOWNLINK_CONTEXT } from "../cose/contexts.ts";
import { DEVICE_ID_MOST_BYTES } from "../cose/keys.ts";
import { type SealedMessage, type Sealer, sealMessage } from "../cose/message.ts";
import { SEALED_ORDER_MOST_BYTES, TIME_MOST_MS, UINT32_MOST } from "../limits.ts";
import { SEALED_MANIFEST_MOST_BYTES } from "./image.ts";

/**
 * What the centre tells a device: `{1: device, 2: counter, 3: kind, 4: [numbers…, bytes]}`.
 *
 * | kind        | numbers                                 | bytes                                            |
 * | ----------- | --------------------------------------- | ------------------------------------------------ |
 * | order       | length of the sealed order              | its first 1 to 1,024                             |
 * | order-chunk | part, offset in it                      | 1 to 1,024; part 0: the sealed order, 1: its pack |
 * | end         |                                         | the sealed end                                   |
 * | lease       |                                         | the sealed lease                                 |
 * | day-keys    | first day since 1970                    | keys of three days, 16 each                      |
 * | image       | length of the sealed manifest           | its first 1 to 1,024                             |
 * | image-chunk | part, offset in it                      | as of an order; part 1: what the manifest names  |
 * | locate      |                                         |                                                  |
 * | pause       | until, UTC ms; 0: no longer             |                                                  |
 * | time        | UTC ms, and `atMs` of the status before | salt of the uplink that brought that status      |
 * | ack         | `historyTo` and `alertsTo` of the outbox |                                                  |
 *
 * Counters grow strictly from 1 on each device. A chunk bears its offer's and is not counted: what it brings is authenticated
 * by the offer's hashes, and it may come twice.
 */
export interface Downlink {
  device: string;
  counter: number;
  kind: DownlinkKind;
  numbers: number[];
  bytes: Uint8Array | undefined;
}

export type DownlinkKind =
  | "order"
  | "order-chunk"
  | "end"
  | "lease"
  | "day-keys"
  | "image"
  | "image-chunk"
  | "locate"
  | "pause"
  | "time"
  | "ack";

/** Wire values are the positions in this list. */
export const DOWNLINK_KINDS: DownlinkKind[] = [
  "order",
  "order-chunk",
  "end",
  "lease",
  "day-keys",
  "image",
  "image-chunk",
  "locate",
  "pause",
  "time",
  "ack",
];

/** With its seal and the modem's frame it stays below what the device takes at once (`RECEIVE_LIMIT_BYTES`). */
export const DOWNLINK_CHUNK_BYTES = 1024;
/** An end of an order, sealed. */
export const SEALED_END_MOST_BYTES = 256;
export const SEALED_LEASE_MOST_BYTES = 128;
export const DAY_KEY_BYTES = 16;
/** Today and two more. */
export const DAY_KEYS = 3;
/** A place in the flash is below this. */
const OFFSET_MOST = 262143;

/** Of each kind: least and most bytes, then the most of each number. */
const SHAPES: number[][] = [
  [1, DOWNLINK_CHUNK_BYTES, SEALED_ORDER_MOST_BYTES],
  [1, DOWNLINK_CHUNK_BYTES, 1, OFFSET_MOST],
  [1, SEALED_END_MOST_BYTES],
  [1, SEALED_LEASE_MOST_BYTES],
  [DAY_KEY_BYTES * DAY_KEYS, DAY_KEY_BYTES * DAY_KEYS, 65535],
  [1, DOWNLINK_CHUNK_BYTES, SEALED_MANIFEST_MOST_BYTES],
  [1, DOWNLINK_CHUNK_BYTES, 1, OFFSET_MOST],
  [0, 0],
  [0, 0, TIME_MOST_MS],
  [16, 16, TIME_MOST_MS, TIME_MOST_MS],
  [0, 0, UINT32_MOST, UINT32_MOST],
];

export function encodeDownlink(message: Downlink): Encoded {
  const writer = createWriter(DOWNLINK_CHUNK_BYTES + 64);
  const kind = DOWNLINK_KINDS.indexOf(message.kind);
  writeMapHead(writer, 4);
  writeTextField(writer, 1, message.device, 1, DEVICE_ID_MOST_BYTES);
  writeIntField(writer, 2, message.counter, 1, UINT32_MOST);
  writeIntField(writer, 3, kind, 0, DOWNLINK_KINDS.length - 1);
  writeInt(writer, 4);
  const shape = kind < 0 ? SHAPES[0] : SHAPES[kind];
  const bytes = message.bytes;
  const count = message.numbers.length;
  writeArrayCount(writer, count + (shape[1] > 0 ? 1 : 0), 0, 3);
  if (count !== shape.length - 2) refuse(writer, "message.out-of-bounds");
  for (let i = 0; i < count; i++) writeIntBetween(writer, message.numbers[i], 0, shape[2 + i]);
  if (shape[1] === 0) return bytes === undefined ? encoded(writer) : refused(writer);
  if (bytes === undefined || !(bytes.length >= shape[0] && bytes.length <= shape[1])) return refused(writer);
  writeBytes(writer, bytes);
  return encoded(writer);
}

function refused(writer: ReturnType<typeof createWriter>): Encoded {
  refuse(writer, "message.out-of-bounds");
  return encoded(writer);
}

export function decodeDownlink(bytes: Uint8Array): Decoded<Downlink> {
  const reader = createReader(bytes, 0, true);
  if (readMapCount(reader) !== 4) missingField(reader);
  readKey(reader, 0, 1);
  const device = readTextBetween(reader, 1, DEVICE_ID_MOST_BYTES);
  readKey(reader, 1, 2);
  const counter = readIntBetween(reader, 1, UINT32_MOST);
  readKey(reader, 2, 3);
  const kind = readIntBetween(reader, 0, DOWNLINK_KINDS.length - 1);
  readKey(reader, 3, 4);
  const shape = SHAPES[kind];
  const items = shape.length - (shape[1] > 0 ? 1 : 2);
  readArrayCount(reader, items, items);
  const numbers: number[] = [];
  for (let i = 2; i < shape.length; i++) numbers.push(readIntBetween(reader, 0, shape[i]));
  return decoded(reader, {
    device: device,
    counter: counter,
    kind: DOWNLINK_KINDS[kind],
    numbers: numbers,
    bytes: shape[1] > 0 ? readBytesBetween(reader, shape[0], shape[1]) : undefined,
  });
}

/**
 * For the centre and whoever plays it; `sealer` is made of the device's downlink key and a salt of the sender's own start.
 * Refused: what `encodeDownlink` says, `seal.exhausted`.
 */
export function sealDownlink(sealer: Sealer, message: Downlink): SealedMessage | { ok: false; reason: string } {
  const written = encodeDownlink(message);
  return written.ok ? sealMessage(sealer, written.bytes, DOWNLINK_CONTEXT) : { ok: false, reason: written.reason };
}
