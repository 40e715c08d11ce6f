import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { type Command, Option } from "commander";
import { ToolError } from "../../../protocol/errors.ts";
import { UINT32_MOST } from "../../../protocol/limits.ts";
import { drawCounter } from "../../orders/counters.ts";
import { differences } from "../../orders/diff.ts";
import { orderForDevice } from "../../orders/for-device.ts";
import { readOrderFile } from "../../orders/order-file.ts";
import { applyRequest, readRequest } from "../../orders/requests.ts";
import { isSealedFile, sealEndFile } from "../../orders/sealed-file.ts";
import { makeSheet, type Reader } from "../../orders/sheet.ts";
import { sheetHtml } from "../../orders/sheet-html.ts";
import { sheetText } from "../../orders/sheet-text.ts";
import { type Given, templateOrder, templateYaml } from "../../orders/template.ts";
import { addVaultOptions, openVaultOf, type VaultFlags } from "../../vault/passphrase.ts";
import type { Fields } from "../../zones/json.ts";
import { checkOutput, DASH, nameOf, readFile, readText as readTextFile, writeWhole } from "../files.ts";
import { addHelpCommand, examples } from "../help.ts";
import {
  confirm,
  differenceJson,
  differenceLines,
  printAll,
  requestJson,
  requestLines,
  sealingJson,
  tellAll,
  verificationLines,
} from "../order-output.ts";
import {
  type AmendFlags,
  checkSealOutput,
  checkTwo,
  lastOrder,
  loaderBeside,
  NAME_MOST,
  named,
  type OutputFlags,
  readOrder,
  reasonOf,
  type SealFlags,
  sealAndWrite,
  sealKeys,
  tellSealed,
  verify,
  whyOfAmendment,
} from "../order-sealing.ts";
import { type Lang, printRaw, say, textOf } from "../output.ts";

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
      const template = templateOrder({ ...flags, zonesFile }, lang, Date.now());
      const text = flags.json ? `${JSON.stringify(template, undefined, 2)}\n` : templateYaml(template, lang);
      // What was given is held against the rules at once, not when it is sealed.
      readOrderFile(text, output === DASH ? "stdout" : output, loaderBeside(path.join(folder, "-")));
      await write(output, text, force, lang);
    });
}

interface ShowFlags extends VaultFlags, OutputFlags {
  for: Reader;
  html?: boolean;
  publicKeys?: string;
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
    .option("--html", words("help.order-html"))
    .option("--public-keys <file>", words("help.public-keys"))
    .addHelpText(
      "after",
      examples(
        lang,
        "order show order.yaml --for wearer --lang ja",
        "order show order.sealed --public-keys keys.json --for wearer --html -o sheet.html",
      ),
    )
    .action((file: string, flags: ShowFlags) => show(file, flags, lang));
}

async function show(file: string, flags: ShowFlags, lang: Lang): Promise<void> {
  const { output = DASH, force = false, html, json } = flags;
  if (output !== DASH) checkOutput(output, [file], force);
  const bytes = readFile(file);
  if (!isSealedFile(bytes)) {
    const { order, document } = readOrder(file, bytes);
    const sheet = makeSheet(order, flags.for, lang, undefined);
    await write(
      output,
      json ? `${JSON.stringify(shownTo(flags.for, document))}\n` : html ? sheetHtml(sheet) : `${sheetText(sheet)}\n`,
      force,
      lang,
    );
    return;
  }
  const { sealed, verified, hasKey } = await verify(file, bytes, flags, lang);
  const told = verificationLines(verified, hasKey, flags.for, lang);
  if (json) {
    const line = JSON.parse(sealingJson(verified, sealed, nameOf(file))) as Record<string, unknown>;
    const why = flags.for === "wearer" ? { reason: null, requestedBy: null, agreedBy: null } : {};
    const rest = {
      verified: true,
      redacted: verified.isRedacted,
      document: verified.read === undefined ? null : shownTo(flags.for, verified.read.document),
    };
    await write(output, `${JSON.stringify({ ...line, ...why, ...rest })}\n`, force, lang);
    return;
  }
  for (const line of told) say(line);
  if (verified.read === undefined) return;
  const sheet = makeSheet(verified.read.order, flags.for, lang, verified.statement);
  await write(output, html ? sheetHtml(sheet) : `${sheetText(sheet)}\n`, force, lang);
}

