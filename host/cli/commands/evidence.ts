import path from "node:path";
import { type Command, Option } from "commander";
import { equalBytes } from "../../../protocol/bytes.ts";
import { PURPOSE_JOURNAL } from "../../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../../protocol/errors.ts";
import { type ImageItem, PURPOSES, type Purpose } from "../../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../../protocol/evidence/commitment.ts";
import { readJournalFile } from "../../../protocol/evidence/journal-file.ts";
import { TIME_MOST_MS } from "../../../protocol/limits.ts";
import { parseInstant } from "../../../simulator/traces/instant.ts";
import { keysForRecords } from "../../evidence/chain.ts";
import { makeDemo } from "../../evidence/demo.ts";
import { momentsOf } from "../../evidence/facts.ts";
import { evidenceJson } from "../../evidence/json.ts";
import { makeBundle, sealBundle } from "../../evidence/make.ts";
import { evidencePage } from "../../evidence/page.ts";
import { openArchive, type Received } from "../../evidence/received.ts";
import { openOrderKeys } from "../../evidence/retention.ts";
import { type Verification, verifyBundle } from "../../evidence/verify.ts";
import { decodeSealedFile, verifySealedFile } from "../../orders/sealed-file.ts";
import { addVaultOptions, openVaultOf, type VaultFlags } from "../../vault/passphrase.ts";
import { publicKeysText, readPublicKeys } from "../../vault/public-keys.ts";
import { deviceKeys, publicKeys, recordUse, signingKey, type Vault } from "../../vault/vault.ts";
import { accountLines, accountOf } from "../evidence-text.ts";
import { EXIT } from "../exit-codes.ts";
import { checkOutput, DASH, nameOf, readFile, readText, writeWhole } from "../files.ts";
import { addHelpCommand, examples } from "../help.ts";
import { SEED_MOST, wholeNumber } from "../options.ts";
import { type Lang, print, say, textOf } from "../output.ts";

interface ExportFlags extends VaultFlags {
  device: string;
  from?: string;
  to?: string;
  for: Purpose;
  journal?: string;
  witness: string;
  order?: string[];
  image?: string;
  releases?: string;
  by?: string;
  output: string;
  force?: boolean;
}

interface ReceiveFlags extends VaultFlags {
  device: string;
  order: string;
  journal: string;
  witness: string;
}

interface VerifyFlags {
  keys?: string;
  releases?: string;
  json?: boolean;
  report?: string;
  replay: boolean;
  force?: boolean;
}

interface DemoFlags {
  output: string;
  keysOut?: string;
  for: Purpose;
  seed: string;
  force?: boolean;
}

/** `omamori evidence …`: what was recorded, for those who must be able to check it. */
export function addEvidenceCommands(program: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const evidence = program.command("evidence").description(words("help.evidence"));
  addExport(evidence, lang);
  addVerify(evidence, lang);
  evidence
    .command("demo")
    .description(words("help.evidence-demo"))
    .requiredOption("-o, --output <file>", words("help.output"))
    .addOption(new Option("--keys-out <file>", words("help.keys-out")).default(undefined, "<output>.keys.json"))
    .addOption(purposeOption(lang))
    .option("--seed <n>", words("help.seed"), "1")
    .option("--force", words("help.force"))
    .addHelpText("after", examples(lang, "evidence demo -o bundle.cbor"))
    .action((flags: DemoFlags) => writeDemo(flags, lang));
  addReceive(evidence, lang);
  addRetention(evidence, lang);
  addHelpCommand(evidence, lang);
}

function purposeOption(lang: Lang): Option {
  return new Option("--for <whom>", textOf(lang, "help.evidence-for").text).choices(PURPOSES).default("court");
}

