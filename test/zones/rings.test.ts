import fc from "fast-check";
import { expect, test } from "vitest";
import { findFault, type Point } from "../../host/zones/rings.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { starRing } from "./world.ts";

/** Polygons of rings on so small a grid that everything touches: what is told by pairs of edges and by looking round them. */
type Polygons = Point[][][];

const GRID = 8;
const pointArb = fc.tuple(fc.integer({ min: 0, max: GRID }), fc.integer({ min: 0, max: GRID }));
const sideArb = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.constant(GRID) },
);
const boxArb = fc.tuple(pointArb, sideArb, sideArb).map(([[x, y], width, height]): Point[] => {
  const [east, north] = [Math.min(GRID, x + width), Math.min(GRID, y + height)];
  const [west, south] = [Math.min(x, east - 1), Math.min(y, north - 1)];
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
  ];
});
const cornersArb = (least: number, most: number) =>
  fc.uniqueArray(pointArb, { minLength: least, maxLength: most, selector: String });
const ringArb: fc.Arbitrary<Point[]> = fc.oneof(
  { weight: 4, arbitrary: boxArb },
  { weight: 2, arbitrary: cornersArb(3, 3) },
  { weight: 1, arbitrary: cornersArb(4, 6) },
);
const polygonArb = (holes: number) => fc.array(ringArb, { minLength: 1, maxLength: 1 + holes });
const looseArb = fc.array(polygonArb(2), { minLength: 1, maxLength: 3 });
/** Holes in a frame that is wider than the grid, and polygons that may lie in them. */
const framedArb = fc
  .tuple(fc.array(boxArb, { minLength: 1, maxLength: 3 }), fc.array(polygonArb(1), { maxLength: 2 }))
  .map(([holes, islands]): Polygons => [[FRAME, ...holes], ...islands]);
const FRAME: Point[] = [
  [-1, -1],
  [GRID + 1, -1],
  [GRID + 1, GRID + 1],
  [-1, GRID + 1],
];
const polygonsArb = fc.oneof(looseArb, framedArb);

test("a fault is found exactly where comparing all pairs and looking round finds one", () => {
  const counts = { sound: 0, faulty: 0, soundOfSeveral: 0 };
  fc.assert(
    fc.property(polygonsArb, (polygons) => {
      const sound = isSound(polygons);
      counts[sound ? "sound" : "faulty"] += 1;
      if (sound && polygons.flat().length > 1) counts.soundOfSeveral += 1;
      // As fine as coordinates are, and as wide as a zone may be.
      for (const scale of [1, 6_700_000]) expect(findFault(scaled(polygons, scale)) === undefined).toBe(sound);
    }),
    { numRuns: 6000 },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(200);
});

test("stars with holes, and stars beside them, are sound; a star laid across one of them is not", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 6, max: 60 }), (seed, vertices) => {
      const random = seededRandom(seed, "stars");
      const star = (x: number, y: number, radiusM: number) =>
        pointsOf(starRing(random, 520_000_000 + y, 50_000_000 + x, radiusM, vertices));
      // Of few points a star need not fill half of its circle, and holes might not fit.
      const polygons: Polygons = [0, 1, 2].map((i) => [
        star(i * 1_000_000, 0, 1000),
        ...(vertices > 8 ? [star(i * 1_000_000 - 20_000, 0, 100), star(i * 1_000_000 + 20_000, 0, 100)] : []),
      ]);
      expect(findFault(polygons)).toBeUndefined();
      const across = star(1_000_000 + 100_000, 20_000, 900);
      expect(findFault([...polygons, [across]])).toMatchObject({ kind: "polygons" });
      expect(findFault(polygons.map((rings, i) => (i === 1 ? [...rings, across] : rings)))).toBeDefined();
    }),
    { numRuns: 300 },
  );
});

function pointsOf(ring: ArrayLike<number>): Point[] {
  return Array.from({ length: ring.length / 2 }, (_, i): Point => [ring[2 * i], ring[2 * i + 1]]);
}

