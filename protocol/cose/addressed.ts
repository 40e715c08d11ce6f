import {
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeIntField,
  writeTextField,
} from "../cbor/items.ts";
import { fail, type Reader } from "../cbor/reader.ts";
import { type Writer, writeMapHead } from "../cbor/writer.ts";
import { UINT32_MOST } from "../limits.ts";
import { DEVICE_ID_MOST_BYTES } from "./keys.ts";

/** How all begins that the vault seals for one device: `{1: device, 2: a number from 1, …}`, `fields` in all. */
export interface Addressed {
  device: string;
  number: number;
}

export function writeAddressed(writer: Writer, fields: number, device: string, number: number): void {
  writeMapHead(writer, fields);
  writeTextField(writer, 1, device, 1, DEVICE_ID_MOST_BYTES);
  writeIntField(writer, 2, number, 1, UINT32_MOST);
}

/** `seal.malformed` for more fields or fewer, in the reader's error as all else. */
export function readAddressed(reader: Reader, fields: number): Addressed {
  if (readMapCount(reader) !== fields) fail(reader, "seal.malformed", 0);
  readKey(reader, 0, 1);
  const device = readTextBetween(reader, 1, DEVICE_ID_MOST_BYTES);
  readKey(reader, 1, 2);
  return { device: device, number: readIntBetween(reader, 1, UINT32_MOST) };
}
