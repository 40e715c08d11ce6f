import { createWriter, finish, type Writer, writeInt, writeMapHead, writeText } from "../cbor/writer.ts";
import { type Fix, writeFix } from "./fix.ts";

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
  fix: Fix | undefined;
  /** Millimetres to the zone's boundary, negative inside; clamped to ±1 km. */
  signedMm: number | undefined;
}

/** Wire values are the positions in these lists. */
export const ALERT_ABOUTS: Alert["about"][] = ["zone", "location-lost", "location-restored"];
export const ALERT_STATES = ["entered", "unconfirmed", "left"];

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
