/** The protocol package: what every side says. Usable alone as `omamori/protocol`. */
export { type CborValue, decode, decodeSmp, encode } from "./cbor/codec.ts";
export { ProtocolError, ToolError } from "./errors.ts";
export * from "./messages/alert.ts";
export * from "./messages/fix.ts";
export * from "./messages/order.ts";
export * from "./messages/zone.ts";
