import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { type Command, Option } from "commander";
import { ToolError } from "../../protocol/errors.ts";
import { type OrderKeys, openOrderKeys, type Why } from "../evidence/retention.ts";
import { decodeSealedFile, verifySealedFile } from "../orders/sealed-file.ts";
import { readPublicKeys } from "../vault/public-keys.ts";
import { instantOf, optionsIn } from "./evidence-options.ts";
import { nameOf, readFile, readText } from "./files.ts";
import { addHelpCommand, examples } from "./help.ts";
import { wholeNumber } from "./options.ts";
import { confirm } from "./order-output.ts";
import { checkTwo, type WhyFlags, whyOf } from "./order-sealing.ts";
import { type Lang, print, say, textOf } from "./output.ts";

interface RetentionFlags extends WhyFlags {
  witness: string;
  json?: boolean;
}

interface DestroyFlags extends RetentionFlags {
  yes?: boolean;
}

/** `omamori evidence retention …`: how long what was received can be read. */
export function addRetention(evidence: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const { witness } = optionsIn(lang);
  const retention = evidence.command("retention").description(words("help.retention"));
  witness(retention.command("status").description(words("help.retention-status")))
    .option("--json", words("help.json-lines"))
    .addHelpText("after", examples(lang, "evidence retention status --witness witness/"))
    .action((flags: RetentionFlags) => tellStatus(flags, lang));
  addEnd(retention, lang);
  addHold(retention, lang);
  addShred(retention, lang);
  addHelpCommand(retention, lang);
}

/** What ends a person's way to evidence is for two to do, and is not done by a slip of the hand. */
function addWhy(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return command
    .option("--requested-by <name>", words("help.retention-requested-by"))
    .option("--agreed-by <name>", words("help.order-agreed-by"))
    .option("--reason <text>", words("help.retention-reason"))
    .option("--json", words("help.json-lines"));
}

function addShred(retention: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addWhy(optionsIn(lang).witness(retention.command("shred").description(words("help.retention-shred"))), lang)
    .option("--yes", words("help.yes"))
    .addHelpText(
      "after",
      examples(
        lang,
        'evidence retention shred --requested-by "A. Sato" --agreed-by "K. Mori" --reason "retention is over" --witness witness/',
      ),
    )
    .action((flags: DestroyFlags) => shred(flags, lang));
}

async function shred(flags: DestroyFlags, lang: Lang): Promise<void> {
  const why = whyOf(flags);
  const keys = keysIn(flags.witness);
  const nowMs = Date.now();
  const due = keys.status(nowMs).filter(({ state }) => state === "due");
  if (due.length > 0) {
    checkTwo(why, { detail: "reason.shredding" });
    for (const { order } of due) say(textOf(lang, "retention.goes", { order }).text);
    await confirmed("ask.shred", flags, lang);
  }
  const gone = due.length > 0 ? keys.shred(nowMs, why) : [];
  if (flags.json) for (const order of gone) print(JSON.stringify({ kind: "shredded", order }));
  else if (gone.length === 0) print(textOf(lang, "retention.nothing-due").text);
  else for (const order of gone) print(textOf(lang, "retention.gone", { order }).text);
}

async function confirmed(question: string, { yes = false }: DestroyFlags, lang: Lang): Promise<void> {
  try {
    await confirm(question, yes, lang);
  } catch (error) {
    if (error instanceof ToolError && error.code === "order.not-confirmed")
      throw new ToolError("evidence.not-confirmed");
    throw error;
  }
}

interface EndFlags extends RetentionFlags {
  end?: string;
  publicKeys?: string;
  at?: string;
  days?: string;
}

function addEnd(retention: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const command = retention.command("end").argument("[order]", words("help.evidence-order-id"));
  addWhy(optionsIn(lang).witness(command), lang)
    .description(words("help.retention-end"))
    .addOption(new Option("--end <sealed>", words("help.retention-signed-end")).conflicts(["at", "days"]))
    .option("--public-keys <file>", words("help.evidence-keys"))
    .option("--at <instant>", words("help.retention-at"))
    .option("--days <n>", words("help.retention-days"))
    .addHelpText(
      "after",
      examples(
        lang,
        "evidence retention end --end end.sealed --public-keys public.json --witness witness/",
        "evidence retention end R8-17 --at 2026-11-30T00:00+09:00 --days 365 --witness witness/",
      ),
    )
    .action((order: string | undefined, flags: EndFlags) => {
      const why = whyOf(flags);
      const keys = keysIn(flags.witness);
      const end = flags.end === undefined ? undefined : signedEnd(flags.end, flags.publicKeys);
      if (end !== undefined && order !== undefined && order !== end.order)
        throw new ToolError("evidence.other-end", { file: nameOf(flags.end ?? ""), order: end.order });
      if (end !== undefined) setEnd(keys, end, { ...why, end: end.hash }, why);
      else setEnd(keys, statedEnd(order, flags), why, why);
      tellStatus(flags, lang);
    });
}

