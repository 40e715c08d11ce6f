import { copyOf, equalBytes } from "../../protocol/bytes.ts";
import { readBytesBetween, readIntBetween } from "../../protocol/cbor/items.ts";
import { fieldKey } from "../../protocol/cose/keys.ts";
import { UINT32_MOST } from "../../protocol/limits.ts";
import { createSmpReader, END, nextKey, openMap } from "../../protocol/smp/fields.ts";
import { writeBytesPair, writeTextPair } from "../../protocol/smp/fields-writer.ts";
import { RC_ACCESS_DENIED, RC_BUSY, RC_INVALID, type SmpHeader } from "../../protocol/smp/header.ts";
import {
  openFrame,
  PROOF_BYTES,
  proofOf,
  RANDOM_BYTES,
  SESSION_COUNTER_MOST,
  type SessionKeys,
  sealFrame,
  sessionKeys,
} from "../../protocol/smp/session.ts";
import { NEVER_MS } from "../lib/instant.ts";
import { answerError, answerOk, answerWith, beginAnswer } from "./answer.ts";
import type { Managed } from "./managed.ts";
import { BUFFER_BYTES } from "./os.ts";

/** One session at a time; between hello and the client's proof it is not one yet. */
export type Session =
  | { phase: "none" }
  | { phase: "proving"; sealing: SessionKeys; expiryMs: number; endsMs: number; sinceMs: number }
  | {
      phase: "open";
      sealing: SessionKeys;
      /** Of its key, UTC; and by the device's clock since it was opened, whatever is said of the time meanwhile. */
      expiryMs: number;
      endsMs: number;
      usedMs: number;
      /** Of the next message from the client. */
      counter: number;
      /** The answer to the one before: a client whose answer got lost asks again. */
      lastAnswer: Uint8Array;
    };

/** A field unit that walks away leaves no open door. */
export const IDLE_MS = 60_000;
/** A client that says hello proves itself at once, or makes way for the next. */
const PROVING_MS = 10_000;

const HELLO_KEYS = ["n", "a", "x"];
const PROOF_KEYS = ["m"];
const SEALED_KEYS = ["c", "s"];
/** Field key identifiers are counted up by the vault. */
const ASSIGNMENT_MOST = UINT32_MOST;

export const NO_SESSION: Session = { phase: "none" };

/** What becomes of a session by itself: idle ones end. */
export function expireSession(session: Session, nowMs: number): Session {
  if (session.phase === "none" || nowMs >= session.endsMs) return NO_SESSION;
  if (session.phase === "open" && nowMs - session.usedMs >= IDLE_MS) return NO_SESSION;
  return session.phase === "proving" && nowMs - session.sinceMs >= PROVING_MS ? NO_SESSION : session;
}

export interface Turn {
  session: Session;
  answer: Uint8Array;
}

export function sayHello(managed: Managed, session: Session, asked: SmpHeader, body: Uint8Array, nowMs: number): Turn {
  const reader = createSmpReader(body);
  const map = openMap(reader);
  let random: Uint8Array | undefined;
  let assignment = 0;
  let expiryS = 0;
  let key = nextKey(reader, map, HELLO_KEYS);
  while (key !== END) {
    if (key === 0) random = readBytesBetween(reader, RANDOM_BYTES, RANDOM_BYTES);
    else if (key === 1) assignment = readIntBetween(reader, 0, ASSIGNMENT_MOST);
    else expiryS = readIntBetween(reader, 0, UINT32_MOST);
    key = nextKey(reader, map, HELLO_KEYS);
  }
  if (reader.error !== "" || random === undefined)
    return { session: session, answer: answerError(asked, RC_INVALID, reader.error) };
  // Whoever only says hello must not push out one who has proved himself.
  if (session.phase === "open") return { session: session, answer: answerError(asked, RC_BUSY, "session.taken") };
  const refused = refusal(managed, assignment, expiryS, nowMs);
  if (refused !== "") return { session: NO_SESSION, answer: answerError(asked, RC_ACCESS_DENIED, refused) };
  const managementKey = managed.managementKey();
  const own = new Uint8Array(RANDOM_BYTES);
  if (managementKey === undefined || !managed.random.fill(own))
    return { session: NO_SESSION, answer: answerError(asked, RC_ACCESS_DENIED, "session.no-random") };
  const sealing = sessionKeys(
    managed.crypto,
    assignment === 0 ? managementKey : fieldKey(managed.crypto, managementKey, assignment, expiryS),
    {
      deviceId: managed.deviceId(),
      clientRandom: random,
      deviceRandom: own,
      assignment: assignment,
      expiryS: expiryS,
    },
  );
  const writer = beginAnswer(3);
  writeTextPair(writer, "d", managed.deviceId());
  writeBytesPair(writer, "n", own);
  writeBytesPair(writer, "m", proofOf(managed.crypto, sealing, "device"));
  const expiryMs = assignment === 0 ? NEVER_MS : expiryS * 1000;
  const endsMs = assignment === 0 ? NEVER_MS : nowMs + expiryMs - managed.utcFloorMs(nowMs);
  return {
    session: { phase: "proving", sealing: sealing, expiryMs: expiryMs, endsMs: endsMs, sinceMs: nowMs },
    answer: answerWith(asked, writer),
  };
}

