import { existsSync } from "node:fs";
import { Script } from "node:vm";
import { type Command, Option } from "commander";
import { PURPOSE_IMAGE } from "../../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../../protocol/errors.ts";
import type { Image } from "../../../protocol/image/container.ts";
import { UINT32_MOST } from "../../../protocol/limits.ts";
import { ENGINE_XS, ENGINES, type ImageVersion } from "../../../protocol/messages/image.ts";
import { BOARDS } from "../../images/boards.ts";
import { buildImageFile } from "../../images/build.ts";
import { type ReadImageFile, readImageFile } from "../../images/read.ts";
import { addRelease, NO_RELEASES, readReleaseList, signReleaseList } from "../../images/releases.ts";
import { FOR_DEVELOPMENT, sealImage } from "../../images/seal.ts";
import { parseVersion, versionText } from "../../images/version.ts";
import { addVaultOptions, openVaultOf, type VaultFlags } from "../../vault/passphrase.ts";
import { readPublicKeys } from "../../vault/public-keys.ts";
import { deviceKeys, publicKeys, recordUse, signingKey, type Vault } from "../../vault/vault.ts";
import { checkOutput, DASH, DOCUMENT_MOST_BYTES, nameOf, readFile, readText, writeWhole } from "../files.ts";
import { addHelpCommand, examples } from "../help.ts";
import { showImage, showReleases } from "../image-text.ts";
import { wholeNumber } from "../options.ts";
import { tellAll } from "../order-output.ts";
import { type Lang, printRaw, say, textOf, warn } from "../output.ts";

interface OutputFlags {
  output: string;
  force?: boolean;
  json?: boolean;
}

interface BuildFlags extends OutputFlags {
  board: string;
  engine: string;
  imageVersion: string;
  source?: string;
  elf?: string;
  loadAddress: string;
  rollback: string;
  format: string;
  formatsBack: string;
}

type SealFlags = VaultFlags &
  OutputFlags & { json?: boolean; device?: string; generation?: string; development?: boolean };
type ShowFlags = VaultFlags & { json?: boolean; checkSeal?: boolean };
type ReleaseFlags = VaultFlags & OutputFlags & { json?: boolean; list?: string };
type ShowReleaseFlags = VaultFlags & { json?: boolean; publicKeys?: string };

/** `omamori image …`: what devices run: made, sealed for one of them, looked at, released. */
export function addImageCommands(program: Command, lang: Lang): void {
  const image = program.command("image").description(textOf(lang, "help.image").text);
  addBuild(image, lang);
  addSeal(image, lang);
  addShow(image, lang);
  addReleases(image, lang);
  addHelpCommand(image, lang);
}

function addBuild(image: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addOutput(image.command("build").argument("<bundle>", words("help.image-bundle")), lang)
    .description(words("help.image-build"))
    .requiredOption("--board <name>", words("help.image-board"))
    .addOption(new Option("--engine <engine>", words("help.image-engine")).choices(ENGINES).makeOptionMandatory())
    // Plain --version is the program's own.
    .requiredOption("--image-version <version>", words("help.image-version"))
    .option("--source <bundle>", words("help.image-source"))
    .option("--elf <file>", words("help.image-elf"))
    .addOption(new Option("--load-address <address>", words("help.image-address")).default("0x0"))
    .addOption(new Option("--rollback <n>", words("help.image-rollback")).default("1"))
    .addOption(new Option("--format <n>", words("help.image-format")).default("1"))
    .addOption(new Option("--formats-back <n>", words("help.image-back")).default("0"))
    .addHelpText(
      "after",
      examples(
        lang,
        "image build bracelet.espruino.js --board xiao-ble --engine espruino --image-version 1.2.0 -o x.img",
        "image build bracelet.xs --board mps2 --engine xs --elf device.elf --source bracelet.js --image-version 1.2.0 -o x.img",
      ),
    )
    .action((file: string, flags: BuildFlags) => build(file, flags, lang));
}

