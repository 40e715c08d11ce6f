import { ToolError } from "../../protocol/errors.ts";
import { ID_MOST_BYTES, OFFSETS_MOST, TIME_MOST_MS } from "../../protocol/limits.ts";
import type { Order, UtcOffset } from "../../protocol/messages/order.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { parseInstant } from "../../simulator/traces/instant.ts";
import { isFields, parseJson, quote, unknownNames } from "./json.ts";
import { isName } from "./names.ts";
import type { Params, Reason } from "./refuse.ts";

/** D and H of design §7 and §13, seconds, and what they may be. */
export const DELAY_S = 60;
export const HEARTBEAT_S = 900;
/** Below, a fix spaced for confirmation no longer fits in; an hour late is no warning. */
export const DELAY_BOUNDS_S: Bounds = [30, 3600];
/** A fix a minute is the field's norm; a device silent for more than a day is lost. */
export const HEARTBEAT_BOUNDS_S: Bounds = [60, 86_400];

export type Bounds = [least: number, most: number];

/** Without an order: in force always, local time is UTC. */
export function openOrder(zones: Zone[]): Order {
  return {
    id: "replay",
    fromMs: 0,
    toMs: undefined,
    utcOffsets: UTC,
    delayS: DELAY_S,
    heartbeatS: HEARTBEAT_S,
    zones,
  };
}

export const UTC: UtcOffset[] = [{ fromMs: 0, minutes: 0 }];
const FIELDS = ["id", "from", "to", "utcOffsets", "delayS", "heartbeatS"];
/** Local time runs from 12 h behind UTC (Baker Island) to 14 h ahead (Kiribati). Minutes. */
const OFFSET_BOUNDS_MIN: Bounds = [-12 * 60, 14 * 60];

/** Ends the reading; `at` is the field's path, whose first name says the line. */
export type RefuseField = (at: string, reason: Reason, params?: Params) => never;

/**
 * `{"id", "from": ISO, "to": ISO, "utcOffsets": [{"from": ISO, "offset": "+02:00"}], "delayS", "heartbeatS"}`; only `id` and
 * `from` are needed, and names that begin with `x-` are for people. The offsets are the local time's, with every change in the
 * order's time, ascending; the first also holds before its time. `isFinal`: nobody sets D or H otherwise, so they must fit.
 */
export function readOrder(text: string, file: string, zones: Zone[], isFinal = true): Order {
  const { root, lineOf } = parseJson(text, file, "order.not-json");
  const refuse: RefuseField = (at, detail, params) => {
    const line = lineOf(root, /^\w+/.exec(at)?.[0]);
    throw new ToolError("order.bad-field", { file, line, at, detail, ...params });
  };
  if (!isFields(root)) return refuse("", "reason.no-order");
  const unknown = unknownNames(root, FIELDS);
  if (unknown) refuse(unknown, "reason.unknown-fields", { name: unknown });
  const { id, from, to, utcOffsets, delayS = DELAY_S, heartbeatS = HEARTBEAT_S } = root;
  if (typeof id !== "string" || !isName(id)) return refuse("id", "reason.bad-order-id", { limit: ID_MOST_BYTES });
  const fromMs = readInstant(from, "from", refuse);
  const toMs = to === undefined ? undefined : readInstant(to, "to", refuse);
  if (toMs !== undefined && toMs <= fromMs) refuse("to", "reason.to-before-from");
  const order = {
    id,
    fromMs,
    toMs,
    utcOffsets: utcOffsets === undefined ? UTC : readOffsets(utcOffsets, refuse),
    delayS: readSeconds(delayS, "delayS", DELAY_BOUNDS_S, refuse),
    heartbeatS: readSeconds(heartbeatS, "heartbeatS", HEARTBEAT_BOUNDS_S, refuse),
    zones,
  };
  if (isFinal && order.heartbeatS < order.delayS)
    refuse("heartbeatS" in root ? "heartbeatS" : "delayS", "reason.heartbeat-under-delay", {
      delayS: order.delayS,
      heartbeatS: order.heartbeatS,
    });
  return order;
}

/** With an offset, or the instant means another in each country. */
export function readInstant(value: unknown, at: string, refuse: RefuseField): number {
  const ms = typeof value === "string" ? parseInstant(value) : undefined;
  if (ms === undefined) return refuse(at, "reason.bad-instant", { at, value: quote(value) });
  if (ms < 0 || ms > TIME_MOST_MS) refuse(at, "reason.beyond-calendar", { at, value: quote(value) });
  return ms;
}

export function readOffsets(value: unknown, refuse: RefuseField): UtcOffset[] {
  const list = "utcOffsets";
  if (!Array.isArray(value) || value.length === 0) return refuse(list, "reason.no-offsets");
  if (value.length > OFFSETS_MOST) refuse(list, "reason.too-many-offsets", { limit: OFFSETS_MOST });
  let lastMs = Number.NEGATIVE_INFINITY;
  return value.map((item: unknown, i) => {
    const at = `${list}[${i}]`;
    if (!isFields(item)) return refuse(at, "reason.no-object", { at });
    const unknown = unknownNames(item, ["from", "offset"]);
    if (unknown) refuse(at, "reason.unknown-in", { at, name: unknown });
    const offset = {
      fromMs: readInstant(item.from, `${at}.from`, refuse),
      minutes: readOffset(item.offset, at, refuse),
    };
    if (offset.fromMs <= lastMs) refuse(`${at}.from`, "reason.offsets-order", { at });
    lastMs = offset.fromMs;
    return offset;
  });
}

function readOffset(value: unknown, at: string, refuse: RefuseField): number {
  const parts = typeof value === "string" ? /^([+-])(\d{2}):([0-5]\d)$/.exec(value) : null;
  const minutes = parts ? Number(parts[2]) * 60 + Number(parts[3]) : Number.NaN;
  const [least, most] = OFFSET_BOUNDS_MIN;
  const signed = parts?.[1] === "-" ? 0 - minutes : minutes;
  if (signed >= least && signed <= most) return signed;
  return refuse(`${at}.offset`, "reason.bad-offset", { at: `${at}.offset`, value: quote(value) });
}

export function readSeconds(value: unknown, at: string, [least, most]: Bounds, refuse: RefuseField): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(at, "reason.bad-seconds", { at, least, most, value: quote(value) });
}
