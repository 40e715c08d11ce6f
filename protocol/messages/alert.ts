import {
  type Decoded,
  decoded,
  ID_MOST_BYTES,
  missingField,
  readField,
  readIntBetween,
  readMapCount,
  readTextBetween,
  TIME_MOST_MS,
  UINT32_MOST,
  unknownField,
} from "../cbor/items.ts";
import { createReader, type Reader } from "../cbor/reader.ts";
import { createWriter, finish, type Writer, writeInt, writeMapHead, writeText } from "../cbor/writer.ts";
import { type Fix, readFix, writeFix } from "./fix.ts";

/** What the device says when something happened. The device suspects; only a human sets *violation*. */
export interface Alert {
  /** Counts up from 1 on each device. */
  seq: number;
  /** Journal time, UTC ms. */
  atMs: number;
  about: "zone" | "location-lost" | "location-restored";
  /** The zone's id, for `zone`. */
  zone: string | undefined;
  state: "entered" | "unconfirmed" | "left" | undefined;
  /** When the first suspicion arose, or the last fix came. UTC ms. */
  sinceMs: number;
  /** The fix that brought the alert; where none did, the last one known. */
  fix: Fix | undefined;
  /** Millimetres to the zone's boundary, negative inside; clamped to ±1 km. */
  signedMm: number | undefined;
}

/** Wire values are the positions in these lists. */
export const ALERT_ABOUTS: Alert["about"][] = ["zone", "location-lost", "location-restored"];
export const ALERT_STATES: Exclude<Alert["state"], undefined>[] = ["entered", "unconfirmed", "left"];
/** Beyond this the distance says only "far". */
export const SIGNED_MOST_MM = 1000000;

/** An alert with a fix and a name of usual length; longer ones grow. */
const USUAL_BYTES = 128;

export function encodeAlert(alert: Alert): Uint8Array {
  const writer = createWriter(USUAL_BYTES);
  writeAlert(writer, alert);
  return finish(writer);
}

export function writeAlert(writer: Writer, alert: Alert): void {
  let pairs = 4;
  if (alert.zone !== undefined) pairs += 1;
  if (alert.state !== undefined) pairs += 1;
  if (alert.fix !== undefined) pairs += 1;
  if (alert.signedMm !== undefined) pairs += 1;
  writeMapHead(writer, pairs);
  writeInt(writer, 1);
  writeInt(writer, alert.seq);
  writeInt(writer, 2);
  writeInt(writer, alert.atMs);
  writeInt(writer, 3);
  writeInt(writer, ALERT_ABOUTS.indexOf(alert.about));
  if (alert.zone !== undefined) {
    writeInt(writer, 4);
    writeText(writer, alert.zone);
  }
  if (alert.state !== undefined) {
    writeInt(writer, 5);
    writeInt(writer, ALERT_STATES.indexOf(alert.state));
  }
  writeInt(writer, 6);
  writeInt(writer, alert.sinceMs);
  if (alert.fix !== undefined) {
    writeInt(writer, 7);
    writeFix(writer, alert.fix);
  }
  if (alert.signedMm !== undefined) {
    writeInt(writer, 8);
    writeInt(writer, alert.signedMm);
  }
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
    key = readField(reader, key);
    if (key <= 3 || key === 6) needed += 1;
    if (key === 1) alert.seq = readIntBetween(reader, 1, UINT32_MOST);
    else if (key === 2) alert.atMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 3) alert.about = ALERT_ABOUTS[readIntBetween(reader, 0, 2)];
    else if (key === 4) alert.zone = readTextBetween(reader, 1, ID_MOST_BYTES);
    else if (key === 5) alert.state = ALERT_STATES[readIntBetween(reader, 0, 2)];
    else if (key === 6) alert.sinceMs = readIntBetween(reader, 0, TIME_MOST_MS);
    else if (key === 7) alert.fix = readFix(reader);
    else if (key === 8) alert.signedMm = readIntBetween(reader, -SIGNED_MOST_MM, SIGNED_MOST_MM);
    else unknownField(reader);
  }
  if (needed !== 4) missingField(reader);
  return alert;
}