function addExport(evidence: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addVaultOptions(evidence.command("export").description(words("help.evidence-export")), lang)
    .requiredOption("--device <id>", words("help.one-device"))
    .option("--from <instant>", words("help.evidence-from"))
    .option("--to <instant>", words("help.evidence-to"))
    .addOption(purposeOption(lang))
    .option("--journal <file>", words("help.evidence-journal"))
    .requiredOption("--witness <folder>", words("help.evidence-witness"))
    .option("--order <file...>", words("help.evidence-order"))
    .option("--image <file>", words("help.evidence-image"))
    .option("--releases <file>", words("help.evidence-releases"))
    .option("--by <name>", words("help.evidence-by"), "")
    .requiredOption("-o, --output <file>", words("help.output"))
    .option("--force", words("help.force"))
    .addHelpText(
      "after",
      examples(
        lang,
        "evidence export --device OMB-000123 --journal journal.bin --witness witness/ --order order.cbor -o bundle.cbor",
        "evidence export --device OMB-000123 --witness witness/ --from 2026-11-24T00:00+09:00 --for subject -o mine.cbor",
      ),
    )
    .action((flags: ExportFlags) => exportBundle(flags, lang));
}

function addVerify(evidence: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  evidence
    .command("verify")
    .argument("<bundle>", words("help.evidence-bundle"))
    .description(words("help.evidence-verify"))
    .option("--keys <file>", words("help.evidence-keys"))
    .option("--releases <file>", words("help.evidence-releases"))
    .option("--json", words("help.json-line"))
    .option("--report <file>", words("help.report"))
    .option("--no-replay", words("help.evidence-no-replay"))
    .option("--force", words("help.force"))
    .addHelpText("after", `\n${words("help.evidence-exit")}`)
    .addHelpText(
      "after",
      examples(
        lang,
        "evidence verify bundle.cbor --keys public.json",
        "evidence verify bundle.cbor --keys public.json --report evidence.html --lang ja",
      ),
    )
    .action(async (file: string, flags: VerifyFlags) => {
      process.exitCode = await verify(file, flags, lang);
    });
}

function addReceive(evidence: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addVaultOptions(evidence.command("receive").description(words("help.evidence-receive")), lang)
    .requiredOption("--device <id>", words("help.one-device"))
    .requiredOption("--order <id>", words("help.evidence-order-id"))
    .requiredOption("--journal <file>", words("help.evidence-journal"))
    .requiredOption("--witness <folder>", words("help.evidence-witness"))
    .addHelpText(
      "after",
      examples(lang, "evidence receive --device OMB-000123 --order R8-17 --journal journal.bin --witness witness/"),
    )
    .action((flags: ReceiveFlags) => receive(flags, lang));
}

function addRetention(evidence: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const retention = evidence.command("retention").description(words("help.retention"));
  const folder = (command: Command) => command.requiredOption("--witness <folder>", words("help.evidence-witness"));
  folder(retention.command("status").description(words("help.retention-status")))
    .option("--json", words("help.json-lines"))
    .addHelpText("after", examples(lang, "evidence retention status --witness witness/"))
    .action((flags: { witness: string; json?: boolean }) => retentionStatus(flags, lang));
  folder(retention.command("end").argument("<order>", words("help.evidence-order-id")))
    .description(words("help.retention-end"))
    .requiredOption("--at <instant>", words("help.retention-at"))
    .requiredOption("--days <n>", words("help.retention-days"))
    .addHelpText(
      "after",
      examples(lang, "evidence retention end R8-17 --at 2026-11-30T00:00+09:00 --days 365 --witness witness/"),
    )
    .action((order: string, flags: { witness: string; at: string; days: string }) => {
      const days = wholeNumber("--days", flags.days, 0, 3653);
      keysIn(flags.witness).endOn(order, instantOf("--at", flags.at), days);
      retentionStatus(flags, lang);
    });
  folder(retention.command("hold").argument("<order>", words("help.evidence-order-id")))
    .description(words("help.retention-hold"))
    .addOption(new Option("--until <instant>", words("help.retention-until")).conflicts("lift"))
    .option("--lift", words("help.retention-lift"))
    .requiredOption("--reason <text>", words("help.retention-reason"))
    .addHelpText(
      "after",
      examples(
        lang,
        'evidence retention hold R8-17 --until 2027-06-30T00:00+09:00 --reason "appeal" --witness witness/',
      ),
    )
    .action((order: string, flags: { witness: string; until?: string; lift?: boolean; reason: string }) => {
      if (flags.until === undefined && flags.lift !== true)
        throw new ToolError("cli.missing-option", { what: "--until", detail: "reason.see-help" });
      const untilMs = flags.until === undefined ? undefined : instantOf("--until", flags.until);
      keysIn(flags.witness).hold(order, untilMs, flags.reason, Date.now());
      retentionStatus(flags, lang);
    });
  folder(retention.command("shred").description(words("help.retention-shred")))
    .addHelpText("after", examples(lang, "evidence retention shred --witness witness/"))
    .action((flags: { witness: string }) => {
      const gone = keysIn(flags.witness).shred(Date.now());
      for (const order of gone) print(textOf(lang, "retention.gone", { order }).text);
      if (gone.length === 0) print(textOf(lang, "retention.nothing-due").text);
    });
  addHelpCommand(retention, lang);
}

