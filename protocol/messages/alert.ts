import {
  countOf,
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readArrayCount,
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeIntBetween,
  writeIntField,
  writeOptional,
  writeTextField,
} from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, refuse, type Writer, writeArrayHead, writeInt, writeMapHead } from "../cbor/writer.ts";
import { ID_MOST_BYTES, TIME_MOST_MS, UINT32_MOST } from "../limits.ts";
import { type Fix, readFix, writeFix } from "./fix.ts";

/** What the device says when something happened. The device suspects; only a human sets *violation*. */
export interface Alert {
  /** Counts up from 1 on each device. */
  seq: number;
  /** When it was told, UTC ms. */
  atMs: number;
  about: AlertAbout;
  /** The zone's id, 1 to 64 bytes of UTF-8; always there about a `zone`, and only there. */
  zone: string | undefined;
  /** The first three about a `zone`, the others about anything else. */
  state: AlertState;
  /** When the first suspicion arose, or the last fix came. UTC ms. */
  sinceMs: number;
  /** The fix that brought the alert; where none did, the last one known. */
  fix: Fix | undefined;
  /** Millimetres to the zone's boundary, negative inside; clamped to ±1 km. Only about a `zone`. */
  signedMm: number | undefined;
  /** How the device knew the time: from a seal within a day, or longer ago; `undefined`: it did not, and all instants are guesses. */
  clock: "trusted" | "holdover" | undefined;
  /** How far `atMs` may be off, ms; there where `clock` is. */
  clockErrorMs: number | undefined;
  /** Of the battery; only about it. */
  percent: number | undefined;
  /** Of `integrity` what was found (`journal.rewound`), of `removal` which (`emergency`, `overdue`). 1 to 64 bytes of UTF-8. */
  detail: string | undefined;
}

export type AlertAbout =
  | "zone"
  /** No fix by the deadline. */
  | "location-lost"
  | "battery"
  | "strap"
  | "enclosure"
  /** Somebody talks to its USB port. */
  | "usb"
  | "jamming"
  /** Cellular and GNSS went together, on the move. */
  | "shielding"
  /** The receiver repeats itself. */
  | "frozen-fix"
  /** It is where nobody could have got to. */
  | "teleport"
  /** A time that the device's own clock contradicts. */
  | "clock-step"
  /** The centre has been silent for too long. */
  | "comms-lost"
  /** Worn, and for longer at rest than anybody sleeps. */
  | "stillness"
  /** In an emergency, or not put on again when its time was over. */
  | "removal"
  /** Something that was sealed had been altered, forged or put back. */
  | "integrity";

/** The device suspects a zone event; of anything else it tells that it began, that it lasts, and that it is over. */
export type AlertState = "entered" | "unconfirmed" | "left" | "raised" | "continuing" | "cleared";

/** Wire values are the positions in these lists. */
export const ALERT_ABOUTS: AlertAbout[] = [
  "zone",
  "location-lost",
  "battery",
  "strap",
  "enclosure",
  "usb",
  "jamming",
  "shielding",
  "frozen-fix",
  "teleport",
  "clock-step",
  "comms-lost",
  "stillness",
  "removal",
  "integrity",
];
export const ALERT_STATES: AlertState[] = ["entered", "unconfirmed", "left", "raised", "continuing", "cleared"];
/** So many states are a zone's, and so many are the others'. */
const ZONE_STATES = 3;
export const ALERT_CLOCKS: Exclude<Alert["clock"], undefined>[] = ["trusted", "holdover"];
/** Beyond this the distance says only "far". */
export const SIGNED_MOST_MM = 1000000;

/** An alert with a fix and a name of usual length; longer ones grow. */
const USUAL_BYTES = 128;

export function encodeAlert(alert: Alert): Encoded {
  const writer = createWriter(USUAL_BYTES);
  writeAlert(writer, alert);
  return encoded(writer);
}

