import { type Command, Option } from "commander";
import { ToolError } from "../../../protocol/errors.ts";
import { ROLES, type Role } from "../../vault/contents.ts";
import {
  confirmRotation,
  exportForCentre,
  exportForField,
  exportForStation,
  FIELD_HOURS_MOST,
  revokeAssignment,
  revokeDevice,
  rotateDevice,
  rotateSigningKey,
} from "../../vault/devices.ts";
import { addVaultOptions, openVaultOf, readNewPassphrase, type VaultFlags } from "../../vault/passphrase.ts";
import { publicKeysText } from "../../vault/public-keys.ts";
import { SCRYPT_LOG_N } from "../../vault/sealed-file.ts";
import { sealedFor } from "../../vault/sealed-orders.ts";
import { checkVaultFile, createVault, type PublicKey, publicKeys, recordUse } from "../../vault/vault.ts";
import { checkOutput, DASH, PRIVATE_MODE, writeWhole } from "../files.ts";
import { addHelpCommand, examples } from "../help.ts";
import { wholeNumber } from "../options.ts";
import { type Lang, print, printRaw, say, textOf } from "../output.ts";
import { showAudit, showStatus } from "../vault-text.ts";

interface OutputFlags {
  output?: string;
  force?: boolean;
}

interface NewPassphraseFlags {
  newPassphraseFd?: string;
  newPassphraseFile?: string;
}

type RotateFlags = VaultFlags &
  OutputFlags &
  NewPassphraseFlags & { device?: string; confirmed?: boolean; passphrase?: boolean; signingKey?: Role };

/** `omamori vault …`: the key holder's tool. Nothing here prints a secret; files of keys are the owner's alone. */
export function addVaultCommands(program: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const vault = program.command("vault").description(words("help.vault"));
  const add: Add = (name, about, ...lines) =>
    addVaultOptions(vault.command(name).description(words(about)), lang).addHelpText("after", examples(lang, ...lines));
  addOwn(add, lang);
  addExports(add, lang);
  addRevoke(add, lang);
  addHelpCommand(vault, lang);
}

/** A command that opens the vault, with its examples. */
type Add = (name: string, about: string, ...lines: string[]) => Command;

/** What concerns the vault itself. */
function addOwn(add: Add, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  add(
    "init",
    "help.vault-init",
    "vault init --vault agency.vault",
    "vault init --passphrase-fd 3 3< passphrase",
  ).action((flags: VaultFlags) => init(flags, lang));
  add("status", "help.vault-status", "vault status", "vault status --audit", "vault status --json")
    .option("--json", words("help.json-line"))
    .option("--audit", words("help.vault-audit"))
    .action((flags: VaultFlags & { json?: boolean; audit?: boolean }) => status(flags, lang));
  const rotate = add(
    "rotate",
    "help.vault-rotate",
    "vault rotate --device OMB-000123 -o rotation.cbor",
    "vault rotate --device OMB-000123 --confirmed",
    "vault rotate --passphrase",
    "vault rotate --signing-key releases",
  );
  outputOptions(rotate, lang)
    .option("--device <id>", words("help.rotate-device"))
    .option("--confirmed", words("help.rotate-confirmed"))
    .option("--passphrase", words("help.rotate-passphrase"))
    .addOption(new Option("--new-passphrase-fd <n>", words("help.new-passphrase-fd")).conflicts("newPassphraseFile"))
    .option("--new-passphrase-file <file>", words("help.new-passphrase-file"))
    .addOption(new Option("--signing-key <role>", words("help.rotate-signing")).choices(ROLES))
    .action((flags: RotateFlags) => rotateOne(flags, lang));
}

/** What leaves the vault, and for whom. */
function addExports(add: Add, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  outputOptions(add("export-centre", "help.vault-centre", "vault export-centre -o centre-keys.json"), lang)
    .option("--device <id...>", words("help.some-devices"))
    .action((flags: VaultFlags & OutputFlags & { device?: string[] }) =>
      writeKeys(flags, lang, (vault) => exportForCentre(vault, flags.device)),
    );
  const station = add(
    "export-station",
    "help.vault-station",
    "vault export-station --device OMB-000123 OMB-000124 -o station.json",
  );
  outputOptions(station, lang)
    .option("--device <id...>", words("help.station-devices"))
    .action((flags: VaultFlags & OutputFlags & { device?: string[] }) => {
      const ids = needed(flags.device, "--device <id...>");
      return writeKeys(flags, lang, (vault) => exportForStation(vault, ids));
    });
  const field = add(
    "export-field",
    "help.vault-field",
    "vault export-field --device OMB-000123 --hours 24 -o field.json",
  );
  outputOptions(field, lang)
    .option("--device <id>", words("help.one-device"))
    .addOption(new Option("--hours <n>", words("help.field-hours")).default(String(FIELD_HOURS_MOST)))
    .action((flags: VaultFlags & OutputFlags & { device?: string; hours: string }) => {
      const id = needed(flags.device, "--device <id>");
      const hours = wholeNumber("--hours", flags.hours, 1, FIELD_HOURS_MOST);
      return writeKeys(flags, lang, (vault) => exportForField(vault, id, hours));
    });
  add("export-public", "help.vault-public", "vault export-public -o keys.json", "vault export-public > keys.json")
    .addOption(new Option("-o, --output <file>", words("help.output")).default(undefined, "stdout"))
    .option("--force", words("help.force"))
    .action((flags: VaultFlags & OutputFlags) => exportPublic(flags, lang));
}

