import type { Crypto } from "../../protocol/cose/crypto.ts";
import { type AtItem, type AtReader, asciiBytes, awaitPayload, createAtReader, feedAt, wholeNumber } from "./at.ts";
import { ANSWER_MS } from "./bg9x.ts";

/**
 * What provisioning has to do at a modem that is on while no session is wanted: read who it is, put certificates and the
 * key into its memory, and see what lies there. One errand at a time, on the same line as the uplink, never beside it.
 *
 * Whoever can speak to the modem can read the key as well: it is as safe as the enclosure (QFDWL knows no secrets).
 * Source: Quectel BG95 AT manual (CGSN, QCCID), FILE application note (QFUPL, QFDWL, QFLST, QFDEL).
 */
export type Errand =
  | { kind: "imei" }
  | { kind: "iccid" }
  | { kind: "put"; name: string; bytes: Uint8Array }
  /** SHA-256 of a file. */
  | { kind: "hash"; name: string };

export interface Errands {
  crypto: Crypto;
  reader: AtReader;
  errand: Errand | undefined;
  untilMs: number;
  /** What was found: the number, or the hash. */
  found: string | Uint8Array | undefined;
  /** The old file has been deleted, or the length read: the second command is said. */
  second: boolean;
  turn: ErrandTurn;
  onItem: (item: AtItem) => void;
}

export interface ErrandTurn {
  write: Uint8Array | undefined;
  done: ErrandDone | undefined;
}

/** `found`: text of `imei` and `iccid`, 32 bytes of `hash`, "" of `put`. */
export type ErrandDone = { ok: true; found: string | Uint8Array } | { ok: false; reason: string };

/** A chain of certificates; the modem takes more. Bytes. */
export const FILE_LIMIT_BYTES = 4_096;

export function createErrands(crypto: Crypto): Errands {
  const errands: Errands = {
    crypto: crypto,
    reader: createAtReader(),
    errand: undefined,
    untilMs: 0,
    found: undefined,
    second: false,
    turn: { write: undefined, done: undefined },
    onItem: () => {},
  };
  errands.onItem = (item) => takeItem(errands, item);
  return errands;
}

/** Begins an errand. Names are plain ASCII without quotation marks. What to write, or that it is refused. */
export function startErrand(errands: Errands, errand: Errand, nowMs: number): ErrandTurn {
  errands.turn = { write: undefined, done: undefined };
  errands.found = undefined;
  errands.second = false;
  errands.errand = errand;
  errands.untilMs = nowMs + ANSWER_MS;
  switch (errand.kind) {
    case "imei":
      say(errands, "+CGSN");
      break;
    case "iccid":
      say(errands, "+QCCID");
      break;
    case "put":
      if (errand.bytes.length === 0 || errand.bytes.length > FILE_LIMIT_BYTES) finish(errands, "modem.file-too-long");
      else say(errands, `+QFDEL="${errand.name}"`);
      break;
    case "hash":
      say(errands, `+QFLST="${errand.name}"`);
      break;
  }
  return errands.turn;
}

/** Bytes came from the modem, or (none) the time of `untilMs`. */
export function takeErrandBytes(errands: Errands, bytes: Uint8Array, nowMs: number): ErrandTurn {
  errands.turn = { write: undefined, done: undefined };
  feedAt(errands.reader, bytes, errands.onItem);
  if (errands.turn.write !== undefined) errands.untilMs = nowMs + ANSWER_MS;
  else if (errands.errand !== undefined && nowMs >= errands.untilMs) finish(errands, "modem.silent");
  return errands.turn;
}

function say(errands: Errands, text: string): void {
  errands.turn.write = asciiBytes(`AT${text}\r`);
}

function finish(errands: Errands, reason: string): void {
  const found = errands.found;
  errands.errand = undefined;
  if (reason !== "") errands.turn.done = { ok: false, reason: reason };
  else if (found === undefined) errands.turn.done = { ok: false, reason: "modem.no-answer" };
  else errands.turn.done = { ok: true, found: found };
}

function takeItem(errands: Errands, item: AtItem): void {
  const errand = errands.errand;
  if (errand === undefined || item.kind === "prompt") return;
  if (item.kind === "payload") errands.found = errands.crypto.sha256(item.bytes);
  else if (item.text === "OK") takeOk(errands, errand);
  else if (item.text.includes("ERROR")) takeError(errands, errand);
  else takeLine(errands, errand, item.text);
}

function takeOk(errands: Errands, errand: Errand): void {
  if (errand.kind === "put") {
    if (errands.second) finish(errands, errands.found === undefined ? "modem.file-differs" : "");
    else upload(errands, errand.name, errand.bytes.length);
  } else if (errand.kind === "hash" && !errands.second) {
    errands.second = true;
    say(errands, `+QFDWL="${errand.name}"`);
  } else finish(errands, "");
}

function takeError(errands: Errands, errand: Errand): void {
  // There was no old file to delete.
  if (errand.kind === "put" && !errands.second) upload(errands, errand.name, errand.bytes.length);
  else finish(errands, errand.kind === "hash" ? "modem.no-file" : "modem.refused");
}

function upload(errands: Errands, name: string, length: number): void {
  errands.second = true;
  say(errands, `+QFUPL="${name}",${length},5`);
}

function takeLine(errands: Errands, errand: Errand, text: string): void {
  switch (errand.kind) {
    case "imei":
      if (text.length === 15 && wholeNumber(text.substring(0, 4)) > 0) errands.found = text;
      break;
    case "iccid":
      if (text.startsWith("+QCCID: ")) errands.found = text.substring(8);
      break;
    case "put":
      if (text === "CONNECT") errands.turn.write = errand.bytes;
      // Its own length and sum of what it has.
      if (text === `+QFUPL: ${errand.bytes.length},${checksum(errand.bytes)}`) errands.found = "";
      break;
    case "hash":
      if (text.startsWith("+QFLST: ")) errands.found = text.substring(text.indexOf(",") + 1);
      if (text === "CONNECT") awaitFile(errands);
      break;
  }
}

function awaitFile(errands: Errands): void {
  const length = wholeNumber(`${errands.found}`);
  errands.found = undefined;
  if (length <= 0 || length > FILE_LIMIT_BYTES) finish(errands, "modem.file-too-long");
  else awaitPayload(errands.reader, "", length, FILE_LIMIT_BYTES);
}

/** Exclusive or of 16-bit words, in lower-case hexadecimal without leading zeros, as the modem writes it. */
function checksum(bytes: Uint8Array): string {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum ^= (bytes[i] << 8) | (i + 1 < bytes.length ? bytes[i + 1] : 0);
  let text = "";
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (sum >> shift) & 15;
    if (text !== "" || digit > 0 || shift === 0) text += "0123456789abcdef".charAt(digit);
  }
  return text;
}
