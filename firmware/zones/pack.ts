import type { Window } from "../../protocol/messages/zone.ts";
import type { Flash } from "../ports/flash.ts";
import { crc32 } from "./crc32.ts";

/**
 * The zones of an order as they lie in flash, and the little of them that stays in memory: a box for each zone (or for a
 * few neighbours), and a few blocks of what was read last. Layout, little-endian, offsets from the pack's start:
 *
 *   header     "OZP1", zones u16, zones per resident box u16, total bytes u32, CRC-32 of all but itself u32
 *   zone       28 bytes each: west, south, east, north i32; kind u8; shape u8; buffer u16 (m); geometry u32; chunks u32
 *   name table u32 each: offset of id length u8, id bytes, windows u8 (255: always), days u8 + from u16 + to u16 each
 *   geometry   circle: lon i32, lat i32, radius u32 (m)
 *              polygons: chunk headers of 14 bytes, then the chunks' vertices (see `chunk.ts`)
 */
export interface Pack {
  flash: Flash;
  base: number;
  zones: number;
  /** Zones that share one resident box. */
  perBox: number;
  /** west, south, east, north for each resident box. */
  boxes: Int32Array;
  /** Which block of flash each line of the cache holds. */
  tags: Int32Array;
  lines: Uint8Array[];
}

export type Opened = { ok: true; pack: Pack } | { ok: false; reason: string };

export const HEADER_BYTES = 16;
/** Where the check sum stands. */
export const CHECK_AT = 12;
export const ZONE_BYTES = 28;
export const MAGIC = 0x31505a4f;
/** 16 bytes each: with the cache they stay below 8 KB. */
export const RESIDENT_BOXES = 320;
export const BLOCK_BYTES = 256;
const LINES = 8;
const LINE_MASK = LINES - 1;
export const ALWAYS = 255;

export function openPack(flash: Flash, base: number): Opened {
  const tags = new Int32Array(LINES);
  const lines: Uint8Array[] = [];
  for (let i = 0; i < LINES; i++) {
    tags[i] = -1;
    lines.push(new Uint8Array(BLOCK_BYTES));
  }
  const pack: Pack = {
    flash: flash,
    base: base,
    zones: 0,
    perBox: 1,
    boxes: new Int32Array(0),
    tags: tags,
    lines: lines,
  };
  if (base + HEADER_BYTES > flash.sizeBytes || i32At(pack, 0) !== MAGIC) return { ok: false, reason: "pack.no-magic" };
  const total = i32At(pack, 8);
  if (total < HEADER_BYTES || base + total > flash.sizeBytes) return { ok: false, reason: "pack.bad-length" };
  if (!isWhole(pack, total)) return { ok: false, reason: "pack.bad-check" };
  pack.zones = u16At(pack, 4);
  pack.perBox = u16At(pack, 6);
  loadBoxes(pack);
  return { ok: true, pack: pack };
}

function isWhole(pack: Pack, total: number): boolean {
  const block = new Uint8Array(BLOCK_BYTES);
  pack.flash.read(pack.base, block, CHECK_AT);
  let crc = crc32(0, block, CHECK_AT);
  for (let at = HEADER_BYTES; at < total; at += BLOCK_BYTES) {
    const length = Math.min(total - at, BLOCK_BYTES);
    pack.flash.read(pack.base + at, block, length);
    crc = crc32(crc, block, length);
  }
  return (crc | 0) === i32At(pack, CHECK_AT);
}

function loadBoxes(pack: Pack): void {
  const count = Math.ceil(pack.zones / pack.perBox);
  const boxes = new Int32Array(4 * count);
  for (let zone = 0; zone < pack.zones; zone++) {
    const at = 4 * Math.floor(zone / pack.perBox);
    const first = zone % pack.perBox === 0;
    for (let side = 0; side < 4; side++) {
      const value = zoneSide(pack, zone, side);
      if (first || (side < 2 ? value < boxes[at + side] : value > boxes[at + side])) boxes[at + side] = value;
    }
  }
  pack.boxes = boxes;
}