function keysIn(folder: string): ReturnType<typeof openOrderKeys> {
  return openOrderKeys(path.join(folder, "order-keys"));
}

const STATE_NAMES = {
  kept: "retention.kept",
  due: "retention.due",
  held: "retention.held",
  shredded: "retention.shredded",
};

function retentionStatus({ witness, json }: { witness: string; json?: boolean }, lang: Lang): void {
  const at = (ms: number | undefined) => (ms === undefined ? "–" : new Date(ms).toISOString().slice(0, 16));
  for (const status of keysIn(witness).status(Date.now())) {
    if (json === true) print(JSON.stringify(status));
    else {
      const { order, state, dueMs, heldUntilMs, reason = "", shreddedMs } = status;
      const params = { order, due: at(dueMs), until: at(heldUntilMs), reason, at: at(shreddedMs) };
      print(textOf(lang, STATE_NAMES[state], params).text);
    }
  }
}

async function receive(flags: ReceiveFlags, lang: Lang): Promise<void> {
  const records = readJournalFile(readFile(flags.journal), nameOf(flags.journal));
  const vault = await openVaultOf(flags, lang);
  // A name that was mistyped would file one device's records under another's, and the log forgets nothing.
  deviceKeys(vault, flags.device, { evenRevoked: true });
  recordUse(vault, "evidence.receive", flags.device);
  const archive = openArchive(flags.witness, {
    log: path.basename(path.resolve(flags.witness)),
    key: signingKey(vault, "heads"),
  });
  try {
    refuseOther(flags.device, records, archive.of(flags.device));
    const n = archive.take(flags.device, flags.order, records, Date.now());
    const { head } = archive.witness.sign(Date.now());
    say(textOf(lang, "evidence.received", { n, all: records.length, size: head.size }).text);
  } finally {
    archive.close();
  }
}

/** What was received before must still be what the device tells: throws `evidence.conflict`. */
function refuseOther(device: string, records: SealedRecord[], received: Received[]): void {
  const known = new Map(
    received.flatMap(({ content }) => (content ? [[content.record.number, content.record] as const] : [])),
  );
  for (const { number, epoch, kind, body, tag } of records) {
    const had = known.get(number);
    if (had === undefined) continue;
    const isSame = had.epoch === epoch && had.kind === kind && equalBytes(had.body, body) && equalBytes(had.tag, tag);
    if (!isSame) throw new ToolError("evidence.conflict", { device, number });
  }
}

async function exportBundle(flags: ExportFlags, lang: Lang): Promise<void> {
  const { device, output, force = false } = flags;
  const inputs = [flags.journal, flags.image, flags.releases, ...(flags.order ?? [])].filter(
    (one) => one !== undefined,
  );
  checkOutput(output, inputs, force);
  const fromMs = flags.from === undefined ? 0 : instantOf("--from", flags.from);
  const toMs = flags.to === undefined ? TIME_MOST_MS : instantOf("--to", flags.to);
  if (toMs <= fromMs) throw new ToolError("evidence.to-before-from");
  const journal = flags.journal === undefined ? [] : readJournalFile(readFile(flags.journal), nameOf(flags.journal));
  const image = imageOf(flags);
  const vault = await openVaultOf(flags, lang);
  const orders = (flags.order ?? []).map((file) => sealedOrder(file, vault));
  recordUse(vault, "evidence.export", device);
  const archive = openArchive(flags.witness, { log: "" });
  const received = archive.of(device);
  const moments = momentsOf([...journal, ...received.flatMap(({ content }) => (content ? [content.record] : []))]);
  const bundle = makeBundle({
    header: { device, purpose: flags.for, fromMs, toMs, madeMs: Date.now(), madeBy: flags.by ?? "" },
    journal,
    received,
    witness: archive.witness,
    orders,
    image,
    keysFor: (records) => epochKeys(vault, device, records),
    isWanted: ({ number }) => {
      const ms = moments.get(number);
      return ms === undefined || (ms >= fromMs && ms < toMs);
    },
  });
  await writeWhole(output, sealBundle(bundle, signingKey(vault, "heads")), force);
  say(textOf(lang, "evidence.exported", { file: output, n: bundle.records.length }).text);
}

