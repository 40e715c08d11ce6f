import { bytesOf } from "../bytes.ts";

/**
 * A board that has not been provisioned has no key of its own yet: it takes what is sealed with this one, which everybody
 * knows, and says so. A provisioned device refuses it.
 */
export const DEVELOPMENT_KEY: Uint8Array = /* @__PURE__ */ bytesOf("omamori development images alone");
/** The device that such a manifest names. */
export const DEVELOPMENT_DEVICE = "development";
