/**
 * Do the rings of a zone say without doubt what is inside? Every ring is simple, the holes of a polygon lie inside its outer
 * ring and beside one another, and polygons do not overlap: then inside one of the polygons is the same as inside an odd
 * number of rings, which is how the device tells. Rings may touch at points and polygons along borders; an island may lie
 * in a lake. Coordinates are integers (degrees × 10⁷) that span no more than `SPAN_MOST_E7`, so every answer is exact.
 */

export type Point = [number, number];
/** Which polygon, and which of its rings: 0 is the outer one. */
export type RingName = [polygon: number, ring: number];

export interface Fault {
  /** A ring that meets itself, a hole that leaves its outer ring, two holes that overlap, two polygons that do. */
  kind: "ring" | "hole" | "holes" | "polygons";
  /** Twice the same for `ring`; the hole first for `hole`. */
  rings: [RingName, RingName];
  near: Point;
}

interface Ring {
  name: RingName;
  /** The ring right round this one, known once the sweep has `met` it. */
  within: Ring | undefined;
  met: boolean;
}

interface Edge {
  ring: Ring;
  /** Its ends; of two ends on one meridian the southern one counts as west. */
  west: Point;
  east: Point;
  /** The innermost ring round the area north of the edge, as far as the sweep has come. */
  north: Ring | undefined;
}

/** The first fault from the west; `undefined`: none. Rings are not closed by a repeated point. */
export function findFault(polygons: Point[][][]): Fault | undefined {
  const edges = polygons.flatMap((rings, p) => rings.flatMap((points, r) => edgesOf(points, [p, r])));
  edges.sort((e, f) => compare(e.west, f.west));
  return sweep(edges, polygons.flat(2).sort(compare));
}

function edgesOf(points: Point[], name: RingName): Edge[] {
  const ring: Ring = { name, within: undefined, met: false };
  return points.map((a, i) => {
    const b = points[(i + 1) % points.length];
    const [west, east] = compare(a, b) < 0 ? [a, b] : [b, a];
    return { ring, west, east, north: undefined };
  });
}

/** Goes from end to end of edges, west to east, with the edges that reach across the sweep's meridian in order from the south. */
function sweep(edges: Edge[], stops: Point[]): Fault | undefined {
  const open: Edge[] = [];
  let next = 0;
  for (const [i, stop] of stops.entries()) {
    if (i > 0 && compare(stops[i - 1], stop) === 0) continue;
    const from = southOf(open, stop);
    let to = from;
    while (to < open.length && side(open[to].west, open[to].east, stop) === 0) to += 1;
    const touching = open.slice(from, to);
    while (next < edges.length && compare(edges[next].west, stop) === 0) touching.push(edges[next++]);
    const twice = comingTwice(touching, stop);
    if (twice) return faultOf(twice.name, twice.name, stop);
    const onwards = touching.filter((edge) => compare(edge.east, stop) > 0);
    onwards.sort((e, f) => side(stop, f.east, e.east));
    const nested = nest(stop, onwards, open[from - 1]?.north);
    if (nested) return nested;
    open.splice(from, to - from, ...onwards);
    for (const k of [from, from + onwards.length])
      if (k > 0 && k < open.length && doCross(open[k - 1], open[k])) return crossingOf(open[k - 1], open[k]);
  }
  return undefined;
}

