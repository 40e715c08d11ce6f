import { equalBytes } from "../../protocol/bytes.ts";
import { DEVELOPMENT_DEVICE } from "../../protocol/image/development.ts";
import { IMAGE_HEADER_BYTES, readImageHeader } from "../../protocol/image/header.ts";
import type { ImageTarget } from "../../protocol/messages/image.ts";
import { isProvisioned } from "../bracelet/identity.ts";
import { raiseCounter } from "../secrets/counters.ts";
import { SLOT_ROLLBACK, SLOT_UPDATE } from "../secrets/slots.ts";
import { openManifest } from "./manifest.ts";
import {
  AT_CONFIRMED,
  AT_FORMAT,
  AT_OUTCOME,
  AT_PHASE,
  AT_PREVIOUS,
  AT_TESTED,
  copyImage,
  hashIn,
  INCOMING,
  isWhole,
  leastRollback,
  manifestOf,
  OUTCOME_DAMAGED,
  OUTCOME_FELL_BACK,
  OUTCOME_REVERTED,
  PHASE_INSTALLING,
  PHASE_PENDING,
  PHASE_STEADY,
  PHASE_TRYING,
  PREVIOUS,
  PRIMARY,
  placeOf,
  readAt,
  readSealedManifest,
  readState,
  type Slots,
  STATE_BYTES,
  shortHash,
} from "./slots.ts";

/**
 * What to start: `bytes` of payload at `address` of the bulk flash. `testing`: this once, unless it is confirmed.
 * `development`: it was sealed with the key that everybody knows.
 */
export type Booted =
  | { ok: true; address: number; bytes: number; testing: boolean; development: boolean }
  | { ok: false; reason: string };

/**
 * At every boot, before anything else. Verifies what it is about to start, and finishes what a power cut left half done: every
 * step may be done again. `loader.no-image`: nothing verifies, and nothing is started.
 *
 *   steady ──testImage──▶ pending ──confirmed copied to previous──▶ installing ──tested copied to primary──▶ trying
 *     ▲ ▲                    └──tested does not verify──┐               └──does not verify──┐                │  │
 *     │ └────────────────────────────────────────────────┴── confirmed copied to primary ◀──┴─ next boot ────┘  │
 *     └──────────────────────────────────────── confirmImage ───────────────────────────────────────────────────┘
 */
export function bootImage(slots: Slots, target: ImageTarget): Booted {
  const state = stateAtBoot(slots, target);
  if (state === undefined) return noImage();
  if (state[AT_PHASE] === PHASE_PENDING) stepAside(slots, state);
  if (state[AT_PHASE] === PHASE_INSTALLING) {
    const whole = bring(slots, state, AT_TESTED);
    if (!whole) state[AT_OUTCOME] = OUTCOME_DAMAGED;
    // Written before it is started: what hangs or throws leaves its mark.
    state[AT_PHASE] = PHASE_TRYING;
    if (write(slots, state) && whole) return start(slots, state, AT_TESTED);
  }
  return bring(slots, state, AT_CONFIRMED) ? startConfirmed(slots, state) : fallBack(slots, state);
}

/** Where no image was ever taken for this device's, or a board at the bench was flashed anew, primary's own seal decides. */
function stateAtBoot(slots: Slots, target: ImageTarget): Uint8Array | undefined {
  const state = readState(slots.secrets);
  if (state !== undefined && isProvisioned(slots.secrets)) return state;
  const sealed = readSealedManifest(slots, PRIMARY);
  const hash = shortHash(slots, sealed);
  if (state !== undefined && (isNamed(state, AT_CONFIRMED, hash) || isNamed(state, AT_TESTED, hash))) return state;
  const manifest = openManifest(slots, target, sealed);
  if (typeof manifest === "string" || !isWhole(slots, PRIMARY, manifest)) return state;
  const adopted = new Uint8Array(STATE_BYTES);
  adopted[AT_FORMAT] = manifest.about.format;
  adopted.set(hash, AT_CONFIRMED);
  return write(slots, adopted) ? adopted : state;
}

function isNamed(state: Uint8Array, at: number, hash: Uint8Array): boolean {
  return equalBytes(hashIn(state, at), hash);
}

