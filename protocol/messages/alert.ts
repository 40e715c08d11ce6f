import {
  countOf,
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  missingField,
  readIntBetween,
  readKey,
  readMapCount,
  readTextBetween,
  writeIntField,
  writeOptional,
  writeTextField,
} from "../cbor/items.ts";
import { createReader, fail, type Reader } from "../cbor/reader.ts";
import { createWriter, refuse, type Writer, writeInt, writeMapHead } from "../cbor/writer.ts";
import { ID_MOST_BYTES, TIME_MOST_MS, UINT32_MOST } from "../limits.ts";
import { type Fix, readFix, writeFix } from "./fix.ts";

/** What the device says when something happened. The device suspects; only a human sets *violation*. */
export interface Alert {
  /** Counts up from 1 on each device. */
  seq: number;
  /** Journal time, UTC ms. */
  atMs: number;
  about: "zone" | "location-lost" | "location-restored";
  /** The zone's id, 1 to 64 bytes of UTF-8; always there about a `zone`, and only there. */
  zone: string | undefined;
  /** Likewise. */
  state: "entered" | "unconfirmed" | "left" | undefined;
  /** When the first suspicion arose, or the last fix came. UTC ms. */
  sinceMs: number;
  /** The fix that brought the alert; where none did, the last one known. */
  fix: Fix | undefined;
  /** Millimetres to the zone's boundary, negative inside; clamped to ±1 km. Only about a `zone`. */
  signedMm: number | undefined;
}

/** Wire values are the positions in these lists. */
export const ALERT_ABOUTS: Alert["about"][] = ["zone", "location-lost", "location-restored"];
export const ALERT_STATES: Exclude<Alert["state"], undefined>[] = ["entered", "unconfirmed", "left"];
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
  const ofZone = countOf(alert.zone) + countOf(alert.state) + countOf(alert.signedMm);
  if (alert.about !== "zone" && ofZone > 0) refuse(writer, "message.unknown-field");
  if (alert.about === "zone" && (alert.zone === undefined || alert.state === undefined))
    refuse(writer, "message.missing-field");
  writeMapHead(writer, 4 + ofZone + countOf(alert.fix));
  writeIntField(writer, 1, alert.seq, 1, UINT32_MOST);
  writeIntField(writer, 2, alert.atMs, 0, TIME_MOST_MS);
  writeIntField(writer, 3, ALERT_ABOUTS.indexOf(alert.about), 0, ALERT_ABOUTS.length - 1);
  if (alert.zone !== undefined) writeTextField(writer, 4, alert.zone, 1, ID_MOST_BYTES);
  if (alert.state !== undefined)
    writeIntField(writer, 5, ALERT_STATES.indexOf(alert.state), 0, ALERT_STATES.length - 1);
  writeIntField(writer, 6, alert.sinceMs, 0, TIME_MOST_MS);
  if (alert.fix !== undefined) {
    writeInt(writer, 7);
    writeFix(writer, alert.fix);
  }
  writeOptional(writer, 8, alert.signedMm, -SIGNED_MOST_MM, SIGNED_MOST_MM);
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
    state: undefined,
    sinceMs: 0,
    fix: undefined,
    signedMm: undefined,
  };
  let needed = 0;
  let key = 0;
  const fields = readMapCount(reader);
  for (let i = 0; i < fields && reader.error === ""; i++) {
    const start = reader.pos;
    key = readKey(reader, key, 8);
    if (key !== 7 && key !== 8) needed += 1;
    if (alert.about !== "zone" && (key === 4 || key === 5 || key === 8)) fail(reader, "message.unknown-field", start);
    if (key === 1) alert.seq = readIntBetween(reader, 1, UINT32_MOST);
    else if (key === 2) alert.atMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 3) alert.about = ALERT_ABOUTS[readIntBetween(reader, 0, ALERT_ABOUTS.length - 1)];
    else if (key === 4) alert.zone = readTextBetween(reader, 1, ID_MOST_BYTES);
    else if (key === 5) alert.state = ALERT_STATES[readIntBetween(reader, 0, ALERT_STATES.length - 1)];
    else if (key === 6) alert.sinceMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 7) alert.fix = readFix(reader);
    else if (key === 8) alert.signedMm = readIntBetween(reader, -SIGNED_MOST_MM, SIGNED_MOST_MM);
  }
  if (needed !== (alert.about === "zone" ? 6 : 4)) missingField(reader);
  return alert;
}

/** The sequence number alone, from where an alert begins; 0 where none does. For the device, which has no use for the rest. */
export function readAlertSeq(reader: Reader): number {
  readMapCount(reader);
  if (readKey(reader, 0, 8) !== 1) missingField(reader);
  const seq = readIntBetween(reader, 1, UINT32_MOST);
  return reader.error === "" ? seq : 0;
}
