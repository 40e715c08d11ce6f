import { generateKeyPairSync } from "node:crypto";
import { type Command, Option } from "commander";
import { RELEASE_SIGNATURE_CONTEXT } from "../../../protocol/cose/contexts.ts";
import { ToolError } from "../../../protocol/errors.ts";
import { looksLikeBundle } from "../../../protocol/evidence/layout.ts";
import { evidenceJson } from "../../evidence/json.ts";
import { evidencePage } from "../../evidence/page.ts";
import { type PublicKeys, verifyAny } from "../../evidence/public-keys.ts";
import { type Verification, verifyBundle } from "../../evidence/verify.ts";
import { readReleaseList } from "../../images/releases.ts";
import { addVaultOptions } from "../../vault/passphrase.ts";
import { readPublicKeys } from "../../vault/public-keys.ts";
import {
  type DemoFlags,
  type ExportFlags,
  exportBundle,
  type ReceiveFlags,
  receive,
  writeDemo,
} from "../evidence-making.ts";
import { optionsIn } from "../evidence-options.ts";
import { addRetention } from "../evidence-retention.ts";
import { accountLines, accountOf } from "../evidence-text.ts";
import { EXIT } from "../exit-codes.ts";
import { checkOutput, DASH, nameOf, readFile, writeWhole } from "../files.ts";
import { addHelpCommand, examples } from "../help.ts";
import { type Lang, print, say, textOf } from "../output.ts";

interface VerifyFlags {
  keys?: string;
  releases?: string;
  json?: boolean;
  report?: string;
  replay: boolean;
  force?: boolean;
}

/** `omamori evidence …`: what was recorded, for those who must be able to check it. */
export function addEvidenceCommands(program: Command, lang: Lang): void {
  const evidence = program.command("evidence").description(textOf(lang, "help.evidence").text);
  addVerify(evidence, lang);
  addExport(evidence, lang);
  addReceive(evidence, lang);
  addRetention(evidence, lang);
  addDemo(evidence, lang);
  addHelpCommand(evidence, lang);
}

function addDemo(evidence: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const { output, purpose } = optionsIn(lang);
  purpose(output(evidence.command("demo").description(words("help.evidence-demo"))))
    .addOption(new Option("--keys-out <file>", words("help.keys-out")).default(undefined, "<output>.keys.json"))
    .option("--seed <n>", words("help.seed"), "1")
    .option("--journal-out <file>", words("help.evidence-journal-out"))
    .addHelpText(
      "after",
      examples(
        lang,
        "evidence demo -o bundle.cbor",
        "evidence demo -o mine.cbor --for subject",
        "evidence demo -o bundle.cbor --journal-out journal.bin",
      ),
    )
    .action((flags: DemoFlags) => writeDemo(flags, lang));
}

function addExport(evidence: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const { output, purpose, device, journal, witness, releases } = optionsIn(lang);
  const command = device(evidence.command("export").description(words("help.evidence-export")));
  journal(witness(command), false)
    .option("--order <file...>", words("help.evidence-order"))
    .option("--from <instant>", words("help.evidence-from"))
    .option("--to <instant>", words("help.evidence-to"))
    .option("--image <file>", words("help.evidence-image"));
  output(purpose(releases(command)).option("--by <name>", words("help.evidence-by")));
  command.option("--json", words("help.json-line"));
  addVaultOptions(command, lang)
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
  const { force, releases } = optionsIn(lang);
  const command = evidence.command("verify").argument("<bundle>", words("help.evidence-bundle"));
  force(
    releases(command.description(words("help.evidence-verify")).option("--keys <file>", words("help.evidence-keys"))),
  )
    .option("--json", words("help.json-line"))
    .option("--report <file>", words("help.evidence-report"))
    .option("--no-replay", words("help.evidence-no-replay"))
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
  const { device, journal, witness } = optionsIn(lang);
  const command = evidence.command("receive").description(words("help.evidence-receive"));
  addVaultOptions(witness(journal(device(command), true)), lang)
    .requiredOption("--order <id>", words("help.evidence-order-id"))
    .option("--json", words("help.json-line"))
    .addHelpText(
      "after",
      examples(lang, "evidence receive --device OMB-000123 --order R8-17 --journal journal.bin --witness witness/"),
    )
    .action((flags: ReceiveFlags) => receive(flags, lang));
}

async function verify(file: string, flags: VerifyFlags, lang: Lang): Promise<number> {
  const { report, force = false } = flags;
  if (report === DASH) throw new ToolError("cli.page-to-stdout", { option: "--report" });
  if (report !== undefined) {
    const inputs = [file, flags.keys, flags.releases].filter((one) => one !== undefined);
    checkOutput(report, inputs, force);
  }
  const keys = flags.keys === undefined ? undefined : keysIn(flags.keys);
  const releases = flags.releases === undefined ? undefined : Uint8Array.from(readFile(flags.releases));
  if (releases !== undefined) checkReleases(releases, keys ?? [], nameOf(flags.releases ?? ""));
  const bytes = Uint8Array.from(readFile(file));
  if (!looksLikeBundle(bytes)) throw new ToolError("evidence.not-a-bundle", { file: nameOf(file) });
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

/** A list that says nothing would be passed over without a word. Without keys only its form can be told. */
function checkReleases(bytes: Uint8Array, keys: PublicKeys, file: string): void {
  const signers = keys.some(({ role }) => role === "releases") ? keys : [ANYBODY];
  const opened = verifyAny(signers, "releases", bytes, RELEASE_SIGNATURE_CONTEXT);
  if (opened.ok) readReleaseList(bytes, signers, file);
  else if (opened.reason !== "seal.forged") throw new ToolError("image.bad-release-list", { file });
  else if (signers === keys) throw new ToolError("evidence.releases-foreign", { file });
}

/** Nobody's key: a list in form is then only not signed by it. */
const ANYBODY: PublicKeys[0] = { role: "releases", key: generateKeyPairSync("ed25519").publicKey };

/** Of a file that is no text it is said that it holds no keys, which helps more than how to save text. */
function keysIn(file: string): ReturnType<typeof readPublicKeys> {
  return readPublicKeys(new TextDecoder().decode(readFile(file)), nameOf(file));
}

const EXITS: Record<Verification["outcome"], number> = {
  genuine: EXIT.ok,
  altered: EXIT.evidenceAltered,
  unproven: EXIT.evidenceUnproven,
};
