import { ToolError } from "../../protocol/errors.ts";
import { BUFFER_MOST_M, ID_MOST_BYTES, VERTICES_MOST, ZONES_MOST } from "../../protocol/limits.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { type Fields, isFields, type Json, parseJson, quote, unknownNames } from "./json.ts";
import { isName } from "./names.ts";
import type { Refuse } from "./refuse.ts";
import { readSchedule } from "./schedule.ts";
import { readShape } from "./shape.ts";

/**
 * Zones from GeoJSON (RFC 7946): a Feature or FeatureCollection of Polygon, MultiPolygon, or Point with `radiusM`.
 * Properties: `id` (or else the Feature's, or else `zone-` and its number), `kind` (`exclusion`, the default, or `inclusion`),
 * `bufferM`, `schedule`, `radiusM`; `name`, `description` and names that begin with `x-` are for people. Whatever could be meant
 * as protection and would be none is refused: a property that is misspelt, misplaced or null, a foreign `crs`, rings that leave
 * in doubt what is inside (`rings.ts`), and what an order cannot carry (`protocol/limits.ts`).
 */
export function readZones(text: string, file: string): Zone[] {
  return readFeatures(parseJson(text, file, "zones.not-json"), file);
}

/** The same of GeoJSON that has been read already, as part of another file. */
export function readFeatures(json: Json, file: string): Zone[] {
  const features = featuresOf(json, file);
  const refusers = features.map((feature, i) => refuserOf(json, file, feature, `#${i + 1}`));
  if (features.length > ZONES_MOST) refusers[ZONES_MOST]("reason.too-many-zones", { limit: ZONES_MOST });
  const given = features.map((feature, i) => readId(feature, refusers[i]));
  let vertices = 0;
  const seen = new Map<string, unknown>();
  return features.map((feature, i) => {
    const id = given[i] ?? freeName(`zone-${i + 1}`, given);
    const refuse = refuserOf(json, file, feature, id);
    const line = json.lineOf(feature);
    if (seen.has(id))
      throw new ToolError("zones.duplicate-id", { file, line, feature: id, other: json.lineOf(seen.get(id)) });
    seen.set(id, feature);
    const zone = readZone(feature as Fields, id, refuse);
    vertices += vertexCount(zone);
    if (vertices > VERTICES_MOST) refuse("reason.too-many-vertices", { limit: VERTICES_MOST });
    return zone;
  });
}

/** Names that mean something to a zone, wherever they stand. */
const MEANINGFUL = ["kind", "bufferM", "schedule", "radiusM"];
const PROPERTIES = ["id", ...MEANINGFUL, "name", "description"];
const FEATURE_MEMBERS = ["type", "id", "geometry", "properties", "bbox", "crs"];
/** RFC 7946 knows this one only; the older GeoJSON named others, in which a longitude is no longitude. */
const CRS = /\b(CRS84|4326)$/;

/** A collection may have members of the program that wrote it, but none that looks like a zone's. */
function featuresOf({ root, lineOf }: Json, file: string): unknown[] {
  const isOne = isFields(root) && root.type === "Feature";
  const features = isOne ? [root] : isFields(root) && root.type === "FeatureCollection" ? root.features : undefined;
  if (!isFields(root) || !Array.isArray(features)) throw new ToolError("zones.not-geojson", { file });
  const refuse: Refuse = (detail, params) => {
    throw new ToolError("zones.bad-file", { file, line: lineOf(root, params?.name?.toString()), detail, ...params });
  };
  if (features.length === 0) refuse("reason.no-zone", { name: "features" });
  const misplaced = MEANINGFUL.find((name) => !isOne && name in root);
  if (misplaced) refuse("reason.misplaced", { name: misplaced });
  const crs = isFields(root.crs) && isFields(root.crs.properties) ? root.crs.properties.name : root.crs;
  if (root.crs !== undefined && !(typeof crs === "string" && CRS.test(crs)))
    refuse("reason.foreign-crs", { name: "crs", value: quote(crs) });
  return features;
}

function refuserOf({ lineOf }: Json, file: string, feature: unknown, name: string): Refuse {
  return (detail, params) => {
    throw new ToolError("zones.bad-feature", { file, line: lineOf(feature), feature: name, detail, ...params });
  };
}

function readId(feature: unknown, refuse: Refuse): string | undefined {
  if (!isFields(feature) || feature.type !== "Feature") return refuse("reason.no-feature");
  const properties = feature.properties ?? {};
  if (!isFields(properties)) return refuse("reason.no-properties");
  const id = properties.id === undefined ? feature.id : properties.id;
  if (id === undefined) return undefined;
  if (typeof id === "string" ? isName(id) : Number.isSafeInteger(id)) return `${id}`;
  return refuse("reason.bad-id", { limit: ID_MOST_BYTES });
}

/** No zone is called what another may have been given. */
function freeName(name: string, given: (string | undefined)[]): string {
  return given.includes(name) ? freeName(`${name}-`, given) : name;
}

function readZone(feature: Fields, id: string, refuse: Refuse): Zone {
  const properties = isFields(feature.properties) ? feature.properties : {};
  const members = unknownNames(feature, FEATURE_MEMBERS);
  if (members) refuse("reason.misplaced", { name: members });
  const unknown = unknownNames(properties, PROPERTIES);
  if (unknown) refuse("reason.unknown-properties", { name: unknown });
  const empty = MEANINGFUL.find((name) => properties[name] === null);
  if (empty) refuse("reason.null", { name: empty });
  const { kind = "exclusion", bufferM = 0, schedule } = properties;
  if (kind !== "exclusion" && kind !== "inclusion") return refuse("reason.bad-kind", { value: quote(kind) });
  if (typeof bufferM !== "number" || !(bufferM >= 0 && bufferM <= BUFFER_MOST_M))
    return refuse("reason.bad-buffer", { limit: BUFFER_MOST_M, value: quote(bufferM) });
  return {
    id,
    kind,
    bufferM: Math.ceil(bufferM),
    schedule: schedule === undefined ? undefined : readSchedule(schedule, refuse),
    shape: readShape(feature.geometry, properties.radiusM, refuse),
  };
}

function vertexCount({ shape }: Zone): number {
  return shape.kind === "circle" ? 0 : shape.polygons.flatMap((p) => p.rings).reduce((n, r) => n + r.length / 2, 0);
}
