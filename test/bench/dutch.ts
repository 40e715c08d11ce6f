import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Order } from "../../protocol/messages/order.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import type { ReceiverModel } from "../../simulator/hardware/gnss-receiver.ts";
import { senseMotion } from "../../simulator/hardware/motion-sensor.ts";
import { lowerBounds } from "../../simulator/replay/bounds.ts";
import { layZones, ZONE_RULE } from "../../simulator/replay/lay-zones.ts";
import { countOutside, countVisits } from "../../simulator/replay/lines.ts";
import { type ReplayResult, replay } from "../../simulator/replay/replay.ts";
import { readCsv } from "../../simulator/traces/csv.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { makePath } from "../../simulator/world/path.ts";
import { sharedFolder } from "../shared.ts";

/** The order of the benchmark: always in force, D and H at their defaults. */
export function benchOrder(zones: Order["zones"]): Order {
  return { id: "bench", fromMs: 0, toMs: undefined, utcOffsets: [], delayS: 60, heartbeatS: 900, zones };
}

interface Row {
  name: string;
  days: number;
  visits: number;
  owed: number;
  missed: number;
  late: number;
  beyond: number;
  falseAlerts: number;
  fixes: number;
  baseline: number;
  greedy: number;
  greedyUnconfirmed: number;
  odometer: number;
  lost: number;
}

/** `npm run bench -- dutch [--receiver ideal|realistic] [--seed N] [--file PART] [--verbose]` */
export async function benchDutch(args: string[]): Promise<string[]> {
  const folder = sharedFolder("data/trajectories/nl-ssi-open-geodata");
  if (folder === undefined || !existsSync(folder)) return ["dutch: skipped, ../shared is absent"];
  const option = (name: string, fallback: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
  const receiver = option("--receiver", "ideal") as ReceiverModel;
  const seed = Number(option("--seed", "1"));
  const lines = [`zones: ${ZONE_RULE}; receiver ${receiver}, seed ${seed}`];
  const rows: Row[] = [];
  for (const file of readdirSync(folder).filter((f) => f.endsWith(".csv") && f.includes(option("--file", "")))) {
    const trace = readCsv(readFileSync(path.join(folder, file), "utf8"), file);
    const zones = layZones(makePath(trace), seed);
    const result = replay(trace, { order: benchOrder(zones), startEngine: startNodeEngine, receiver, seed });
    const row = rowOf(trace, result);
    rows.push(row);
    lines.push(textOf(row));
    if (args.includes("--verbose")) lines.push(...explain(result));
  }
  lines.push(textOf(sumOf(rows)));
  return lines;
}

function rowOf(trace: Trace, result: ReplayResult): Row {
  const { path: ground, order } = result;
  const outside = countOutside(result);
  const bounds = lowerBounds(ground, order, senseMotion(ground, result.seed));
  const counted = countVisits(result.visits);
  return {
    name: trace.name.replace(/^ssi_open_geodata-|\.csv$/g, ""),
    days: result.spanS / 86_400,
    visits: result.visits.length,
    owed: result.visits.filter((v) => v.stayS >= order.delayS).length,
    missed: counted.missed,
    late: counted.late,
    beyond: counted.beyondModel,
    falseAlerts: result.falseAlerts.length,
    fixes: outside.fixes,
    baseline: outside.baseline,
    ...bounds,
    lost: result.alerts.filter((a) => a.about === "location-lost").length,
  };
}

function textOf(row: Row): string {
  const ratio = (a: number, b: number) => (b === 0 ? "-" : (a / b).toFixed(2));
  return [
    row.name.padEnd(20),
    `visits ${row.visits} (${row.owed} of D or longer)`,
    `missed ${row.missed} late ${row.late} beyondModel ${row.beyond} false ${row.falseAlerts}`,
    `fixes outside ${row.fixes} baseline ${row.baseline} (${ratio(row.baseline, row.fixes)}x)`,
    `greedy ${row.greedy} (${ratio(row.fixes, row.greedy)}) without C ${row.greedyUnconfirmed} odometer ${row.odometer}`,
    `lost ${row.lost}`,
  ].join("  ");
}

function sumOf(rows: Row[]): Row {
  const total: Row = {
    name: "total",
    days: 0,
    visits: 0,
    owed: 0,
    missed: 0,
    late: 0,
    beyond: 0,
    falseAlerts: 0,
    fixes: 0,
    baseline: 0,
    greedy: 0,
    greedyUnconfirmed: 0,
    odometer: 0,
    lost: 0,
  };
  for (const row of rows)
    for (const key of Object.keys(total) as (keyof Row)[]) if (key !== "name") total[key] += row[key];
  return total;
}

function explain(result: ReplayResult): string[] {
  const iso = (ms: number) => new Date(ms).toISOString().slice(11, 19);
  return [
    ...result.visits
      .filter((v) => v.late)
      .map(
        (v) =>
          `    late ${v.zone} entry ${iso(v.entryMs)} stay ${v.stayS} s delay ${v.delayS} ${v.beyondModel ?? "WITHIN THE MODEL"}`,
      ),
    ...result.falseAlerts.map((a) => `    false ${a.zone} ${iso(a.atMs)} hAcc ${a.hAccM}`),
  ];
}