function refusal(managed: Managed, assignment: number, expiryS: number, nowMs: number): string {
  if (assignment === 0) return expiryS === 0 ? "" : "session.expired";
  if (assignment < managed.leastAssignment()) return "session.revoked";
  return expiryS * 1000 <= managed.utcFloorMs(nowMs) ? "session.expired" : "";
}

export function takeProof(managed: Managed, session: Session, asked: SmpHeader, body: Uint8Array, nowMs: number): Turn {
  const reader = createSmpReader(body);
  const map = openMap(reader);
  let proof: Uint8Array | undefined;
  while (nextKey(reader, map, PROOF_KEYS) !== END) proof = readBytesBetween(reader, PROOF_BYTES, PROOF_BYTES);
  if (reader.error !== "" || proof === undefined)
    return { session: session, answer: answerError(asked, RC_INVALID, reader.error) };
  if (session.phase !== "proving")
    return { session: session, answer: answerError(asked, RC_ACCESS_DENIED, "session.no-hello") };
  if (!equalBytes(proof, proofOf(managed.crypto, session.sealing, "client")))
    return { session: NO_SESSION, answer: answerError(asked, RC_ACCESS_DENIED, "session.forged") };
  const open: Session = {
    phase: "open",
    sealing: session.sealing,
    expiryMs: session.expiryMs,
    endsMs: session.endsMs,
    usedMs: nowMs,
    counter: 0,
    lastAnswer: new Uint8Array(0),
  };
  return { session: open, answer: answerOk(asked) };
}

/** Carries a sealed message to `serve` and its answer back. */
export function takeSealed(
  managed: Managed,
  session: Session,
  asked: SmpHeader,
  body: Uint8Array,
  nowMs: number,
  serve: (message: Uint8Array) => Uint8Array,
): Turn {
  const reader = createSmpReader(body);
  const map = openMap(reader);
  let counter: number | undefined;
  let sealed: Uint8Array | undefined;
  let key = nextKey(reader, map, SEALED_KEYS);
  while (key !== END) {
    if (key === 0) counter = readIntBetween(reader, 0, SESSION_COUNTER_MOST);
    else sealed = readBytesBetween(reader, 0, BUFFER_BYTES);
    key = nextKey(reader, map, SEALED_KEYS);
  }
  if (reader.error !== "" || counter === undefined || sealed === undefined)
    return { session: session, answer: answerError(asked, RC_INVALID, reader.error) };
  if (session.phase !== "open")
    return { session: session, answer: answerError(asked, RC_ACCESS_DENIED, "session.none") };
  const isRepeat = counter === session.counter - 1;
  if (!isRepeat && counter !== session.counter)
    return { session: session, answer: answerError(asked, RC_ACCESS_DENIED, "session.counter") };
  const opened = openFrame(managed.crypto, session.sealing.toDevice, counter, sealed);
  // Anybody on the line may send rubbish; the session of one who proved himself survives it.
  if (!opened.ok) return { session: session, answer: answerError(asked, RC_ACCESS_DENIED, opened.reason) };
  const answer = isRepeat
    ? session.lastAnswer
    : sealFrame(managed.crypto, session.sealing.toClient, counter, serve(opened.payload));
  const writer = beginAnswer(1);
  writeBytesPair(writer, "s", answer);
  return {
    session: {
      phase: "open",
      sealing: session.sealing,
      expiryMs: session.expiryMs,
      endsMs: session.endsMs,
      // What anybody may have recorded keeps no session open.
      usedMs: isRepeat ? session.usedMs : nowMs,
      counter: counter + 1,
      lastAnswer: copyOf(answer, 0, answer.length),
    },
    answer: answerWith(asked, writer),
  };
}
