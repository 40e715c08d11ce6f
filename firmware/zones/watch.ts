/**
 * Has the wearer entered this zone? One watch for each zone that is near; fixes drive it, and a deadline.
 * Rules: design §8. Distances are "into the violation": negative where the wearer must not be.
 */
export type Watch =
  | { phase: "outside" }
  | { phase: "confirming"; zone: number; sinceMs: number; lookedMs: number; inside: number; looks: number }
  | { phase: "inside"; zone: number; sinceMs: number; confirmed: boolean };

export type Verdict = "inside" | "outside" | "uncertain";

/** What a look changed, for the journal and the centre. */
export type Turn = "none" | "entered" | "unconfirmed" | "left";

/** Fixes closer than this share their error and confirm nothing (design §7: spacing). */
export const SPACING_MS = 15_000;
/** k of design §7: looks that make an entry. */
const LOOKS = 2;
/** The time that confirmation needs: (k − 1) · spacing. */
export const CONFIRM_MS = (LOOKS - 1) * SPACING_MS;
/** No receiver is better than this on a moving leg, whatever it claims. */
const ACCURACY_FLOOR_M = 3;
/** Beyond this a worse claim would make whole quarters uncertain; the fix is poor and another is due. */
const ACCURACY_CLAMP_M = 60;
/** Design §13: assumed where the receiver gives no accuracy. */
const ACCURACY_ASSUMED_M = 30;
/** Leaving needs the whole error circle out and this much more, or a wearer on the line would ring all day. */
const HYSTERESIS_M = 10;
/** Fixes arrive a little early or late against their spacing. */
const SPACING_SLACK_MS = 1_000;

/** Metres that a fix may be off by its own claim, which no receiver keeps below the floor. */
export function claimedDoubtM(hAccMm: number | undefined): number {
  if (hAccMm === undefined) return ACCURACY_ASSUMED_M;
  return Math.max(hAccMm / 1000, ACCURACY_FLOOR_M);
}

/** h of design §8, metres: the claim, clamped, for judging inside or outside. */
export function radiusOfDoubtM(hAccMm: number | undefined): number {
  return Math.min(claimedDoubtM(hAccMm), ACCURACY_CLAMP_M);
}

export function judgeDistance(signedM: number, doubtM: number): Verdict {
  if (signedM + doubtM < 0) return "inside";
  return signedM - doubtM > 0 ? "outside" : "uncertain";
}

/**
 * Takes one look: the watch after it, and what it changed. An uncertain look keeps a confirmation going; when that ends
 * without two sure looks the alert is marked unconfirmed.
 */
export function look(
  watch: Watch,
  zone: number,
  signedM: number,
  doubtM: number,
  nowMs: number,
): { watch: Watch; turn: Turn } {
  const verdict = judgeDistance(signedM, doubtM);
  if (watch.phase === "outside") {
    if (verdict === "outside") return { watch, turn: "none" };
    return { watch: confirming(zone, nowMs, verdict), turn: "none" };
  }
  if (watch.phase === "confirming") return confirm(watch, verdict, signedM, nowMs);
  if (verdict === "inside" && !watch.confirmed) {
    return { watch: { phase: "inside", zone: zone, sinceMs: watch.sinceMs, confirmed: true }, turn: "entered" };
  }
  if (signedM - doubtM > HYSTERESIS_M) return { watch: { phase: "outside" }, turn: "left" };
  return { watch, turn: "none" };
}

function confirming(zone: number, nowMs: number, verdict: Verdict): Watch {
  return {
    phase: "confirming",
    zone: zone,
    sinceMs: nowMs,
    lookedMs: nowMs,
    inside: verdict === "inside" ? 1 : 0,
    looks: 1,
  };
}

type Confirming = Extract<Watch, { phase: "confirming" }>;

function confirm(watch: Confirming, verdict: Verdict, signedM: number, nowMs: number): { watch: Watch; turn: Turn } {
  if (verdict === "outside") return { watch: { phase: "outside" }, turn: "none" };
  if (nowMs - watch.lookedMs < SPACING_MS - SPACING_SLACK_MS) return { watch, turn: "none" };
  const inside = verdict === "inside" ? watch.inside + 1 : watch.inside;
  const looks = watch.looks + 1;
  if (inside >= LOOKS) return enter(watch, true);
  // The promise is D: with the centre of the error circle inside there is no more time to be certain.
  if (signedM < 0 || inside > 0 || looks > LOOKS) return enter(watch, false);
  return {
    watch: {
      phase: "confirming",
      zone: watch.zone,
      sinceMs: watch.sinceMs,
      lookedMs: nowMs,
      inside: inside,
      looks: looks,
    },
    turn: "none",
  };
}

function enter(watch: Confirming, confirmed: boolean): { watch: Watch; turn: Turn } {
  return {
    watch: { phase: "inside", zone: watch.zone, sinceMs: watch.sinceMs, confirmed },
    turn: confirmed ? "entered" : "unconfirmed",
  };
}

/** The deadline passed without a second look: the suspicion stands, unconfirmed, be the first look sure or uncertain. */
export function expire(watch: Watch, nowMs: number): { watch: Watch; turn: Turn } {
  if (watch.phase !== "confirming" || nowMs < expiresAtMs(watch)) return { watch, turn: "none" };
  return enter(watch, false);
}

/** Device clock by which a confirmation that gets no second look ends; only for `confirming`. */
export function expiresAtMs(watch: Confirming): number {
  return watch.sinceMs + CONFIRM_MS + EXPIRY_GRACE_MS;
}

/** A second look takes its time to first fix. */
const EXPIRY_GRACE_MS = 8_000;
