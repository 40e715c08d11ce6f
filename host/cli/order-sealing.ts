import path from "node:path";
import { PURPOSE_ORDER } from "../../protocol/cose/keys.ts";
import { ToolError } from "../../protocol/errors.ts";
import { UINT32_MOST } from "../../protocol/limits.ts";
import { decodeUtf8 } from "../../simulator/traces/utf8.ts";
import { drawCounter, hasTwo, type Judge, judgeChange, judgeNow } from "../orders/counters.ts";
import { differences, guarding } from "../orders/diff.ts";
import { placesOnHiddenZones } from "../orders/hidden-places.ts";
import { type OrderFile, type ReadOrder, readOrderFile } from "../orders/order-file.ts";
import { isSamePerson } from "../orders/people.ts";
import { checkFilledIn } from "../orders/placeholders.ts";
import {
  decodeSealedFile,
  encodeSealedFile,
  isSealedWith,
  orderOf,
  type Reasons,
  type SealedFile,
  type SealKeys,
  sealOrderFile,
  type Verified,
  verifySealedFile,
} from "../orders/sealed-file.ts";
import { openVaultOf, type VaultFlags } from "../vault/passphrase.ts";
import { readPublicKeys } from "../vault/public-keys.ts";
import type { Sealing } from "../vault/sealed-orders.ts";
import { deviceKeys, type PublicKey, publicKeys, signingKey, type Vault } from "../vault/vault.ts";
import {
  checkOutput,
  DASH,
  DOCUMENT_MOST_BYTES,
  nameOf,
  PRIVATE_MODE,
  readFile,
  readText as readTextFile,
  writeWhole,
} from "./files.ts";
import { wholeNumber } from "./options.ts";
import { confirm, differenceJson, differenceLines, sealingJson, tellAll } from "./order-output.ts";
import { type Lang, printRaw, say, textOf, warn } from "./output.ts";
import { personOf, wordsOf } from "./person-option.ts";

/** What the `order` commands have in common: reading, verifying, and sealing with the vault. */

export interface OutputFlags {
  output?: string;
  force?: boolean;
  json?: boolean;
}

export interface WhyFlags {
  reason?: string;
  requestedBy?: string;
  agreedBy?: string;
}

export interface SealFlags extends VaultFlags, OutputFlags, WhyFlags {
  device: string;
  generation?: string;
  output: string;
}

/** Of a change to the order that was sealed last. */
export interface ChangeFlags extends SealFlags {
  last: string;
  yes?: boolean;
}

/** Characters of why something was sealed. */
const REASON_MOST = 2000;

/** `order.placeholder` of one that is not filled in. */
export function readOrder(file: string, bytes: Uint8Array): ReadOrder {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) throw new ToolError("order.not-text", { file: nameOf(file) });
  checkFilledIn(decoded.text, nameOf(file));
  return readOrderFile(decoded.text, nameOf(file), loaderBeside(file));
}

/** Files that an order names lie beside it. */
export function loaderBeside(file: string): (name: string) => string {
  return (name) =>
    readTextFile(path.isAbsolute(name) ? name : path.join(file === DASH ? "." : path.dirname(file), name));
}

export async function verify(
  file: string,
  bytes: Uint8Array,
  flags: VaultFlags & { publicKeys?: string },
  lang: Lang,
): Promise<{ sealed: SealedFile; verified: Verified; hasKey: boolean | undefined }> {
  const sealed = decodeSealedFile(bytes, nameOf(file));
  if (flags.publicKeys !== undefined) {
    const keys = readPublicKeys(readTextFile(flags.publicKeys), nameOf(flags.publicKeys));
    return { sealed, verified: verifySealedFile(sealed, ofOrders(keys), nameOf(file)), hasKey: undefined };
  }
  const vault = await openVaultOf(flags, lang);
  const verified = verifySealedFile(sealed, ofOrders(publicKeys(vault)), nameOf(file));
  return { sealed, verified, hasKey: isTakenBy(vault, verified.statement.device, sealed) };
}

/** Under any generation: a device that was rotated since has taken it before. */
function isTakenBy(vault: Vault, device: string, sealed: SealedFile): boolean {
  const { generation } = deviceKeys(vault, device, { evenRevoked: true });
  for (let asked = generation; asked >= 1; asked--)
    if (isSealedWith(sealed, deviceKeys(vault, device, { generation: asked, evenRevoked: true }).keys[PURPOSE_ORDER]))
      return true;
  return false;
}

function ofOrders(keys: PublicKey[]): PublicKey["key"][] {
  return keys.filter(({ role }) => role === "orders").map(({ key }) => key);
}

export interface LastOrder {
  read: ReadOrder;
  counter: number;
}

