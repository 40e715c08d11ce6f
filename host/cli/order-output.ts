import { createInterface } from "node:readline/promises";
import { ToolError } from "../../protocol/errors.ts";
import type { Difference } from "../orders/diff.ts";
import { utcText } from "../orders/local-time.ts";
import type { ChangeRequest } from "../orders/requests.ts";
import type { SealedFile, Verified } from "../orders/sealed-file.ts";
import type { Reader } from "../orders/sheet.ts";
import { isFields } from "../zones/json.ts";
import { DASH } from "./files.ts";
import { type Lang, print, say, textOf } from "./output.ts";

/** What the `order` commands tell: differences, requests, and what a sealed file holds. */

/** One line a change, `+` what comes, `-` what goes, `~` what becomes another. */
export function differenceLines(found: Difference[], lang: Lang): string[] {
  return found.flatMap(({ field, zone, was, is }) => {
    const name = zone === undefined ? field : `${field}.${zone}`;
    if (was === undefined) return [`+ ${textOf(lang, "diff.added", { name, value: short(is) }).text}`];
    if (is === undefined) return [`- ${textOf(lang, "diff.removed", { name, value: short(was) }).text}`];
    return changeLines(name, was, is, lang);
  });
}

/** Of objects only the members that differ. */
function changeLines(name: string, was: unknown, is: unknown, lang: Lang): string[] {
  if (!isFields(was) || !isFields(is))
    return [`~ ${textOf(lang, "diff.changed", { name, was: short(was), value: short(is) }).text}`];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((key) => short(was[key]) !== short(is[key]))
    .flatMap((key) => changeLines(`${name}.${key}`, was[key], is[key], lang));
}

function short(value: unknown): string {
  return value === undefined ? "–" : JSON.stringify(value);
}

export function differenceJson({ field, zone, was, is }: Difference): string {
  return JSON.stringify({ kind: "change", field, zone: zone ?? null, was: was ?? null, is: is ?? null });
}

export function requestLines(request: ChangeRequest, file: string, lang: Lang): string[] {
  const { id, order, device, requestedBy, atMs, reason, change } = request;
  const value = change.kind === "remove" ? "" : short(change.zone);
  return [
    textOf(lang, "request.head", { id, order, device, file }).text,
    `  ${textOf(lang, "request.by", { who: requestedBy, when: utcText(atMs), reason }).text}`,
    `  ${textOf(lang, `request.${change.kind}`, { zone: change.zoneId, value }).text}`,
  ];
}

export function requestJson(request: ChangeRequest, file: string): string {
  const { id, order, device, requestedBy, atMs, reason, change } = request;
  const at = new Date(atMs).toISOString();
  return JSON.stringify({ kind: "request", file, id, order, device, change, requestedBy, at, reason });
}

export function sealingJson(
  { statement, deviceOrder }: Pick<Verified, "statement" | "deviceOrder">,
  sealed: SealedFile,
  file: string,
): string {
  return JSON.stringify({
    kind: deviceOrder.terms === undefined ? "end" : "sealed",
    file,
    device: statement.device,
    order: deviceOrder.id,
    counter: statement.counter,
    sealedAt: new Date(statement.sealedMs).toISOString(),
    orderBytes: sealed.mac0.length,
    packBytes: sealed.pack.length,
    reason: statement.reason ?? null,
    requestedBy: statement.requestedBy ?? null,
    agreedBy: statement.agreedBy ?? null,
    ...(statement.keptUntilMs === undefined ? {} : { keptUntil: new Date(statement.keptUntilMs).toISOString() }),
  });
}

/**
 * How far a sealed file was verified, in words. Why, who asked, and that something was
 * kept back may tell the wearer of places and people.
 */
export function verificationLines(
  verified: Verified,
  hasKey: boolean | undefined,
  reader: Reader,
  lang: Lang,
): string[] {
  const { statement, deviceOrder, isRedacted } = verified;
  const { device, counter, sealedMs, reason, requestedBy, agreedBy, keptUntilMs } = statement;
  const when = utcText(sealedMs);
  const lines = [
    textOf(lang, "verified.signature", { order: deviceOrder.id, device, counter, when }).text,
    textOf(lang, deviceOrder.terms === undefined ? "verified.end" : "verified.same").text,
  ];
  if (hasKey !== undefined) lines.push(textOf(lang, hasKey ? "verified.key" : "verified.no-key", { device }).text);
  if (keptUntilMs !== undefined) lines.push(textOf(lang, "verified.kept", { when: utcText(keptUntilMs) }).text);
  if (reader === "wearer") return lines;
  if (isRedacted) lines.push(textOf(lang, "verified.redacted").text);
  if (reason !== undefined) lines.push(textOf(lang, "verified.reason", { reason }).text);
  if (requestedBy !== undefined && agreedBy !== undefined)
    lines.push(textOf(lang, "verified.two", { who: requestedBy, other: agreedBy }).text);
  return lines;
}

/** Where the sealed file itself goes to stdout, nothing else may. */
export function tellAll(lines: string[], { output }: { output: string }): void {
  if (output !== DASH) printAll(lines);
  else for (const line of lines) say(line);
}

export function printAll(lines: string[]): void {
  for (const line of lines) print(line);
}

/** Asks at the terminal; without one, or for any answer but yes, nothing is done. */
export async function confirm(question: string, isSure: boolean, lang: Lang): Promise<void> {
  if (isSure) return;
  if (!process.stdin.isTTY) throw new ToolError("order.not-confirmed");
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${textOf(lang, question).text} `);
    if (!/^(y|yes|はい)$/i.test(answer.trim())) throw new ToolError("order.not-confirmed");
  } finally {
    asking.close();
  }
}