/** The wearer gets nothing of a place that he is not told of, wherever it still stands, and no notes of the court's own. */
function shownTo(reader: Reader, document: Fields): Fields {
  if (reader !== "wearer") return document;
  const withoutNotes: Fields = JSON.parse(JSON.stringify(document), (name, value) =>
    name.startsWith("x-") ? undefined : value,
  );
  const { centreZones: _, zones, ...open } = withoutNotes;
  if (!Array.isArray(zones)) return open;
  return { ...open, zones: zones.filter((zone) => zone.properties.disclosed === true) };
}

function addSeal(order: Command, lang: Lang): void {
  addSealOptions(order.command("seal").argument("<file>", textOf(lang, "help.order-file").text), lang)
    .description(textOf(lang, "help.order-seal").text)
    .addHelpText("after", examples(lang, "order seal order.yaml --device OMB-000123 -o order.sealed"))
    .action(async (file: string, flags: SealFlags) => {
      checkSealOutput(flags, [file]);
      const read = readOrder(file, readFile(file));
      const why = { reason: reasonOf(flags.reason), requestedBy: undefined, agreedBy: undefined };
      // Refused before the vault is asked for anything, and before a number is used up.
      orderForDevice(read.order, flags.device, UINT32_MOST);
      await sealAndWrite("order.seal", read, await openVaultOf(flags, lang), flags, why, lang);
    });
}

function addAmend(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addSealOptions(order.command("amend").argument("<file>", words("help.order-file")), lang)
    .description(words("help.order-amend"))
    .requiredOption("--last <sealed>", words("help.order-last"))
    .option("--requested-by <name>", words("help.order-requested-by"))
    .option("--agreed-by <name>", words("help.order-agreed-by"))
    .option("--yes", words("help.yes"))
    .addHelpText(
      "after",
      examples(lang, "order amend order.yaml --last order.sealed --device OMB-000123 -o order-2.sealed"),
    )
    .action(async (file: string, flags: AmendFlags) => {
      checkSealOutput(flags, [file, flags.last]);
      const read = readOrder(file, readFile(file));
      orderForDevice(read.order, flags.device, UINT32_MOST);
      const vault = await openVaultOf(flags, lang);
      const last = lastOrder(flags.last, vault, flags.device);
      if (last.read.order.id !== read.order.id)
        throw new ToolError("order.other-order", { file, order: read.order.id, was: last.read.order.id });
      const found = differences(last.read, read);
      const why = whyOfAmendment(
        flags,
        found.some(({ zone }) => zone !== undefined),
      );
      tellAll(flags.json ? found.map(differenceJson) : differenceLines(found, lang), flags);
      await confirm("ask.seal", flags.yes === true, lang);
      await sealAndWrite("order.amend", read, vault, flags, why, lang, last.counter);
    });
}

function addEnd(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addSealOptions(order.command("end"), lang)
    .description(words("help.order-end"))
    .requiredOption("--order <id>", words("help.order-ended-id"))
    .addHelpText("after", examples(lang, "order end --device OMB-000123 --order 2026-17 --reason lifted -o end.sealed"))
    .action(async (flags: SealFlags & { order: string }) => {
      const { device } = flags;
      checkSealOutput(flags, []);
      const vault = await openVaultOf(flags, lang);
      const keys = sealKeys(vault, flags);
      const why = { reason: reasonOf(flags.reason), requestedBy: undefined, agreedBy: undefined };
      const counter = drawCounter(vault, "order.end", device);
      const sealed = sealEndFile(flags.order, device, counter, keys, why, Date.now());
      await tellSealed(sealed, vault, flags, lang);
    });
}

