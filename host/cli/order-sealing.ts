import path from "node:path";
import { PURPOSE_ORDER } from "../../protocol/cose/keys.ts";
import { ToolError } from "../../protocol/errors.ts";
import { UINT32_MOST } from "../../protocol/limits.ts";
import { decodeUtf8 } from "../../simulator/traces/utf8.ts";
import { drawCounter, type Sealing } from "../orders/counters.ts";
import { readText } from "../orders/fields.ts";
import { type ReadOrder, readOrderFile } from "../orders/order-file.ts";
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
import { deviceKeys, type PublicKey, publicKeys, signingKey, type Vault } from "../vault/vault.ts";
import { checkOutput, DASH, nameOf, readFile, readText as readTextFile, writeWhole } from "./files.ts";
import { wholeNumber } from "./options.ts";
import { sealingJson, tellAll } from "./order-output.ts";
import { type Lang, printRaw, say, textOf } from "./output.ts";

/** What the `order` commands have in common: reading, verifying, and sealing with the vault. */

export interface OutputFlags {
  output?: string;
  force?: boolean;
  json?: boolean;
}

export interface SealFlags extends VaultFlags, OutputFlags {
  device: string;
  generation?: string;
  reason?: string;
  output: string;
}

export interface AmendFlags extends SealFlags {
  last: string;
  requestedBy?: string;
  agreedBy?: string;
  yes?: boolean;
}

/** Bounds of why something was sealed, in characters. */
const REASON_MOST = 2000;
export const NAME_MOST = 200;

export function readOrder(file: string, bytes: Uint8Array): ReadOrder {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) throw new ToolError("order.not-text", { file: nameOf(file) });
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

/** The order that an amendment is made from: verified, and of this device. */
export function lastOrder(file: string, vault: Vault, device: string): { read: ReadOrder; counter: number } {
  const sealed = decodeSealedFile(readFile(file), nameOf(file));
  const verified = verifySealedFile(sealed, ofOrders(publicKeys(vault)), nameOf(file));
  orderOf(verified, nameOf(file));
  if (verified.statement.device !== device)
    throw new ToolError("order.other-device", { file: nameOf(file), device: verified.statement.device });
  if (verified.isRedacted) throw new ToolError("order.redacted", { file: nameOf(file) });
  return { read: verified.read as ReadOrder, counter: verified.statement.counter };
}

export function sealKeys(vault: Vault, { device, generation }: Pick<SealFlags, "device" | "generation">): SealKeys {
  const asked = generation === undefined ? {} : { generation: wholeNumber("--generation", generation, 1, UINT32_MOST) };
  return { orderKey: deviceKeys(vault, device, asked).keys[PURPOSE_ORDER], signingKey: signingKey(vault, "orders") };
}

export async function sealAndWrite(
  what: Sealing,
  read: ReadOrder,
  vault: Vault,
  flags: SealFlags,
  why: Reasons,
  lang: Lang,
  latest?: number,
): Promise<void> {
  const keys = sealKeys(vault, flags);
  const counter = drawCounter(vault, what, flags.device, latest);
  await tellSealed(sealOrderFile(read, flags.device, counter, keys, why, Date.now()), vault, flags, lang);
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
  else await writeWhole(output, bytes, force);
  const { device, counter } = verified.statement;
  const file = output === DASH ? "stdout" : output;
  if (json) tellAll([sealingJson(verified, sealed, file)], flags);
  else say(textOf(lang, "order.sealed", { file, order: verified.deviceOrder.id, device, counter }).text);
}

export function reasonOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : named(text, "--reason", REASON_MOST);
}

export function named(text: string, option: string, most: number): string {
  return readText(text, option, most, () => {
    throw new ToolError("cli.bad-text", { option, limit: most });
  });
}

/** A change of zones takes two people and a reason (design §11), whichever way it comes. */
export function whyOfAmendment(flags: AmendFlags, changesZones: boolean): Reasons {
  const optional = (text: string | undefined, option: string) =>
    text === undefined ? undefined : named(text, option, NAME_MOST);
  const requestedBy = optional(flags.requestedBy, "--requested-by");
  const agreedBy = optional(flags.agreedBy, "--agreed-by");
  const reason = reasonOf(flags.reason);
  if (changesZones && (requestedBy === undefined || agreedBy === undefined || reason === undefined))
    throw new ToolError("order.needs-two");
  if (requestedBy !== undefined && agreedBy !== undefined) checkTwo(requestedBy, agreedBy);
  return { reason, requestedBy, agreedBy };
}

export function checkTwo(requestedBy: string, agreedBy: string): void {
  if (agreedBy.trim().toLowerCase() === requestedBy.trim().toLowerCase())
    throw new ToolError("order.one-person", { who: agreedBy });
}
