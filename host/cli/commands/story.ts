import { createRequire } from "node:module";
import path from "node:path";
import type { Command } from "commander";
import { ToolError } from "../../../protocol/errors.ts";
import { startNodeEngine } from "../../../simulator/engines/node.ts";
import { layZones } from "../../../simulator/replay/lay-zones.ts";
import { replay } from "../../../simulator/replay/replay.ts";
import { reportData } from "../../../simulator/replay/report-data.ts";
import { renderReport } from "../../../simulator/report/html.ts";
import { makePath } from "../../../simulator/world/path.ts";
import { openOrder } from "../../zones/order.ts";
import { EXIT } from "../exit-codes.ts";
import { writeFileAtomically } from "../files.ts";
import { chooseLang, print, textOf } from "../output.ts";
import { createProgress } from "../progress.ts";
import { storyLines } from "../story-text.ts";
import { loadTrace } from "./trace.ts";

const REPORT = "omamori-report.html";
const SEED = 1;
/** As many places as an order usually names: home, work, a school, the parents'. */
const ZONES = 4;

/** `npm start`: the main job on a ride that npm brings along, told as a story. */
export function addStoryCommand(program: Command): void {
  program
    .command("story")
    .description("replay a recorded ride against zones laid on its way, and tell what happened")
    .option("-o, --output <file>", "report to write (replaced if it exists)", REPORT)
    .action((options: { output: string }) => {
      process.exitCode = tellStory(options.output, chooseLang(program.opts<{ lang?: string }>().lang, process.env));
    });
}

function tellStory(output: string, lang: "en" | "ja"): number {
  const trace = loadTrace(rideFile());
  const order = openOrder(layZones(makePath(trace), SEED, ZONES));
  const progress = createProgress(process.stderr);
  const startedMs = performance.now();
  const result = replay(trace, {
    order,
    startEngine: startNodeEngine,
    receiver: "realistic",
    seed: SEED,
    onProgress: (done) => progress.show(trace.name, done),
  });
  const wallS = (performance.now() - startedMs) / 1000;
  progress.end();
  for (const line of storyLines(result, lang)) print(line);
  writeFileAtomically(output, renderReport(reportData(result, "node", wallS), lang), true);
  print(textOf(lang, "story.report", { file: path.resolve(output) }).text);
  return result.visits.some((v) => v.late && v.beyondModel === undefined) ? EXIT.promiseMissed : EXIT.ok;
}

/** A real ride (MIT), from a package of the development dependencies. */
function rideFile(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve("stoplight/package.json");
    return path.join(path.dirname(manifest), "gpx", "sample-ride.gpx");
  } catch {
    throw new ToolError("cli.cannot-read", {
      file: "stoplight/gpx/sample-ride.gpx",
      detail: "install the development dependencies: npm ci",
    });
  }
}
