/** The protocol package: what every side says. Usable alone as `omamori/protocol`. */
export { type CborValue, decode, decodeSmp, encode } from "./cbor/codec.ts";
export type { Decoded } from "./cbor/items.ts";
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
