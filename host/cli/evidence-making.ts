import { existsSync } from "node:fs";
import path from "node:path";
import { equalBytes } from "../../protocol/bytes.ts";
import { PURPOSE_JOURNAL } from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { ImageItem, Purpose } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { readJournalFile, writeRecordFile } from "../../protocol/evidence/journal-file.ts";
import { nameOfRecord } from "../../protocol/journal/order.ts";
import { ID_MOST_BYTES, TIME_MOST_MS } from "../../protocol/limits.ts";
import { decodeUtf8 } from "../../simulator/traces/utf8.ts";
import { type KeysFound, keysForRecords, numbersText } from "../evidence/chain.ts";
import { makeDemo } from "../evidence/demo.ts";
import { momentsOf } from "../evidence/facts.ts";
import { makeBundle, sealBundle } from "../evidence/make.ts";
import { openArchive, type Received } from "../evidence/received.ts";
import { readReleaseList } from "../images/releases.ts";
import { decodeSealedFile, verifySealedFile } from "../orders/sealed-file.ts";
import { openVaultOf, type VaultFlags } from "../vault/passphrase.ts";
import { publicKeysText } from "../vault/public-keys.ts";
import { SEALINGS, sealedFor } from "../vault/sealed-orders.ts";
import { deviceKeys, publicKeys, recordUse, signingKey, type Vault } from "../vault/vault.ts";
import { isName } from "../zones/names.ts";
import { instantOf } from "./evidence-options.ts";
import { checkOutput, DASH, nameOf, PRIVATE_MODE, readFile, writeWhole } from "./files.ts";
import { SEED_MOST, wholeNumber } from "./options.ts";
import { tellAll } from "./order-output.ts";
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
  json?: boolean;
}

export interface ReceiveFlags extends VaultFlags {
  device: string;
  order: string;
  journal: string;
  leaveOutUnsealed?: boolean;
  witness: string;
  json?: boolean;
}

export interface DemoFlags {
  output: string;
  journalOut?: string;
  keysOut?: string;
  for: Purpose;
  seed: string;
  force?: boolean;
}

export async function receive(flags: ReceiveFlags, lang: Lang): Promise<void> {
  const journal = readJournalFile(readFile(flags.journal), nameOf(flags.journal));
  checkOrderId(flags.order);
  const vault = await openVaultOf(flags, lang);
  // A name that was mistyped would file one device's records under another's, and the log forgets nothing: the seals tell.
  const records = onlySealed(vault, journal, flags, lang);
  const known = ordersSealed(vault, flags.device);
  const isNew = !existsSync(flags.witness);
  if (isNew) checkSealed(flags, known, lang);
  recordUse(vault, "evidence.receive", flags.device);
  const archive = openArchive(flags.witness, {
    log: path.basename(path.resolve(flags.witness)),
    key: signingKey(vault, "heads"),
    onTorn: (file) => warn(lang, "witness.torn", { file }),
  });
  try {
    const received = archive.of(flags.device);
    if (!isNew && !received.some(({ order }) => order === flags.order)) checkSealed(flags, known, lang);
    refuseOther(flags.device, records, received);
    const n = archive.take(flags.device, flags.order, records, Date.now());
    // Nobody signs later: what is taken in now is under a head now.
    const { head } = archive.witness.sign(Date.now(), true);
    const { device, order } = flags;
    const line = {
      kind: "received",
      device,
      order,
      new: n,
      records: records.length,
      leaves: head.size,
      headMs: head.atMs,
    };
    if (flags.json) print(JSON.stringify(line));
    else say(textOf(lang, "evidence.received", { n, all: records.length, size: head.size }).text);
  } finally {
    archive.close();
  }
}

function checkOrderId(order: string): void {
  if (!isName(order)) throw new ToolError("evidence.bad-order-id", { order, limit: ID_MOST_BYTES });
}

/** Records are kept for as long as their order says: under another's name they would go with that one. */
function checkSealed({ device, order }: ReceiveFlags, { ids, isWhole }: OrdersSealed, lang: Lang): void {
  if (ids.includes(order)) return;
  if (!isWhole) warn(lang, "evidence.order-unknown", { device, order });
  else if (ids.length === 0) throw new ToolError("evidence.nothing-sealed", { device, order });
  else throw new ToolError("evidence.order-not-of-device", { device, order, known: ids.join(", ") });
}

interface OrdersSealed {
  ids: string[];
  /** Older vaults did not keep of every seal which order it was of. */
  isWhole: boolean;
}

