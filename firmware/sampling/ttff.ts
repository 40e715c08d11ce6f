/**
 * How long the receiver takes to its first usable fix, learnt from this receiver under this sky.
 * A fixed figure would either waste fixes where the sky is open or be late where it is not.
 */
export interface Ttff {
  /** The last hot starts, milliseconds, a ring. */
  recentMs: Int32Array;
  count: number;
  next: number;
}

/** Enough for the second longest to stand for the 95th percentile. */
const REMEMBERED = 20;
/** Hot start of a u-blox M10 under a fair sky, design §13 (1–5 s). Used until enough has been learnt. */
const HOT_MS = 5_000;
/** Cold start, design §13 (23–29 s), and a little. */
const COLD_MS = 30_000;
/** Broadcast ephemerides hold for 2 to 4 hours; the receiver starts hot while they do. */
const EPHEMERIS_MS = 7_200_000;

export function createTtff(): Ttff {
  return { recentMs: new Int32Array(REMEMBERED), count: 0, next: 0 };
}

/** Notes one acquisition that succeeded. `idleMs`: since the fix before; `undefined` for the first. */
export function noteTtff(ttff: Ttff, tookMs: number, idleMs: number | undefined): void {
  if (idleMs === undefined || idleMs > EPHEMERIS_MS) return;
  ttff.recentMs[ttff.next] = tookMs;
  ttff.next = (ttff.next + 1) % REMEMBERED;
  if (ttff.count < REMEMBERED) ttff.count += 1;
}

/** Milliseconds that 95 of 100 acquisitions stay within, if the receiver were switched on after `idleMs` of rest. */
export function ttff95Ms(ttff: Ttff, idleMs: number | undefined): number {
  if (idleMs === undefined || idleMs > EPHEMERIS_MS) return COLD_MS;
  if (ttff.count < REMEMBERED) return HOT_MS;
  let longest = 0;
  let second = 0;
  for (let i = 0; i < REMEMBERED; i++) {
    const ms = ttff.recentMs[i];
    if (ms > longest) {
      second = longest;
      longest = ms;
    } else if (ms > second) second = ms;
  }
  return second;
}