async function build(file: string, flags: BuildFlags, lang: Lang): Promise<void> {
  const engine = ENGINES.indexOf(flags.engine);
  const inputs = [file, flags.source, flags.elf].filter((input) => input !== undefined);
  check(flags, inputs);
  if (engine === ENGINE_XS && flags.source === undefined) throw new ToolError("image.no-source");
  const payload = readDocument(file);
  if (engine !== ENGINE_XS) checkScript(payload, file, flags.engine);
  const bytes = buildImageFile({
    payload,
    source: sourceOf(file, flags.source) ?? payload,
    board: boardOf(flags.board),
    engine,
    elf: flags.elf === undefined ? new Uint8Array(0) : createNodeCrypto().sha256(readDocument(flags.elf)),
    version: versionOf(flags.imageVersion),
    loadAddress: addressOf(flags.loadAddress),
    rollback: wholeNumber("--rollback", flags.rollback, 1, UINT32_MOST),
    format: wholeNumber("--format", flags.format, 1, 255),
    formatsBack: wholeNumber("--formats-back", flags.formatsBack, 0, 255),
  });
  await write(flags, bytes, lang);
}

/** What a replay runs: evidence is re-executed with that alone. The build writes it beside the device's bundle. */
function sourceOf(file: string, asked: string | undefined): Uint8Array | undefined {
  if (asked !== undefined) return readDocument(asked);
  const beside = file.replace(/\.espruino\.js$/, ".replay.js");
  return beside !== file && existsSync(beside) ? readDocument(beside) : undefined;
}

/** A device refuses another board's image, so a name mistyped here would be found out in the field only. */
function boardOf(name: string): string {
  if (!BOARDS.includes(name)) throw new ToolError("image.bad-board", { board: name, choices: BOARDS.join(", ") });
  return name;
}

/** `image.no-script`: only parsed, never run. */
function checkScript(payload: Uint8Array, file: string, engine: string): void {
  try {
    new Script(Buffer.from(payload).toString("utf8"));
  } catch (error) {
    throw new ToolError("image.no-script", { file: nameOf(file), engine, problem: (error as Error).message });
  }
}

/** An image is some 100 KB, an ELF some megabytes. */
function readDocument(file: string): Uint8Array {
  return readFile(file, DOCUMENT_MOST_BYTES);
}

function versionOf(text: string): ImageVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new ToolError("image.bad-version", { version: text });
  return version;
}

/** Hexadecimal with `0x`, or decimal. */
function addressOf(text: string): number {
  const value = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value <= UINT32_MOST))
    throw new ToolError("cli.bad-number", { option: "--load-address", least: 0, most: UINT32_MOST, value: text });
  return value;
}

function addSeal(image: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addVaultOptions(addOutput(image.command("seal").argument("<image>", words("help.image-file")), lang), lang)
    .description(words("help.image-seal"))
    .addOption(new Option("--device <id>", words("help.one-device")).conflicts("development"))
    .addOption(new Option("--generation <n>", words("help.order-generation")).default(undefined, words("help.newest")))
    .option("--development", words("help.image-development"))
    .option("--json", words("help.json-line"))
    .addHelpText(
      "after",
      examples(
        lang,
        "image seal x.img --device OMB-000123 -o x.sealed",
        "image seal x.img --development -o x.development",
      ),
    )
    .action((file: string, flags: SealFlags) => seal(file, flags, lang));
}

async function seal(file: string, flags: SealFlags, lang: Lang): Promise<void> {
  const { device, development, output } = flags;
  check(flags, development ? [file] : [file, flags.vault]);
  const { bytes, image } = readImageFile(readDocument(file), nameOf(file));
  if (development) {
    const sealed = sealImage(bytes, image, FOR_DEVELOPMENT);
    warn(lang, "image.for-everybody", { file: output === DASH ? "stdout" : output });
    await write(flags, sealed, lang);
    tellSealed(FOR_DEVELOPMENT.device, image, flags);
    return;
  }
  if (device === undefined)
    throw new ToolError("cli.missing-option", { what: "--device <id>", detail: "reason.see-help" });
  const generation =
    flags.generation === undefined ? undefined : wholeNumber("--generation", flags.generation, 1, UINT32_MOST);
  const vault = await openVaultOf(flags, lang);
  const key = imageKeyOf(vault, device, generation);
  check(flags, []);
  recordUse(vault, "image.seal", device);
  await write(flags, sealImage(bytes, image, { device, key }), lang);
  tellSealed(device, image, flags);
}

function tellSealed(device: string, { header, hash }: Image, flags: OutputFlags): void {
  const about = { version: versionText(header.version), hash: Buffer.from(hash).toString("hex"), device };
  tell({ kind: "sealed-image", file: outputOf(flags), ...about }, flags);
}

function imageKeyOf(vault: Vault, device: string, generation?: number): Uint8Array {
  return deviceKeys(vault, device, { generation }).keys[PURPOSE_IMAGE];
}

