import {
  GROUP_FS,
  GROUP_IMAGE,
  GROUP_OMAMORI,
  GROUP_OS,
  OP_READ,
  OP_WRITE,
  RC_ACCESS_DENIED,
  RC_NOT_SUPPORTED,
  readHeader,
  type SmpHeader,
} from "../../protocol/smp/header.ts";
import { answerError } from "./answer.ts";
import { handleFiles } from "./files.ts";
import { handleImages } from "./images.ts";
import type { Managed } from "./managed.ts";
import { handleOs, OS_ECHO, OS_INFO, OS_PARAMETERS } from "./os.ts";
import { COMMAND_IDENTITY, handleOurs } from "./ours.ts";
import { expireSession, NO_SESSION, type Session, sayHello, takeProof, takeSealed } from "./session.ts";

/** The device's end of SMP: one message in, one answer out, over whatever carries them. */
export interface Server {
  managed: Managed;
  session: Session;
}

export const SESSION_HELLO = 32;
export const SESSION_PROOF = 33;
export const SESSION_SEALED = 34;

export function createServer(managed: Managed): Server {
  return { managed: managed, session: NO_SESSION };
}

/** The answer to a message; `undefined` for what is no request: nobody could know what it answers. */
export function serve(server: Server, message: Uint8Array, nowMs: number): Uint8Array | undefined {
  const asked = readHeader(message);
  if (asked === undefined || (asked.op !== OP_READ && asked.op !== OP_WRITE)) return undefined;
  server.session = expireSession(server.session, nowMs);
  const body = message.subarray(message.length - asked.length);
  if (asked.group === GROUP_OMAMORI && asked.op === OP_WRITE && asked.command >= SESSION_HELLO)
    return serveSession(server, asked, body, nowMs);
  if (server.managed.isProvisioned() && !isPublic(asked)) return answerError(asked, RC_ACCESS_DENIED, "session.needed");
  return dispatch(server.managed, asked, body, 0, nowMs);
}

/** What anybody at the port may ask of a provisioned device (design §6). */
function isPublic(asked: SmpHeader): boolean {
  if (asked.group === GROUP_OMAMORI) return asked.op === OP_READ && asked.command === COMMAND_IDENTITY;
  if (asked.group !== GROUP_OS) return false;
  return asked.command === OS_ECHO || asked.command === OS_PARAMETERS || asked.command === OS_INFO;
}

function serveSession(server: Server, asked: SmpHeader, body: Uint8Array, nowMs: number): Uint8Array {
  const managed = server.managed;
  if (asked.command === SESSION_HELLO) {
    const turn = sayHello(managed, server.session, asked, body, nowMs);
    server.session = turn.session;
    return turn.answer;
  }
  if (asked.command === SESSION_PROOF) {
    const turn = takeProof(managed, server.session, asked, body, nowMs);
    server.session = turn.session;
    return turn.answer;
  }
  if (asked.command !== SESSION_SEALED) return answerError(asked, RC_NOT_SUPPORTED, "");
  const session = server.session;
  const mostMs = session.phase === "open" ? session.expiryMs : 0;
  const turn = takeSealed(managed, session, asked, body, nowMs, (inner) => serveInner(managed, inner, mostMs, nowMs));
  server.session = turn.session;
  return turn.answer;
}

/** A whole message from within a session; empty where it is none. */
function serveInner(managed: Managed, message: Uint8Array, mostMs: number, nowMs: number): Uint8Array {
  const asked = readHeader(message);
  if (asked === undefined || (asked.op !== OP_READ && asked.op !== OP_WRITE)) return new Uint8Array(0);
  return dispatch(managed, asked, message.subarray(message.length - asked.length), mostMs, nowMs);
}

function dispatch(managed: Managed, asked: SmpHeader, body: Uint8Array, mostMs: number, nowMs: number): Uint8Array {
  switch (asked.group) {
    case GROUP_OS:
      return handleOs(managed, asked, body, mostMs, nowMs);
    case GROUP_IMAGE:
      return handleImages(managed, asked, body);
    case GROUP_FS:
      return handleFiles(managed, asked, body);
    case GROUP_OMAMORI:
      return handleOurs(managed, asked, body, nowMs);
  }
  return answerError(asked, RC_NOT_SUPPORTED, "");
}
