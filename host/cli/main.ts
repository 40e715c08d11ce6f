import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, Option } from "commander";
import { addEvidenceCommands } from "./commands/evidence.ts";
import { addImageCommands } from "./commands/image.ts";
import { addOrderCommands } from "./commands/order.ts";
import { addReplayCommand } from "./commands/replay.ts";
import { addStoryCommand } from "./commands/story.ts";
import { addTraceCommands } from "./commands/trace.ts";
import { addVaultCommands } from "./commands/vault.ts";
import { EXIT } from "./exit-codes.ts";
import { addHelpCommand, examples, translateHelp } from "./help.ts";
import { checkValues } from "./options.ts";
import { chooseLang, finishOutput, type Lang, outliveStreams, report, textOf } from "./output.ts";
import { usageError } from "./usage-error.ts";

/** The whole command line. Commands set `process.exitCode` only where it is not 0. */
export function buildProgram(lang: Lang): Command {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const words = (code: string) => textOf(lang, code).text;
  const program = new Command("omamori");
  translateHelp(program, lang);
  program
    .description(words("help.omamori"))
    .version(version, "-V, --version", words("help.version"))
    .addOption(new Option("--lang <lang>", words("help.lang")).choices(["en", "ja"]))
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText(
      "after",
      examples(
        lang,
        "replay day.csv --zones zones.geojson --report day.html",
        "trace info recording.ubx",
        "trace convert ride.gpx --to csv -o ride.csv",
      ),
    )
    .addHelpText("after", `\n${words("help.exit-codes")}`);
  addReplayCommand(program, lang);
  addTraceCommands(program, lang);
  addStoryCommand(program, lang);
  addVaultCommands(program, lang);
  addOrderCommands(program, lang);
  addImageCommands(program, lang);
  addEvidenceCommands(program, lang);
  addHelpCommand(program, lang);
  checkValues(program);
  return program;
}

export async function main(argv: string[]): Promise<number> {
  const lang = chooseLang(askedLang(argv), process.env);
  const code = await run(argv, lang);
  try {
    await finishOutput();
    return code;
  } catch (error) {
    return report(error, lang);
  }
}

async function run(argv: string[], lang: Lang): Promise<number> {
  try {
    await buildProgram(lang).parseAsync(argv);
    return typeof process.exitCode === "number" ? process.exitCode : EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error, lang);
    // Help that was asked for is no error; help because nothing was asked for has said enough.
    if (error.exitCode === 0) return EXIT.ok;
    return error.code === "commander.help" ? EXIT.usage : report(usageError(error), lang);
  }
}

/** Needed before commander reads the line: its help is in that language. */
function askedLang(argv: string[]): string | undefined {
  const at = argv.findIndex((word) => word === "--lang" || word.startsWith("--lang="));
  return at < 0 ? undefined : (argv[at].split("=")[1] ?? argv[at + 1]);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  outliveStreams();
  process.exitCode = await main(process.argv);
}
