import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, Option } from "commander";
import { addReplayCommand } from "./commands/replay.ts";
import { addStoryCommand } from "./commands/story.ts";
import { addTraceCommands } from "./commands/trace.ts";
import { EXIT } from "./exit-codes.ts";
import { chooseLang, report } from "./output.ts";

/** The whole command line. Commands set `process.exitCode` only where it is not 0. */
export function buildProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const program = new Command("omamori");
  program
    .description("Bracelet, fob and toolkit that enforce an anti-stalking order.")
    .version(version)
    .addOption(new Option("--lang <lang>", "language of messages (default: the locale's)").choices(["en", "ja"]))
    .showHelpAfterError("(see --help)")
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  omamori replay day.csv --zones zones.geojson --report day.html
  omamori trace info recording.ubx
  omamori trace convert ride.gpx --to csv -o ride.csv

Exit codes: 0 ok · 1 internal error · 2 usage or bad input · 11 the replay missed its promise`,
    );
  addReplayCommand(program);
  addTraceCommands(program);
  addStoryCommand(program);
  return program;
}

export async function main(argv: string[]): Promise<number> {
  const program = buildProgram();
  try {
    await program.parseAsync(argv);
    return typeof process.exitCode === "number" ? process.exitCode : EXIT.ok;
  } catch (error) {
    // Commander has said what was wrong with the command line, or shown what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return report(error, chooseLang(program.opts<{ lang?: string }>().lang, process.env));
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.internal),
  );
  process.exitCode = await main(process.argv);
}
