/**
 * The protocol package: what every side says. Usable alone as `omamori/protocol`.
 *
 * `encode` and `decode` take whole values and throw ProtocolError. A message's two functions return `{ ok: false, reason, offset }`
 * instead, for they are the device's as well.
 */
export { type CborValue, decode, encode } from "./cbor/codec.ts";
export {
  type Decoded,
  decoded,
  type Encoded,
  readBool,
  readBytesBetween,
  readIntBetween,
  readTextBetween,
} from "./cbor/items.ts";
export type { Reader } from "./cbor/reader.ts";
export { ProtocolError, ToolError } from "./errors.ts";
export { type Alert, decodeAlert, encodeAlert } from "./messages/alert.ts";
export {
  type Corridor,
  type DeviceOrder,
  decodeDeviceOrder,
  type Encounter,
  encodeDeviceOrder,
  packBytesOf,
  type Terms,
  type Way,
} from "./messages/device-order.ts";
export {
  type Downlink,
  type DownlinkKind,
  decodeDownlink,
  encodeDownlink,
  sealDownlink,
} from "./messages/downlink.ts";
export { decodeFix, encodeFix, type Fix } from "./messages/fix.ts";
export {
  decodeImageInfo,
  decodeImageManifest,
  encodeImageInfo,
  encodeImageManifest,
  type ImageInfo,
  type ImageManifest,
  type ImageVersion,
  imageBytesOf,
} from "./messages/image.ts";
export { decodeLease, encodeLease, type Lease } from "./messages/lease.ts";
export { decodeOrder, encodeOrder, type Order, type UtcOffset } from "./messages/order.ts";
export { decodeReceipt, encodeReceipt, type Receipt } from "./messages/receipt.ts";
export {
  type Artefact,
  decodeReleaseList,
  encodeReleaseList,
  type Release,
  type ReleaseList,
} from "./messages/release.ts";
export { decodeStatus, encodeStatus, type Status } from "./messages/status.ts";
export {
  decodeTraceHeader,
  decodeTracePoint,
  encodeTraceHeader,
  encodeTracePoint,
  type TraceHeader,
  type TracePoint,
} from "./messages/trace.ts";
export {
  type Acked,
  decodeAcked,
  decodeUplink,
  encodeAcked,
  encodeUplink,
  openUplink,
  type Uplink,
} from "./messages/uplink.ts";
export {
  decodeZone,
  encodeZone,
  type Polygon,
  type Ring,
  type Shape,
  type Window,
  type Zone,
} from "./messages/zone.ts";
export { type Container, createSmpReader, END, hasNext, nextKey, openList, openMap, skipValue } from "./smp/fields.ts";
