import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { readZones } from "../../host/zones/geojson.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { dwellRows } from "../../simulator/replay/lay-zones.ts";
import { truthOf } from "../../simulator/replay/truth-geometry.ts";
import type { Path } from "../../simulator/world/path.ts";
import { sharedFolder } from "../shared.ts";

/** The rule of the second layout, in words; printed beside every figure. */
export const NEIGHBOURHOOD_RULE =
  "the neighbourhood polygons of Amsterdam and Eindhoven that the trace visits and in which it never dwells ten minutes";

const DWELL_MS = 600_000;
const DWELL_M = 100;

/** Every neighbourhood of both cities; empty where ../shared is absent. */
export function readNeighbourhoods(): Zone[] {
  const folder = sharedFolder("data/zones/click-that-hood");
  if (folder === undefined) return [];
  return ["amsterdam", "eindhoven"].flatMap((city) => {
    const file = path.join(folder, `${city}.geojson`);
    return existsSync(file) ? readZones(asZones(readFileSync(file, "utf8"), city), file) : [];
  });
}

/** The publisher's own properties are no properties of a zone. */
function asZones(text: string, city: string): string {
  const { features } = JSON.parse(text) as { features: { geometry: unknown }[] };
  const zones = features.map(({ geometry }, i) => ({ type: "Feature", geometry, properties: { id: `${city}-${i}` } }));
  return JSON.stringify({ type: "FeatureCollection", features: zones });
}

export function visitedNeighbourhoods(ground: Path, neighbourhoods: Zone[]): Zone[] {
  const dwells = dwellRows(ground, DWELL_MS, DWELL_M);
  return neighbourhoods.filter((zone) => {
    const { contains } = truthOf(zone);
    if (dwells.some((row) => contains(ground.lat[row], ground.lon[row]))) return false;
    for (let row = 0; row < ground.rows; row++) if (contains(ground.lat[row], ground.lon[row])) return true;
    return false;
  });
}
