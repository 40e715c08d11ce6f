import { readTextBetween } from "../../protocol/cbor/items.ts";
import type { Reader } from "../../protocol/cbor/reader.ts";
import { createSmpReader, END, nextKey, openMap } from "../../protocol/smp/fields.ts";
import { writeIntPair, writeTextPair } from "../../protocol/smp/fields-writer.ts";
import { OP_READ, RC_INVALID, RC_NOT_SUPPORTED, type SmpHeader } from "../../protocol/smp/header.ts";
import { dateText, msOfDateText } from "../lib/date-text.ts";
import { answerError, answerOk, answerRefused, answerWith, beginAnswer } from "./answer.ts";
import type { Managed } from "./managed.ts";

export const OS_ECHO = 0;
export const OS_DATETIME = 4;
export const OS_RESET = 5;
export const OS_PARAMETERS = 6;
export const OS_INFO = 7;

/** Whole messages, header and all, that the server takes: one upload piece of 1 KiB with its frame. */
export const BUFFER_BYTES = 1536;
/** Held for one client at a time. */
const BUFFERS = 1;

export function handleOs(
  managed: Managed,
  asked: SmpHeader,
  body: Uint8Array,
  mostMs: number,
  nowMs: number,
): Uint8Array {
  switch (asked.command) {
    case OS_ECHO:
      return echo(asked, body);
    case OS_PARAMETERS: {
      const writer = beginAnswer(2);
      writeIntPair(writer, "buf_size", BUFFER_BYTES);
      writeIntPair(writer, "buf_count", BUFFERS);
      return answerWith(asked, writer);
    }
    case OS_INFO: {
      const writer = beginAnswer(1);
      writeTextPair(writer, "output", managed.about);
      return answerWith(asked, writer);
    }
    case OS_DATETIME:
      return asked.op === OP_READ ? tellTime(managed, asked, nowMs) : setTime(managed, asked, body, mostMs, nowMs);
    case OS_RESET:
      managed.reset();
      return answerOk(asked);
  }
  return answerError(asked, RC_NOT_SUPPORTED, "");
}

function echo(asked: SmpHeader, body: Uint8Array): Uint8Array {
  const reader = createSmpReader(body);
  const text = textField(reader, "d");
  if (text === undefined) return answerError(asked, RC_INVALID, reader.error);
  const writer = beginAnswer(1);
  writeTextPair(writer, "r", text);
  return answerWith(asked, writer);
}

function tellTime(managed: Managed, asked: SmpHeader, nowMs: number): Uint8Array {
  const writer = beginAnswer(1);
  writeTextPair(writer, "datetime", dateText(managed.utcFloorMs(nowMs)));
  return answerWith(asked, writer);
}

function setTime(managed: Managed, asked: SmpHeader, body: Uint8Array, mostMs: number, nowMs: number): Uint8Array {
  const reader = createSmpReader(body);
  const text = textField(reader, "datetime");
  const utcMs = text === undefined ? undefined : msOfDateText(text);
  if (utcMs === undefined) return answerError(asked, RC_INVALID, reader.error);
  return managed.setTime(utcMs, mostMs, nowMs) ? answerOk(asked) : answerRefused(asked, "time.refused");
}

/** The text of one field of a map; the map's other fields are passed over. */
function textField(reader: Reader, name: string): string | undefined {
  const map = openMap(reader);
  let text: string | undefined;
  const known = [name];
  while (nextKey(reader, map, known) !== END) text = readTextBetween(reader, 0, BUFFER_BYTES);
  return reader.error === "" ? text : undefined;
}