/** The order that a change is made from: verified, and of this device. */
export function lastOrder(file: string, vault: Vault, device: string): LastOrder {
  const sealed = decodeSealedFile(readFile(file, DOCUMENT_MOST_BYTES), nameOf(file));
  const verified = verifySealedFile(sealed, ofOrders(publicKeys(vault)), nameOf(file));
  orderOf(verified, nameOf(file));
  if (verified.statement.device !== device)
    throw new ToolError("order.other-device", { file: nameOf(file), device: verified.statement.device });
  if (verified.isRedacted) throw new ToolError("order.redacted", { file: nameOf(file) });
  return { read: verified.read as ReadOrder, counter: verified.statement.counter };
}

/** `evenRevoked`: an end, or the order of a device that is lost would stand for ever. */
export function sealKeys(
  vault: Vault,
  { device, generation }: Pick<SealFlags, "device" | "generation">,
  evenRevoked = false,
): SealKeys {
  const asked = generation === undefined ? {} : { generation: wholeNumber("--generation", generation, 1, UINT32_MOST) };
  return {
    orderKey: deviceKeys(vault, device, { ...asked, evenRevoked }).keys[PURPOSE_ORDER],
    signingKey: signingKey(vault, "orders"),
  };
}

export interface Change {
  what: Sealing;
  question: "ask.seal" | "ask.sign";
  last: LastOrder;
  read: ReadOrder;
}

/** Shows what changes, asks, and seals it. `order.unchanged`, `order.needs-two`, `order.not-latest`, `order.not-confirmed`. */
export async function sealChange(
  change: Change,
  vault: Vault,
  flags: ChangeFlags,
  why: Reasons,
  lang: Lang,
): Promise<void> {
  const { what, question, last, read } = change;
  const found = differences(last.read, read);
  if (found.length === 0) throw new ToolError("order.unchanged", { file: nameOf(flags.last) });
  const fields = guarding(found);
  if (fields.length > 0) checkTwo(why, { detail: "reason.guarding-changes", fields: fields.join(", ") });
  const judge = judgeChange(read, last.counter);
  judgeNow(vault, flags.device, judge);
  tellAll(flags.json ? found.map(differenceJson) : differenceLines(found, lang), flags);
  await confirm(question, flags.yes === true, lang);
  await sealAndWrite(what, read, vault, flags, why, judge, lang);
}

export async function sealAndWrite(
  what: Sealing,
  read: ReadOrder,
  vault: Vault,
  flags: SealFlags,
  why: Reasons,
  judge: Judge,
  lang: Lang,
): Promise<void> {
  // By now all is read that must not be written over.
  checkSealOutput(flags, []);
  const keys = sealKeys(vault, flags);
  warnOfHiddenPlaces(read.order, lang);
  const counter = drawCounter(vault, { what, order: read.order.id, ...why }, flags.device, judge);
  await tellSealed(sealOrderFile(read, flags.device, counter, keys, why, Date.now()), vault, flags, lang);
}

/** The wearer's sheet says where he may go: told of a way that touches a hidden place, he could find it. */
function warnOfHiddenPlaces(order: OrderFile, lang: Lang): void {
  for (const { at, zone } of placesOnHiddenZones(order)) warn(lang, "order.place-on-hidden", { at, feature: zone });
}

/** Refused before a number is used up. */
export function checkSealOutput({ output, force }: Pick<SealFlags, "output" | "force">, inputs: string[]): void {
  if (output !== DASH) checkOutput(output, inputs, force === true);
}

/** Verified once more before it goes out, as whoever gets it will. */
export async function tellSealed(sealed: SealedFile, vault: Vault, flags: SealFlags, lang: Lang): Promise<void> {
  const { output, force = false, json } = flags;
  const bytes = encodeSealedFile(sealed);
  const verified = verifySealedFile(decodeSealedFile(bytes, output), ofOrders(publicKeys(vault)), output);
  if (output === DASH) printRaw(bytes);
  else await writeWhole(output, bytes, force, PRIVATE_MODE);
  const { device, counter } = verified.statement;
  const file = output === DASH ? "stdout" : output;
  if (json) tellAll([sealingJson(verified, sealed, file)], flags);
  else say(textOf(lang, "order.sealed", { file, order: verified.deviceOrder.id, device, counter }).text);
}

/** What was given of it; `order.one-person` where one has two names. */
export function whyOf({ reason, requestedBy, agreedBy }: WhyFlags): Reasons {
  const why = {
    reason: reason === undefined ? undefined : wordsOf(reason, "--reason", REASON_MOST),
    requestedBy: requestedBy === undefined ? undefined : personOf(requestedBy, "--requested-by"),
    agreedBy: agreedBy === undefined ? undefined : personOf(agreedBy, "--agreed-by"),
  };
  checkTwoPeople(why);
  return why;
}

/** Two people and a reason (design §11), or `order.needs-two` with `why`. */
export function checkTwo(given: Reasons, why: Record<string, string>): void {
  if (!hasTwo(given)) throw new ToolError("order.needs-two", why);
}

/** `order.one-person`. */
export function checkTwoPeople({ requestedBy, agreedBy }: Omit<Reasons, "reason">): void {
  if (requestedBy !== undefined && agreedBy !== undefined && isSamePerson(requestedBy, agreedBy))
    throw new ToolError("order.one-person", { who: agreedBy });
}
