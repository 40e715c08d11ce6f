import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { type Command, Option } from "commander";
import { ToolError } from "../../../protocol/errors.ts";
import { type ReadOrder, readOrderFile } from "../../orders/order-file.ts";
import { REQUEST_EXAMPLE } from "../../orders/request-example.ts";
import { readRequest } from "../../orders/requests.ts";
import { encodeSealedFile, isSealedFile } from "../../orders/sealed-file.ts";
import { makeSheet, type Reader, type Sheet } from "../../orders/sheet.ts";
import { sheetHtml } from "../../orders/sheet-html.ts";
import { sheetText } from "../../orders/sheet-text.ts";
import { type Given, sampleYaml, templateYaml } from "../../orders/template.ts";
import { parseYaml } from "../../orders/yaml.ts";
import { addVaultOptions, type VaultFlags } from "../../vault/passphrase.ts";
import type { Fields } from "../../zones/json.ts";
import { EXIT } from "../exit-codes.ts";
import {
  checkOutput,
  DASH,
  DOCUMENT_MOST_BYTES,
  nameOf,
  PRIVATE_MODE,
  readFile,
  readText as readTextFile,
  reasonOf,
  writeWhole,
} from "../files.ts";
import { addHelpCommand, examples } from "../help.ts";
import { printAll, requestJson, requestLines, sealingJson, verificationLines } from "../order-output.ts";
import { loaderBeside, type OutputFlags, readOrder, verify } from "../order-sealing.ts";
import { type Lang, printRaw, report, say, textOf } from "../output.ts";
import { addAmend, addEnd, addSeal, addSign } from "./order-seal.ts";

/** `omamori order …`: write, look at, seal, amend and end a court's order. */
export function addOrderCommands(program: Command, lang: Lang): void {
  const order = program.command("order").description(textOf(lang, "help.orders").text);
  addCreate(order, lang);
  addShow(order, lang);
  addSeal(order, lang);
  addAmend(order, lang);
  addEnd(order, lang);
  addRequests(order, lang);
  addSign(order, lang);
  addHelpCommand(order, lang);
}

function addCreate(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addOutput(order.command("create").description(words("help.order-create")), lang)
    .option("--id <id>", words("help.order-id"))
    .option("--person <name>", words("help.order-person"))
    .option("--birth <day>", words("help.order-birth"))
    .option("--court <name>", words("help.order-court"))
    .option("--from <time>", words("help.order-from"))
    .option("--to <time>", words("help.order-to"))
    .option("--timezone <name>", words("help.order-timezone"))
    .option("--from-zones <file>", words("help.order-from-zones"))
    .addHelpText(
      "after",
      examples(
        lang,
        "order create -o order.yaml",
        "order create --id 2026-17 --from-zones zones.geojson -o order.yaml",
      ),
    )
    .action(async (flags: OutputFlags & Given & { fromZones?: string }) => {
      const { output = DASH, force = false, fromZones } = flags;
      if (output !== DASH) checkOutput(output, fromZones === undefined ? [] : [fromZones], force);
      const folder = output === DASH ? "." : path.dirname(output);
      const zonesFile = fromZones === undefined ? undefined : path.relative(folder, fromZones) || fromZones;
      const name = output === DASH ? "stdout" : output;
      checkGiven({ ...flags, zonesFile }, name, folder);
      const yaml = templateYaml({ ...flags, zonesFile }, lang);
      const text = flags.json ? `${JSON.stringify(parseYaml(yaml, name).root, undefined, 2)}\n` : yaml;
      await write(output, text, force, lang);
    });
}

/** Where in the file what an option gives ends up. */
const OPTION_AT: Record<string, string> = {
  ...{ id: "--id", "person.name": "--person", "person.birth": "--birth", "court.name": "--court" },
  ...{ from: "--from", to: "--to", timezone: "--timezone" },
};

/** What was given is held against the rules at once, not when it is sealed; it is named as it was given. */
function checkGiven(given: Given, name: string, folder: string): void {
  try {
    readOrderFile(sampleYaml(given), name, loaderBeside(path.join(folder, "-")));
  } catch (error) {
    const at = error instanceof ToolError && error.code === "order.bad-field" ? String(error.params.at) : "";
    if (!(error instanceof ToolError) || !Object.hasOwn(OPTION_AT, at)) throw error;
    const { line: _, ...params } = error.params;
    throw new ToolError(error.code, { ...params, file: OPTION_AT[at] });
  }
}

interface ShowFlags extends VaultFlags, OutputFlags {
  for: Reader;
  html?: boolean;
  publicKeys?: string;
  redact?: boolean;
}

function addShow(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addVaultOptions(
    addOutput(order.command("show").argument("<file>", words("help.order-file")), lang).description(
      words("help.order-show"),
    ),
    lang,
  )
    .addOption(
      new Option("--for <reader>", words("help.order-for")).choices(["wearer", "operator"]).default("operator"),
    )
    .addOption(new Option("--html", words("help.order-html")).conflicts("redact"))
    .addOption(new Option("--redact", words("help.order-redact")).conflicts("json"))
    .option("--public-keys <file>", words("help.public-keys"))
    .addHelpText(
      "after",
      examples(
        lang,
        "order show order.yaml --for wearer --lang ja",
        "order show order.sealed --public-keys keys.json --for wearer --html -o sheet.html",
        "order show order.sealed --public-keys keys.json --redact -o court.sealed",
      ),
    )
    .action((file: string, flags: ShowFlags) => show(file, flags, lang));
}

