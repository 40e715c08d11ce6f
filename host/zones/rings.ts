/** Is a ring simple? Coordinates are integers (degrees × 10⁷), so the answer is exact. */

type Point = [number, number];

/** The number of the first edge that touches one that is no neighbour, or of one that folds back; `undefined`: simple. */
export function findCrossing(ring: Point[]): number | undefined {
  const n = ring.length;
  const byWest = ring.map((_, i) => i).sort((a, b) => westOf(ring, a) - westOf(ring, b));
  // Sweep from west to east: only edges whose spans overlap are compared.
  const open: number[] = [];
  for (const edge of byWest) {
    const west = westOf(ring, edge);
    for (let k = open.length - 1; k >= 0; k--) {
      const other = open[k];
      if (eastOf(ring, other) < west) open.splice(k, 1);
      else if (conflict(ring, edge, other, n)) return Math.min(edge, other);
    }
    open.push(edge);
  }
  return undefined;
}

function ends(ring: Point[], edge: number): [Point, Point] {
  return [ring[edge], ring[(edge + 1) % ring.length]];
}

function westOf(ring: Point[], edge: number): number {
  const [a, b] = ends(ring, edge);
  return Math.min(a[0], b[0]);
}

function eastOf(ring: Point[], edge: number): number {
  const [a, b] = ends(ring, edge);
  return Math.max(a[0], b[0]);
}

function conflict(ring: Point[], e: number, f: number, n: number): boolean {
  const [a, b] = ends(ring, e);
  const [c, d] = ends(ring, f);
  if ((e + 1) % n === f) return foldsBack(a, b, d);
  if ((f + 1) % n === e) return foldsBack(c, d, b);
  if (Math.max(a[1], b[1]) < Math.min(c[1], d[1]) || Math.max(c[1], d[1]) < Math.min(a[1], b[1])) return false;
  const s1 = side(a, b, c);
  const s2 = side(a, b, d);
  const s3 = side(c, d, a);
  const s4 = side(c, d, b);
  if (s1 !== s2 && s3 !== s4) return true;
  return (
    (s1 === 0 && within(a, b, c)) ||
    (s2 === 0 && within(a, b, d)) ||
    (s3 === 0 && within(c, d, a)) ||
    (s4 === 0 && within(c, d, b))
  );
}

/** Neighbours share a vertex; they conflict when the second runs back along the first. */
function foldsBack(a: Point, b: Point, c: Point): boolean {
  return side(a, b, c) === 0 && (a[0] - b[0]) * (c[0] - b[0]) + (a[1] - b[1]) * (c[1] - b[1]) > 0;
}

function side(a: Point, b: Point, c: Point): number {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

function within(a: Point, b: Point, p: Point): boolean {
  return (
    Math.min(a[0], b[0]) <= p[0] &&
    p[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= p[1] &&
    p[1] <= Math.max(a[1], b[1])
  );
}