/** The confirmed image is brought to previous, so that it is there however the test ends. */
function stepAside(slots: Slots, state: Uint8Array): void {
  const isSafe =
    holds(slots, INCOMING, state, AT_TESTED) &&
    bring(slots, state, AT_CONFIRMED) &&
    (holds(slots, PREVIOUS, state, AT_CONFIRMED) || copy(slots, PRIMARY, PREVIOUS, state, AT_CONFIRMED));
  state[AT_PHASE] = isSafe ? PHASE_INSTALLING : PHASE_STEADY;
  if (isSafe) state.set(hashIn(state, AT_CONFIRMED), AT_PREVIOUS);
  else state[AT_OUTCOME] = OUTCOME_DAMAGED;
  if (!write(slots, state)) state[AT_PHASE] = PHASE_STEADY;
}

/** Makes primary hold the image that the state names at `at`, from whichever place still has it. */
function bring(slots: Slots, state: Uint8Array, at: number): boolean {
  if (holds(slots, PRIMARY, state, at)) return true;
  for (let slot = INCOMING; slot <= PREVIOUS; slot++)
    if (holds(slots, slot, state, at)) return copy(slots, slot, PRIMARY, state, at);
  return false;
}

function copy(slots: Slots, from: number, to: number, state: Uint8Array, at: number): boolean {
  const manifest = manifestOf(slots, from, hashIn(state, at));
  if (manifest === undefined) return false;
  copyImage(slots, from, to, manifest);
  return holds(slots, to, state, at);
}

/** Whether the slot holds that image whole, and may be started from. */
function holds(slots: Slots, slot: number, state: Uint8Array, at: number): boolean {
  const manifest = manifestOf(slots, slot, hashIn(state, at));
  return manifest !== undefined && manifest.rollback >= leastRollback(slots) && isWhole(slots, slot, manifest);
}

function startConfirmed(slots: Slots, state: Uint8Array): Booted {
  if (state[AT_PHASE] !== PHASE_STEADY) {
    if (state[AT_OUTCOME] !== OUTCOME_DAMAGED) state[AT_OUTCOME] = OUTCOME_REVERTED;
    settle(slots, state);
  }
  const manifest = manifestOf(slots, PRIMARY, hashIn(state, AT_CONFIRMED));
  // The cut may have come between the confirmation and the counter.
  if (manifest !== undefined) raiseCounter(slots.secrets, SLOT_ROLLBACK, manifest.rollback);
  const before = manifestOf(slots, PREVIOUS, hashIn(state, AT_PREVIOUS));
  // What may not be started any more is no help: primary alone must not decide whether the device lives.
  if (before === undefined || before.rollback < leastRollback(slots)) {
    copy(slots, PRIMARY, PREVIOUS, state, AT_CONFIRMED);
    settle(slots, state);
  }
  return start(slots, state, AT_CONFIRMED);
}

/** No copy of the confirmed image is whole. The one before, or that under test, still protects somebody. */
function fallBack(slots: Slots, state: Uint8Array): Booted {
  state[AT_OUTCOME] = OUTCOME_FELL_BACK;
  if (bring(slots, state, AT_PREVIOUS)) {
    state.set(hashIn(state, AT_PREVIOUS), AT_CONFIRMED);
    settle(slots, state);
    return start(slots, state, AT_CONFIRMED);
  }
  if (!bring(slots, state, AT_TESTED)) return noImage();
  state[AT_PHASE] = PHASE_TRYING;
  write(slots, state);
  return start(slots, state, AT_TESTED);
}

/** The confirmed image lies in primary and in previous. */
function settle(slots: Slots, state: Uint8Array): void {
  state[AT_PHASE] = PHASE_STEADY;
  state.set(hashIn(state, AT_CONFIRMED), AT_PREVIOUS);
  write(slots, state);
}

function start(slots: Slots, state: Uint8Array, at: number): Booted {
  const manifest = manifestOf(slots, PRIMARY, hashIn(state, at));
  const header = readImageHeader(readAt(slots, PRIMARY, 0, IMAGE_HEADER_BYTES));
  if (manifest === undefined || header === undefined) return noImage();
  return {
    ok: true,
    address: placeOf(slots, PRIMARY) + header.headerBytes,
    bytes: header.payloadBytes,
    testing: at === AT_TESTED,
    development: manifest.device === DEVELOPMENT_DEVICE,
  };
}

function write(slots: Slots, state: Uint8Array): boolean {
  return slots.secrets.write(SLOT_UPDATE, state);
}

function noImage(): Booted {
  return { ok: false, reason: "loader.no-image" };
}
