import { bytesOf } from "../bytes.ts";

/**
 * What a seal is for, as associated data: bytes that were sealed for one purpose are forged for every other, even under one
 * key. A text is never given a second meaning. Unused ones fall out of the device's bundle.
 */
export const ORDER_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori order");
export const IMAGE_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori image");
export const UPLINK_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori uplink");
export const DOWNLINK_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori downlink");
export const SESSION_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori session");
export const LEASE_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori lease");
/** A field unit's key is withdrawn (`assignment.ts`). */
export const ASSIGNMENT_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori assignment");
/** A device's next generation of keys (`rotation.ts`). */
export const ROTATION_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori rotation");
/** What the host signs for verifiers who hold public keys only. */
export const ORDER_SIGNATURE_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori order signature");
export const RELEASE_SIGNATURE_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori release signature");
export const HEAD_SIGNATURE_CONTEXT: Uint8Array = /* @__PURE__ */ bytesOf("omamori tree head signature");