function ordersSealed(vault: Vault, device: string): OrdersSealed {
  return vault.look((contents) => {
    const { standing } = sealedFor(contents, device);
    const seals = contents.audit.filter((line) => line.device === device && SEALINGS.some((one) => one === line.what));
    const ids = seals.flatMap(({ sealed }) => (sealed === undefined ? [] : [sealed.order]));
    if (standing.kind === "order") ids.push(standing.id);
    return { ids: [...new Set(ids)], isWhole: seals.every(({ sealed }) => sealed !== undefined) };
  });
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
  const vault = await openVaultOf(flags, lang);
  const image = imageOf(flags, vault);
  const orders = (flags.order ?? []).map((file) => sealedOrder(file, device, vault));
  // Once more, for the vault and the passphrase have been read since.
  checkOutput(output, inputs, force);
  recordUse(vault, "evidence.export", device);
  const archive = openArchive(flags.witness, { log: "", onTorn: (file) => warn(lang, "witness.torn", { file }) });
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
  await writeWhole(output, sealBundle(bundle, signingKey(vault, "heads")), force, PRIVATE_MODE);
  const n = bundle.records.length;
  const unsigned = bundle.records.filter(({ leaf }) => leaf === undefined).length;
  if (unsigned > 0) warn(lang, "evidence.exported-unsigned", { n: unsigned, device });
  const file = output === DASH ? "stdout" : output;
  if (!flags.json) say(textOf(lang, "evidence.exported", { file: output, n }).text);
  else tellAll([JSON.stringify({ kind: "exported", file, device, for: flags.for, records: n, unsigned })], flags);
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

function sealedOrder(file: string, device: string, vault: Vault): Parameters<typeof makeBundle>[0]["orders"][0] {
  const bytes = readFile(file);
  const signers = publicKeys(vault)
    .filter(({ role }) => role === "orders")
    .map(({ key }) => key);
  const verified = verifySealedFile(decodeSealedFile(bytes, nameOf(file)), signers, nameOf(file));
  if (verified.statement.device !== device)
    throw new ToolError("order.other-device", { file: nameOf(file), device: verified.statement.device });
  return { bytes, verified };
}

/** A program that is none, or that is not on the list beside it, would be found out by the court. */
function imageOf({ image, releases }: ExportFlags, vault: Vault): ImageItem {
  const code = image === undefined ? new Uint8Array(0) : Uint8Array.from(readFile(image));
  if (image !== undefined && !isProgram(code)) throw new ToolError("evidence.no-program", { file: nameOf(image) });
  const list = releases === undefined ? new Uint8Array(0) : Uint8Array.from(readFile(releases));
  if (releases !== undefined) {
    const known = readReleaseList(list, publicKeys(vault), nameOf(releases)).releases;
    const hash = createNodeCrypto().sha256(code);
    if (image !== undefined && !known.some(({ source }) => equalBytes(source, hash)))
      throw new ToolError("evidence.not-released", { file: nameOf(image), list: nameOf(releases) });
  }
  return { version: image === undefined ? "" : path.basename(image), code, releases: list };
}

/** What a replay calls. */
function isProgram(code: Uint8Array): boolean {
  const decoded = decodeUtf8(code);
  return decoded.ok && decoded.text.includes("omamoriReplay");
}

export async function writeDemo(flags: DemoFlags, lang: Lang): Promise<void> {
  const { output, force = false } = flags;
  const keysOut = flags.keysOut ?? `${output}.keys.json`;
  if (output === DASH) throw new ToolError("cli.page-to-stdout", { option: "-o" });
  if (path.resolve(output) === path.resolve(keysOut)) throw new ToolError("cli.same-file", { file: output });
  checkOutput(output, [], force);
  checkOutput(keysOut, [], force);
  const { journalOut } = flags;
  const orderOut = `${journalOut}.order`;
  const more = journalOut === undefined ? [] : [journalOut, orderOut];
  for (const file of more) checkMore(file, [output, keysOut], force);
  const demo = makeDemo(wholeNumber("--seed", flags.seed, 0, SEED_MOST), flags.for);
  await writeWhole(output, demo.file, force);
  await writeWhole(keysOut, publicKeysText(demo.keys), force);
  if (journalOut !== undefined) {
    await writeWhole(journalOut, writeRecordFile(demo.records), force);
    await writeWhole(orderOut, demo.order, force);
  }
  for (const file of [output, keysOut, ...more]) say(textOf(lang, "cli.wrote", { file }).text);
  print(`omamori evidence verify ${output} --keys ${keysOut}`);
  if (journalOut !== undefined) print(`omamori replay ${journalOut} --order ${orderOut}`);
}

function checkMore(file: string, others: string[], force: boolean): void {
  if (file === DASH) throw new ToolError("cli.page-to-stdout", { option: "--journal-out" });
  if (others.some((other) => path.resolve(other) === path.resolve(file)))
    throw new ToolError("cli.same-file", { file });
  checkOutput(file, [], force);
}
