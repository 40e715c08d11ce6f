import {
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readBytesBetween,
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeIntField,
  writeTextField,
} from "../cbor/items.ts";
import { createReader } from "../cbor/reader.ts";
import { createWriter, refuse, writeBytes, writeInt, writeMapHead } from "../cbor/writer.ts";
import { TIME_MOST_MS } from "../limits.ts";
import { HASH_BYTES } from "./merkle.ts";

/** What a log says of itself, and signs: how many leaves it had at an instant, and their root. */
export interface TreeHead {
  /** Which log: 1 to 64 bytes of UTF-8. */
  log: string;
  size: number;
  root: Uint8Array;
  /** UTC ms by the log's own clock. */
  atMs: number;
}

const LOG_MOST_BYTES = 64;

export function encodeTreeHead(head: TreeHead): Encoded {
  const writer = createWriter(128);
  writeMapHead(writer, 4);
  writeTextField(writer, 1, head.log, 1, LOG_MOST_BYTES);
  writeIntField(writer, 2, head.size, 0, Number.MAX_SAFE_INTEGER);
  if (head.root.length !== HASH_BYTES) refuse(writer, "message.out-of-bounds");
  writeInt(writer, 3);
  writeBytes(writer, head.root);
  writeIntField(writer, 4, head.atMs, 0, TIME_MOST_MS);
  return encoded(writer);
}

export function decodeTreeHead(bytes: Uint8Array): Decoded<TreeHead> {
  const reader = createReader(bytes, 0, true);
  const head: TreeHead = { log: "", size: 0, root: new Uint8Array(0), atMs: 0 };
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    key = readKey(reader, key, 4);
    if (key === 1) head.log = readTextBetween(reader, 1, LOG_MOST_BYTES);
    else if (key === 2) head.size = readIntBetween(reader, 0, Number.MAX_SAFE_INTEGER);
    else if (key === 3) head.root = readBytesBetween(reader, HASH_BYTES, HASH_BYTES);
    else head.atMs = readIntBetween(reader, 0, TIME_MOST_MS);
  }
  if (fields !== 4) missingField(reader);
  return decoded(reader, head);
}
