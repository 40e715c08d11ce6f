import { statSync } from "node:fs";
import path from "node:path";
import { type Command, Option } from "commander";
import { ToolError } from "../../../protocol/errors.ts";
import { UINT32_MOST } from "../../../protocol/limits.ts";
import { openOrderKeys } from "../../evidence/retention.ts";
import {
  drawCounter,
  judgeEnd,
  judgeSeal,
  standingElsewhere,
  standingOf,
  standingToEnd,
} from "../../orders/counters.ts";
import { orderForDevice } from "../../orders/for-device.ts";
import { applyRequest, readRequest } from "../../orders/requests.ts";
import { sealEndFile } from "../../orders/sealed-file.ts";
import { addVaultOptions, openVaultOf } from "../../vault/passphrase.ts";
import { DOCUMENT_MOST_BYTES, nameOf, readFile, readText as readTextFile } from "../files.ts";
import { examples } from "../help.ts";
import { requestLines } from "../order-output.ts";
import {
  type ChangeFlags,
  checkSealOutput,
  checkTwo,
  checkTwoPeople,
  lastOrder,
  readOrder,
  type SealFlags,
  sealAndWrite,
  sealChange,
  sealKeys,
  tellSealed,
  whyOf,
} from "../order-sealing.ts";
import { type Lang, say, textOf } from "../output.ts";
import { personOf } from "../person-option.ts";

const DAY_MS = 86_400_000;

export function addSeal(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addSealOptions(order.command("seal").argument("<file>", words("help.order-draft")), lang)
    .description(words("help.order-seal"))
    .addHelpText("after", `\n${words("help.order-seal-again")}`)
    .addHelpText("after", examples(lang, "order seal order.yaml --device OMB-000123 -o order.sealed"))
    .action(async (file: string, flags: SealFlags) => {
      checkSealOutput(flags, [file]);
      const read = readOrder(file, readFile(file, DOCUMENT_MOST_BYTES));
      const why = whyOf(flags);
      // Refused before the vault is asked for anything, and before a number is used up.
      orderForDevice(read.order, flags.device, UINT32_MOST);
      const judge = judgeSeal(read, why);
      await sealAndWrite("order.seal", read, await openVaultOf(flags, lang), flags, why, judge, lang);
    });
}

export function addAmend(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addChangeOptions(addSealOptions(order.command("amend").argument("<file>", words("help.order-draft")), lang), lang)
    .description(words("help.order-amend"))
    .addHelpText(
      "after",
      examples(
        lang,
        'order amend order.yaml --last order.sealed --device OMB-000123 --requested-by "A. Sato" --agreed-by "K. Mori" --reason "new school" -o order-2.sealed',
      ),
    )
    .action(async (file: string, flags: ChangeFlags) => {
      checkSealOutput(flags, [file, flags.last]);
      const read = readOrder(file, readFile(file, DOCUMENT_MOST_BYTES));
      const why = whyOf(flags);
      orderForDevice(read.order, flags.device, UINT32_MOST);
      const vault = await openVaultOf(flags, lang);
      const last = lastOrder(flags.last, vault, flags.device);
      if (last.read.order.id !== read.order.id)
        throw new ToolError("order.other-order", {
          file: nameOf(file),
          order: read.order.id,
          was: last.read.order.id,
        });
      await sealChange({ what: "order.amend", question: "ask.seal", last, read }, vault, flags, why, lang);
    });
}

interface EndFlags extends SealFlags {
  order: string;
  last?: string;
  witness?: string;
}

export function addEnd(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addSealOptions(order.command("end"), lang)
    .description(words("help.order-end"))
    .requiredOption("--order <id>", words("help.order-ended-id"))
    .option("--last <sealed>", words("help.order-end-last"))
    .option("--witness <folder>", words("help.order-end-witness"))
    .addHelpText(
      "after",
      examples(
        lang,
        'order end --device OMB-000123 --order 2026-17 --requested-by "A. Sato" --agreed-by "K. Mori" --reason "lifted by the court" -o end.sealed',
      ),
    )
    .action((flags: EndFlags) => end(flags, lang));
}

