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
import { checkOutput, DASH, writeWhole } from "../files.ts";
import { examples } from "../help.ts";
import { loadTrace } from "../load-trace.ts";
import { type Lang, print, textOf } from "../output.ts";
import { createProgress } from "../progress.ts";
import { storyLines } from "../story-text.ts";

const REPORT = "omamori-report.html";
const SEED = 1;
/** As many places as an order usually names: home, work, a school, the parents'. */
const ZONES = 4;

/** `npm start`: the main job on a ride that npm brings along, told as a story. */
export function addStoryCommand(program: Command, lang: Lang): void {
  program
    .command("story")
    .description(textOf(lang, "help.story").text)
    .option("-o, --output <file>", textOf(lang, "help.story-output").text, REPORT)
    .addHelpText("after", examples(lang, "story", "story -o ride.html"))
    .action(async ({ output }: { output: string }) => {
      process.exitCode = await tellStory(output, lang);
    });
}

async function tellStory(output: string, lang: Lang): Promise<number> {
  if (output === DASH) throw new ToolError("cli.page-to-stdout", { option: "-o" });
  const ride = rideFile();
  checkOutput(output, [ride], true);
  const trace = loadTrace(ride);
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
  for (const line of storyLines(result, trace.name, lang)) print(line);
  await writeWhole(output, renderReport(reportData(result, "node", wallS), lang), true);
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
      detail: "reason.no-ride",
    });
  }
}