function scaled(polygons: Polygons, by: number): Polygons {
  return polygons.map((rings) => rings.map((ring) => ring.map(([x, y]): Point => [x * by, y * by])));
}

interface Side {
  polygon: number;
  ring: number;
  index: number;
  count: number;
  a: Point;
  b: Point;
}

function isSound(polygons: Polygons): boolean {
  const sides = polygons.flatMap((rings, polygon) =>
    rings.flatMap((points, ring) =>
      points.map((a, index): Side => {
        const count = points.length;
        return { polygon, ring, index, count, a, b: points[(index + 1) % count] };
      }),
    ),
  );
  if (sides.some((s, i) => sides.some((t, k) => k > i && areAtOdds(s, t)))) return false;
  const corners = polygons.flat(2);
  return sides.every((side) => middlesOf(side, corners).every((at) => isClear(polygons, at)));
}

/** Two edges that may not lie as they do, whatever the others do. */
function areAtOdds(s: Side, t: Side): boolean {
  const signs = [turn(s.a, s.b, t.a), turn(s.a, s.b, t.b), turn(t.a, t.b, s.a), turn(t.a, t.b, s.b)];
  if (signs[0] * signs[1] < 0 && signs[2] * signs[3] < 0) return true;
  const along = signs.every((sign) => sign === 0) && lengthShared(s, t) > 0;
  if (s.polygon !== t.polygon) return false;
  if (s.ring !== t.ring || along) return along;
  const areNeighbours = (s.index + 1) % s.count === t.index || (t.index + 1) % t.count === s.index;
  return !areNeighbours && (isOn(t.a, s) || isOn(t.b, s) || isOn(s.a, t) || isOn(s.b, t));
}

function turn(a: Point, b: Point, c: Point): number {
  return Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
}

function isOn(p: Point, { a, b }: Side): boolean {
  const within = (axis: 0 | 1) => Math.min(a[axis], b[axis]) <= p[axis] && p[axis] <= Math.max(a[axis], b[axis]);
  return turn(a, b, p) === 0 && within(0) && within(1);
}

/** Of two edges on one line: how much of it both take, along the axis on which it shows. */
function lengthShared(s: Side, t: Side): number {
  const axis = s.a[0] === s.b[0] ? 1 : 0;
  const [low, high] = [Math.min, Math.max].map((of) => [of(s.a[axis], s.b[axis]), of(t.a[axis], t.b[axis])]);
  return Math.min(...high) - Math.max(...low);
}

const FINE = 2000;

/** Close to both sides of each piece of an edge between the corners that lie on it. Coordinates × `FINE`, whole. */
function middlesOf(side: Side, corners: Point[]): Point[] {
  const cuts = [side.a, side.b, ...corners.filter((p) => isOn(p, side))].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  return cuts.slice(1).flatMap((q, i): Point[] => {
    const p = cuts[i];
    const [dx, dy] = [q[0] - p[0], q[1] - p[1]];
    if (dx === 0 && dy === 0) return [];
    const [x, y] = [((p[0] + q[0]) * FINE) / 2, ((p[1] + q[1]) * FINE) / 2];
    return [
      [x - dy, y + dx],
      [x + dy, y - dx],
    ];
  });
}

/** No place lies in two polygons, in two holes of one, or in a hole outside its outer ring. */
function isClear(polygons: Polygons, at: Point): boolean {
  const held = polygons.map((rings) => rings.map((ring) => isWithin(ring, at)));
  const sound = held.every(([outer, ...holes]) => holes.filter(Boolean).length <= Number(outer));
  return sound && held.filter(([outer, ...holes]) => outer && !holes.includes(true)).length <= 1;
}

function isWithin(ring: Point[], [x, y]: Point): boolean {
  let odd = false;
  for (const [i, corner] of ring.entries()) {
    const [a, b] = [corner, ring[(i + 1) % ring.length]].map((p): Point => [p[0] * FINE, p[1] * FINE]);
    if (a[1] > y === b[1] > y) continue;
    const sign = turn(a, b, [x, y]);
    if (b[1] > a[1] ? sign > 0 : sign < 0) odd = !odd;
  }
  return odd;
}