/** One byte at an offset of the pack, through the block cache. */
export function u8At(pack: Pack, offset: number): number {
  const block = offset >> 8;
  const line = block & LINE_MASK;
  if (pack.tags[line] !== block) loadLine(pack, block, line);
  return pack.lines[line][offset & 255];
}

function loadLine(pack: Pack, block: number, line: number): void {
  const address = pack.base + block * BLOCK_BYTES;
  const left = pack.flash.sizeBytes - address;
  pack.flash.read(address, pack.lines[line], Math.min(left, BLOCK_BYTES));
  pack.tags[line] = block;
}

export function u16At(pack: Pack, offset: number): number {
  return u8At(pack, offset) | (u8At(pack, offset + 1) << 8);
}

export function i32At(pack: Pack, offset: number): number {
  const inBlock = offset & 255;
  if (inBlock > BLOCK_BYTES - 4) {
    return (
      u8At(pack, offset) |
      (u8At(pack, offset + 1) << 8) |
      (u8At(pack, offset + 2) << 16) |
      (u8At(pack, offset + 3) << 24)
    );
  }
  const block = offset >> 8;
  const line = block & LINE_MASK;
  if (pack.tags[line] !== block) loadLine(pack, block, line);
  const bytes = pack.lines[line];
  return bytes[inBlock] | (bytes[inBlock + 1] << 8) | (bytes[inBlock + 2] << 16) | (bytes[inBlock + 3] << 24);
}

function zoneAt(zone: number): number {
  return HEADER_BYTES + ZONE_BYTES * zone;
}

/** 0 west, 1 south, 2 east, 3 north; degrees × 10⁷, east of ±180° where the zone crosses it. */
export function zoneSide(pack: Pack, zone: number, side: number): number {
  return i32At(pack, zoneAt(zone) + 4 * side);
}

export function zoneCount(pack: Pack): number {
  return pack.zones;
}

export function zoneKind(pack: Pack, zone: number): "exclusion" | "inclusion" {
  return u8At(pack, zoneAt(zone) + 16) === 0 ? "exclusion" : "inclusion";
}

export function isCircle(pack: Pack, zone: number): boolean {
  return u8At(pack, zoneAt(zone) + 17) === 0;
}

export function zoneBufferM(pack: Pack, zone: number): number {
  return u16At(pack, zoneAt(zone) + 18);
}

/** Offset of the zone's geometry. */
export function geometryAt(pack: Pack, zone: number): number {
  return i32At(pack, zoneAt(zone) + 20);
}

export function chunkCount(pack: Pack, zone: number): number {
  return i32At(pack, zoneAt(zone) + 24);
}

function nameAt(pack: Pack, zone: number): number {
  return i32At(pack, HEADER_BYTES + ZONE_BYTES * pack.zones + 4 * zone);
}

/** The zone's id. Identifiers are ASCII or UTF-8; a byte past ASCII is decoded by hand, for the device has no decoder. */
export function zoneId(pack: Pack, zone: number): string {
  const at = nameAt(pack, zone);
  const end = at + 1 + u8At(pack, at);
  let text = "";
  let i = at + 1;
  while (i < end) {
    const lead = u8At(pack, i);
    const more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let code = more === 0 ? lead : lead & (0x3f >> more);
    for (let k = 1; k <= more; k++) code = (code << 6) | (u8At(pack, i + k) & 0x3f);
    if (code > 0xffff) {
      code -= 0x10000;
      text += String.fromCharCode(0xd800 + (code >> 10)) + String.fromCharCode(0xdc00 + (code & 0x3ff));
    } else text += String.fromCharCode(code);
    i += 1 + more;
  }
  return text;
}

/** When the zone counts; `undefined`: always. */
export function zoneWindows(pack: Pack, zone: number): Window[] | undefined {
  let at = nameAt(pack, zone);
  at += 1 + u8At(pack, at);
  const count = u8At(pack, at);
  if (count === ALWAYS) return undefined;
  const windows: Window[] = [];
  for (let i = 0; i < count; i++) {
    const w = at + 1 + 5 * i;
    windows.push({ days: u8At(pack, w), fromMin: u16At(pack, w + 1), toMin: u16At(pack, w + 3) });
  }
  return windows;
}
