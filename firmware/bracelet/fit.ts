import type { Secrets } from "../ports/secrets.ts";
import { SLOT_FIT } from "../secrets/slots.ts";

/** Who wears it, as it outlasts a boot: it lies on the chip, so that no strap is disarmed by rewinding the bulk flash. */
export interface Fit {
  fitted: boolean;
  /** He may be without it until then, UTC ms. */
  removal: { untilMs: number; emergency: boolean } | undefined;
}

const LOOSE = 0;
const FITTED = 1;
const REMOVAL = 2;
const EMERGENCY = 3;
const SLOT_BYTES = 9;

export function readFit(secrets: Secrets): Fit {
  const slot = secrets.read(SLOT_FIT);
  if (slot === undefined || slot.length !== SLOT_BYTES || slot[0] === LOOSE)
    return { fitted: false, removal: undefined };
  if (slot[0] === FITTED) return { fitted: true, removal: undefined };
  let untilMs = 0;
  for (let i = 1; i < SLOT_BYTES; i++) untilMs = untilMs * 256 + slot[i];
  return { fitted: true, removal: { untilMs: untilMs, emergency: slot[0] === EMERGENCY } };
}

/** False: the chip did not take it. */
export function writeFit(secrets: Secrets, fit: Fit): boolean {
  const slot = new Uint8Array(SLOT_BYTES);
  const removal = fit.removal;
  slot[0] = fit.fitted ? FITTED : LOOSE;
  if (removal !== undefined) {
    slot[0] = removal.emergency ? EMERGENCY : REMOVAL;
    let rest = removal.untilMs;
    for (let i = SLOT_BYTES - 1; i > 0; i--) {
      slot[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return secrets.write(SLOT_FIT, slot);
}
