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
import { circlesToGeoJson } from "../circles.ts";
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

interface StoryFlags {
  output: string;
  zonesOut?: string;
  force?: boolean;
}

/** `npm start`: the main job on a ride that npm brings along, told as a story. */
export function addStoryCommand(program: Command, lang: Lang): void {
  program
    .command("story")
    .description(textOf(lang, "help.story").text)
    .option("-o, --output <file>", textOf(lang, "help.story-output").text, REPORT)
    .option("--zones-out <file>", textOf(lang, "help.zones-out").text)
    .option("--force", textOf(lang, "help.force").text)
    .addHelpText("after", examples(lang, "story", "story -o ride.html", "story --zones-out zones.geojson"))
    .action(async (flags: StoryFlags) => {
      process.exitCode = await tellStory(flags, lang);
    });
}

async function tellStory({ output, zonesOut, force = false }: StoryFlags, lang: Lang): Promise<number> {
  const ride = rideFile();
  // The page that nobody named is ours to replace.
  const replaces = force || output === REPORT;
  checkBeside("-o", output, ride, replaces);
  if (zonesOut !== undefined) checkBeside("--zones-out", zonesOut, ride, force);
  if (zonesOut !== undefined && path.resolve(zonesOut) === path.resolve(output))
    throw new ToolError("cli.two-into-one", { file: output });
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
  await writeWhole(output, renderReport(reportData(result, "node", wallS), lang), replaces);
  print(textOf(lang, "story.report", { file: path.resolve(output) }).text);
  if (zonesOut !== undefined) {
    await writeWhole(zonesOut, circlesToGeoJson(order.zones), force);
    print(textOf(lang, "story.zones", { file: path.resolve(zonesOut) }).text);
  }
  return result.visits.some((v) => v.late && v.beyondModel === undefined) ? EXIT.promiseMissed : EXIT.ok;
}

function checkBeside(option: string, file: string, ride: string, force: boolean): void {
  if (file === DASH) throw new ToolError("cli.page-to-stdout", { option });
  checkOutput(file, [ride], force);
}

/** A real ride (MIT), from a package of the development dependencies. */
export function rideFile(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve("stoplight/package.json");
    return path.join(path.dirname(manifest), "gpx", "sample-ride.gpx");
  } catch {
    throw new ToolError("story.no-ride");
  }
}
