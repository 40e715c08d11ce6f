/** What lies in which slot of the `secrets` port. A number is never given a second meaning. */

/** Device id, UTF-8, 1 to 32 bytes. */
export const SLOT_DEVICE = 1;
/** Generation of the keys, four bytes, big end first. */
export const SLOT_GENERATION = 2;
/** There once the device has been provisioned. */
export const SLOT_PROVISIONED = 3;
/** The eight keys of design §6, 32 bytes each, at `SLOT_KEY + PURPOSE_…` of `protocol/cose/keys.ts` (1 to 8). */
export const SLOT_KEY = 16;
/** Counter of the order in force (or of the last one ended), which of the two places it lies in, and its hash. */
export const SLOT_ORDER = 32;
/** Mark of the downlink key, counters of the open offers of an order and an image, the receipt of the last counted downlink (`uplink/downlink.ts`). */
export const SLOT_DOWNLINK = 33;
/** Rollback counter of the confirmed image. */
export const SLOT_ROLLBACK = 34;
/** What an update is in the middle of. */
export const SLOT_UPDATE = 35;
/** The journal's ratchet: epoch, K, the number of the epoch's first record, the last alert's. */
export const SLOT_RATCHET = 36;
/** Boots counted, so that two boots are never one. */
export const SLOT_BOOT = 37;
/** Fitted and armed, or removal granted until when, opened, how much spent: a strap must not be disarmed by rewinding the bulk flash. */
export const SLOT_FIT = 38;
/** Least assignment whose field key is still taken (`protocol/cose/assignment.ts`). */
export const SLOT_ASSIGNMENT = 39;
/** What was last known of the time under a seal, for a clock that runs on over a boot (`time/kept.ts`). */
export const SLOT_TIME = 40;
/** UTC seconds that have passed for certain: no later boot believes in less. */
export const SLOT_FLOOR = 41;
