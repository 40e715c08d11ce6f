import { POLYGONS_MOST, RADIUS_MOST_M, SPAN_MOST_E7, VERTICES_MOST } from "../../protocol/limits.ts";
import type { Shape } from "../../protocol/messages/zone.ts";
import { isFields, quote, unknownNames } from "./json.ts";
import type { Reason, Refuse } from "./refuse.ts";
import { type Fault, findFault, type Point } from "./rings.ts";

/**
 * The place that a geometry of GeoJSON bounds. Degrees become whole 10⁻⁷ degrees; longitudes are carried past ±180° where the
 * zone crosses it, so that all of it lies in the turn of its first position. Where in the file something is wrong is said in
 * the file's own terms: `coordinates[1][0][4]` is the fifth position of the second polygon's outer ring.
 */
export function readShape(geometry: unknown, radiusM: unknown, refuse: Refuse): Shape {
  if (!isFields(geometry)) return refuse("reason.no-geometry");
  const { type, coordinates } = geometry;
  if (type !== "Point" && type !== "Polygon" && type !== "MultiPolygon")
    return refuse("reason.bad-geometry", { value: quote(type) });
  const unknown = unknownNames(geometry, ["type", "coordinates", "bbox"]);
  if (unknown) refuse("reason.misplaced", { name: unknown });
  if (type === "Point") return readCircle(coordinates, radiusM, refuse);
  if (radiusM !== undefined) refuse("reason.radius-of-polygon");
  return type === "Polygon"
    ? readPolygons([coordinates], (_, ...inside) => pathOf(inside), refuse)
    : readPolygons(coordinates, (...inside) => pathOf(inside), refuse);
}

/** Names what stands at `coordinates[polygon][ring][position]`. */
type Path = (polygon: number, ...inside: number[]) => string;

const REASONS: Record<Fault["kind"], Reason> = {
  ring: "reason.ring-meets-itself",
  hole: "reason.hole-outside",
  holes: "reason.holes-overlap",
  polygons: "reason.polygons-overlap",
};
/** Metres; about one unit of the coordinates. What is narrower on average bounds nothing that a receiver could find. */
const WIDTH_LEAST_M = 0.01;
const METRES_PER_E7 = 0.0111;
/** The device's box round a circle is this much wider, for a degree of longitude is shorter on its far side. */
const BOX_MARGIN = 1.03;
const TURN_E7 = 3_600_000_000;

function pathOf(inside: number[]): string {
  return `coordinates${inside.map((i) => `[${i}]`).join("")}`;
}

function readCircle(coordinates: unknown, radiusM: unknown, refuse: Refuse): Shape {
  if (typeof radiusM !== "number" || !(radiusM > 0 && radiusM <= RADIUS_MOST_M))
    return refuse("reason.bad-radius", { limit: RADIUS_MOST_M, value: quote(radiusM) });
  const [lonE7, latE7] = readPosition(coordinates, "coordinates", refuse);
  const eastM = METRES_PER_E7 * Math.cos(((latE7 / 1e7) * Math.PI) / 180);
  if (2 * radiusM * BOX_MARGIN > SPAN_MOST_E7 * eastM) refuse("reason.near-pole", { limit: SPAN_MOST_E7 / 1e7 });
  return { kind: "circle", latE7, lonE7, radiusM: Math.ceil(radiusM) };
}

function readPolygons(value: unknown, path: Path, refuse: Refuse): Shape {
  const closed = readList(value, "coordinates", refuse).map((rings, p) =>
    readList(rings, path(p), refuse).map((ring, r) => readRing(ring, (i) => path(p, r, ...i), refuse)),
  );
  const [origin] = closed[0][0][0];
  const polygons = closed.map((rings, p) => rings.map((ring, r) => openRing(ring, origin, path(p, r), refuse)));
  const points = polygons.flat(2);
  if (points.length > VERTICES_MOST) refuse("reason.too-many-vertices", { limit: VERTICES_MOST });
  checkSpan(points, refuse);
  const fault = findFault(polygons);
  if (fault) {
    const [at, other] = fault.rings.map(([p, r]) => (fault.kind === "polygons" ? path(p) : path(p, r)));
    refuse(REASONS[fault.kind], { at, other, near: placeText(fault.near) });
  }
  const flat = polygons.findIndex(([outer]) => widthM(outer) < WIDTH_LEAST_M);
  if (flat >= 0) refuse("reason.no-area", { at: path(flat, 0) });
  return { kind: "polygons", polygons: polygons.map((rings) => ({ rings: rings.map((ring) => ring.flat()) })) };
}