export function writeAlert(writer: Writer, alert: Alert): void {
  const own = countOf(alert.zone) + countOf(alert.percent) + countOf(alert.detail);
  const optional = countOf(alert.fix) + countOf(alert.signedMm) + countOf(alert.clock);
  const ownKey = ownKeyOf(alert.about);
  if (alert.signedMm !== undefined && ownKey !== 4) refuse(writer, "message.unknown-field");
  holdTo(writer, alert.zone !== undefined, ownKey === 4);
  holdTo(writer, alert.percent !== undefined, ownKey === 10);
  holdTo(writer, alert.detail !== undefined, ownKey === 11);
  writeMapHead(writer, 5 + own + optional);
  writeIntField(writer, 1, alert.seq, 1, UINT32_MOST);
  writeIntField(writer, 2, alert.atMs, 0, TIME_MOST_MS);
  writeIntField(writer, 3, ALERT_ABOUTS.indexOf(alert.about), 0, ALERT_ABOUTS.length - 1);
  if (alert.zone !== undefined) writeTextField(writer, 4, alert.zone, 1, ID_MOST_BYTES);
  const firstState = ownKey === 4 ? 0 : ZONE_STATES;
  writeIntField(writer, 5, ALERT_STATES.indexOf(alert.state), firstState, firstState + ZONE_STATES - 1);
  writeIntField(writer, 6, alert.sinceMs, 0, TIME_MOST_MS);
  if (alert.fix !== undefined) {
    writeInt(writer, 7);
    writeFix(writer, alert.fix);
  }
  writeOptional(writer, 8, alert.signedMm, -SIGNED_MOST_MM, SIGNED_MOST_MM);
  if (alert.clock !== undefined) {
    writeInt(writer, 9);
    writeArrayHead(writer, 2);
    writeIntBetween(writer, ALERT_CLOCKS.indexOf(alert.clock), 0, ALERT_CLOCKS.length - 1);
    writeIntBetween(writer, alert.clockErrorMs as number, 0, UINT32_MOST);
  }
  writeOptional(writer, 10, alert.percent, 0, 100);
  if (alert.detail !== undefined) writeTextField(writer, 11, alert.detail, 1, ID_MOST_BYTES);
}

/** The field that alerts of this kind have, and only they; 0: none. */
function ownKeyOf(about: AlertAbout): number {
  if (about === "zone") return 4;
  if (about === "battery") return 10;
  return about === "removal" || about === "integrity" ? 11 : 0;
}

function holdTo(writer: Writer, isThere: boolean, isWanted: boolean): void {
  if (isThere !== isWanted) refuse(writer, isThere ? "message.unknown-field" : "message.missing-field");
}

export function decodeAlert(bytes: Uint8Array): Decoded<Alert> {
  const reader = createReader(bytes, 0, true);
  return decoded(reader, readAlert(reader));
}

export function readAlert(reader: Reader): Alert {
  const alert: Alert = {
    seq: 0,
    atMs: 0,
    about: "zone",
    zone: undefined,
    state: "entered",
    sinceMs: 0,
    fix: undefined,
    signedMm: undefined,
    clock: undefined,
    clockErrorMs: undefined,
    percent: undefined,
    detail: undefined,
  };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    const start = reader.pos;
    key = readKey(reader, key, 11);
    if (key < 7 || key > 9) needed += 1;
    const ownKey = ownKeyOf(alert.about);
    const isOwn = key === 4 || key >= 10;
    if ((isOwn && key !== ownKey) || (key === 8 && ownKey !== 4)) fail(reader, "message.unknown-field", start);
    if (key === 1) alert.seq = readIntBetween(reader, 1, UINT32_MOST);
    else if (key === 2) alert.atMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 3) alert.about = ALERT_ABOUTS[readIntBetween(reader, 0, ALERT_ABOUTS.length - 1)];
    else if (key === 4) alert.zone = readTextBetween(reader, 1, ID_MOST_BYTES);
    else if (key === 5) {
      const firstState = ownKey === 4 ? 0 : ZONE_STATES;
      alert.state = ALERT_STATES[readIntBetween(reader, firstState, firstState + ZONE_STATES - 1)];
    } else if (key === 6) alert.sinceMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 7) alert.fix = readFix(reader);
    else if (key === 8) alert.signedMm = readIntBetween(reader, -SIGNED_MOST_MM, SIGNED_MOST_MM);
    else if (key === 9) {
      readArrayCount(reader, 2, 2);
      alert.clock = ALERT_CLOCKS[readIntBetween(reader, 0, ALERT_CLOCKS.length - 1)];
      alert.clockErrorMs = readIntBetween(reader, 0, UINT32_MOST);
    } else if (key === 10) alert.percent = readIntBetween(reader, 0, 100);
    else if (key === 11) alert.detail = readTextBetween(reader, 1, ID_MOST_BYTES);
  }
  if (needed !== (ownKeyOf(alert.about) === 0 ? 5 : 6)) missingField(reader);
  return alert;
}

/** The sequence number alone, from where an alert begins; 0 where none does. For the device, which has no use for the rest. */
export function readAlertSeq(reader: Reader): number {
  readMapCount(reader);
  if (readKey(reader, 0, 11) !== 1) missingField(reader);
  const seq = readIntBetween(reader, 1, UINT32_MOST);
  return reader.error === "" ? seq : 0;
}