function addShow(image: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  addVaultOptions(image.command("show").argument("<image>", words("help.image-file")), lang)
    .description(words("help.image-show"))
    .option("--json", words("help.json-line"))
    .option("--check-seal", words("help.image-check-seal"))
    .addHelpText("after", examples(lang, "image show x.sealed", "image show x.sealed --check-seal --json"))
    .action(async (file: string, flags: ShowFlags) =>
      showImage(await look(file, flags, lang), flags.json === true, lang),
    );
}

async function look(file: string, flags: ShowFlags, lang: Lang): Promise<ReadImageFile> {
  const bytes = readDocument(file);
  // What is damaged needs no passphrase.
  const read = readImageFile(bytes, nameOf(file));
  if (!flags.checkSeal || read.seal !== "unchecked") return read;
  const vault = await openVaultOf(flags, lang);
  recordUse(vault, "image.show", read.manifest?.device);
  return readImageFile(bytes, nameOf(file), (device) => imageKeyOf(vault, device));
}

function addReleases(image: Command, lang: Lang): void {
  const words = (code: string) => textOf(lang, code).text;
  const release = image.command("release").description(words("help.image-release"));
  addVaultOptions(addOutput(release.command("add").argument("<image...>", words("help.image-file")), lang), lang)
    .description(words("help.image-release-add"))
    .option("--list <file>", words("help.image-list-so-far"))
    .option("--json", words("help.json-line"))
    .addHelpText(
      "after",
      examples(
        lang,
        "image release add x.img -o releases.cbor",
        "image release add y.img --list releases.cbor -o releases-2.cbor",
      ),
    )
    .action((files: string[], flags: ReleaseFlags) => addToList(files, flags, lang));
  addVaultOptions(release.command("show").argument("<list>", words("help.image-list")), lang)
    .description(words("help.image-release-show"))
    .option("--json", words("help.json-line"))
    .option("--public-keys <file>", words("help.public-keys"))
    .addHelpText("after", examples(lang, "image release show releases.cbor --public-keys keys.json"))
    .action((file: string, flags: ShowReleaseFlags) => showList(file, flags, lang));
  addHelpCommand(release, lang);
}

async function addToList(files: string[], flags: ReleaseFlags, lang: Lang): Promise<void> {
  const inputs = flags.list === undefined ? files : [...files, flags.list];
  check(flags, [...inputs, flags.vault]);
  const images = files.map((file) => readImageFile(readDocument(file), nameOf(file)).image);
  const standing = flags.list === undefined ? undefined : readDocument(flags.list);
  const vault = await openVaultOf(flags, lang);
  const before =
    standing === undefined ? NO_RELEASES : readReleaseList(standing, publicKeys(vault), nameOf(flags.list ?? ""));
  const now = Date.now();
  const { releases } = images.reduce((list, image) => addRelease(list, image, now), before);
  check(flags, []);
  recordUse(vault, "image.release");
  const list = { number: before.number + 1, atMs: now, releases };
  await write(flags, signReleaseList(list, signingKey(vault, "releases")), lang);
  tell({ kind: "release-list", file: outputOf(flags), number: list.number, releases: releases.length }, flags);
}

async function showList(file: string, flags: ShowReleaseFlags, lang: Lang): Promise<void> {
  const bytes = readDocument(file);
  const keys =
    flags.publicKeys === undefined
      ? publicKeys(await openVaultOf(flags, lang))
      : readPublicKeys(readText(flags.publicKeys), flags.publicKeys);
  showReleases(readReleaseList(bytes, keys, nameOf(file)), flags.json === true, lang);
}

function addOutput(command: Command, lang: Lang): Command {
  const words = (code: string) => textOf(lang, code).text;
  return command.requiredOption("-o, --output <file>", words("help.output")).option("--force", words("help.force"));
}

function check({ output, force }: OutputFlags, inputs: string[]): void {
  if (output !== DASH) checkOutput(output, inputs, force === true);
}

async function write(flags: OutputFlags, bytes: Uint8Array, lang: Lang): Promise<void> {
  if (flags.output === DASH) {
    printRaw(bytes);
    return;
  }
  await writeWhole(flags.output, bytes, flags.force === true);
  if (!flags.json) say(textOf(lang, "cli.wrote", { file: flags.output }).text);
}

function outputOf({ output }: OutputFlags): string {
  return output === DASH ? "stdout" : output;
}

function tell(line: object, flags: OutputFlags): void {
  if (flags.json) tellAll([JSON.stringify(line)], flags);
}