/** A revoked or lost device's evidence is evidence all the same. */
function epochKeys(vault: Vault, device: string, records: SealedRecord[]): ReturnType<typeof keysForRecords> {
  const { generation } = deviceKeys(vault, device, { evenRevoked: true });
  return keysForRecords(
    createNodeCrypto(),
    records,
    generation,
    (one) => deviceKeys(vault, device, { generation: one, evenRevoked: true }).keys[PURPOSE_JOURNAL],
  );
}

function sealedOrder(file: string, vault: Vault): Parameters<typeof makeBundle>[0]["orders"][0] {
  const bytes = readFile(file);
  const signers = publicKeys(vault)
    .filter(({ role }) => role === "orders")
    .map(({ key }) => key);
  return { bytes, verified: verifySealedFile(decodeSealedFile(bytes, nameOf(file)), signers, nameOf(file)) };
}

function imageOf({ image, releases }: ExportFlags): ImageItem {
  return {
    version: image === undefined ? "" : path.basename(image),
    code: image === undefined ? new Uint8Array(0) : Uint8Array.from(readFile(image)),
    releases: releases === undefined ? new Uint8Array(0) : Uint8Array.from(readFile(releases)),
  };
}

async function verify(file: string, flags: VerifyFlags, lang: Lang): Promise<number> {
  const { report, force = false } = flags;
  if (report === DASH) throw new ToolError("cli.page-to-stdout", { option: "--report" });
  if (report !== undefined) {
    const inputs = [file, flags.keys, flags.releases].filter((one) => one !== undefined);
    checkOutput(report, inputs, force);
  }
  const keys = flags.keys === undefined ? undefined : readPublicKeys(readText(flags.keys), nameOf(flags.keys));
  const releases = flags.releases === undefined ? undefined : Uint8Array.from(readFile(flags.releases));
  const bytes = Uint8Array.from(readFile(file));
  const result = await verifyBundle(bytes, { keys, releases, noReplay: !flags.replay });
  const account = accountOf(result, nameOf(file), lang);
  if (flags.json === true) print(JSON.stringify(evidenceJson(result)));
  else for (const line of accountLines(account, lang)) print(line);
  if (report !== undefined) {
    await writeWhole(report, evidencePage(result, account, lang), force);
    say(textOf(lang, "cli.wrote", { file: report }).text);
  }
  return EXITS[result.outcome];
}

const EXITS: Record<Verification["outcome"], number> = {
  genuine: EXIT.ok,
  altered: EXIT.evidenceAltered,
  unproven: EXIT.evidenceUnproven,
};

async function writeDemo(flags: DemoFlags, lang: Lang): Promise<void> {
  const { output, force = false } = flags;
  const keysOut = flags.keysOut ?? `${output}.keys.json`;
  if (output === DASH) throw new ToolError("cli.page-to-stdout", { option: "-o" });
  if (path.resolve(output) === path.resolve(keysOut)) throw new ToolError("cli.same-file", { file: output });
  checkOutput(output, [], force);
  checkOutput(keysOut, [], force);
  const demo = makeDemo(wholeNumber("--seed", flags.seed, 0, SEED_MOST), flags.for);
  await writeWhole(output, demo.file, force);
  await writeWhole(keysOut, publicKeysText(demo.keys), force);
  for (const file of [output, keysOut]) say(textOf(lang, "cli.wrote", { file }).text);
  print(`omamori evidence verify ${output} --keys ${keysOut}`);
}

function instantOf(option: string, text: string): number {
  const ms = parseInstant(text);
  if (ms === undefined || ms < 0 || ms > TIME_MOST_MS)
    throw new ToolError("evidence.bad-instant", { option, value: text });
  return ms;
}
