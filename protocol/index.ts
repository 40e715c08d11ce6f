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
export { decodeFix, encodeFix, type Fix } from "./messages/fix.ts";
export { decodeOrder, encodeOrder, type Order, type UtcOffset } from "./messages/order.ts";
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
  decodeZone,
  encodeZone,
  type Polygon,
  type Ring,
  type Shape,
  type Window,
  type Zone,
} from "./messages/zone.ts";
export { type Container, createSmpReader, END, hasNext, nextKey, openList, openMap, skipValue } from "./smp/fields.ts";
