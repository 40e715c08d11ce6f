import {
  CORRIDORS_MOST,
  DAY_S,
  ENCOUNTERS_MOST,
  ID_MOST_BYTES,
  PROXIMITY_MOST_M,
  RETENTION_MOST_DAYS,
  WARNINGS_MOST,
} from "../../protocol/limits.ts";
import type { UtcOffset } from "../../protocol/messages/order.ts";
import { type Fields, isFields, quote, unknownNames } from "../zones/json.ts";
import { isName } from "../zones/names.ts";
import {
  DELAY_BOUNDS_S,
  DELAY_S,
  HEARTBEAT_BOUNDS_S,
  HEARTBEAT_S,
  type RefuseField,
  readInstant,
  readOffsets,
  readSeconds,
  UTC,
} from "../zones/order.ts";
import { type NamedCorridor, type NamedEncounter, readCorridor, readEncounter } from "./encounters.ts";
import { readFlag, readItems, readObject, readOptionalText, readText, readWhole, refuserOf } from "./fields.ts";
import { offsetsOf } from "./timezone.ts";
import { parseYaml } from "./yaml.ts";
import { inlineZones, type OrderZone, readOrderZones } from "./zones.ts";

/** A court's order as its file says it (`order.schema.json`). Times UTC ms; absence is `undefined`. */
export interface OrderFile {
  id: string;
  /** On the sheet alone, never on a device. */
  person: { name: string; birth: string | undefined };
  court: { name: string; case: string | undefined; phone: string | undefined; appeal: string | undefined };
  /** Whom the wearer calls. */
  contact: { name: string; phone: string } | undefined;
  fromMs: number;
  toMs: number | undefined;
  timezone: string | undefined;
  utcOffsets: UtcOffset[];
  /** Aliases. */
  protectedPersons: string[];
  zones: OrderZone[];
  /** For the centre alone; never disclosed, never on a bracelet. */
  centreZones: OrderZone[];
  delayS: number;
  heartbeatS: number;
  /** 0: none allowed. */
  warningsPerDay: number;
  encounters: NamedEncounter[];
  corridors: NamedCorridor[];
  proximityM: number;
  retentionDays: number;
}

/** The order, and the same as plain JSON with its zones written out: what is signed, and what a request changes. */
export interface ReadOrder {
  order: OrderFile;
  document: Fields;
}

/** Reads the file that an order names beside itself. */
export type LoadFile = (name: string) => string;

const FIELDS = [
  ...["id", "person", "court", "contact", "from", "to", "timezone", "utcOffsets", "protectedPersons", "zones"],
  ...[
    "centreZones",
    "delayS",
    "heartbeatS",
    "warnings",
    "permittedEncounters",
    "corridors",
    "distances",
    "retentionDays",
  ],
];
const NAME_MOST = 200;
const TEXT_MOST = 2000;
const PERSONS_MOST = 20;
/** R of design §9. */
const PROXIMITY_M = 500;
/** As long as an appeal may still come. */
const RETENTION_DAYS = 365;
const WARNINGS_A_DAY = 6;

/**
 * `order.not-yaml`, `order.bad-field`, and what zones are refused for; each with file and line. `isRedacted`: places were taken
 * out of it, and those that are left may be none.
 */
export function readOrderFile(text: string, file: string, load: LoadFile, isRedacted = false): ReadOrder {
  const source = parseYaml(text, file);
  const refuse = refuserOf(source.lineAt, file);
  const { root } = source;
  if (!isFields(root)) return refuse("", "reason.no-order");
  const unknown = unknownNames(root, FIELDS);
  if (unknown) refuse(unknown.split(", ")[0], "reason.unknown-fields", { name: unknown });
  const { zones, centreZones } = readOrderZones(source, root, file, load, refuse);
  const order = { ...readWhen(root, refuse), ...readWho(root, refuse), ...readRules(root, refuse), zones, centreZones };
  const isEmpty = zones.length + centreZones.length === 0 && root.distances === undefined;
  if (isEmpty && !isRedacted) refuse("zones", "reason.empty-order");
  return { order, document: { ...inlineZones(root, order), utcOffsets: order.utcOffsets.map(offsetText) } };
}

function readWho(
  root: Fields,
  refuse: RefuseField,
): Pick<OrderFile, "id" | "person" | "court" | "contact" | "protectedPersons"> {
  const { id } = root;
  if (typeof id !== "string" || !isName(id)) return refuse("id", "reason.bad-order-id", { limit: ID_MOST_BYTES });
  const person = readObject(root.person, "person", ["name", "birth"], refuse);
  const court = readObject(root.court, "court", ["name", "case", "phone", "appeal"], refuse);
  const optional = (from: Fields, at: string, name: string, most = NAME_MOST) =>
    readOptionalText(from[name], `${at}.${name}`, most, refuse);
  return {
    id,
    person: { name: readText(person.name, "person.name", NAME_MOST, refuse), birth: readBirth(person.birth, refuse) },
    court: {
      name: readText(court.name, "court.name", NAME_MOST, refuse),
      case: optional(court, "court", "case"),
      phone: optional(court, "court", "phone"),
      appeal: optional(court, "court", "appeal", TEXT_MOST),
    },
    contact: root.contact === undefined ? undefined : readContact(root.contact, refuse),
    protectedPersons: readItems(root.protectedPersons, "protectedPersons", PERSONS_MOST, refuse).map((alias, i) =>
      readText(alias, `protectedPersons[${i}]`, NAME_MOST, refuse),
    ),
  };
}

