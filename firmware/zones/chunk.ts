import { i32At, type Pack, u8At, u16At } from "./pack.ts";

/**
 * Sixteen edges of a ring: a header with a rounded-out box, and the vertices as differences as wide as they need.
 *
 *   header  first vertex lon i32, lat i32; box west, south, east, north of it u8 each, in units of 2^shift;
 *           shift (low 5 bits) and "last of its ring" (bit 7) u8; edges − 1 (low 4 bits) and width (high 4) u8
 *   vertex  Δlon and Δlat from the vertex before, 12, 16, 20 or 32 bits each
 */
export const CHUNK_EDGES = 16;
export const CHUNK_HEADER_BYTES = 14;
export const LAST_IN_RING = 0x80;
/** Bytes a vertex takes, by width code. */
export const WIDTH_BYTES = [3, 4, 5, 8];

/** One decoded chunk; reused for all. */
export interface Chunk {
  edges: number;
  /** Vertices 0 to `edges`, degrees × 10⁷. */
  x: Float64Array;
  y: Float64Array;
}

export function createChunk(): Chunk {
  return { edges: 0, x: new Float64Array(CHUNK_EDGES + 1), y: new Float64Array(CHUNK_EDGES + 1) };
}

/** Bytes that the vertices of the chunk with this last header byte take. */
export function vertexBytes(shape: number): number {
  return ((shape & 15) + 1) * WIDTH_BYTES[shape >> 4];
}

/** Fills `chunk` from the header at `header` and the vertices at `at`. */
export function decodeChunk(pack: Pack, header: number, at: number, chunk: Chunk): void {
  const shape = u8At(pack, header + 13);
  const edges = (shape & 15) + 1;
  const width = shape >> 4;
  let x = i32At(pack, header);
  let y = i32At(pack, header + 4);
  chunk.edges = edges;
  chunk.x[0] = x;
  chunk.y[0] = y;
  const size = WIDTH_BYTES[width];
  for (let i = 1; i <= edges; i++) {
    if (width === 1) {
      x += (u16At(pack, at) << 16) >> 16;
      y += (u16At(pack, at + 2) << 16) >> 16;
    } else if (width === 3) {
      x += i32At(pack, at);
      y += i32At(pack, at + 4);
    } else if (width === 2) {
      const middle = u8At(pack, at + 2);
      x += ((u16At(pack, at) | ((middle & 15) << 16)) << 12) >> 12;
      y += (((middle >> 4) | (u16At(pack, at + 3) << 4)) << 12) >> 12;
    } else {
      const middle = u8At(pack, at + 1);
      x += ((u8At(pack, at) | ((middle & 15) << 8)) << 20) >> 20;
      y += (((middle >> 4) | (u8At(pack, at + 2) << 4)) << 20) >> 20;
    }
    chunk.x[i] = x;
    chunk.y[i] = y;
    at += size;
  }
}