async function show(file: string, flags: ShowFlags, lang: Lang): Promise<void> {
  const { output = DASH, force = false, html, json } = flags;
  if (output !== DASH) checkOutput(output, [file], force);
  const bytes = readFile(file, DOCUMENT_MOST_BYTES);
  if (!isSealedFile(bytes)) {
    if (flags.redact) throw new ToolError("order.not-sealed", { file: nameOf(file) });
    const read = readOrder(file, bytes);
    const sheet = makeSheet(read.order, flags.for, lang, undefined);
    await write(output, json ? `${JSON.stringify(shownTo(flags.for, read))}\n` : sheetOf(sheet, html), force, lang);
    return;
  }
  const { sealed, verified, hasKey } = await verify(file, bytes, flags, lang);
  const { read, statement, isRedacted } = verified;
  if (flags.redact) {
    if (sealed.centre === undefined) throw new ToolError("order.nothing-hidden", { file: nameOf(file) });
    await write(output, encodeSealedFile({ ...sealed, centre: undefined }), force, lang);
    return;
  }
  if (json) {
    const line = JSON.parse(sealingJson(verified, sealed, nameOf(file))) as Record<string, unknown>;
    // Whether something was kept from him is kept from him as well.
    const more =
      flags.for === "wearer" ? { reason: null, requestedBy: null, agreedBy: null } : { redacted: isRedacted };
    const document = read === undefined ? null : shownTo(flags.for, read);
    await write(output, `${JSON.stringify({ ...line, ...more, verified: true, document })}\n`, force, lang);
    return;
  }
  if (read === undefined && (html || output !== DASH)) throw new ToolError("order.no-sheet", { file: nameOf(file) });
  for (const line of verificationLines(verified, hasKey, flags.for, lang)) say(line);
  if (read !== undefined)
    await write(output, sheetOf(makeSheet(read.order, flags.for, lang, statement), html), force, lang);
}

function sheetOf(sheet: Sheet, html: boolean | undefined): string {
  return html ? sheetHtml(sheet) : `${sheetText(sheet)}\n`;
}

/**
 * The wearer gets nothing of a place that he is not told of, wherever it still stands, and no notes of the court's own. An order
 * names zones, hidden ones or a distance: both of the others are always written out, or their absence would tell of the third.
 */
function shownTo(reader: Reader, { order, document }: ReadOrder): Fields {
  if (reader !== "wearer") return document;
  const withoutNotes: Fields = JSON.parse(JSON.stringify(document), (name, value) =>
    name.startsWith("x-") ? undefined : value,
  );
  const { centreZones: _, zones = [], distances: __, ...open } = withoutNotes;
  const told = (zones as Fields[]).filter((zone) => (zone.properties as Fields).disclosed === true);
  return { ...open, zones: told, distances: { proximityM: order.proximityM } };
}

function addRequests(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const example = JSON.stringify(REQUEST_EXAMPLE, undefined, 2);
  order
    .command("requests")
    .argument("[paths...]", words("help.order-requests-paths"))
    .description(words("help.order-requests"))
    .option("--json", words("help.json-lines"))
    .option("--example", words("help.order-requests-example"))
    .addHelpText("after", `\n${words("help.order-request-shape")}\n${example.replace(/^/gm, "  ")}`)
    .addHelpText("after", examples(lang, "order requests requests/", "order requests --example > request.json"))
    .action((paths: string[], flags: { json?: boolean; example?: boolean }) => {
      if (flags.example) printAll([example]);
      else if (paths.length > 0) listRequests(paths, flags.json === true, lang);
      else throw new ToolError("cli.missing-argument", { what: "paths", detail: "reason.see-help" });
    });
}

/** Every one that can be read, and of every other what is wrong with it: one bad file keeps nobody waiting. */
function listRequests(paths: string[], json: boolean, lang: Lang): void {
  let [listed, refused] = [0, 0];
  const orReport = (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      report(error, lang);
      refused++;
    }
  };
  const list = (file: string) => {
    const request = readRequest(readTextFile(file), nameOf(file));
    printAll(json ? [requestJson(request, nameOf(file))] : requestLines(request, nameOf(file), lang));
    listed++;
  };
  for (const named of paths)
    orReport(() => {
      for (const file of filesIn(named)) orReport(() => list(file));
    });
  say(textOf(lang, refused === 0 ? "request.listed" : "request.some-refused", { n: listed, refused }).text);
  if (refused > 0) process.exitCode = EXIT.usage;
}

/** JSON files of a folder by their names, or the file itself. */
function filesIn(named: string): string[] {
  try {
    if (named === DASH || !statSync(named, { throwIfNoEntry: false })?.isDirectory()) return [named];
    const names = readdirSync(named).filter((name) => name.endsWith(".json"));
    return names.sort().map((name) => path.join(named, name));
  } catch (error) {
    throw new ToolError("cli.cannot-read", { file: named, ...reasonOf(error) });
  }
}

function addOutput(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return command
    .addOption(new Option("-o, --output <file>", words("help.output")).default(undefined, "stdout"))
    .option("--force", words("help.force"))
    .option("--json", words("help.json-line"));
}

async function write(output: string, content: string | Uint8Array, force: boolean, lang: Lang): Promise<void> {
  if (output === DASH) {
    printRaw(content);
    return;
  }
  // It names a person, his birth and, but for the wearer, hidden places.
  await writeWhole(output, content, force, PRIVATE_MODE);
  say(textOf(lang, "cli.wrote", { file: output }).text);
}
