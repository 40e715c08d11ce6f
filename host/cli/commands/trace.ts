import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { type Command, Option } from "commander";
import { ToolError } from "../../../protocol/errors.ts";
import { anonymise } from "../../../simulator/traces/anonymise.ts";
import { judgeTrace } from "../../../simulator/traces/fixes.ts";
import { readTrace } from "../../../simulator/traces/read.ts";
import { writeSequence } from "../../../simulator/traces/sequence.ts";
import type { Trace } from "../../../simulator/traces/trace.ts";
import { toCsv, toGeoJson, toGpx } from "../../../simulator/traces/write.ts";
import { seededRandom } from "../../../simulator/world/random.ts";
import { readFile, refuseExisting, writeFileAtomically } from "../files.ts";
import { print, say } from "../output.ts";

const WRITERS: Record<string, (trace: Trace) => string | Uint8Array> = {
  csv: toCsv,
  gpx: toGpx,
  geojson: toGeoJson,
  cbor: writeSequence,
};

/** `omamori trace …`: look at recordings, convert them, make them safe to show. */
export function addTraceCommands(program: Command): void {
  const trace = program.command("trace").description("look at recorded traces and convert them");
  trace
    .command("info <file>")
    .description("what a recording holds")
    .option("--json", "one JSON object on stdout")
    .action((file: string, options: { json?: boolean }) => showInfo(loadTrace(file), options.json === true));
  trace
    .command("convert <in>")
    .description("write a recording in another format (to stdout without -o)")
    .addOption(new Option("--to <format>", "format").choices(Object.keys(WRITERS)).makeOptionMandatory())
    .option("-o, --output <file>", "file to write; never replaced without --force")
    .option("--force", "replace the output file")
    .addHelpText("after", "\nExample:\n  omamori trace convert ride.gpx --to csv -o ride.csv")
    .action((file: string, options: OutputOptions & { to: string }) => {
      refuseOutput(file, options);
      deliver(WRITERS[options.to](loadTrace(file)), options);
    });
  trace
    .command("anonymise <in>")
    .description(
      "shift, rotate and re-date a recording so that it can be shown; its shape stays recognisable to those who know it",
    )
    .requiredOption("-o, --output <file>", "file to write; format by its extension (csv, gpx, geojson, cbor)")
    .option("--seed <n>", "for a repeatable result (default: random)")
    .option("--force", "replace the output file")
    .action((file: string, options: OutputOptions & { seed?: string }) => {
      refuseOutput(file, options);
      const format = /\.(\w+)$/.exec(options.output ?? "")?.[1] ?? "";
      if (!Object.hasOwn(WRITERS, format))
        throw new ToolError("cli.bad-option", {
          detail: `-o: the extension must be one of ${Object.keys(WRITERS).join(", ")}`,
          command: "trace anonymise",
        });
      const seed = options.seed === undefined ? randomBytes(4).readUInt32LE() : Number(options.seed);
      deliver(WRITERS[format](anonymise(loadTrace(file), seededRandom(seed, "anonymise"))), options);
    });
  trace
    .command("fixes <file>")
    .description("every fix with the gate's verdict")
    .option("--json", "one JSON object a line")
    .action((file: string, options: { json?: boolean }) =>
      showFixes(readTrace(readFile(file), file, true), options.json === true),
    );
}

export function loadTrace(file: string): Trace {
  return readTrace(readFile(file), file);
}

interface OutputOptions {
  output?: string;
  force?: boolean;
}

function refuseOutput(input: string, options: OutputOptions): void {
  if (options.output === undefined) return;
  refuseExisting(options.output, options.force === true);
  if (options.force === true && sameFile(input, options.output))
    throw new ToolError("cli.same-file", { file: options.output });
}

function sameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

function deliver(content: string | Uint8Array, options: OutputOptions): void {
  if (options.output === undefined) process.stdout.write(content);
  else {
    writeFileAtomically(options.output, content, options.force === true);
    say(`wrote ${options.output}`);
  }
}

function showInfo(trace: Trace, json: boolean): void {
  const { points, timeMs } = trace;
  let longestGapS = 0;
  for (let i = 1; i < points; i++) longestGapS = Math.max(longestGapS, (timeMs[i] - timeMs[i - 1]) / 1000);
  const box = [extent(trace.latE7, 0), extent(trace.lonE7, 0)];
  const info = {
    name: trace.name,
    format: trace.format,
    points,
    from: new Date(timeMs[0]).toISOString(),
    to: new Date(timeMs[points - 1]).toISOString(),
    spanS: (timeMs[points - 1] - timeMs[0]) / 1000,
    longestGapS,
    south: box[0][0],
    north: box[0][1],
    west: box[1][0],
    east: box[1][1],
    hasAccuracy: trace.hAccM !== undefined,
    hasSpeed: trace.speedMps !== undefined,
    notices: trace.notices,
  };
  if (json) {
    print(JSON.stringify(info));
    return;
  }
  for (const [key, value] of Object.entries(info))
    print(`${key.padEnd(12)} ${typeof value === "object" ? JSON.stringify(value) : value}`);
}

function extent(valuesE7: Int32Array, start: number): [number, number] {
  let [low, high] = [valuesE7[start], valuesE7[start]];
  for (const v of valuesE7) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return [low / 1e7, high / 1e7];
}

function showFixes(trace: Trace, json: boolean): void {
  if (trace.notices.cutOff !== undefined) say(`${trace.name}: ends in the middle of a frame or sentence`);
  const counts = new Map<string, number>();
  judgeTrace(trace, (fix, reason) => {
    const verdict = reason ?? "accepted";
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    if (!json) return;
    const t = fix.timeMs === undefined ? null : new Date(fix.timeMs).toISOString();
    const hAccM = fix.hAccMm === undefined ? null : fix.hAccMm / 1000;
    const speedMps = fix.speedMmps === undefined ? null : fix.speedMmps / 1000;
    print(
      JSON.stringify({
        kind: "fix",
        t,
        lat: fix.latE7 / 1e7,
        lon: fix.lonE7 / 1e7,
        hAccM,
        speedMps,
        accepted: reason === undefined,
        reason: reason ?? null,
      }),
    );
  });
  if (!json) for (const [verdict, n] of counts) print(`${verdict.padEnd(28)} ${n}`);
}