async function end(flags: EndFlags, lang: Lang): Promise<void> {
  const { device, order, last: lastFile, witness } = flags;
  checkSealOutput(flags, lastFile === undefined ? [] : [lastFile]);
  const why = whyOf(flags);
  checkTwo(why, { detail: "reason.order-ends" });
  if (witness !== undefined) checkFolder(witness);
  const vault = await openVaultOf(flags, lang);
  const last = lastFile === undefined ? undefined : lastOrder(lastFile, vault, device);
  const ending = standingToEnd(vault, device, order, last && standingOf(last.read));
  checkSealOutput(flags, []);
  const keys = sealKeys(vault, flags, true);
  const nowMs = Date.now();
  const endMs = Math.min(nowMs, ending.toMs ?? nowMs);
  const elsewhere = standingElsewhere(vault, device, order);
  const keptUntilMs = elsewhere === undefined ? endMs + ending.retentionDays * DAY_MS : undefined;
  const counter = drawCounter(
    vault,
    { what: "order.end", order, ...why },
    device,
    judgeEnd(last?.counter ?? ending.counter),
  );
  await tellSealed(sealEndFile(order, device, counter, keys, { ...why, keptUntilMs }, nowMs), vault, flags, lang);
  if (keptUntilMs === undefined) say(textOf(lang, "order.stands-elsewhere", { order, device: elsewhere ?? "" }).text);
  else tellKept(order, endMs, ending.retentionDays, flags.output ?? "FILE", witness, lang);
}

/** Says until when records are kept, and has the archive count from the end on. */
function tellKept(
  order: string,
  endMs: number,
  days: number,
  output: string,
  witness: string | undefined,
  lang: Lang,
): void {
  const day = new Date(endMs + days * DAY_MS).toISOString().slice(0, 10);
  say(textOf(lang, "order.kept-until", { order, day }).text);
  if (witness === undefined) {
    say(textOf(lang, "order.retention-to-set", { file: output }).text);
    return;
  }
  const keys = openOrderKeys(path.join(witness, "order-keys"));
  const isThere = keys.status(endMs).some((status) => status.order === order);
  if (isThere) keys.endOn(order, endMs, days);
  say(textOf(lang, isThere ? "order.retention-set" : "order.nothing-received", { order, folder: witness }).text);
}

function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new ToolError("cli.cannot-read", { file: folder, detail: "reason.ENOENT" });
}

interface SignFlags extends Omit<ChangeFlags, "device" | "requestedBy"> {
  agreedBy: string;
}

export function addSign(order: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const sign = order.command("sign").argument("<request>", words("help.order-request"));
  addChangeOptions(addSealing(sign, lang), lang)
    .description(words("help.order-sign"))
    .requiredOption("--agreed-by <name>", words("help.order-agreed-by"))
    .addHelpText(
      "after",
      examples(lang, 'order sign request.json --last order.sealed --agreed-by "K. Mori" -o order-2.sealed'),
    )
    .action(async (file: string, flags: SignFlags) => {
      checkSealOutput(flags, [file, flags.last]);
      const request = readRequest(readTextFile(file), nameOf(file));
      const { device, requestedBy } = request;
      const agreedBy = personOf(flags.agreedBy, "--agreed-by");
      checkTwoPeople({ requestedBy, agreedBy });
      const { reason } = whyOf({ reason: flags.reason });
      const vault = await openVaultOf(flags, lang);
      const last = lastOrder(flags.last, vault, device);
      const read = applyRequest(request, last.read, device, nameOf(file));
      orderForDevice(read.order, device, UINT32_MOST);
      if (!flags.json) for (const line of requestLines(request, nameOf(file), lang)) say(line);
      const why = {
        reason: reason === undefined ? request.reason : `${request.reason}; ${reason}`,
        requestedBy,
        agreedBy,
      };
      const change = { what: "order.sign", question: "ask.sign", last, read } as const;
      await sealChange(change, vault, { ...flags, device }, why, lang);
    });
}

function addSealOptions(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return addSealing(command.requiredOption("--device <id>", words("help.order-device")), lang)
    .option("--requested-by <name>", words("help.order-requested-by"))
    .option("--agreed-by <name>", words("help.order-agreed-by"));
}

function addSealing(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return addVaultOptions(command, lang)
    .requiredOption("-o, --output <file>", words("help.output"))
    .option("--force", words("help.force"))
    .option("--json", words("help.json-lines"))
    .option("--reason <text>", words("help.order-reason"))
    .addOption(new Option("--generation <n>", words("help.order-generation")).default(undefined, words("help.newest")));
}

function addChangeOptions(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return command.requiredOption("--last <sealed>", words("help.order-last")).option("--yes", words("help.yes"));
}