function readList(value: unknown, at: string, refuse: Refuse): unknown[] {
  if (!Array.isArray(value) || value.length === 0) return refuse("reason.empty", { at });
  return value.length <= POLYGONS_MOST ? value : refuse("reason.too-many-rings", { at, limit: POLYGONS_MOST });
}

/** Positions as they stand, the closing one too. */
function readRing(value: unknown, pathOf: (position: number[]) => string, refuse: Refuse): Point[] {
  if (!Array.isArray(value) || value.length === 0) return refuse("reason.empty", { at: pathOf([]) });
  if (value.length < 4) refuse("reason.short-ring", { at: pathOf([]), count: value.length });
  return value.map((position, i) => readPosition(position, pathOf([i]), refuse));
}

function readPosition(value: unknown, at: string, refuse: Refuse): Point {
  if (!Array.isArray(value) || value.length < 2 || value.some((part) => typeof part !== "number"))
    return refuse("reason.no-position", { at, value: quote(value) });
  const [lon, lat] = value as number[];
  if (Math.abs(lon) > 180 || Math.abs(lat) > 90) refuse("reason.out-of-range", { at, value: quote(value) });
  return [Math.round(lon * 1e7) || 0, Math.round(lat * 1e7) || 0];
}

/** Carried into the turn of `origin`, and without repeated positions; the closing one repeats the first. */
function openRing(closed: Point[], origin: number, at: string, refuse: Refuse): Point[] {
  const ring = closed.map(([lon, lat]): Point => [lon - TURN_E7 * Math.round((lon - origin) / TURN_E7), lat]);
  const isSame = (a: Point, b: Point) => a[0] === b[0] && a[1] === b[1];
  if (!isSame(ring[0], ring[ring.length - 1])) refuse("reason.open-ring", { at });
  const open = ring.slice(0, -1).filter((point, i) => !isSame(point, ring[i + 1]));
  return open.length >= 3 ? open : refuse("reason.no-area", { at });
}

function checkSpan(points: Point[], refuse: Refuse): void {
  let [west, south, east, north] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -TURN_E7, -TURN_E7];
  for (const [x, y] of points) {
    [west, east] = [Math.min(west, x), Math.max(east, x)];
    [south, north] = [Math.min(south, y), Math.max(north, y)];
  }
  if (Math.max(east - west, north - south) > SPAN_MOST_E7) refuse("reason.too-wide", { limit: SPAN_MOST_E7 / 1e7 });
}

/** Twice the area by the length of the boundary: of a long strip its width, of a square half its side. */
function widthM(ring: Point[]): number {
  const [west, south] = ring[0];
  const shrink = Math.cos(((south / 1e7) * Math.PI) / 180);
  const metres = ring.map(([x, y]) => [(x - west) * shrink * METRES_PER_E7, (y - south) * METRES_PER_E7]);
  let [area2, length] = [0, 0];
  for (const [i, [x, y]] of metres.entries()) {
    const [nextX, nextY] = metres[(i + 1) % metres.length];
    area2 += x * nextY - nextX * y;
    length += Math.hypot(nextX - x, nextY - y);
  }
  return Math.abs(area2) / length;
}

/** Longitude and latitude in degrees, as the file has them. */
function placeText([x, y]: Point): string {
  return `${(x - TURN_E7 * Math.round(x / TURN_E7)) / 1e7}, ${y / 1e7}`;
}
