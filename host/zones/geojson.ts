import { ToolError } from "../../protocol/errors.ts";
import type { Polygon, Shape, Zone } from "../../protocol/messages/zone.ts";
import { type Fields, isFields, parseJson } from "./json.ts";
import { findCrossing } from "./rings.ts";
import { readSchedule } from "./schedule.ts";

/**
 * Zones from GeoJSON (RFC 7946): a Feature or FeatureCollection of Polygon, MultiPolygon, or Point with `radiusM`.
 * Properties: `id` (or the Feature's), `kind` (`exclusion`, the default, or `inclusion`), `bufferM`, `schedule`, `radiusM`;
 * `name`, `description` and names that begin with `x-` are for people. Anything else is refused: a misspelt property
 * would silently be no protection.
 */
export function readZones(text: string, file: string): Zone[] {
  const root = parseJson(text, file, "zones.not-json");
  if (!isFields(root)) throw new ToolError("zones.not-geojson", { file });
  const features = root.type === "Feature" ? [root] : root.type === "FeatureCollection" ? root.features : undefined;
  if (!Array.isArray(features)) throw new ToolError("zones.not-geojson", { file });
  const zones = features.map((feature: unknown, i) => readZone(feature, i, file));
  if (zones.length === 0)
    throw new ToolError("zones.bad-feature", { file, feature: "-", detail: "there is no zone in it" });
  const seen = new Set<string>();
  for (const zone of zones) {
    if (seen.has(zone.id)) throw new ToolError("zones.duplicate-id", { file, feature: zone.id });
    seen.add(zone.id);
  }
  return zones;
}

const PROPERTIES = ["id", "kind", "bufferM", "schedule", "radiusM", "name", "description"];
/** A wider circle or buffer is a mistake in the unit. Metres. */
const RADIUS_LIMIT_M = 50_000;
const BUFFER_LIMIT_M = 10_000;
/** The device's products stay exact up to this; wider zones are cut by their author. */
const SPAN_LIMIT_DEG = 6.7;
const ID_LIMIT_BYTES = 64;

type Refuse = (detail: string) => never;

function readZone(feature: unknown, index: number, file: string): Zone {
  let name = `#${index + 1}`;
  const refuse: Refuse = (detail) => {
    throw new ToolError("zones.bad-feature", { file, feature: name, detail });
  };
  if (!isFields(feature) || feature.type !== "Feature") return refuse("not a Feature");
  const properties = feature.properties ?? {};
  if (!isFields(properties)) return refuse("properties is no object");
  const id = properties.id ?? feature.id ?? `zone-${index + 1}`;
  if (typeof id !== "string" && typeof id !== "number") return refuse("id must be text or a number");
  name = String(id);
  if (name === "" || new TextEncoder().encode(name).length > ID_LIMIT_BYTES)
    refuse(`id must have 1 to ${ID_LIMIT_BYTES} bytes`);
  const unknown = Object.keys(properties).find((k) => !PROPERTIES.includes(k) && !k.startsWith("x-"));
  if (unknown !== undefined) refuse(`unknown property ${unknown} (for your own notes begin it with x-)`);
  const kind = properties.kind ?? "exclusion";
  if (kind !== "exclusion" && kind !== "inclusion")
    return refuse(`kind must be exclusion or inclusion, not ${JSON.stringify(kind)}`);
  const bufferM = properties.bufferM ?? 0;
  if (typeof bufferM !== "number" || !(bufferM >= 0 && bufferM <= BUFFER_LIMIT_M))
    return refuse(`bufferM must be 0 to ${BUFFER_LIMIT_M} metres`);
  const schedule = properties.schedule === undefined ? undefined : readSchedule(properties.schedule, refuse);
  return {
    id: name,
    kind,
    bufferM: Math.ceil(bufferM),
    schedule,
    shape: readShape(feature.geometry, properties, refuse),
  };
}

function readShape(geometry: unknown, properties: Fields, refuse: Refuse): Shape {
  if (!isFields(geometry)) return refuse("no geometry");
  const { type, coordinates } = geometry;
  if (type === "Point") return readCircle(coordinates, properties.radiusM, refuse);
  if (properties.radiusM !== undefined) refuse("radiusM belongs to a Point");
  if (type !== "Polygon" && type !== "MultiPolygon")
    return refuse(`geometry ${String(type)}: a zone is a Polygon, a MultiPolygon, or a Point with radiusM`);
  const parts = type === "Polygon" ? [coordinates] : coordinates;
  if (!Array.isArray(parts) || parts.length === 0) return refuse("no polygon in it");
  const polygons = parts.map((p, i) => readPolygon(p, parts.length > 1 ? `polygon ${i + 1}, ` : "", refuse));
  checkSpan(polygons, refuse);
  return { kind: "polygons", polygons };
}