interface End {
  order: string;
  endMs: number;
  days: number;
  /** Two have signed that its records have a day to go. */
  isSigned: boolean;
}

/** One person's word lets records be kept for longer, and never for less. */
function setEnd(
  keys: OrderKeys,
  { order, endMs, days, isSigned }: End,
  why: Why,
  given: ReturnType<typeof whyOf>,
): void {
  const was = keys.status(endMs).find((one) => one.order === order)?.dueMs;
  const isShorter = was === undefined ? !isSigned : endMs + days * DAY_MS < was;
  if (isShorter) checkTwo(given, { detail: "reason.retention-shortens" });
  keys.endOn(order, endMs, days, why);
}

function signedEnd(file: string, publicKeys: string | undefined): End & { hash: string } {
  if (publicKeys === undefined)
    throw new ToolError("cli.missing-option", { what: "--public-keys", detail: "reason.see-help" });
  const signers = readPublicKeys(readText(publicKeys), nameOf(publicKeys)).filter(({ role }) => role === "orders");
  const bytes = readFile(file);
  const { statement, deviceOrder, read } = verifySealedFile(
    decodeSealedFile(bytes, nameOf(file)),
    signers.map(({ key }) => key),
    nameOf(file),
  );
  if (read !== undefined) throw new ToolError("evidence.no-end", { file: nameOf(file) });
  const { keptUntilMs, device } = statement;
  if (keptUntilMs === undefined) throw new ToolError("evidence.order-goes-on", { file: nameOf(file), device });
  const hash = createHash("sha256").update(bytes).digest("hex");
  return { order: deviceOrder.id, endMs: keptUntilMs, days: 0, isSigned: true, hash };
}

function statedEnd(order: string | undefined, { at, days }: EndFlags): End {
  const [missing] = Object.entries({ "<order>": order, "--at": at, "--days": days }).filter(
    ([, text]) => text === undefined,
  );
  if (missing !== undefined)
    throw new ToolError("cli.missing-option", { what: `--end (${missing[0]})`, detail: "reason.see-help" });
  return {
    order: order ?? "",
    endMs: instantOf("--at", at ?? ""),
    days: wholeNumber("--days", days ?? "", 0, DAYS_MOST),
    isSigned: false,
  };
}

const DAY_MS = 86_400_000;
/** Ten years. */
const DAYS_MOST = 3653;

interface HoldFlags extends DestroyFlags {
  until?: string;
  lift?: boolean;
  reason: string;
}

function addHold(retention: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const command = retention.command("hold").argument("<order>", words("help.evidence-order-id"));
  optionsIn(lang)
    .witness(command)
    .description(words("help.retention-hold"))
    .addOption(new Option("--until <instant>", words("help.retention-until")).conflicts("lift"))
    .option("--lift", words("help.retention-lift"))
    .requiredOption("--reason <text>", words("help.retention-reason"))
    .option("--requested-by <name>", words("help.retention-requested-by"))
    .option("--agreed-by <name>", words("help.order-agreed-by"))
    .option("--yes", words("help.yes"))
    .option("--json", words("help.json-lines"))
    .addHelpText(
      "after",
      examples(
        lang,
        'evidence retention hold R8-17 --until 2027-06-30T00:00+09:00 --reason "appeal" --witness witness/',
        'evidence retention hold R8-17 --lift --requested-by "A. Sato" --agreed-by "K. Mori" --reason "appeal withdrawn" --witness witness/',
      ),
    )
    .action((order: string, flags: HoldFlags) => hold(order, flags, lang));
}

async function hold(order: string, flags: HoldFlags, lang: Lang): Promise<void> {
  if (flags.until === undefined && flags.lift !== true)
    throw new ToolError("cli.missing-option", { what: "--until", detail: "reason.see-help" });
  const why = whyOf(flags);
  const untilMs = flags.until === undefined ? undefined : instantOf("--until", flags.until);
  const keys = keysIn(flags.witness);
  if (untilMs === undefined) {
    checkTwo(why, { detail: "reason.lifting" });
    await confirmed("ask.lift", flags, lang);
  }
  keys.hold(order, untilMs, flags.reason, Date.now(), why);
  tellStatus(flags, lang);
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
