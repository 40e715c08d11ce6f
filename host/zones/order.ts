import { ToolError } from "../../protocol/errors.ts";
import type { Order, UtcOffset } from "../../protocol/messages/order.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { isFields, parseJson } from "./json.ts";

/** D and H of design §7 and §13, seconds. */
export const DELAY_S = 60;
export const HEARTBEAT_S = 900;

/** Without an order: in force always, local time is UTC. */
export function openOrder(zones: Zone[]): Order {
  return {
    id: "replay",
    fromMs: 0,
    toMs: undefined,
    utcOffsets: [{ fromMs: 0, minutes: 0 }],
    delayS: DELAY_S,
    heartbeatS: HEARTBEAT_S,
    zones,
  };
}

const FIELDS = ["id", "from", "to", "utcOffsets", "delayS", "heartbeatS"];

/**
 * `{"id", "from": ISO, "to": ISO, "utcOffsets": [{"from": ISO, "offset": "+02:00"}], "delayS", "heartbeatS"}`; only `id` and
 * `from` are needed. The offsets are the local time's, with every change in the order's time.
 */
export function readOrder(text: string, file: string, zones: Zone[]): Order {
  const root = parseJson(text, file, "order.not-json");
  const refuse = (detail: string): never => {
    throw new ToolError("order.bad-field", { file, detail });
  };
  if (!isFields(root)) return refuse("an order is an object");
  const unknown = Object.keys(root).find((k) => !FIELDS.includes(k));
  if (unknown !== undefined) refuse(`unknown property ${unknown}`);
  if (typeof root.id !== "string" || root.id === "") refuse("id must be text");
  const fromMs = readInstant(root.from, "from", refuse);
  const toMs = root.to === undefined ? undefined : readInstant(root.to, "to", refuse);
  if (toMs !== undefined && toMs <= fromMs) refuse("to is not after from");
  return {
    id: String(root.id),
    fromMs,
    toMs,
    utcOffsets: root.utcOffsets === undefined ? [{ fromMs: 0, minutes: 0 }] : readOffsets(root.utcOffsets, refuse),
    delayS: readSeconds(root.delayS, "delayS", DELAY_S, refuse),
    heartbeatS: readSeconds(root.heartbeatS, "heartbeatS", HEARTBEAT_S, refuse),
    zones,
  };
}

/** With a zone, or the instant means another in each country. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

function readInstant(value: unknown, name: string, refuse: (detail: string) => never): number {
  const ms = typeof value === "string" && INSTANT.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms)
    ? refuse(`${name} must be a time such as 2026-11-24T09:00:00+09:00, not ${JSON.stringify(value)}`)
    : ms;
}

function readOffsets(value: unknown, refuse: (detail: string) => never): UtcOffset[] {
  if (!Array.isArray(value) || value.length === 0) return refuse("utcOffsets must be a list, and not empty");
  const offsets = value.map((item: unknown, i) => {
    if (!isFields(item)) return refuse(`utcOffsets ${i + 1} is no object`);
    const parts = typeof item.offset === "string" ? /^([+-])(\d{2}):(\d{2})$/.exec(item.offset) : null;
    if (!parts || Number(parts[2]) > 14 || Number(parts[3]) > 59)
      return refuse(`utcOffsets ${i + 1}: offset must be such as +09:00`);
    return {
      fromMs: readInstant(item.from, `utcOffsets ${i + 1}: from`, refuse),
      minutes: (parts[1] === "-" ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3])),
    };
  });
  if (offsets.some((o, i) => i > 0 && o.fromMs <= offsets[i - 1].fromMs))
    refuse("utcOffsets must be in the order of their times");
  return offsets;
}

function readSeconds(value: unknown, name: string, fallback: number, refuse: (detail: string) => never): number {
  if (value === undefined) return fallback;
  return typeof value === "number" && Number.isInteger(value) && value >= 30 && value <= 86_400
    ? value
    : refuse(`${name} must be whole seconds from 30 to 86400`);
}
