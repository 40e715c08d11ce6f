import { existsSync } from "node:fs";
import path from "node:path";
import { type Command, Option } from "commander";
import { ToolError } from "../../protocol/errors.ts";
import { type OrderKeys, openOrderKeys } from "../evidence/retention.ts";
import { instantOf, optionsIn } from "./evidence-options.ts";
import { addHelpCommand, examples } from "./help.ts";
import { wholeNumber } from "./options.ts";
import { type Lang, print, textOf } from "./output.ts";

/** `omamori evidence retention …`: how long what was received can be read. */
export function addRetention(evidence: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const { witness } = optionsIn(lang);
  const retention = evidence.command("retention").description(words("help.retention"));
  witness(retention.command("status").description(words("help.retention-status")))
    .option("--json", words("help.json-lines"))
    .addHelpText("after", examples(lang, "evidence retention status --witness witness/"))
    .action((flags: { witness: string; json?: boolean }) => tellStatus(flags, lang));
  addEnd(retention, lang);
  addHold(retention, lang);
  witness(retention.command("shred").description(words("help.retention-shred")))
    .addHelpText("after", examples(lang, "evidence retention shred --witness witness/"))
    .action((flags: { witness: string }) => {
      const gone = keysIn(flags.witness).shred(Date.now());
      for (const order of gone) print(textOf(lang, "retention.gone", { order }).text);
      if (gone.length === 0) print(textOf(lang, "retention.nothing-due").text);
    });
  addHelpCommand(retention, lang);
}

function addEnd(retention: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  optionsIn(lang)
    .witness(retention.command("end").argument("<order>", words("help.evidence-order-id")))
    .description(words("help.retention-end"))
    .requiredOption("--at <instant>", words("help.retention-at"))
    .requiredOption("--days <n>", words("help.retention-days"))
    .addHelpText(
      "after",
      examples(lang, "evidence retention end R8-17 --at 2026-11-30T00:00+09:00 --days 365 --witness witness/"),
    )
    .action((order: string, flags: { witness: string; at: string; days: string }) => {
      const days = wholeNumber("--days", flags.days, 0, DAYS_MOST);
      keysIn(flags.witness).endOn(order, instantOf("--at", flags.at), days);
      tellStatus(flags, lang);
    });
}

/** Ten years. */
const DAYS_MOST = 3653;

function addHold(retention: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  optionsIn(lang)
    .witness(retention.command("hold").argument("<order>", words("help.evidence-order-id")))
    .description(words("help.retention-hold"))
    .addOption(new Option("--until <instant>", words("help.retention-until")).conflicts("lift"))
    .option("--lift", words("help.retention-lift"))
    .requiredOption("--reason <text>", words("help.retention-reason"))
    .addHelpText(
      "after",
      examples(
        lang,
        'evidence retention hold R8-17 --until 2027-06-30T00:00+09:00 --reason "appeal" --witness witness/',
        'evidence retention hold R8-17 --lift --reason "appeal withdrawn" --witness witness/',
      ),
    )
    .action((order: string, flags: { witness: string; until?: string; lift?: boolean; reason: string }) => {
      if (flags.until === undefined && flags.lift !== true)
        throw new ToolError("cli.missing-option", { what: "--until", detail: "reason.see-help" });
      const untilMs = flags.until === undefined ? undefined : instantOf("--until", flags.until);
      keysIn(flags.witness).hold(order, untilMs, flags.reason, Date.now());
      tellStatus(flags, lang);
    });
}

/** An archive has its keys from the first record on: a folder without them is another, or its name was mistyped. */
function keysIn(folder: string): OrderKeys {
  const file = path.join(folder, "order-keys");
  if (!existsSync(file)) throw new ToolError("evidence.no-archive", { file: folder });
  return openOrderKeys(file);
}

const STATE_NAMES = {
  kept: "retention.kept",
  due: "retention.due",
  held: "retention.held",
  shredded: "retention.shredded",
};

function tellStatus({ witness, json }: { witness: string; json?: boolean }, lang: Lang): void {
  const at = (ms: number | undefined) =>
    ms === undefined
      ? textOf(lang, "retention.no-date").text
      : new Date(ms).toISOString().slice(0, 16).replace("T", " ");
  for (const status of keysIn(witness).status(Date.now())) {
    if (json === true) print(JSON.stringify({ kind: "retention", ...status }, (_, value) => value ?? null));
    else {
      const { order, state, dueMs, heldUntilMs, reason = "", shreddedMs } = status;
      const params = { order, due: at(dueMs), until: at(heldUntilMs), reason, at: at(shreddedMs) };
      print(textOf(lang, STATE_NAMES[state], params).text);
    }
  }
}
