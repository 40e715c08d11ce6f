/** Times that the device's own clock contradicts, by who said them; design §7: a step is an alert, and is not believed. */
export interface Steps {
  gnss: boolean;
  network: boolean;
  /** A sealed word contradicted the one before: it is our own clock that stepped. */
  own: boolean;
  /** Receiver times that are off, all by the same: since when, how many, by how much. */
  sinceMs: number;
  count: number;
  offMs: number;
}

/** A receiver that repeats a stale time is off by ever more, and one mistake is over soon: a step stays the same for this. */
const AGREEING = 4;
const AGREEING_MS = 15_000;
const SAME_MS = 500;
/** So late may a true fix come; the gate has its own reasons to call one stale that is not. */
const LATE_MS = 10_000;

export function createSteps(): Steps {
  return { gnss: false, network: false, own: false, sinceMs: 0, count: 0, offMs: 0 };
}

/** A receiver's time that the gate refused. `offMs`: ahead of our clock. */
export function noteOffTime(steps: Steps, offMs: number, nowMs: number): void {
  if (Math.abs(offMs) <= LATE_MS) return;
  if (steps.count === 0 || Math.abs(offMs - steps.offMs) > SAME_MS) {
    steps.count = 0;
    steps.sinceMs = nowMs;
    steps.offMs = offMs;
  }
  steps.count += 1;
  if (steps.count >= AGREEING && nowMs - steps.sinceMs >= AGREEING_MS) steps.gnss = true;
}

/** A receiver's time that agrees with ours. */
export function noteGoodTime(steps: Steps): void {
  steps.gnss = false;
  steps.count = 0;
}
