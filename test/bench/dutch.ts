import { readFileSync } from "node:fs";
import path from "node:path";
import type { Zone } from "../../protocol/messages/zone.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import type { ReceiverModel } from "../../simulator/hardware/gnss-receiver.ts";
import { senseMotion } from "../../simulator/hardware/motion-sensor.ts";
import { lowerBounds } from "../../simulator/replay/bounds.ts";
import { layZones, ZONE_RULE } from "../../simulator/replay/lay-zones.ts";
import { countOutside, countVisits } from "../../simulator/replay/lines.ts";
import { type ReplayResult, replay } from "../../simulator/replay/replay.ts";
import { readCsv } from "../../simulator/traces/csv.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { makePath, type Path } from "../../simulator/world/path.ts";
import { dutchDays, orderOf } from "../samples.ts";
import { NEIGHBOURHOOD_RULE, readNeighbourhoods, visitedNeighbourhoods } from "./neighbourhoods.ts";

interface Row {
  name: string;
  days: number;
  visits: number;
  owed: number;
  missed: number;
  late: number;
  /** Of the late ones, those for which location-lost stood by the deadline. */
  told: number;
  beyond: number;
  falseAlerts: number;
  fixes: number;
  baseline: number;
  greedy: number;
  greedyUnconfirmed: number;
  odometer: number;
  lost: number;
}

/** How zones are laid round a trace; none where the layout has nothing to say about it. */
interface Layout {
  rule: string;
  zonesFor: (ground: Path, seed: number) => Zone[];
}

function layouts(): Record<string, Layout> {
  const neighbourhoods = readNeighbourhoods();
  return {
    circles: { rule: ZONE_RULE, zonesFor: layZones },
    polygons: { rule: NEIGHBOURHOOD_RULE, zonesFor: (ground) => visitedNeighbourhoods(ground, neighbourhoods) },
  };
}

/**
 * `npm run bench -- dutch [--zones circles|polygons] [--receiver ideal|realistic] [--seed N] [--seeds N] [--file PART]
 * [--verbose]`: every combination unless one is named. `--seeds 10` runs ten seeds from `--seed` on, and prints totals only.
 */
export async function benchDutch(args: string[]): Promise<string[]> {
  if (dutchDays().length === 0) return ["dutch: skipped, ../shared is absent"];
  const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const first = Number(option("--seed") ?? "1");
  const seeds = Array.from({ length: Number(option("--seeds") ?? "1") }, (_, i) => first + i);
  const traces = dutchDays()
    .filter((file) => file.includes(option("--file") ?? ""))
    .map((file) => readCsv(readFileSync(file, "utf8"), path.basename(file)));
  const lines: string[] = [];
  for (const [name, layout] of Object.entries(layouts())) {
    if (name !== (option("--zones") ?? name)) continue;
    for (const receiver of ["ideal", "realistic"] as const) {
      if (receiver !== (option("--receiver") ?? receiver)) continue;
      lines.push(`-- ${receiver} receiver, seeds ${seeds.join(" ")}; zones: ${layout.rule}`);
      lines.push(...benchLayout(traces, layout, receiver, seeds, args.includes("--verbose")));
    }
  }
  return lines;
}

function benchLayout(
  traces: Trace[],
  layout: Layout,
  receiver: ReceiverModel,
  seeds: number[],
  verbose: boolean,
): string[] {
  const rows: Row[] = [];
  const lines: string[] = [];
  for (const seed of seeds)
    for (const trace of traces) {
      const zones = layout.zonesFor(makePath(trace), seed);
      if (zones.length === 0) continue;
      const result = replay(trace, { order: orderOf(zones), startEngine: startNodeEngine, receiver, seed });
      const row = rowOf(trace, result);
      rows.push(row);
      if (seeds.length === 1) lines.push(textOf(row));
      if (verbose) lines.push(...explain(result));
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
    told: result.visits.filter((v) => v.late && v.beyondModel === undefined && v.lossTold).length,
    beyond: counted.beyondModel,
    falseAlerts: result.falseAlerts.length,
    fixes: outside.fixes,
    baseline: outside.baseline,
    ...bounds,
    lost: result.alerts.filter((a) => a.about === "location-lost" && a.state === "raised").length,
  };
}

function textOf(row: Row): string {
  const ratio = (a: number, b: number) => (b === 0 ? "-" : (a / b).toFixed(2));
  return [
    row.name.padEnd(20),
    `${row.days.toFixed(1)} days`,
    `visits ${row.visits} (${row.owed} of D or longer)`,
    `missed ${row.missed} late ${row.late} (${row.told} with location-lost told in time) beyondModel ${row.beyond} false ${row.falseAlerts}`,
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
    told: 0,
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
