import { readBool, readBytesBetween, readIntBetween } from "../../protocol/cbor/items.ts";
import { writeArrayHead, writeMapHead, writeText } from "../../protocol/cbor/writer.ts";
import { UINT32_MOST } from "../../protocol/limits.ts";
import { createSmpReader, END, nextKey, openMap } from "../../protocol/smp/fields.ts";
import { writeBoolPair, writeBytesPair, writeIntPair, writeTextPair } from "../../protocol/smp/fields-writer.ts";
import { OP_READ, OP_WRITE, RC_INVALID, RC_NOT_SUPPORTED, type SmpHeader } from "../../protocol/smp/header.ts";
import { answerError, answerOk, answerRefused, answerWith, beginAnswer } from "./answer.ts";
import type { Managed } from "./managed.ts";
import { BUFFER_BYTES } from "./os.ts";

const IMAGE_STATE = 0;
const IMAGE_UPLOAD = 1;
const IMAGE_ERASE = 5;

const UPLOAD_KEYS = ["off", "data", "len", "sha", "image", "upgrade"];
const STATE_KEYS = ["hash", "confirm"];
const HASH_BYTES = 32;

export function handleImages(managed: Managed, asked: SmpHeader, body: Uint8Array): Uint8Array {
  if (asked.command === IMAGE_STATE && asked.op === OP_READ) return tellSlots(managed, asked);
  if (asked.command === IMAGE_STATE && asked.op === OP_WRITE) return setState(managed, asked, body);
  if (asked.command === IMAGE_UPLOAD && asked.op === OP_WRITE) return upload(managed, asked, body);
  if (asked.command === IMAGE_ERASE && asked.op === OP_WRITE) {
    const erased = managed.images.erase();
    return erased.ok ? answerOk(asked) : answerRefused(asked, erased.reason);
  }
  return answerError(asked, RC_NOT_SUPPORTED, "");
}

function tellSlots(managed: Managed, asked: SmpHeader): Uint8Array {
  const slots = managed.images.slots();
  const writer = beginAnswer(2);
  writeText(writer, "images");
  writeArrayHead(writer, slots.length);
  for (const slot of slots) {
    writeMapHead(writer, 8);
    writeIntPair(writer, "slot", slot.slot);
    writeTextPair(writer, "version", slot.version);
    writeBytesPair(writer, "hash", slot.hash);
    writeBoolPair(writer, "bootable", slot.bootable);
    writeBoolPair(writer, "pending", slot.pending);
    writeBoolPair(writer, "confirmed", slot.confirmed);
    writeBoolPair(writer, "active", slot.active);
    writeBoolPair(writer, "permanent", false);
  }
  writeIntPair(writer, "splitStatus", 0);
  return answerWith(asked, writer);
}

function setState(managed: Managed, asked: SmpHeader, body: Uint8Array): Uint8Array {
  const reader = createSmpReader(body);
  const map = openMap(reader);
  let hash: Uint8Array | undefined;
  let confirm = false;
  let key = nextKey(reader, map, STATE_KEYS);
  while (key !== END) {
    if (key === 0) hash = readBytesBetween(reader, 1, HASH_BYTES);
    else confirm = readBool(reader);
    key = nextKey(reader, map, STATE_KEYS);
  }
  if (reader.error !== "") return answerError(asked, RC_INVALID, reader.error);
  const set = managed.images.setState(hash, confirm);
  return set.ok ? tellSlots(managed, asked) : answerRefused(asked, set.reason);
}

function upload(managed: Managed, asked: SmpHeader, body: Uint8Array): Uint8Array {
  const reader = createSmpReader(body);
  const map = openMap(reader);
  let offset: number | undefined;
  let data: Uint8Array | undefined;
  let total: number | undefined;
  let sha: Uint8Array | undefined;
  let image = 0;
  let key = nextKey(reader, map, UPLOAD_KEYS);
  while (key !== END) {
    if (key === 0) offset = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 1) data = readBytesBetween(reader, 0, BUFFER_BYTES);
    else if (key === 2) total = readIntBetween(reader, 0, UINT32_MOST);
    else if (key === 3) sha = readBytesBetween(reader, 0, HASH_BYTES);
    else if (key === 4) image = readIntBetween(reader, 0, UINT32_MOST);
    else readBool(reader);
    key = nextKey(reader, map, UPLOAD_KEYS);
  }
  if (reader.error !== "" || offset === undefined || data === undefined || image !== 0)
    return answerError(asked, RC_INVALID, reader.error);
  const taken = managed.images.upload(offset, data, total, sha);
  if (!taken.ok) return answerRefused(asked, taken.reason);
  const writer = beginAnswer(1);
  writeIntPair(writer, "off", taken.nextOffset);
  return answerWith(asked, writer);
}
