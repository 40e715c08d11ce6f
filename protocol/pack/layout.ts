/**
 * The zones of an order as they lie in a device's flash: written where orders are made, only read on the device. All of it
 * little-endian, offsets from the pack's start:
 *
 *   header     "OZP2", zones u16, zones per resident box u16, total bytes u32, CRC-32 of all but itself u32
 *   zone       28 bytes each: west, south, east, north i32; kind u8; shape u8; buffer u16 (m); geometry u32; chunks u32
 *   name table u32 each: offset of id length u8, id bytes, windows u8 (255: always), days u8 + from u16 + to u16 each
 *   geometry   circle: lon i32, lat i32, radius u32 (m)
 *              polygons: chunk headers, then the chunks' vertices
 *
 * A chunk is sixteen edges of a ring: a header with a rounded-out box, and the vertices as differences as wide as they need.
 * Where the last edge ends is not written again: there the next chunk of the ring begins, or the ring itself.
 *
 *   chunk header  first vertex lon i32, lat i32; box west, south, east, north of it u8 each, in units of 2^shift;
 *                 shift (low 5 bits) and "last of its ring" (bit 7) u8; edges − 1 (low 4 bits) and width (high 4) u8
 *   vertex        Δlon and Δlat from the vertex before, 12, 16, 20 or 32 bits each
 */
export const MAGIC = 0x32505a4f;
export const HEADER_BYTES = 16;
/** Where the check sum stands. */
export const CHECK_AT = 12;
export const ZONE_BYTES = 28;
/** 16 bytes each: with their groups and the cache they stay below 8 KB on the device. */
export const RESIDENT_BOXES = 320;
export const ALWAYS = 255;
export const CHUNK_EDGES = 16;
export const CHUNK_HEADER_BYTES = 14;
export const LAST_IN_RING = 0x80;
/** Bytes a vertex takes, by width code. */
export const WIDTH_BYTES = [3, 4, 5, 8];
