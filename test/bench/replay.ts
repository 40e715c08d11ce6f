import { startNodeEngine } from "../../simulator/engines/node.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { replay } from "../../simulator/replay/replay.ts";
import { createBuilder, type Trace } from "../../simulator/traces/trace.ts";
import { makePath } from "../../simulator/world/path.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { orderOf } from "../samples.ts";

/** A day at 1 Hz of somebody who walks, cycles, rides and rests; from a seed, so that anybody measures the same. */
export function syntheticDay(points: number, seed: number): Trace {
  const random = seededRandom(seed, "day");
  const builder = createBuilder("day", "csv");
  let lat = 52.1;
  let lon = 5.1;
  let heading = 0;
  let speed = 0;
  for (let i = 0; i < points; i++) {
    if (i % 900 === 0) speed = [0, 1.4, 4.5, 13, 0][Math.floor(random() * 5)];
    if (i % 60 === 0) heading += (random() - 0.5) * 1.5;
    lat += (speed * Math.cos(heading)) / 111_195;
    lon += (speed * Math.sin(heading)) / 68_000;
    builder.add(1.78e12 + i * 1000, lat, lon, { file: "day" });
  }
  return builder.finish();
}

/** `npm run bench -- replay`: the target is a day at 1 Hz with 100 zones in under 3 s and 300 MB, in time linear in points. */
export async function benchReplay(): Promise<string[]> {
  const lines: string[] = [];
  const perPoint: number[] = [];
  for (const points of [21_600, 43_200, 86_400, 172_800]) {
    const trace = syntheticDay(points, 7);
    const order = orderOf(layZones(makePath(trace), 7));
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 3; round++) {
      const startedMs = performance.now();
      replay(trace, { order, startEngine: startNodeEngine, receiver: "ideal", seed: 7 });
      best = Math.min(best, performance.now() - startedMs);
    }
    perPoint.push(best / points);
    lines.push(
      `${points.toLocaleString("en").padStart(8)} points, ${order.zones.length} zones: ${(best / 1000).toFixed(2)} s, ${((1000 * best) / points).toFixed(2)} µs a point`,
    );
  }
  lines.push(
    `time per point, longest run against shortest: ${(perPoint[perPoint.length - 1] / perPoint[0]).toFixed(2)} (1 is linear)`,
  );
  lines.push(
    `resident memory at the end: ${Math.round(process.memoryUsage().rss / 1e6)} MB, peak ${Math.round(process.resourceUsage().maxRSS / 1e3)} MB`,
  );
  return lines;
}
