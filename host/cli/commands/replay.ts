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
import { parseInstant } from "../../../simulator/traces/instant.ts";
import { readTrace } from "../../../simulator/traces/read.ts";
import type { Trace } from "../../../simulator/traces/trace.ts";
import { readZones } from "../../zones/geojson.ts";
import { DELAY_BOUNDS_S, DELAY_S, HEARTBEAT_BOUNDS_S, HEARTBEAT_S, openOrder, readOrder } from "../../zones/order.ts";
import { loadRecording } from "../evidence-bundle.ts";
import { EXIT } from "../exit-codes.ts";
import { checkOutput, DASH, nameOf, readFile, readText, writeWhole } from "../files.ts";
import { examples } from "../help.ts";
import { SEED_MOST, wholeNumber } from "../options.ts";
import { type Lang, print, say, textOf, warn } from "../output.ts";
import { createProgress } from "../progress.ts";
import { isRecorded, replayRecorded } from "../replay-journal.ts";
import { storyLines, totalLines } from "../story-text.ts";

/** Options as commander gives them. */
interface ReplayFlags {
  zones: string;
  order?: string;
  from?: string;
  to?: string;
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
export function addReplayCommand(program: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  program
    .command("replay")
    .argument("<trace...>", words("help.traces"))
    .description(words("help.replay"))
    .option("--zones <file>", words("help.zones"))
    .addOption(new Option("--order <file>", words("help.order")).default(undefined, words("help.no-order")))
    .option("--from <instant>", words("help.replay-from"))
    .option("--to <instant>", words("help.replay-to"))
    .addOption(
      new Option("--delay-s <n>", words("help.delay")).default(
        undefined,
        textOf(lang, "help.order-or", { value: DELAY_S }).text,
      ),
    )
    .addOption(
      new Option("--heartbeat-s <n>", words("help.heartbeat")).default(
        undefined,
        textOf(lang, "help.order-or", { value: HEARTBEAT_S }).text,
      ),
    )
    .addOption(new Option("--engine <name>", words("help.engine")).choices(["node", "bundle"]).default("node"))
    .addOption(
      new Option("--receiver <model>", words("help.receiver")).choices(["ideal", "realistic"]).default("realistic"),
    )
    .option("--seed <n>", words("help.seed"), "1")
    .option("--json", words("help.replay-json"))
    .option("--report <file>", words("help.report"))
    .option("--force", words("help.force"))
    .addHelpText("after", `\n${words("help.promise-missed")}\n${words("help.replay-exit")}`)
    .addHelpText(
      "after",
      examples(
        lang,
        "replay day.csv --zones zones.geojson",
        "replay ride.gpx --zones zones.geojson --receiver ideal --report ride.html",
        "replay monday.csv tuesday.csv --zones zones.geojson --json | tail -n 1",
        "replay bundle.cbor",
        "replay journal.bin --order sealed-order.cbor --from 2026-11-24T08:00+09:00",
      ),
    )
    .action(async (files: string[], flags: Omit<ReplayFlags, "zones"> & { zones?: string }, command: Command) => {
      const { zones } = flags;
      if (zones === undefined) process.exitCode = await runRecorded(files, flags, command, lang);
      else {
        refuseGiven(command, ONLY_RECORDED, "replay.option-with-zones");
        process.exitCode = await runReplay(files, { ...flags, zones }, lang);
      }
    });
}

/** What only a run over zones, and what only a journal run again, knows what to do with. */
const ONLY_ZONES = ["delayS", "heartbeatS", "receiver", "seed", "report", "force"];
const ONLY_RECORDED = ["from", "to"];

/** What would be passed over in silence is refused: who gave it would take the answer for one that heeds it. */
function refuseGiven(command: Command, names: string[], code: string): void {
  for (const option of command.options)
    if (names.includes(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === "cli")
      throw new ToolError(code, { option: option.long ?? "" });
}

/** Without zones it can only be what a device recorded: its order says which zones there were. */
async function runRecorded(
  files: string[],
  flags: Omit<ReplayFlags, "zones">,
  command: Command,
  lang: Lang,
): Promise<number> {
  const [file] = files;
  const bytes = Uint8Array.from(readFile(file));
  // What is no recording at all needs no zones: what is wrong with it is said instead.
  if (!isRecorded(bytes)) readTrace(bytes, nameOf(file));
  if (!isRecorded(bytes))
    throw new ToolError("cli.missing-option", { what: "--zones <file>", detail: "reason.see-help" });
  if (files.length > 1) throw new ToolError("replay.one-journal", { file: nameOf(file) });
  refuseGiven(command, ONLY_ZONES, "replay.option-without-zones");
  const orders =
    flags.order === undefined ? [] : [{ bytes: Uint8Array.from(readFile(flags.order)), name: nameOf(flags.order) }];
  const instant = (option: string, text: string | undefined) => {
    const ms = text === undefined ? undefined : parseInstant(text);
    if (text !== undefined && ms === undefined) throw new ToolError("evidence.bad-instant", { option, value: text });
    return ms;
  };
  const [fromMs, toMs] = [instant("--from", flags.from), instant("--to", flags.to)];
  const { engine, json = false } = flags;
  return replayRecorded(bytes, file, { orders, fromMs, toMs, engine, json }, lang);
}

/** All that can be refused is refused before the first trace runs, so that output is whole or there is none. */
async function runReplay(files: string[], flags: ReplayFlags, lang: Lang): Promise<number> {
  const seed = wholeNumber("--seed", flags.seed, 0, SEED_MOST);
  checkReport(files, flags);
  const order = orderOf(flags);
  const startEngine = flags.engine === "bundle" ? bundleOf() : startNodeEngine;
  const traces = files.map((file) => loadRecording(file, lang));
  for (const trace of traces) warnElsewhen(trace, order, flags.order, lang);
  const progress = createProgress(process.stderr);
  const summaries: SummaryLine[] = [];
  for (const [i, trace] of traces.entries()) {
    const count = textOf(lang, "replay.count", { n: i + 1, of: traces.length }).text;
    const several = traces.length > 1;
    const name = several ? trace.file : trace.name;
    const label = several ? `${name} ${count}` : name;
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
    summaries.push(summaryLine(result, wallS));
    if (flags.json === true) printLines(result, several);
    else for (const line of storyLines(result, name, lang)) print(line);
    if (flags.report !== undefined) await writeReport(flags.report, result, flags, wallS, lang);
  }
  printAccount(summaries, flags.json === true, lang);
  return summaries.some((s) => s.missed > 0 || s.late > 0) ? EXIT.promiseMissed : EXIT.ok;
}

function checkReport(files: string[], { report, force, zones, order }: ReplayFlags): void {
  if (report === undefined) return;
  if (files.length > 1) throw new ToolError("replay.one-report", { file: report });
  if (report === DASH) throw new ToolError("cli.page-to-stdout", { option: "--report" });
  checkOutput(report, order === undefined ? [...files, zones] : [...files, zones, order], force === true);
}

function warnElsewhen(
  { file, timeMs, points }: Trace,
  { fromMs, toMs }: Order,
  order: string | undefined,
  lang: Lang,
): void {
  if (timeMs[points - 1] < fromMs || (toMs !== undefined && timeMs[0] >= toMs))
    warn(lang, "replay.order-elsewhen", { file, order: nameOf(order ?? "") });
}

function printLines(result: ReplayResult, several: boolean): void {
  const { name, file } = result.trace;
  for (const line of replayLines(result, several ? { trace: name, file } : undefined)) print(JSON.stringify(line));
}

function printAccount(summaries: SummaryLine[], json: boolean, lang: Lang): void {
  const several = summaries.length > 1;
  if (json && several) for (const summary of summaries) print(JSON.stringify({ ...summary, kind: "trace" }));
  if (json) print(JSON.stringify(several ? sumUp(summaries) : summaries[0]));
  else if (several) for (const line of totalLines(sumUp(summaries), lang)) print(line);
}

function orderOf(flags: ReplayFlags): Order {
  const zones = readZones(readText(flags.zones), nameOf(flags.zones));
  const isChanged = flags.delayS !== undefined || flags.heartbeatS !== undefined;
  const order =
    flags.order === undefined
      ? openOrder(zones)
      : readOrder(readText(flags.order), nameOf(flags.order), zones, !isChanged);
  if (flags.delayS !== undefined) order.delayS = wholeNumber("--delay-s", flags.delayS, ...DELAY_BOUNDS_S);
  if (flags.heartbeatS !== undefined)
    order.heartbeatS = wholeNumber("--heartbeat-s", flags.heartbeatS, ...HEARTBEAT_BOUNDS_S);
  const { delayS, heartbeatS } = order;
  if (heartbeatS < delayS) throw new ToolError("cli.heartbeat-under-delay", { delayS, heartbeatS });
  return order;
}

/** The bundle lies beside the command line in dist/. */
function bundleOf(): StartEngine {
  return bundleEngine(fileURLToPath(new URL("../firmware/bracelet.espruino.js", import.meta.url)));
}

async function writeReport(
  file: string,
  result: ReplayResult,
  flags: ReplayFlags,
  wallS: number,
  lang: Lang,
): Promise<void> {
  await writeWhole(file, renderReport(reportData(result, flags.engine, wallS), lang), flags.force === true);
  say(textOf(lang, "cli.wrote", { file }).text);
}
