import type { Zone } from "../../protocol/messages/zone.ts";

/** Circles in force at all hours as GeoJSON that `--zones` reads, one a line, to be changed by hand. */
export function circlesToGeoJson(zones: Zone[]): string {
  const features = zones.map(featureOf).map((feature) => `  ${JSON.stringify(feature)}`);
  return `{"type":"FeatureCollection","features":[\n${features.join(",\n")}\n]}\n`;
}

function featureOf({ id, kind, bufferM, shape }: Zone) {
  if (shape.kind !== "circle") throw new Error(`${id} is no circle`);
  return {
    type: "Feature",
    properties: { id, radiusM: shape.radiusM, kind, bufferM },
    geometry: { type: "Point", coordinates: [shape.lonE7 / 1e7, shape.latE7 / 1e7] },
  };
}
