import { equalBytes } from "../bytes.ts";
import { readArrayCount, readBytesBetween, readMapCount } from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, finish, type Writer, writeArrayHead, writeBytes, writeText } from "../cbor/writer.ts";

/** What Mac0, Encrypt0 and Sign1 share: one algorithm each, told by the protected header alone, in one encoding only. */

export type SealRefusal = "seal.malformed" | "seal.wrong-algorithm" | "seal.forged";

/** What was opened, or the code of the refusal; nothing of what was refused is given out. */
export type Opened = { ok: true; payload: Uint8Array } | { ok: false; reason: SealRefusal };

const WRONG_ALGORITHM = "seal.wrong-algorithm";

/** A seal's array of `parts` parts and its protected header, `{1: algorithm}`; `algorithm` is the encoded byte. */
export function beginSeal(writer: Writer, parts: number, algorithm: number): void {
  writeArrayHead(writer, parts);
  writeBytes(writer, protectedHeader(algorithm));
}

/** What is authenticated: `[context, protected, aad, payload]`, and without the last where there is no payload (Encrypt0). */
export function structureOf(
  context: string,
  algorithm: number,
  aad: Uint8Array,
  payload: Uint8Array | undefined,
): Uint8Array {
  const writer = createWriter(aad.length + 32 + (payload === undefined ? 0 : payload.length));
  writeArrayHead(writer, payload === undefined ? 3 : 4);
  writeText(writer, context);
  writeBytes(writer, protectedHeader(algorithm));
  writeBytes(writer, aad);
  if (payload !== undefined) writeBytes(writer, payload);
  return finish(writer);
}

/** Reads the array, the protected header and the head of the unprotected one, which must have `fields` fields. */
export function readSeal(bytes: Uint8Array, parts: number, algorithm: number, fields: number): Reader {
  const reader = createReader(bytes, 0, true);
  readArrayCount(reader, parts, parts);
  const header = readBytesBetween(reader, 0, bytes.length);
  if (!equalBytes(header, protectedHeader(algorithm))) fail(reader, WRONG_ALGORITHM, reader.pos);
  if (readMapCount(reader) !== fields) fail(reader, "seal.malformed", reader.pos);
  return reader;
}

/** Why the bytes are no seal of ours: the reader's own codes say more than a journal needs. */
export function refusalOf(reader: Reader): SealRefusal {
  return reader.error === WRONG_ALGORITHM ? WRONG_ALGORITHM : "seal.malformed";
}

function protectedHeader(algorithm: number): Uint8Array {
  return new Uint8Array([0xa1, 1, algorithm]);
}
