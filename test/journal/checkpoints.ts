import { recordRide } from "../../host/evidence/ride.ts";
import { CHECKPOINT } from "../../protocol/journal/record.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { makePath } from "../../simulator/world/path.ts";
import { syntheticDay } from "../bench/replay.ts";
import { orderOf } from "../samples.ts";

const DAY_S = 86_400;
const SEED = 7;

/**
 * The checkpoints of a simulated bracelet's day among the zones that the demonstration lays, one after the other, again and
 * again: what the start of a block really holds. The first of a journal, of a state that knows nothing yet, is left out.
 */
export function realCheckpoints(): { next: () => Uint8Array; meanBytes: number } {
  const trace = syntheticDay(DAY_S, SEED);
  const records = recordRide(trace, orderOf(layZones(makePath(trace), SEED)), SEED);
  const bodies = records.flatMap(({ kind, body }) => (kind === CHECKPOINT ? [body] : [])).slice(1);
  let at = 0;
  return {
    next: () => bodies[at++ % bodies.length],
    meanBytes: Math.round(bodies.reduce((sum, { length }) => sum + length, 0) / bodies.length),
  };
}