function addRevoke(add: Add, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const revoke = add(
    "revoke",
    "help.vault-revoke",
    "vault revoke --device OMB-000123",
    "vault revoke --device OMB-000123 --assignment 2 -o withdrawal.cbor",
  );
  outputOptions(revoke, lang)
    .option("--device <id>", words("help.one-device"))
    .option("--assignment <n>", words("help.assignment"))
    .action((flags: VaultFlags & OutputFlags & { device?: string; assignment?: string }) => revokeOne(flags, lang));
}

function outputOptions(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return command.option("-o, --output <file>", words("help.secret-output")).option("--force", words("help.force"));
}

async function init(flags: VaultFlags, lang: Lang): Promise<void> {
  checkVaultFile(flags.vault);
  const vault = createVault(flags.vault, await readNewPassphrase(flags.passphraseFd, flags.passphraseFile, lang));
  say(textOf(lang, "cli.wrote", { file: flags.vault }).text);
  say(textOf(lang, "notice.keep-passphrase").text);
  for (const key of publicKeys(vault)) printKey(key, lang);
}

function printKey({ role, id }: PublicKey, lang: Lang): void {
  print(textOf(lang, "vault.key-line", { role, id, detail: `role.${role}` }).text);
}

async function status(flags: VaultFlags & { json?: boolean; audit?: boolean }, lang: Lang): Promise<void> {
  const vault = await openVaultOf(flags, lang);
  recordUse(vault, "vault.status");
  if (flags.audit) showAudit(vault, flags.json === true, lang);
  else showStatus(vault, flags.json === true, lang);
}

/** One thing at a time: a person who asks for two has mistaken one. */
async function rotateOne(flags: RotateFlags, lang: Lang): Promise<void> {
  const { device, passphrase, signingKey } = flags;
  if ([device, passphrase, signingKey].filter((one) => one !== undefined).length !== 1)
    throw new ToolError("vault.rotate-what", { detail: "reason.see-help" });
  if (device !== undefined && !flags.confirmed)
    return writeSealed(flags, lang, (vault) => rotateDevice(vault, device).sealed);
  const vault = await openVaultOf(flags, lang);
  if (device !== undefined)
    say(textOf(lang, "vault.confirmed", { device, generation: confirmRotation(vault, device) }).text);
  else if (signingKey !== undefined) {
    rotateSigningKey(vault, signingKey);
    const key = publicKeys(vault).find(({ role, retiredMs }) => role === signingKey && retiredMs === undefined);
    if (key !== undefined) printKey(key, lang);
  } else {
    vault.changePassphrase(await readNewPassphrase(flags.newPassphraseFd, flags.newPassphraseFile, lang), SCRYPT_LOG_N);
    say(textOf(lang, "vault.new-passphrase").text);
  }
}

async function revokeOne(
  flags: VaultFlags & OutputFlags & { device?: string; assignment?: string },
  lang: Lang,
): Promise<void> {
  const id = needed(flags.device, "--device <id>");
  if (flags.assignment !== undefined) {
    const number = wholeNumber("--assignment", flags.assignment, 1, 2 ** 32 - 2);
    await writeSealed(flags, lang, (vault) => revokeAssignment(vault, id, number));
    say(textOf(lang, "vault.carry", { device: id }).text);
    return;
  }
  if (flags.output !== undefined) throw new ToolError("vault.no-output", { detail: "reason.see-help" });
  const vault = await openVaultOf(flags, lang);
  revokeDevice(vault, id);
  say(textOf(lang, "vault.revoked", { device: id }).text);
  const { standing } = vault.look((contents) => sealedFor(contents, id));
  if (standing.kind === "order") say(textOf(lang, "vault.revoked-stands", { device: id, order: standing.id }).text);
}

async function exportPublic(flags: VaultFlags & OutputFlags, lang: Lang): Promise<void> {
  const { output = DASH, force = false } = flags;
  if (output !== DASH) checkOutput(output, [flags.vault], force);
  const vault = await openVaultOf(flags, lang);
  if (output !== DASH) checkOutput(output, [], force);
  recordUse(vault, "vault.export-public");
  const text = publicKeysText(publicKeys(vault));
  if (output === DASH) {
    printRaw(text);
    return;
  }
  await writeWhole(output, text, force);
  say(textOf(lang, "cli.wrote", { file: output }).text);
}

type OpenVault = Awaited<ReturnType<typeof openVaultOf>>;

function writeKeys(flags: VaultFlags & OutputFlags, lang: Lang, make: (vault: OpenVault) => object): Promise<void> {
  return writeSecret(flags, lang, (vault) => `${JSON.stringify(make(vault), undefined, 2)}\n`);
}

function writeSealed(
  flags: VaultFlags & OutputFlags,
  lang: Lang,
  make: (vault: OpenVault) => Uint8Array,
): Promise<void> {
  return writeSecret(flags, lang, make);
}

/** The place is looked at before the vault is changed; nothing secret goes to a terminal. */
async function writeSecret(
  flags: VaultFlags & OutputFlags,
  lang: Lang,
  make: (vault: OpenVault) => string | Uint8Array,
): Promise<void> {
  const output = needed(flags.output, "-o, --output <file>");
  if (output === DASH) throw new ToolError("vault.not-to-stdout");
  checkOutput(output, [flags.vault], flags.force === true);
  const vault = await openVaultOf(flags, lang);
  // Once more, now that the passphrase has been read: from a file that must not be written over.
  checkOutput(output, [], flags.force === true);
  await writeWhole(output, make(vault), flags.force === true, PRIVATE_MODE);
  say(textOf(lang, "cli.wrote", { file: output }).text);
}

/** Asked for before the passphrase, and in our words. */
function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new ToolError("cli.missing-option", { what, detail: "reason.see-help" });
  return value;
}