function addRequests(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  order
    .command("requests")
    .argument("<paths...>", words("help.order-requests-paths"))
    .description(words("help.order-requests"))
    .option("--json", words("help.json-lines"))
    .addHelpText("after", examples(lang, "order requests requests/"))
    .action((paths: string[], { json }: { json?: boolean }) => {
      for (const file of paths.flatMap(filesIn)) {
        const request = readRequest(readTextFile(file), nameOf(file));
        printAll(json ? [requestJson(request, nameOf(file))] : requestLines(request, nameOf(file), lang));
      }
    });
}

/** JSON files of a folder by their names, or the file itself. */
function filesIn(named: string): string[] {
  if (named === DASH || !statSync(named, { throwIfNoEntry: false })?.isDirectory()) return [named];
  return readdirSync(named)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => path.join(named, name));
}

interface SignFlags extends Omit<SealFlags, "device"> {
  last: string;
  agreedBy: string;
  yes?: boolean;
}

function addSign(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addSealOptions(order.command("sign").argument("<request>", words("help.order-request")), lang, false)
    .description(words("help.order-sign"))
    .requiredOption("--last <sealed>", words("help.order-last"))
    .requiredOption("--agreed-by <name>", words("help.order-agreed-by"))
    .option("--yes", words("help.yes"))
    .addHelpText(
      "after",
      examples(lang, 'order sign request.json --last order.sealed --agreed-by "K. Mori" -o order-2.sealed'),
    )
    .action(async (file: string, flags: SignFlags) => {
      checkSealOutput(flags, [file, flags.last]);
      const request = readRequest(readTextFile(file), nameOf(file));
      const { device, requestedBy } = request;
      const agreedBy = named(flags.agreedBy, "--agreed-by", NAME_MOST);
      checkTwo(requestedBy, agreedBy);
      const vault = await openVaultOf(flags, lang);
      const last = lastOrder(flags.last, vault, device);
      const read = applyRequest(request, last.read, device, nameOf(file));
      orderForDevice(read.order, device, UINT32_MOST);
      if (!flags.json) for (const line of requestLines(request, nameOf(file), lang)) say(line);
      const found = differences(last.read, read);
      tellAll(flags.json ? found.map(differenceJson) : differenceLines(found, lang), flags);
      await confirm("ask.sign", flags.yes === true, lang);
      const reason = [request.reason, reasonOf(flags.reason)].filter((one) => one !== undefined).join("; ");
      const why = { reason, requestedBy, agreedBy };
      await sealAndWrite("order.sign", read, vault, { ...flags, device }, why, lang, last.counter);
    });
}

function addOutput(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return command
    .addOption(new Option("-o, --output <file>", words("help.output")).default(undefined, "stdout"))
    .option("--force", words("help.force"))
    .option("--json", words("help.json-line"));
}

function addSealOptions(command: Command, lang: Lang, withDevice = true): Command {
  const words = (code: string) => textOf(lang, code).text;
  if (withDevice) command.requiredOption("--device <id>", words("help.order-device"));
  return addVaultOptions(command, lang)
    .requiredOption("-o, --output <file>", words("help.output"))
    .option("--force", words("help.force"))
    .option("--json", words("help.json-lines"))
    .option("--reason <text>", words("help.order-reason"))
    .addOption(new Option("--generation <n>", words("help.order-generation")).default(undefined, words("help.newest")));
}

async function write(output: string, content: string, force: boolean, lang: Lang): Promise<void> {
  if (output === DASH) {
    printRaw(content);
    return;
  }
  await writeWhole(output, content, force);
  say(textOf(lang, "cli.wrote", { file: output }).text);
}
