import { ToolError } from "../../protocol/errors.ts";
import { VERTICES_MOST, ZONES_MOST } from "../../protocol/limits.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { readFeatures } from "../zones/geojson.ts";
import { type Fields, isFields, type Json, parseJson } from "../zones/json.ts";
import type { RefuseField } from "../zones/order.ts";
import { readFlag, readItems, readObject } from "./fields.ts";
import type { LoadFile, OrderFile } from "./order-file.ts";
import type { Source } from "./yaml.ts";

/** A zone of an order, with what people are told of it. */
export interface OrderZone {
  zone: Zone;
  /** Whether the wearer is told; only then may it be on his bracelet. */
  disclosed: boolean;
  /** For people; the id where the file gives no name. */
  name: string;
  description: string | undefined;
  /** As a GeoJSON Feature with its id in it. */
  feature: Fields;
  /** Where it stands, for errors. */
  file: string;
  line: number;
}

/** The zones that `zones` and `centreZones` name: Features, or `{file, disclosed}` for all Features of a file beside the order. */
export function readOrderZones(
  source: Source,
  root: Fields,
  file: string,
  load: LoadFile,
  refuse: RefuseField,
): Pick<OrderFile, "zones" | "centreZones"> {
  const of = (list: "zones" | "centreZones") =>
    readItems(root[list], list, ZONES_MOST, refuse).flatMap((entry, i) =>
      readEntry(source, entry, { at: `${list}[${i}]`, list, file, load, refuse }),
    );
  const [zones, centreZones] = [of("zones"), of("centreZones")];
  checkTogether([...zones, ...centreZones]);
  return { zones, centreZones };
}

interface Place {
  at: string;
  list: "zones" | "centreZones";
  file: string;
  load: LoadFile;
  refuse: RefuseField;
}

function readEntry(source: Source, entry: unknown, place: Place): OrderZone[] {
  const { at, list, file, load, refuse } = place;
  if (isFields(entry) && "file" in entry) {
    const { file: name, disclosed } = readObject(entry, at, ["file", "disclosed"], refuse);
    if (typeof name !== "string" || name === "")
      return refuse(`${at}.file`, "reason.bad-file-name", { at: `${at}.file` });
    const isDisclosed = readDisclosed(disclosed, at, list, refuse);
    const json = parseJson(load(name), name, "zones.not-json");
    const features = isFields(json.root) && Array.isArray(json.root.features) ? json.root.features : [json.root];
    return readFeatures(json, name).map((zone, i) =>
      orderZone(zone, isDisclosed, features[i] as Fields, name, json.lineOf(features[i])),
    );
  }
  if (!isFields(entry) || entry.type !== "Feature") return refuse(at, "reason.bad-zone-entry", { at });
  const properties = isFields(entry.properties) ? entry.properties : {};
  const isDisclosed = readDisclosed(properties.disclosed, `${at}.properties`, list, refuse);
  const { disclosed: _, ...rest } = properties;
  const feature: Fields = { ...entry, properties: rest };
  if (rest.id === undefined && entry.id === undefined) refuse(at, "reason.zone-without-id", { at });
  const json: Json = {
    root: feature,
    // What is read is a copy without `disclosed`; the file has the lines.
    lineOf: (value, name) => source.lineOf(value === feature ? entry : value, name),
  };
  return readFeatures(json, file).map((zone) => orderZone(zone, isDisclosed, feature, file, source.lineOf(entry)));
}

/** It must be said of every zone on the order: forgotten it would leak a place, or leave it unguarded. */
function readDisclosed(value: unknown, at: string, list: Place["list"], refuse: RefuseField): boolean {
  const path = `${at}.disclosed`;
  if (list === "zones")
    return value === undefined ? refuse(at, "reason.disclosed-missing", { at }) : readFlag(value, path, refuse);
  if (value !== undefined && readFlag(value, path, refuse)) refuse(path, "reason.centre-disclosed", { at });
  return false;
}

function orderZone(zone: Zone, disclosed: boolean, feature: Fields, file: string, line: number): OrderZone {
  const properties = isFields(feature.properties) ? feature.properties : {};
  const textOf = (value: unknown) => (typeof value === "string" && value.trim() !== "" ? value : undefined);
  return {
    zone,
    disclosed,
    name: textOf(properties.name) ?? zone.id,
    description: textOf(properties.description),
    feature: { ...feature, properties: { ...properties, id: zone.id } },
    file,
    line,
  };
}

/** What each file alone cannot know: ids and vertices of all of them. */
function checkTogether(zones: OrderZone[]): void {
  const seen = new Map<string, OrderZone>();
  let vertices = 0;
  for (const one of zones) {
    const { zone, file, line } = one;
    const params = { file, line, feature: zone.id };
    const other = seen.get(zone.id);
    if (other !== undefined) throw new ToolError("zones.duplicate-id", { ...params, other: other.line });
    const { shape } = zone;
    vertices +=
      shape.kind === "circle" ? 0 : shape.polygons.flatMap((p) => p.rings).reduce((n, r) => n + r.length / 2, 0);
    if (vertices > VERTICES_MOST)
      throw new ToolError("zones.bad-feature", { ...params, detail: "reason.too-many-vertices", limit: VERTICES_MOST });
    if (seen.size === ZONES_MOST)
      throw new ToolError("zones.bad-feature", { ...params, detail: "reason.too-many-zones", limit: ZONES_MOST });
    seen.set(zone.id, one);
  }
}

/** The order as plain JSON, every zone written out where a file was named. Fields keep their places. */
export function inlineZones(root: Fields, { zones, centreZones }: Pick<OrderFile, "zones" | "centreZones">): Fields {
  const document: Fields = { ...root };
  if (root.zones !== undefined) document.zones = zones.map(featureOf);
  if (root.centreZones !== undefined) document.centreZones = centreZones.map(({ feature }) => feature);
  return document;
}

export function featureOf({ feature, disclosed }: OrderZone): Fields {
  return { ...feature, properties: { ...(feature.properties as Fields), disclosed } };
}
