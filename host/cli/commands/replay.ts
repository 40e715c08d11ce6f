import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { ToolError } from "../../../protocol/errors.ts";
import type { Order } from "../../../protocol/messages/order.ts";
import { bundleEngine } from "../../../simulator/engines/bundle.ts";
import type { EngineName, StartEngine } from "../../../simulator/engines/engine.ts";
import { startNodeEngine } from "../../../simulator/engines/node.ts";
import type { ReceiverModel } from "../../../simulator/hardware/gnss-receiver.ts";
import { replayLines, type SummaryLine, summaryLine, sumUp } from "../../../simulator/replay/lines.ts";
import { type ReplayResult, replay } from "../../../simulator/replay/replay.ts";
import { reportData } from "../../../simulator/replay/report-data.ts";
import { renderReport } from "../../../simulator/report/html.ts";
import { readZones } from "../../zones/geojson.ts";
import { openOrder, readOrder } from "../../zones/order.ts";
import { EXIT } from "../exit-codes.ts";
import { readText, refuseExisting, writeFileAtomically } from "../files.ts";
import { chooseLang, print, say } from "../output.ts";
import { createProgress } from "../progress.ts";
import { storyLines } from "../story-text.ts";
import { loadTrace } from "./trace.ts";

/** Options as commander gives them. */
interface ReplayFlags {
  zones: string;
  order?: string;
  delayS?: string;
  heartbeatS?: string;
  engine: EngineName;
  receiver: ReceiverModel;
  seed: string;
  json?: boolean;
  report?: string;
  force?: boolean;
}

/** `omamori replay`: recorded traces through the bracelet, and whether it kept its promise. */
export function addReplayCommand(program: Command): void {
  program
    .command("replay <trace...>")
    .description(
      "run recorded traces through the bracelet's firmware and see what it reports, how late, and at what charge",
    )
    .requiredOption("--zones <file>", "GeoJSON: Polygon, MultiPolygon, or Point with radiusM")
    .option("--order <file>", "order as JSON: dates, UTC offsets, D and H (default: always in force, UTC)")
    .option("--delay-s <n>", "D: a stay this long is detected within this time (default: the order's, else 60)")
    .option("--heartbeat-s <n>", "H: at most this long between fixes, however far (default: the order's, else 900)")
    .addOption(new Option("--engine <name>", "where the image runs").choices(["node", "bundle"]).default("node"))
    .addOption(
      new Option("--receiver <model>", "GNSS model; .nmea and .ubx bring their own bytes")
        .choices(["ideal", "realistic"])
        .default("realistic"),
    )
    .option("--seed <n>", "of everything random", "1")
    .option("--json", "one JSON object a line: fixes, alerts, and the summary last")
    .option("--report <file>", "write one HTML page that works offline")
    .option("--force", "replace the report if it exists")
    .addHelpText(
      "after",
      `
Exit code 11: a visit of D or longer was missed or detected late, within the speed model.

Examples:
  omamori replay day.csv --zones zones.geojson
  omamori replay ride.gpx --zones zones.geojson --receiver ideal --report ride.html
  omamori replay monday.csv tuesday.csv --zones zones.geojson --json | tail -n 1`,
    )
    .action((files: string[], flags: ReplayFlags) => {
      const lang = chooseLang(program.opts<{ lang?: string }>().lang, process.env);
      process.exitCode = runReplay(files, flags, lang);
    });
}

function runReplay(files: string[], flags: ReplayFlags, lang: "en" | "ja"): number {
  const seed = wholeNumber("--seed", flags.seed, 0, 2 ** 32 - 1);
  if (flags.report !== undefined) {
    if (files.length > 1) throw badOption("--report draws one trace; replay the others one by one");
    refuseExisting(flags.report, flags.force === true);
  }
  const order = orderOf(flags);
  const startEngine = flags.engine === "bundle" ? bundleOf() : startNodeEngine;
  const progress = createProgress(process.stderr);
  const summaries: SummaryLine[] = [];
  for (const [i, file] of files.entries()) {
    const trace = loadTrace(file);
    const label = files.length > 1 ? `${trace.name} (${i + 1} of ${files.length})` : trace.name;
    const startedMs = performance.now();
    const result = replay(trace, {
      order,
      startEngine,
      receiver: flags.receiver,
      seed,
      onProgress: (done) => progress.show(label, done),
    });
    const wallS = (performance.now() - startedMs) / 1000;
    progress.end();
    const summary = summaryLine(result, wallS);
    summaries.push(summary);
    if (flags.json === true)
      for (const line of replayLines(result, files.length > 1 ? trace.name : undefined)) print(JSON.stringify(line));
    else for (const line of storyLines(result, lang)) print(line);
    if (flags.report !== undefined) writeReport(flags.report, result, flags, wallS, lang);
  }
  if (flags.json === true) {
    if (files.length > 1) for (const summary of summaries) print(JSON.stringify({ ...summary, kind: "trace" }));
    print(JSON.stringify(summaries.length === 1 ? summaries[0] : sumUp(summaries)));
  }
  return summaries.some((s) => s.missed > 0 || s.late > 0) ? EXIT.promiseMissed : EXIT.ok;
}

function orderOf(flags: ReplayFlags): Order {
  const zones = readZones(readText(flags.zones), flags.zones);
  const order = flags.order === undefined ? openOrder(zones) : readOrder(readText(flags.order), flags.order, zones);
  if (flags.delayS !== undefined) order.delayS = wholeNumber("--delay-s", flags.delayS, 30, 3600);
  if (flags.heartbeatS !== undefined) order.heartbeatS = wholeNumber("--heartbeat-s", flags.heartbeatS, 60, 86_400);
  if (order.heartbeatS < order.delayS)
    throw badOption(`H (${order.heartbeatS} s) is shorter than D (${order.delayS} s)`);
  return order;
}

/** The bundle lies beside the command line in dist/. */
function bundleOf(): StartEngine {
  return bundleEngine(fileURLToPath(new URL("../firmware/bracelet.espruino.js", import.meta.url)));
}

function writeReport(file: string, result: ReplayResult, flags: ReplayFlags, wallS: number, lang: "en" | "ja"): void {
  writeFileAtomically(file, renderReport(reportData(result, flags.engine, wallS), lang), flags.force === true);
  say(`wrote ${file}`);
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw badOption(`${name} must be a whole number from ${least} to ${most}, not ${text}`);
  return value;
}

function badOption(detail: string): ToolError {
  return new ToolError("cli.bad-option", { detail, command: "replay" });
}
