import type { Way } from "../../protocol/messages/device-order.ts";
import { chordM, type TruthZone, truthOf } from "../../simulator/replay/truth-geometry.ts";
import type { OrderFile } from "./order-file.ts";

/** A way or a meeting place on the wearer's sheet that reaches into a place that he is not told of. */
export interface PlaceOnHidden {
  /** Name of the corridor or of the permitted encounter. */
  at: string;
  /** Id of the hidden zone. */
  zone: string;
}

export function placesOnHiddenZones({ centreZones, corridors, encounters }: OrderFile): PlaceOnHidden[] {
  const hidden = centreZones.map(({ zone }) => truthOf(zone));
  const named = [...corridors, ...encounters.map(({ name, place }) => ({ name, way: place }))];
  return named.flatMap(({ name, way }) =>
    hidden.filter((zone) => way !== undefined && touches(way, zone)).map(({ zone }) => ({ at: name, zone: zone.id })),
  );
}

/** A way is looked at every 20 m, or this often a stretch where that is long. */
const STEP_M = 20;
const STEPS_MOST = 500;

function touches({ points, radiusM }: Way, zone: TruthZone): boolean {
  const count = points.length / 2;
  const at = (i: number) => ({ lon: points[2 * i] / 1e7, lat: points[2 * i + 1] / 1e7 });
  return Array.from({ length: Math.max(1, count - 1) }, (_, i) => i).some((i) => {
    const [from, to] = [at(i), at(Math.min(i + 1, count - 1))];
    const lengthM = chordM(from.lat, from.lon, to.lat, to.lon);
    const steps = Math.max(1, Math.min(STEPS_MOST, Math.ceil(lengthM / STEP_M)));
    // Between two looks it may come nearer by half a step.
    const reachM = radiusM + lengthM / steps / 2;
    return Array.from({ length: steps + 1 }, (_, step) => step / steps).some((part) => {
      const [lat, lon] = [from.lat + part * (to.lat - from.lat), from.lon + part * (to.lon - from.lon)];
      return zone.contains(lat, lon) || zone.boundaryM(lat, lon) <= reachM;
    });
  });
}