/** How many of the open edges run south of the point. */
function southOf(open: Edge[], point: Point): number {
  let [low, high] = [0, open.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (side(open[middle].west, open[middle].east, point) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The ring that comes by the point more than once: a coming is two edges that end there, or one that passes through. */
function comingTwice(touching: Edge[], stop: Point): Ring | undefined {
  const ends = new Map<Ring, number>();
  for (const { ring, west, east } of touching) {
    const passes = compare(west, stop) < 0 && compare(east, stop) > 0;
    const count = (ends.get(ring) ?? 0) + (passes ? 2 : 1);
    if (count > 2) return ring;
    ends.set(ring, count);
  }
  return undefined;
}

/** Goes northwards over edges that begin or go on at one point; `south` is the innermost ring round the area south of them. */
function nest(stop: Point, edges: Edge[], south: Ring | undefined): Fault | undefined {
  let inside = south;
  for (const line of linesOf(stop, edges)) {
    for (const [i, { ring }] of line.entries()) {
      const twin = line.find((edge, k) => k < i && edge.ring.name[0] === ring.name[0]);
      if (twin) return faultOf(twin.ring.name, ring.name, stop);
    }
    // On a border that two polygons share, one is left before the other is entered.
    line.sort((e, f) => Number(f.ring === inside) - Number(e.ring === inside));
    for (const { ring } of line) {
      const fault = meet(ring, inside, stop);
      if (fault) return fault;
      inside = ring === inside ? ring.within : ring;
    }
    for (const edge of line) edge.north = inside;
  }
  return undefined;
}

/** Edges in order from the south, those together that lie on one another. */
function linesOf(stop: Point, edges: Edge[]): Edge[][] {
  const lines: Edge[][] = [];
  for (const edge of edges) {
    const last = lines.at(-1);
    if (last && side(stop, last[0].east, edge.east) === 0) last.push(edge);
    else lines.push([edge]);
  }
  return lines;
}

/** An edge leads out of the ring that it meets from inside, or into one that lies right within: else two rings cross. */
function meet(ring: Ring, inside: Ring | undefined, stop: Point): Fault | undefined {
  if (ring === inside) return undefined;
  if (ring.met) return ring.within === inside ? undefined : faultOf(ring.name, whatIsCrossed(ring, inside), stop);
  ring.met = true;
  ring.within = inside;
  return isInPlace(ring) ? undefined : faultOf(ring.name, whatHolds(ring), stop);
}

/** An outer ring lies in no ring or in a lake, a hole in the outer ring of its polygon. */
function isInPlace({ name: [polygon, index], within }: Ring): boolean {
  if (index === 0) return within === undefined || (within.name[1] > 0 && within.name[0] !== polygon);
  return within !== undefined && within.name[1] === 0 && within.name[0] === polygon;
}

/** The ring with which one that is out of place is at odds: what it lies in, or the outer ring in which a hole does not lie. */
function whatHolds({ name: [polygon, index], within }: Ring): RingName {
  if (within && (index === 0 || within.name[0] === polygon)) return within.name;
  return [polygon, 0];
}

/** A ring that was found within one ring is met in another: it has left the first, or got into the second. */
function whatIsCrossed(ring: Ring, inside: Ring | undefined): RingName {
  for (let outer = ring.within; outer !== undefined; outer = outer.within)
    if (outer.within === inside) return outer.name;
  return (inside ?? ring).name;
}

function faultOf(a: RingName, b: RingName, near: Point): Fault {
  if (a[0] !== b[0]) return { kind: "polygons", rings: a[0] < b[0] ? [a, b] : [b, a], near };
  if (a[1] === b[1]) return { kind: "ring", rings: [a, a], near };
  const rings: [RingName, RingName] = a[1] === 0 || (b[1] > 0 && a[1] > b[1]) ? [b, a] : [a, b];
  return { kind: rings[1][1] === 0 ? "hole" : "holes", rings, near };
}

/** Whether each edge has its ends on both sides of the other; where an end lies on the other, the sweep stops and sees. */
function doCross(e: Edge, f: Edge): boolean {
  return (
    side(e.west, e.east, f.west) * side(e.west, e.east, f.east) < 0 &&
    side(f.west, f.east, e.west) * side(f.west, f.east, e.east) < 0
  );
}

function crossingOf(e: Edge, f: Edge): Fault {
  const [west, east] = [cross(f.west, f.east, e.west), cross(f.west, f.east, e.east)];
  const part = west / (west - east);
  const along = (axis: 0 | 1) => Math.round(e.west[axis] + part * (e.east[axis] - e.west[axis]));
  return faultOf(e.ring.name, f.ring.name, [along(0), along(1)]);
}

/** 1 where `c` lies north, or left, of the way from a to b, −1 right of it, 0 on it. */
function side(a: Point, b: Point, c: Point): number {
  return Math.sign(cross(a, b, c));
}

function cross(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function compare(a: Point, b: Point): number {
  return a[0] - b[0] || a[1] - b[1];
}