function readContact(value: unknown, refuse: RefuseField): { name: string; phone: string } {
  const contact = readObject(value, "contact", ["name", "phone"], refuse);
  return {
    name: readText(contact.name, "contact.name", NAME_MOST, refuse),
    phone: readText(contact.phone, "contact.phone", NAME_MOST, refuse),
  };
}

function readBirth(value: unknown, refuse: RefuseField): string | undefined {
  if (value === undefined) return undefined;
  const day = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? new Date(value) : undefined;
  if (day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value as string)) return value as string;
  return refuse("person.birth", "reason.bad-day-of-birth", { value: quote(value) });
}

function readWhen(root: Fields, refuse: RefuseField): Pick<OrderFile, "fromMs" | "toMs" | "timezone" | "utcOffsets"> {
  const fromMs = readInstant(root.from, "from", refuse);
  const toMs = root.to === undefined ? undefined : readInstant(root.to, "to", refuse);
  if (toMs !== undefined && toMs <= fromMs) refuse("to", "reason.to-before-from");
  const { timezone, utcOffsets } = root;
  if (timezone === undefined)
    return { fromMs, toMs, timezone, utcOffsets: utcOffsets === undefined ? UTC : readOffsets(utcOffsets, refuse) };
  const name = readText(timezone, "timezone", NAME_MOST, refuse);
  // What was signed carries both, so that a verifier with other time zone data comes to the same order.
  const offsets = utcOffsets === undefined ? offsetsOf(name, fromMs, toMs) : readOffsets(utcOffsets, refuse);
  return offsets === undefined
    ? refuse("timezone", "reason.bad-timezone", { value: quote(timezone) })
    : { fromMs, toMs, timezone: name, utcOffsets: offsets };
}

type Rules = Pick<
  OrderFile,
  "delayS" | "heartbeatS" | "warningsPerDay" | "encounters" | "corridors" | "proximityM" | "retentionDays"
>;

function readRules(root: Fields, refuse: RefuseField): Rules {
  const { delayS = DELAY_S, heartbeatS = HEARTBEAT_S, distances, retentionDays = RETENTION_DAYS } = root;
  const rules = {
    delayS: readSeconds(delayS, "delayS", DELAY_BOUNDS_S, refuse),
    heartbeatS: readSeconds(heartbeatS, "heartbeatS", HEARTBEAT_BOUNDS_S, refuse),
    warningsPerDay: readWarnings(root.warnings, refuse),
    encounters: readItems(root.permittedEncounters, "permittedEncounters", ENCOUNTERS_MOST, refuse).map((one, i) =>
      readEncounter(one, `permittedEncounters[${i}]`, refuse),
    ),
    corridors: readItems(root.corridors, "corridors", CORRIDORS_MOST, refuse).map((one, i) =>
      readCorridor(one, `corridors[${i}]`, DAY_S, refuse),
    ),
    proximityM: distances === undefined ? PROXIMITY_M : readProximity(distances, refuse),
    retentionDays: readWhole(retentionDays, "retentionDays", 1, RETENTION_MOST_DAYS, refuse),
  };
  if (rules.heartbeatS < rules.delayS)
    refuse("heartbeatS" in root ? "heartbeatS" : "delayS", "reason.heartbeat-under-delay", {
      delayS: rules.delayS,
      heartbeatS: rules.heartbeatS,
    });
  return rules;
}

function readProximity(value: unknown, refuse: RefuseField): number {
  const { proximityM } = readObject(value, "distances", ["proximityM"], refuse);
  return readWhole(proximityM, "distances.proximityM", 1, PROXIMITY_MOST_M, refuse);
}

/** Unless the order says so, the device does not warn: a warning is a sign of where the boundary is. */
function readWarnings(value: unknown, refuse: RefuseField): number {
  if (value === undefined) return 0;
  const warnings = readObject(value, "warnings", ["allowed", "maxPerDay"], refuse);
  const allowed = readFlag(warnings.allowed, "warnings.allowed", refuse);
  const { maxPerDay = WARNINGS_A_DAY } = warnings;
  const perDay = readWhole(maxPerDay, "warnings.maxPerDay", 1, WARNINGS_MOST, refuse);
  return allowed ? perDay : 0;
}

/** As the file has it. */
function offsetText({ fromMs, minutes }: UtcOffset): Fields {
  const hours = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, "0");
  const rest = String(Math.abs(minutes) % 60).padStart(2, "0");
  return { from: new Date(fromMs).toISOString(), offset: `${minutes < 0 ? "-" : "+"}${hours}:${rest}` };
}
