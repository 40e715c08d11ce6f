import booleanPointInPolygon from "@turf/boolean-point-in-polygon";
import { lineString, point, polygon } from "@turf/helpers";
import pointToLineDistance from "@turf/point-to-line-distance";
import Flatbush from "flatbush";
import geographiclib from "geographiclib-geodesic";
import pointInPolygonHao from "point-in-polygon-hao";
import { seededRandom } from "../../simulator/world/random.ts";
import { circleZone } from "../samples.ts";
import { viewOf } from "../zones/bracelet-view.ts";
import { contains } from "../zones/oracle.ts";
import { adversarialPoint, LOWLAND, ringsOf, starZones, vertexCount } from "../zones/world.ts";

const ZONES = 300;
const VERTICES = 47;
const ORACLE_POINTS = 1_000_000;

/** `npm run bench -- membership [--points N]` */
export async function benchMembership(args: string[]): Promise<string[]> {
  const random = seededRandom(1, "membership");
  const zones = starZones(random, ZONES, VERTICES, LOWLAND);
  const view = viewOf(zones);
  const vertices = vertexCount(zones);
  const points = Array.from({ length: 20_000 }, () => [
    LOWLAND.south + random() * (LOWLAND.north - LOWLAND.south),
    LOWLAND.west + random() * (LOWLAND.east - LOWLAND.west),
  ]);
  const e7 = points.map(([lat, lon]) => [Math.round(lat * 1e7), Math.round(lon * 1e7)]);
  const lines = [`${zones.length} zones, ${vertices} vertices, pack ${view.bytes} B`];

  const ours = rate((i) => view.at(e7[i % e7.length][0], e7[i % e7.length][1]).nearestM, 400_000);
  const polygons = zones.map((zone) => polygon(ringsOf(zone).slice(0, 1).map(closed)));
  const outlines = zones.map((zone) => lineString(closed(ringsOf(zone)[0])));
  const turf = rate(
    (i) =>
      polygons.filter((p) => booleanPointInPolygon(point([points[i % 20_000][1], points[i % 20_000][0]]), p)).length,
    1000,
  );
  const turfDistance = rate(
    (i) =>
      Math.min(...outlines.map((l) => pointToLineDistance(point([points[i % 20_000][1], points[i % 20_000][0]]), l))),
    10,
  );
  const coordinates = polygons.map((p) => p.geometry.coordinates as [number, number][][]);
  const hao = rate(
    (i) => coordinates.filter((c) => pointInPolygonHao([points[i % 20_000][1], points[i % 20_000][0]], c)).length,
    1000,
  );
  const index = new Flatbush(zones.length);
  for (const c of coordinates) {
    const xs = c[0].map((p) => p[0]);
    const ys = c[0].map((p) => p[1]);
    index.add(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
  }
  index.finish();
  const filtered = rate((i) => {
    const [lat, lon] = points[i % 20_000];
    return index.search(lon, lat, lon, lat).filter((z) => pointInPolygonHao([lon, lat], coordinates[z])).length;
  }, 200_000);
  const show = (name: string, perSecond: number) =>
    `${name.padEnd(46)} ${Math.round(perSecond).toLocaleString("en").padStart(10)} /s  (ours ${(ours / perSecond).toFixed(1)}x)`;
  lines.push(
    show("ours: membership and nearest boundary", ours),
    show("@turf/boolean-point-in-polygon: membership", turf),
    show("@turf/point-to-line-distance: distance", turfDistance),
    show("point-in-polygon-hao: membership", hao),
    show("flatbush + point-in-polygon-hao: membership", filtered),
  );
  const nameBytes = 4 * ZONES + zones.reduce((sum, z) => sum + 2 + z.id.length, 0);
  lines.push(
    `index and vertices: ${((view.bytes - nameBytes) / vertices).toFixed(2)} B a vertex (with names and schedules ${(view.bytes / vertices).toFixed(2)})`,
  );
  lines.push(oracleLine(args), distanceLine());
  return lines;
}

function closed(ring: ArrayLike<number>): [number, number][] {
  const out = Array.from({ length: ring.length / 2 }, (_, i): [number, number] => [
    ring[2 * i] / 1e7,
    ring[2 * i + 1] / 1e7,
  ]);
  out.push(out[0]);
  return out;
}

/** Calls a second, the best of three runs. */
function rate(run: (i: number) => number, calls: number): number {
  let best = 0;
  let sink = 0;
  for (let round = 0; round < 3; round++) {
    const startedMs = performance.now();
    for (let i = 0; i < calls; i++) sink += run(i);
    best = Math.max(best, calls / ((performance.now() - startedMs) / 1000));
  }
  return sink === -1 ? 0 : best;
}

function oracleLine(args: string[]): string {
  const wanted = args.includes("--points") ? Number(args[args.indexOf("--points") + 1]) : ORACLE_POINTS;
  const random = seededRandom(2, "oracle");
  const zones = starZones(random, 30, 40, { south: 52, north: 52.1, west: 5, east: 5.15 });
  const view = viewOf(zones);
  let disagreements = 0;
  for (let i = 0; i < wanted; i++) {
    const [latE7, lonE7] = adversarialPoint(random, zones, { south: 52, north: 52.1, west: 5, east: 5.15 });
    const look = view.at(latE7, lonE7);
    for (let z = 0; z < zones.length; z++) {
      let signed: number | undefined;
      for (let k = 0; k < look.count; k++) if (look.zone[k] === z) signed = look.signedM[k];
      // At distance 0 the point is on the boundary, and belongs to both sides.
      if (signed !== 0 && (signed !== undefined && signed < 0) !== contains(view.zones[z], latE7, lonE7))
        disagreements += 1;
    }
  }
  return `${wanted.toLocaleString("en")} random and adversarial points against exact arithmetic: ${disagreements} disagreements`;
}

function distanceLine(): string {
  const random = seededRandom(3, "geodesic");
  let worst = 0;
  for (let i = 0; i < 20_000; i++) {
    const lat = (random() * 2 - 1) * 70;
    const there = geographiclib.Geodesic.WGS84.Direct(lat, 10, random() * 360, random() * 25_000);
    const at = [Math.round((there.lat2 ?? 0) * 1e7), Math.round((there.lon2 ?? 0) * 1e7)];
    const truth =
      geographiclib.Geodesic.WGS84.Inverse(Math.round(lat * 1e7) / 1e7, 10, at[0] / 1e7, at[1] / 1e7).s12 ?? 0;
    worst = Math.max(
      worst,
      Math.abs(viewOf([circleZone("c", lat, 10, 50)]).at(at[0], at[1], 30_000).signedM[0] + 50 - truth),
    );
  }
  return `distance against geographiclib-geodesic, 20,000 pairs within 25 km: worst ${worst.toFixed(3)} m`;
}
