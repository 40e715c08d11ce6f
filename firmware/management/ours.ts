import {
  OP_READ,
  OP_READ_ANSWER,
  OP_WRITE_ANSWER,
  RC_BAD_STATE,
  type SmpHeader,
  writeMessage,
} from "../../protocol/smp/header.ts";
import { answerError } from "./answer.ts";
import type { Managed } from "./managed.ts";

/** Commands of our own group; from 32 on they are the session's. */
export const COMMAND_IDENTITY = 0;
export const COMMAND_PROVISION = 1;
export const COMMAND_ORDER = 2;
export const COMMAND_ORDER_CHUNK = 3;
export const COMMAND_ORDER_INSTALL = 4;
export const COMMAND_ORDER_END = 5;
export const COMMAND_FIT = 6;
export const COMMAND_REMOVAL = 7;
export const COMMAND_SELFTEST = 8;
export const COMMAND_TRACE = 9;
export const COMMAND_MANIFEST = 10;
export const COMMAND_ROTATE = 11;
export const COMMAND_WITHDRAW = 12;

/** What these do is the device's matter: the map goes in as it came, and another comes back. */
export function handleOurs(managed: Managed, asked: SmpHeader, body: Uint8Array, nowMs: number): Uint8Array {
  const ran = managed.ours.run(asked.command, asked.op !== OP_READ, body, nowMs);
  if (!ran.ok) return answerError(asked, RC_BAD_STATE, ran.reason);
  return writeMessage(
    {
      op: asked.op === OP_READ ? OP_READ_ANSWER : OP_WRITE_ANSWER,
      version: asked.version,
      length: ran.answer.length,
      group: asked.group,
      sequence: asked.sequence,
      command: asked.command,
    },
    ran.answer,
  );
}
