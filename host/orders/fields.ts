import { ToolError } from "../../protocol/errors.ts";
import { type Fields, isFields, quote, unknownNames } from "../zones/json.ts";
import type { RefuseField } from "../zones/order.ts";

/** Fields of an order's file, each read once and with its bounds; what is wrong is said with file, line and path. */

/** `order.bad-field`: file, line, path in `at`, and the reason in `detail`. */
export function refuserOf(lineAt: (path: string) => number, file: string): RefuseField {
  return (at, detail, params) => {
    const why = params?.value === ABSENT ? "reason.needed" : detail;
    throw new ToolError("order.bad-field", { file, line: lineAt(at), at, ...params, detail: why });
  };
}

/** Of what is not there is said that it is missing, and not what it is not. */
const ABSENT = quote(undefined);

/** An object with these names and no others but `x-…`. */
export function readObject(value: unknown, at: string, known: string[], refuse: RefuseField): Fields {
  if (!isFields(value)) return refuse(at, "reason.no-object", { at });
  const unknown = unknownNames(value, known);
  if (unknown) refuse(`${at}.${unknown.split(", ")[0]}`, "reason.unknown-in", { at, name: unknown });
  return value;
}

/** Would steer a terminal or make a text read otherwise than it is; lines may be broken. */
const UNFIT = /[\p{Bidi_Control}]|(?![\n\t])[\p{Cc}]/u;

/** For people; 1 to `most` characters. */
export function readText(value: unknown, at: string, most: number, refuse: RefuseField): string {
  if (typeof value === "string" && value.trim() !== "" && value.length <= most && !UNFIT.test(value)) return value;
  return refuse(at, "reason.bad-text", { at, limit: most, value: quote(value) });
}

export function readOptionalText(value: unknown, at: string, most: number, refuse: RefuseField): string | undefined {
  return value === undefined ? undefined : readText(value, at, most, refuse);
}

export function readWhole(value: unknown, at: string, least: number, most: number, refuse: RefuseField): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(at, "reason.bad-whole", { at, least, most, value: quote(value) });
}

export function readFlag(value: unknown, at: string, refuse: RefuseField): boolean {
  return typeof value === "boolean" ? value : refuse(at, "reason.bad-flag", { at, value: quote(value) });
}

/** A list of at most `most`; absent: empty. */
export function readItems(value: unknown, at: string, most: number, refuse: RefuseField): unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return refuse(at, "reason.no-list", { at });
  return value.length <= most ? value : refuse(at, "reason.too-many", { at, limit: most });
}
