/** A place that an order names, as it travels to the device. */
export interface Zone {
  /** Unique within the order; at most 64 bytes of UTF-8. */
  id: string;
  kind: "exclusion" | "inclusion";
  /** Metres outside the boundary in which the device already samples closely. 0: none. */
  bufferM: number;
  shape: Shape;
  /** When the zone counts, in local time; `undefined`: always. */
  schedule: Window[] | undefined;
}

export type Shape =
  | { kind: "circle"; latE7: number; lonE7: number; radiusM: number }
  /** Several polygons, each an outer ring and its holes. Rings are closed implicitly (the first vertex is not repeated). */
  | { kind: "polygons"; polygons: Polygon[] };

export interface Polygon {
  /** `rings[0]` is the outer ring, the others are holes; winding carries no meaning. */
  rings: Ring[];
}

/** Vertices as `lonE7, latE7, lonE7, latE7, …`; at least 3 vertices. Longitude may pass ±180° where a ring crosses it. */
export type Ring = Int32Array | number[];

/** One weekly window; it may pass midnight (`toMin` < `fromMin`), and then belongs to the day on which it starts. */
export interface Window {
  /** Bit 0 Monday … bit 6 Sunday. */
  days: number;
  /** Minutes after local midnight, 0–1439. */
  fromMin: number;
  /** Minutes after local midnight, 1–1440. */
  toMin: number;
}
