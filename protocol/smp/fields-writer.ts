import { type Writer, writeBool, writeBytes, writeInt, writeText } from "../cbor/writer.ts";

/** Pairs of an SMP answer: text keys, definite, in the order in which they are written. */
export function writeTextPair(writer: Writer, key: string, value: string): void {
  writeText(writer, key);
  writeText(writer, value);
}

export function writeIntPair(writer: Writer, key: string, value: number): void {
  writeText(writer, key);
  writeInt(writer, value);
}

export function writeBytesPair(writer: Writer, key: string, value: Uint8Array): void {
  writeText(writer, key);
  writeBytes(writer, value);
}

export function writeBoolPair(writer: Writer, key: string, value: boolean): void {
  writeText(writer, key);
  writeBool(writer, value);
}
