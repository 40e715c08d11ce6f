import path from "node:path";
import { equalBytes } from "../../protocol/bytes.ts";
import { PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { ImageItem, Purpose } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { readJournalFile } from "../../protocol/evidence/journal-file.ts";
import { nameOfRecord } from "../../protocol/journal/order.ts";
import { TIME_MOST_MS } from "../../protocol/limits.ts";
import { type KeysFound, keysForRecords, numbersText } from "../evidence/chain.ts";
import { makeDemo } from "../evidence/demo.ts";
import { momentsOf } from "../evidence/facts.ts";
import { makeBundle, sealBundle } from "../evidence/make.ts";
import { openArchive, type Received } from "../evidence/received.ts";
import { decodeSealedFile, verifySealedFile } from "../orders/sealed-file.ts";
import { openVaultOf, type VaultFlags } from "../vault/passphrase.ts";
import { publicKeysText } from "../vault/public-keys.ts";
import { deviceKeys, publicKeys, recordUse, signingKey, type Vault } from "../vault/vault.ts";
import { instantOf } from "./evidence-options.ts";
import { checkOutput, DASH, nameOf, readFile, writeWhole } from "./files.ts";
import { SEED_MOST, wholeNumber } from "./options.ts";
import { type Lang, print, say, textOf, warn } from "./output.ts";

/** What the `evidence` commands make: an archive's records, a bundle, and the demonstration. */

export interface ExportFlags extends VaultFlags {
  device: string;
  from?: string;
  to?: string;
  for: Purpose;
  journal?: string;
  leaveOutUnsealed?: boolean;
  witness: string;
  order?: string[];
  image?: string;
  releases?: string;
  by?: string;
  output: string;
  force?: boolean;
}

export interface ReceiveFlags extends VaultFlags {
  device: string;
  order: string;
  journal: string;
  leaveOutUnsealed?: boolean;
  witness: string;
}

export interface DemoFlags {
  output: string;
  keysOut?: string;
  for: Purpose;
  seed: string;
  force?: boolean;
}

export async function receive(flags: ReceiveFlags, lang: Lang): Promise<void> {
  const journal = readJournalFile(readFile(flags.journal), nameOf(flags.journal));
  const vault = await openVaultOf(flags, lang);
  // A name that was mistyped would file one device's records under another's, and the log forgets nothing: the seals tell.
  const records = onlySealed(vault, journal, flags, lang);
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
    received.flatMap(({ content }) => (content ? [[nameOfRecord(content.record), content.record] as const] : [])),
  );
  for (const record of records) {
    const had = known.get(nameOfRecord(record));
    if (had === undefined) continue;
    const isSame = had.kind === record.kind && equalBytes(had.body, record.body) && equalBytes(had.tag, record.tag);
    if (!isSame) throw new ToolError("evidence.conflict", { device, number: record.number });
  }
}

/** Those that the device sealed; throws `evidence.unsealed` where there are others and nobody said to go without them. */
function onlySealed(
  vault: Vault,
  records: SealedRecord[],
  { device, leaveOutUnsealed = false }: Pick<ReceiveFlags, "device" | "leaveOutUnsealed">,
  lang: Lang,
): SealedRecord[] {
  const { generations } = epochKeys(vault, device, records);
  const others = records.filter((record) => !generations.has(record));
  if (others.length === 0) return records;
  if (!leaveOutUnsealed) throw new ToolError("evidence.unsealed", unsealedParams(device, others));
  warn(lang, "evidence.left-out", unsealedParams(device, others));
  return records.filter((record) => generations.has(record));
}

function unsealedParams(device: string, records: SealedRecord[]): Record<string, string | number> {
  return { device, n: records.length, numbers: numbersText(records) };
}

export async function exportBundle(flags: ExportFlags, lang: Lang): Promise<void> {
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
    leaveOut: flags.leaveOutUnsealed
      ? (records) => warn(lang, "evidence.left-out", unsealedParams(device, records))
      : undefined,
    isWanted: (record) => {
      const ms = moments(record);
      return ms === undefined || (ms >= fromMs && ms < toMs);
    },
  });
  await writeWhole(output, sealBundle(bundle, signingKey(vault, "heads")), force);
  say(textOf(lang, "evidence.exported", { file: output, n: bundle.records.length }).text);
}

/** A revoked or lost device's evidence is evidence all the same. */
function epochKeys(vault: Vault, device: string, records: SealedRecord[]): KeysFound {
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

export async function writeDemo(flags: DemoFlags, lang: Lang): Promise<void> {
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
