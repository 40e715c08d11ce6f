import { randomBytes } from "node:crypto";
import { type Command, Option } from "commander";
import { ToolError } from "../../../protocol/errors.ts";
import { anonymise } from "../../../simulator/traces/anonymise.ts";
import { writeSequence } from "../../../simulator/traces/sequence.ts";
import type { Trace } from "../../../simulator/traces/trace.ts";
import { toCsv, toGeoJson, toGpx } from "../../../simulator/traces/write.ts";
import { type Random, seededRandom } from "../../../simulator/world/random.ts";
import { loadRecording } from "../evidence-bundle.ts";
import { checkOutput, DASH, writeWhole } from "../files.ts";
import { addHelpCommand, examples } from "../help.ts";
import { SEED_MOST, wholeNumber } from "../options.ts";
import { type Lang, printRaw, say, textOf, warn } from "../output.ts";
import { showFixes, showInfo } from "../trace-text.ts";

const WRITERS: Record<string, (trace: Trace) => string | Uint8Array> = {
  csv: toCsv,
  gpx: toGpx,
  geojson: toGeoJson,
  cbor: writeSequence,
};
const FORMATS = Object.keys(WRITERS);

interface OutputFlags {
  to?: string;
  output?: string;
  force?: boolean;
}

/** `omamori trace …`: look at recordings, convert them, make them safe to show. */
export function addTraceCommands(program: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const trace = program.command("trace").description(words("help.trace"));
  const json = words("help.json-line");
  const file = words("help.trace-file");
  trace
    .command("info")
    .argument("<file>", file)
    .description(words("help.trace-info"))
    .option("--json", json)
    .addHelpText("after", examples(lang, "trace info recording.ubx", "trace info --json - < day.csv"))
    .action((file: string, flags: { json?: boolean }) =>
      showInfo(loadRecording(file, lang), flags.json === true, lang),
    );
  addOutputOptions(trace.command("convert").argument("<in>", file).description(words("help.trace-convert")), lang)
    .addHelpText(
      "after",
      examples(
        lang,
        "trace convert ride.gpx --to csv -o ride.csv",
        "trace convert journal.bin -o way.gpx",
        "trace convert bundle.cbor --to geojson",
      ),
    )
    .action((file: string, flags: OutputFlags) => convert(file, flags, (trace) => trace, lang));
  addOutputOptions(trace.command("anonymise").argument("<in>", file).description(words("help.trace-anonymise")), lang)
    .addOption(new Option("--seed <n>", words("help.anonymise-seed")).default(undefined, words("help.no-seed")))
    .addHelpText("after", examples(lang, "trace anonymise ride.gpx -o shown.gpx"))
    .action((file: string, flags: OutputFlags & { seed?: string }) => {
      const random = randomOf(flags.seed);
      return convert(file, flags, (trace) => anonymise(trace, random), lang);
    });
  trace
    .command("fixes")
    .argument("<file>", file)
    .description(words("help.trace-fixes"))
    .option("--json", words("help.json-lines"))
    .addHelpText("after", examples(lang, "trace fixes recording.nmea", "trace fixes recording.nmea --json"))
    .action((file: string, flags: { json?: boolean }) =>
      showFixes(loadRecording(file, lang, { allowCutOff: true }), flags.json === true, lang),
    );
  addHelpCommand(trace, lang);
}

function addOutputOptions(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return command
    .addOption(new Option("--to <format>", words("help.to")).choices(FORMATS).default(undefined, words("help.by-name")))
    .addOption(new Option("-o, --output <file>", words("help.output")).default(undefined, "stdout"))
    .option("--force", words("help.force"));
}

async function convert(input: string, flags: OutputFlags, change: (trace: Trace) => Trace, lang: Lang): Promise<void> {
  const { output = DASH, force = false } = flags;
  const named = formatNamed(output);
  const format = flags.to ?? named;
  if (format === undefined) throw new ToolError("cli.no-format", { choices: FORMATS.join(", ") });
  if (output !== DASH) checkOutput(output, [input], force);
  if (named !== undefined && named !== format) warn(lang, "cli.other-extension", { file: output, format });
  const content = written(change(loadRecording(input, lang)), format);
  if (output === DASH) {
    printRaw(content);
    return;
  }
  await writeWhole(output, content, force);
  say(textOf(lang, "cli.wrote", { file: output }).text);
}

/** V8 holds no text of more than half a gigabyte. */
function written(trace: Trace, format: string): string | Uint8Array {
  try {
    return WRITERS[format](trace);
  } catch (error) {
    if (error instanceof RangeError) throw new ToolError("cli.too-long", { format });
    throw error;
  }
}

/** The format that an output's name promises. */
function formatNamed(output: string): string | undefined {
  const extension = /\.(\w+)$/.exec(output)?.[1].toLowerCase();
  return FORMATS.find((format) => format === extension);
}

/**
 * Without a seed nobody can draw the same again, and so nobody can turn the trace back: of the 2³² seeds one can try all until
 * the first point fits.
 */
function randomOf(seed: string | undefined): Random {
  if (seed !== undefined) return seededRandom(wholeNumber("--seed", seed, 0, SEED_MOST), "anonymise");
  return () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}