function readCircle(coordinates: unknown, radiusM: unknown, refuse: Refuse): Shape {
  if (typeof radiusM !== "number" || !(radiusM > 0 && radiusM <= RADIUS_LIMIT_M))
    return refuse(`radiusM must be more than 0 and at most ${RADIUS_LIMIT_M} metres`);
  const [lonE7, latE7] = readPosition(coordinates, "centre", refuse);
  return { kind: "circle", latE7, lonE7, radiusM: Math.ceil(radiusM) };
}

function readPosition(value: unknown, where: string, refuse: Refuse): [number, number] {
  if (!Array.isArray(value) || typeof value[0] !== "number" || typeof value[1] !== "number")
    return refuse(`${where}: not a position`);
  const [lon, lat] = value as number[];
  if (!(Math.abs(lon) <= 180) || !(Math.abs(lat) <= 90))
    return refuse(`${where}: ${lon}, ${lat} is out of range (longitude first)`);
  return [Math.round(lon * 1e7), Math.round(lat * 1e7)];
}

function readPolygon(value: unknown, where: string, refuse: Refuse): Polygon {
  if (!Array.isArray(value) || value.length === 0) return refuse(`${where}no ring in it`);
  const rings = value.map((ring, i) => readRing(ring, `${where}${i === 0 ? "outer ring" : `hole ${i}`}`, refuse));
  for (let i = 1; i < rings.length; i++)
    if (!rings[i].some((p) => isInside(p, rings[0]))) refuse(`${where}hole ${i} lies outside its ring`);
  return { rings: rings.map((ring) => ring.flat()) };
}

/** Positions without the closing one; longitudes carried past ±180° where the ring crosses it, then checked. */
function readRing(value: unknown, where: string, refuse: Refuse): [number, number][] {
  if (!Array.isArray(value) || value.length === 0) return refuse(`${where} is empty`);
  if (value.length < 4) refuse(`${where} has ${value.length} positions; a closed ring has at least 4`);
  const positions = value.map((p, i) => readPosition(p, `${where}, position ${i + 1}`, refuse));
  const last = positions[positions.length - 1];
  if (positions[0][0] !== last[0] || positions[0][1] !== last[1])
    refuse(`${where} is not closed: the last position must repeat the first`);
  // A position that the next one repeats is dropped; the closing one is the next of the last.
  const ring = positions.slice(0, -1).filter((p, i) => p[0] !== positions[i + 1][0] || p[1] !== positions[i + 1][1]);
  if (ring.length < 3) refuse(`${where} has fewer than three different positions`);
  const unwrapped = ring.map(([x, y]): [number, number] => [
    x - ring[0][0] > 1.8e9 ? x - 3.6e9 : x - ring[0][0] < -1.8e9 ? x + 3.6e9 : x,
    y,
  ]);
  const crossing = findCrossing(unwrapped);
  if (crossing !== undefined) refuse(`${where} crosses itself at its edge ${crossing + 1}`);
  return ring;
}

function isInside([x, y]: [number, number], ring: [number, number][]): boolean {
  let odd = false;
  for (let i = 0; i < ring.length; i++) {
    const [x1, y1] = ring[i];
    const [x2, y2] = ring[(i + 1) % ring.length];
    if (x === x1 && y === y1) return true;
    if (y1 > y !== y2 > y && x < x1 + ((x2 - x1) * (y - y1)) / (y2 - y1)) odd = !odd;
  }
  return odd;
}

function checkSpan(polygons: Polygon[], refuse: Refuse): void {
  let west = Number.POSITIVE_INFINITY;
  let east = Number.NEGATIVE_INFINITY;
  let south = west;
  let north = east;
  const origin = polygons[0].rings[0][0];
  for (const ring of polygons.flatMap((p) => p.rings)) {
    for (let i = 0; i < ring.length; i += 2) {
      const x = ring[i] - origin > 1.8e9 ? ring[i] - 3.6e9 : ring[i] - origin < -1.8e9 ? ring[i] + 3.6e9 : ring[i];
      [west, east, south, north] = [
        Math.min(west, x),
        Math.max(east, x),
        Math.min(south, ring[i + 1]),
        Math.max(north, ring[i + 1]),
      ];
    }
  }
  if (Math.max(east - west, north - south) > SPAN_LIMIT_DEG * 1e7)
    refuse(`spans more than ${SPAN_LIMIT_DEG}°: cut it into several zones`);
}
