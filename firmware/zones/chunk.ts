import { CHUNK_EDGES, CHUNK_HEADER_BYTES, LAST_IN_RING, WIDTH_BYTES } from "../../protocol/pack/layout.ts";
import { i32In, openWindow, type Pack } from "./pack.ts";

/** One chunk, its header first and then its vertices; reused for all. Degrees × 10⁷. */
export interface Chunk {
  x0: number;
  y0: number;
  west: number;
  south: number;
  east: number;
  north: number;
  lastInRing: boolean;
  shape: number;
  edges: number;
  /** Vertices 0 to `edges`. */
  x: Float64Array;
  y: Float64Array;
  /** A lower bound of the squared distance to each edge; square metres. */
  bound2: Float64Array;
}

export function createChunk(): Chunk {
  return {
    x0: 0,
    y0: 0,
    west: 0,
    south: 0,
    east: 0,
    north: 0,
    lastInRing: false,
    shape: 0,
    edges: 0,
    x: new Float64Array(CHUNK_EDGES + 1),
    y: new Float64Array(CHUNK_EDGES + 1),
    bound2: new Float64Array(CHUNK_EDGES),
  };
}

export function readChunkHeader(pack: Pack, header: number, chunk: Chunk): void {
  const at = openWindow(pack, header, CHUNK_HEADER_BYTES);
  const bytes = pack.window;
  const x0 = i32In(bytes, at);
  const y0 = i32In(bytes, at + 4);
  const flags = bytes[at + 12];
  const unit = 1 << (flags & 31);
  chunk.x0 = x0;
  chunk.y0 = y0;
  chunk.west = x0 - bytes[at + 8] * unit;
  chunk.south = y0 - bytes[at + 9] * unit;
  chunk.east = x0 + bytes[at + 10] * unit;
  chunk.north = y0 + bytes[at + 11] * unit;
  chunk.lastInRing = (flags & LAST_IN_RING) !== 0;
  chunk.shape = bytes[at + 13];
}

/** Bytes that the vertices of the chunk with this last header byte take. */
export function vertexBytes(shape: number): number {
  return (shape & 15) * WIDTH_BYTES[shape >> 4];
}

/** Fills in the vertices of the chunk whose header was read last; they lie at `offset`, but for the end of its last edge. */
export function readChunkVertices(pack: Pack, offset: number, chunk: Chunk, endX: number, endY: number): void {
  const inner = chunk.shape & 15;
  chunk.edges = inner + 1;
  chunk.x[inner + 1] = endX;
  chunk.y[inner + 1] = endY;
  chunk.x[0] = chunk.x0;
  chunk.y[0] = chunk.y0;
  const at = openWindow(pack, offset, vertexBytes(chunk.shape));
  const width = chunk.shape >> 4;
  if (width === 0) decode12(pack.window, at, chunk);
  else if (width === 1) decode16(pack.window, at, chunk);
  else if (width === 2) decode20(pack.window, at, chunk);
  else decode32(pack.window, at, chunk);
}

function decode12(bytes: Uint8Array, from: number, chunk: Chunk): void {
  let at = from;
  for (let i = 0; i < chunk.edges - 1; i++) {
    const middle = bytes[at + 1];
    chunk.x[i + 1] = chunk.x[i] + (((bytes[at] | (middle << 8)) << 20) >> 20);
    chunk.y[i + 1] = chunk.y[i] + ((((middle >> 4) | (bytes[at + 2] << 4)) << 20) >> 20);
    at += 3;
  }
}

function decode16(bytes: Uint8Array, from: number, chunk: Chunk): void {
  let at = from;
  for (let i = 0; i < chunk.edges - 1; i++) {
    chunk.x[i + 1] = chunk.x[i] + (((bytes[at] | (bytes[at + 1] << 8)) << 16) >> 16);
    chunk.y[i + 1] = chunk.y[i] + (((bytes[at + 2] | (bytes[at + 3] << 8)) << 16) >> 16);
    at += 4;
  }
}

function decode20(bytes: Uint8Array, from: number, chunk: Chunk): void {
  let at = from;
  for (let i = 0; i < chunk.edges - 1; i++) {
    const middle = bytes[at + 2];
    chunk.x[i + 1] = chunk.x[i] + (((bytes[at] | (bytes[at + 1] << 8) | (middle << 16)) << 12) >> 12);
    chunk.y[i + 1] = chunk.y[i] + ((((middle >> 4) | (bytes[at + 3] << 4) | (bytes[at + 4] << 12)) << 12) >> 12);
    at += 5;
  }
}

function decode32(bytes: Uint8Array, from: number, chunk: Chunk): void {
  let at = from;
  for (let i = 0; i < chunk.edges - 1; i++) {
    chunk.x[i + 1] = chunk.x[i] + i32In(bytes, at);
    chunk.y[i + 1] = chunk.y[i] + i32In(bytes, at + 4);
    at += 8;
  }
}
