import { createWriter, finish, type Writer, writeInt, writeMapHead, writeText } from "../../protocol/cbor/writer.ts";
import {
  OP_READ_ANSWER,
  OP_WRITE,
  OP_WRITE_ANSWER,
  RC_BAD_STATE,
  type SmpHeader,
  writeMessage,
} from "../../protocol/smp/header.ts";

const USUAL_BYTES = 128;

/** A writer for the map of an answer with so many pairs. */
export function beginAnswer(pairs: number): Writer {
  const writer = createWriter(USUAL_BYTES);
  writeMapHead(writer, pairs);
  return writer;
}

export function answerWith(asked: SmpHeader, writer: Writer): Uint8Array {
  return writeMessage(answerHeader(asked), finish(writer));
}

/** Success without anything to say. */
export function answerOk(asked: SmpHeader): Uint8Array {
  return answerWith(asked, beginAnswer(0));
}

/** In version 2 an error names its group; in version 1 it is a bare code. `reason`, our own code, goes with both. */
export function answerError(asked: SmpHeader, rc: number, reason: string): Uint8Array {
  const writer = beginAnswer(reason === "" ? 1 : 2);
  if (asked.version > 0) {
    writeText(writer, "err");
    writeMapHead(writer, 2);
    writeText(writer, "group");
    writeInt(writer, asked.group);
  }
  writeText(writer, "rc");
  writeInt(writer, rc);
  if (reason !== "") {
    writeText(writer, "rsn");
    writeText(writer, reason);
  }
  return answerWith(asked, writer);
}

/** A refusal under one of our own reasons: the state forbids it. */
export function answerRefused(asked: SmpHeader, reason: string): Uint8Array {
  return answerError(asked, RC_BAD_STATE, reason);
}

function answerHeader(asked: SmpHeader): SmpHeader {
  return {
    op: asked.op === OP_WRITE ? OP_WRITE_ANSWER : OP_READ_ANSWER,
    version: asked.version,
    length: 0,
    group: asked.group,
    sequence: asked.sequence,
    command: asked.command,
  };
}
