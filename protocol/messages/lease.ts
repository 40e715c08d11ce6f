import {
  type Decoded,
  decoded,
  type Encoded,
  encoded,
  readArrayCount,
  readIntBetween,
  writeIntBetween,
} from "../cbor/items.ts";
import { createReader } from "../cbor/reader.ts";
import { createWriter, writeArrayHead } from "../cbor/writer.ts";
import { LAT_MOST_E7, LON_MOST_E7, RADIUS_MOST_M, TIME_MOST_MS, UINT32_MOST } from "../limits.ts";

/**
 * A safe region: while it stays within and the lease has not expired, a device need not say where it is. Sealed as `COSE_Mac0`
 * under the device's lease key, which goes with its order. A bracelet's radius is always the same (design §9).
 */
export interface Lease {
  /** Counts up on each device. */
  number: number;
  /** UTC ms. */
  untilMs: number;
  latE7: number;
  lonE7: number;
  radiusM: number;
}

export function encodeLease(lease: Lease): Encoded {
  const writer = createWriter(32);
  writeArrayHead(writer, 5);
  writeIntBetween(writer, lease.number, 1, UINT32_MOST);
  writeIntBetween(writer, lease.untilMs, 0, TIME_MOST_MS);
  writeIntBetween(writer, lease.latE7, -LAT_MOST_E7, LAT_MOST_E7);
  writeIntBetween(writer, lease.lonE7, -LON_MOST_E7, LON_MOST_E7);
  writeIntBetween(writer, lease.radiusM, 1, RADIUS_MOST_M);
  return encoded(writer);
}

export function decodeLease(bytes: Uint8Array): Decoded<Lease> {
  const reader = createReader(bytes, 0, true);
  readArrayCount(reader, 5, 5);
  return decoded(reader, {
    number: readIntBetween(reader, 1, UINT32_MOST),
    untilMs: readIntBetween(reader, 0, TIME_MOST_MS),
    latE7: readIntBetween(reader, -LAT_MOST_E7, LAT_MOST_E7),
    lonE7: readIntBetween(reader, -LON_MOST_E7, LON_MOST_E7),
    radiusM: readIntBetween(reader, 1, RADIUS_MOST_M),
  });
}
