import { fromBase64, toBase64 } from "./base64.ts";

/**
 * MCUmgr's console framing: a message, with its length before and its CRC-16 behind, goes as base64 in lines of at most 127
 * bytes, so that it shares a console with text. The first line begins with 06 09, those that continue it with 04 14.
 */
export const FRAME_BYTES_MOST = 127;
/** Two of marker, one of the line's end, and base64 goes by fours. */
const BASE64_MOST = Math.floor((FRAME_BYTES_MOST - 3) / 4) * 4;
const BODY_MOST = (BASE64_MOST / 4) * 3;
const FIRST = 0x0609;
const NEXT = 0x0414;
const LINE_END = 10;
const CARRIAGE_RETURN = 13;

/** The message as lines, each with its end, in one piece. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const packet = new Uint8Array(message.length + 4);
  // The length counts the CRC.
  packet[0] = (message.length + 2) >> 8;
  packet[1] = (message.length + 2) & 255;
  for (let i = 0; i < message.length; i++) packet[2 + i] = message[i];
  const crc = crc16(packet, 2, message.length);
  packet[message.length + 2] = crc >> 8;
  packet[message.length + 3] = crc & 255;
  const lines: number[] = [];
  for (let at = 0; at < packet.length; at += BODY_MOST) {
    const marker = at === 0 ? FIRST : NEXT;
    lines.push(marker >> 8, marker & 255);
    const text = toBase64(packet.subarray(at, Math.min(at + BODY_MOST, packet.length)));
    for (let i = 0; i < text.length; i++) lines.push(text[i]);
    lines.push(LINE_END);
  }
  return new Uint8Array(lines);
}

/** Collects lines from a console into messages. Whatever is no frame is passed over. */
export interface Deframer {
  line: Uint8Array;
  lineLength: number;
  /** The line is longer than a frame may be. */
  overlong: boolean;
  packet: Uint8Array;
  packetLength: number;
  /** Bytes the packet will have, CRC and all; 0: none is under way. */
  expected: number;
}

/** `mostBytes`: the longest message that is taken. */
export function createDeframer(mostBytes: number): Deframer {
  return {
    line: new Uint8Array(FRAME_BYTES_MOST),
    lineLength: 0,
    overlong: false,
    packet: new Uint8Array(mostBytes + 2),
    packetLength: 0,
    expected: 0,
  };
}

/** Takes bytes as they come; calls back with a copy of every whole message whose CRC agrees. */
export function deframe(deframer: Deframer, bytes: Uint8Array, onMessage: (message: Uint8Array) => void): void {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === LINE_END) {
      if (!deframer.overlong) takeLine(deframer, onMessage);
      deframer.lineLength = 0;
      deframer.overlong = false;
    } else if (deframer.lineLength === deframer.line.length) deframer.overlong = true;
    else deframer.line[deframer.lineLength++] = bytes[i];
  }
}

function takeLine(deframer: Deframer, onMessage: (message: Uint8Array) => void): void {
  const line = deframer.line;
  let end = deframer.lineLength;
  if (end > 0 && line[end - 1] === CARRIAGE_RETURN) end -= 1;
  if (end < 2) return;
  const marker = (line[0] << 8) | line[1];
  if (marker !== FIRST && marker !== NEXT) return;
  const body = fromBase64(line, 2, end);
  let at = 0;
  if (marker === FIRST) {
    deframer.packetLength = 0;
    deframer.expected = body === undefined || body.length < 2 ? 0 : (body[0] << 8) | body[1];
    at = 2;
  }
  if (body === undefined || deframer.expected < 2 || deframer.expected > deframer.packet.length) {
    deframer.expected = 0;
    return;
  }
  if (deframer.packetLength + body.length - at > deframer.expected) {
    deframer.expected = 0;
    return;
  }
  for (; at < body.length; at++) deframer.packet[deframer.packetLength++] = body[at];
  if (deframer.packetLength === deframer.expected) finishPacket(deframer, onMessage);
}

function finishPacket(deframer: Deframer, onMessage: (message: Uint8Array) => void): void {
  const length = deframer.expected - 2;
  const packet = deframer.packet;
  deframer.expected = 0;
  if (crc16(packet, 0, length) !== ((packet[length] << 8) | packet[length + 1])) return;
  const message = new Uint8Array(length);
  for (let i = 0; i < length; i++) message[i] = packet[i];
  onMessage(message);
}

/** CRC-16/XMODEM: polynomial 0x1021, from 0, not reflected. */
export function crc16(bytes: Uint8Array, from: number, length: number): number {
  let crc = 0;
  for (let i = 0; i < length; i++) {
    crc ^= bytes[from + i] << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
