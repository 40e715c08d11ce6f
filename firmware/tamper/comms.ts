/** How long the centre may be silent before that is an alert: design §13. A keep-alive comes twice within it. */
const NEAR_MS = 300_000;
const FAR_MS = 900_000;

/**
 * When silence becomes an alert, `servedMs` being the last word and `farMs` when no zone was near last. `near`: in a zone, its
 * buffer, or about to be; what was fast enough before it came near is not late for having come there.
 */
export function silentAtMs(servedMs: number, near: boolean, farMs: number): number {
  if (!near) return servedMs + FAR_MS;
  return Math.min(servedMs + FAR_MS, Math.max(servedMs, farMs) + NEAR_MS);
}
