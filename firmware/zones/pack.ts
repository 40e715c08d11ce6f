import { crc32 } from "../../protocol/crc32.ts";
import type { Window } from "../../protocol/messages/zone.ts";
import { ALWAYS, CHECK_AT, HEADER_BYTES, MAGIC, ZONE_BYTES } from "../../protocol/pack/layout.ts";
import { textOf } from "../../protocol/utf8.ts";
import type { Flash } from "../ports/flash.ts";

/**
 * The zones in flash (`protocol/pack/layout.ts`), and the little of them that stays in memory: a box for each zone (or for
 * a few neighbours), and a few blocks of what was read last.
 */
export interface Pack {
  flash: Flash;
  base: number;
  zones: number;
  /** Zones that share one resident box. */
  perBox: number;
  /** west, south, east, north for each resident box. */
  boxes: Int32Array;
  /** The same for each `BOXES_PER_GROUP` of those, so that a look passes over most of them at once. */
  groups: Int32Array;
  /** Which block of flash each line of the cache holds. */
  tags: Int32Array;
  lines: Uint8Array[];
  /** What `openWindow` opened last: a line of the cache, or `spliced`. */
  window: Uint8Array;
  /** For a window that lies in two lines. */
  spliced: Uint8Array;
}

export type Opened = { ok: true; pack: Pack } | { ok: false; reason: string };

export const BOXES_PER_GROUP = 16;
const BLOCK_BYTES = 256;
/** The widest window: a chunk's vertices. */
const WINDOW_BYTES = 128;
const LINES = 8;
const LINE_MASK = LINES - 1;

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
    groups: new Int32Array(0),
    tags: tags,
    lines: lines,
    window: lines[0],
    spliced: new Uint8Array(WINDOW_BYTES),
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
  const boxes = new Int32Array(4 * Math.ceil(pack.zones / pack.perBox));
  const groups = new Int32Array(4 * Math.ceil(boxes.length / (4 * BOXES_PER_GROUP)));
  for (let zone = 0; zone < pack.zones; zone++) {
    const box = Math.floor(zone / pack.perBox);
    const newBox = zone % pack.perBox === 0;
    const newGroup = newBox && box % BOXES_PER_GROUP === 0;
    for (let side = 0; side < 4; side++) {
      const value = zoneSide(pack, zone, side);
      widen(boxes, 4 * box + side, newBox, value);
      widen(groups, 4 * Math.floor(box / BOXES_PER_GROUP) + side, newGroup, value);
    }
  }
  pack.boxes = boxes;
  pack.groups = groups;
}

/** One side of a box: the first two sides of four are least values, the others greatest. */
function widen(boxes: Int32Array, at: number, fresh: boolean, value: number): void {
  if (fresh || ((at & 3) < 2 ? value < boxes[at] : value > boxes[at])) boxes[at] = value;
}

/** One byte at an offset of the pack, through the block cache. */
function u8At(pack: Pack, offset: number): number {
  return lineOf(pack, offset >> 8)[offset & 255];
}

function u16At(pack: Pack, offset: number): number {
  return u8At(pack, offset) | (u8At(pack, offset + 1) << 8);
}

export function i32At(pack: Pack, offset: number): number {
  const at = openWindow(pack, offset, 4);
  return i32In(pack.window, at);
}

/** Makes `pack.window` hold up to 128 bytes from `offset`, until the next read; where in it they begin is returned. */
export function openWindow(pack: Pack, offset: number, length: number): number {
  const inBlock = offset & 255;
  const bytes = lineOf(pack, offset >> 8);
  if (inBlock + length <= BLOCK_BYTES) {
    pack.window = bytes;
    return inBlock;
  }
  const here = BLOCK_BYTES - inBlock;
  const next = lineOf(pack, (offset >> 8) + 1);
  for (let i = 0; i < here; i++) pack.spliced[i] = bytes[inBlock + i];
  for (let i = here; i < length; i++) pack.spliced[i] = next[i - here];
  pack.window = pack.spliced;
  return 0;
}

/** A block of the pack in memory; blocks side by side have different lines. */
function lineOf(pack: Pack, block: number): Uint8Array {
  const line = block & LINE_MASK;
  if (pack.tags[line] !== block) {
    const address = pack.base + block * BLOCK_BYTES;
    pack.flash.read(address, pack.lines[line], Math.min(pack.flash.sizeBytes - address, BLOCK_BYTES));
    pack.tags[line] = block;
  }
  return pack.lines[line];
}

export function i32In(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** Offset of the zone's record. */
export function zoneAt(zone: number): number {
  return HEADER_BYTES + ZONE_BYTES * zone;
}

/** 0 west, 1 south, 2 east, 3 north; degrees × 10⁷, east of ±180° where the zone crosses it. */
function zoneSide(pack: Pack, zone: number, side: number): number {
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

function nameAt(pack: Pack, zone: number): number {
  return i32At(pack, HEADER_BYTES + ZONE_BYTES * pack.zones + 4 * zone);
}

/** The zone's id. */
export function zoneId(pack: Pack, zone: number): string {
  const at = nameAt(pack, zone);
  const length = u8At(pack, at);
  const start = openWindow(pack, at + 1, length);
  return textOf(pack.window, start, start + length);
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
