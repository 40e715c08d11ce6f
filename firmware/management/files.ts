import { readIntBetween, readTextBetween } from "../../protocol/cbor/items.ts";
import { NAME_MOST_BYTES, UINT32_MOST } from "../../protocol/limits.ts";
import { createSmpReader, END, nextKey, openMap } from "../../protocol/smp/fields.ts";
import { writeBytesPair, writeIntPair } from "../../protocol/smp/fields-writer.ts";
import { OP_READ, RC_INVALID, RC_NO_ENTRY, RC_NOT_SUPPORTED, type SmpHeader } from "../../protocol/smp/header.ts";
import { answerError, answerWith, beginAnswer } from "./answer.ts";
import type { Managed } from "./managed.ts";

const FILE_STATUS = 1;
const KEYS = ["name", "off"];
/** Download is command 0. What goes into one answer: a power of two below the server's buffer, with room for seal and head. */
const PIECE_BYTES = 1024;

/** Files are read only: what is written to the device comes as an order, an image or a command. */
export function handleFiles(managed: Managed, asked: SmpHeader, body: Uint8Array): Uint8Array {
  if (asked.op !== OP_READ || asked.command > FILE_STATUS) return answerError(asked, RC_NOT_SUPPORTED, "");
  const reader = createSmpReader(body);
  const map = openMap(reader);
  let name = "";
  let offset = 0;
  let key = nextKey(reader, map, KEYS);
  while (key !== END) {
    if (key === 0) name = readTextBetween(reader, 1, NAME_MOST_BYTES);
    else offset = readIntBetween(reader, 0, UINT32_MOST);
    key = nextKey(reader, map, KEYS);
  }
  if (reader.error !== "") return answerError(asked, RC_INVALID, reader.error);
  const length = managed.files.length(name);
  if (length < 0) return answerError(asked, RC_NO_ENTRY, "");
  if (asked.command === FILE_STATUS) {
    const writer = beginAnswer(1);
    writeIntPair(writer, "len", length);
    return answerWith(asked, writer);
  }
  return offset > length ? answerError(asked, RC_INVALID, "") : tellPiece(managed, asked, name, offset, length);
}

function tellPiece(managed: Managed, asked: SmpHeader, name: string, offset: number, length: number): Uint8Array {
  const piece = new Uint8Array(Math.min(PIECE_BYTES, length - offset));
  const got = managed.files.read(name, offset, piece);
  if (got !== piece.length) return answerError(asked, RC_NO_ENTRY, "");
  const writer = beginAnswer(offset === 0 ? 3 : 2);
  writeIntPair(writer, "off", offset);
  writeBytesPair(writer, "data", piece);
  if (offset === 0) writeIntPair(writer, "len", length);
  return answerWith(asked, writer);
}
