/**
 * Bytes of a modem become lines, the data prompt, and payloads whose length was said beforehand, in whatever pieces they
 * come. Nothing within a counted payload is looked at, so what a message holds cannot pass for an answer of the modem.
 *
 * Source: 3GPP TS 27.007 (result codes); Quectel BG95 MQTT application note, `+QMTRECV` with "recv/mode" 1,1.
 */
export interface AtReader {
  /** What has come of the line; beyond its limit it only grows no more, and is dropped at its end. */
  line: string;
  /** A `>` that begins a line is the data prompt; otherwise it is a line like any other. */
  awaitsPrompt: boolean;
  /** Bytes of a payload still to come. */
  left: number;
  /** Where they go; empty for a payload that is too long, which is counted and dropped. */
  payload: Uint8Array;
  /** The line that announced the payload. */
  head: string;
  /** The quotation mark before the payload has not come yet. */
  opening: boolean;
}

export type AtItem =
  | { kind: "line"; text: string }
  | { kind: "prompt" }
  /** `bytes` are empty when it was empty or too long. */
  | { kind: "payload"; head: string; bytes: Uint8Array };

/** The longest line that matters is the head of a message with its topic; what is longer is none of ours. Characters. */
export const LINE_LIMIT = 192;
/** A chunk of an image or order (1,024 bytes), sealed, with its frame. Bytes. */
export const RECEIVE_LIMIT_BYTES = 1_280;

const LF = 10;
const CR = 13;
const QUOTE = 34;
const PROMPT = 62;

export function createAtReader(): AtReader {
  return { line: "", awaitsPrompt: false, left: 0, payload: new Uint8Array(0), head: "", opening: false };
}

/** The modem has begun anew, or silence has cut a payload off: what was half read belongs to nothing that comes. */
export function cutAt(reader: AtReader): void {
  reader.line = "";
  reader.awaitsPrompt = false;
  reader.left = 0;
}

export function feedAt(reader: AtReader, bytes: Uint8Array, onItem: (item: AtItem) => void): void {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (reader.left > 0) takePayload(reader, byte, onItem);
    else if (byte === LF) endLine(reader, onItem);
    else if (byte === PROMPT && reader.line === "" && reader.awaitsPrompt) {
      reader.awaitsPrompt = false;
      onItem({ kind: "prompt" });
      // The prompt is "> ", and the blank would begin the next line.
    } else if (byte !== CR && byte !== 0 && (byte !== 32 || reader.line !== "")) takeText(reader, byte);
  }
}

/** The next `length` bytes are data, as after CONNECT; more than `limit` of them are counted and dropped. */
export function awaitPayload(reader: AtReader, head: string, length: number, limit: number): void {
  reader.head = head;
  reader.left = length;
  reader.opening = false;
  reader.payload = new Uint8Array(length > limit ? 0 : length);
}

function endLine(reader: AtReader, onItem: (item: AtItem) => void): void {
  const text = reader.line;
  reader.line = "";
  if (text !== "" && text.length < LINE_LIMIT) onItem({ kind: "line", text: text });
}

function takeText(reader: AtReader, byte: number): void {
  if (reader.line.length < LINE_LIMIT) reader.line += String.fromCharCode(byte);
  if (!reader.line.startsWith("+QMTRECV: ")) return;
  // `+QMTRECV: <client>,<message>,"<topic>",<length>,` — what follows is counted, not read.
  const parts = reader.line.split('"');
  if (parts.length !== 3 || !parts[2].endsWith(",")) return;
  const length = wholeNumber(parts[2].substring(1, parts[2].length - 1));
  if (length < 0) return;
  reader.line = "";
  awaitPayload(reader, parts[1], length, RECEIVE_LIMIT_BYTES);
  reader.opening = true;
}

function takePayload(reader: AtReader, byte: number, onItem: (item: AtItem) => void): void {
  const opening = reader.opening;
  reader.opening = false;
  // Firmwares differ in whether they put the payload in quotation marks, which its length does not count. None of our
  // messages begins with one: they are CBOR arrays.
  if (opening && byte === QUOTE) return;
  const payload = reader.payload;
  if (payload.length > 0) payload[payload.length - reader.left] = byte;
  reader.left -= 1;
  if (reader.left === 0) onItem({ kind: "payload", head: reader.head, bytes: payload });
}

/** Text of 8-bit characters, as it goes over the line. */
export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Of one to four digits and nothing else: the modem takes no longer message, and noise must not swallow what follows. Else −1. */
export function wholeNumber(text: string): number {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return text === "" || text.length > 4 ? -1 : value;
}
