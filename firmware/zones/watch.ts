import { NEVER_MS } from "../lib/instant.ts";

/**
 * Has the wearer entered this zone? One watch for each zone that is near; fixes drive it, and a deadline.
 * Rules: design §8. Distances are "into the violation": negative where the wearer must not be.
 */
export type Watch =
  | { phase: "outside" }
  | Confirming
  /** `outMs`: since when looks say that he has left; `undefined` while they do not. */
  | { phase: "inside"; zone: number; sinceMs: number; confirmed: boolean; outMs: number | undefined };

export interface Confirming {
  phase: "confirming";
  zone: number;
  sinceMs: number;
  lookedMs: number;
  /** Looks of each verdict; uncertain ones are the rest. */
  looks: number;
  inside: number;
  outside: number;
  /** Sum of how far the uncertain looks lie outside half their radius of doubt, metres; negative: they lean inwards. */
  leanM: number;
  /** Device clock of the promise's deadline, as it stood before the first look. */
  dueMs: number;
}

export type Verdict = "inside" | "outside" | "uncertain";

/** What a look changed, for the journal and the centre. */
export type Turn = "none" | "entered" | "unconfirmed" | "left";

/** Fixes closer than this share their error and confirm nothing (design §7: spacing). */
export const SPACING_MS = 15_000;
/** k of design §7: looks that make an entry. */
const LOOKS = 2;
/** A suspicion that so many looks could neither confirm nor refute is dropped; the next one begins anew. */
const LOOKS_MOST = 8;
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

/** The watch after one look, and what the look changed. `dueMs`: until when a boundary touched before it must be told. */
export function look(watch: Watch, zone: number, signedM: number, doubtM: number, nowMs: number, dueMs: number): Seen {
  const verdict = judgeDistance(signedM, doubtM);
  if (watch.phase === "outside") {
    if (verdict === "outside") return { watch, turn: "none" };
    return { watch: count(begin(zone, nowMs, dueMs), verdict, signedM, doubtM, nowMs), turn: "none" };
  }
  if (watch.phase === "confirming") return confirm(watch, verdict, signedM, doubtM, nowMs);
  if (verdict === "inside" && !watch.confirmed) return enter(watch, true);
  return leave(watch, signedM - doubtM > HYSTERESIS_M, nowMs);
}

export interface Seen {
  watch: Watch;
  turn: Turn;
}

function begin(zone: number, nowMs: number, dueMs: number): Confirming {
  return {
    phase: "confirming",
    zone: zone,
    sinceMs: nowMs,
    lookedMs: nowMs,
    looks: 0,
    inside: 0,
    outside: 0,
    leanM: 0,
    dueMs: dueMs,
  };
}

function count(watch: Confirming, verdict: Verdict, signedM: number, doubtM: number, nowMs: number): Confirming {
  return {
    phase: "confirming",
    zone: watch.zone,
    sinceMs: watch.sinceMs,
    lookedMs: nowMs,
    looks: watch.looks + 1,
    inside: verdict === "inside" ? watch.inside + 1 : watch.inside,
    outside: verdict === "outside" ? watch.outside + 1 : watch.outside,
    leanM: verdict === "uncertain" ? watch.leanM + signedM - doubtM * 0.5 : watch.leanM,
    dueMs: watch.dueMs,
  };
}

/** Two of three: one look may lie, inwards or outwards. */
function confirm(before: Confirming, verdict: Verdict, signedM: number, doubtM: number, nowMs: number): Seen {
  if (nowMs - before.lookedMs < SPACING_MS - SPACING_SLACK_MS && verdict !== "outside")
    return { watch: before, turn: "none" };
  const watch = count(before, verdict, signedM, doubtM, nowMs);
  if (watch.inside >= LOOKS) return enter(watch, true);
  if (verdict === "outside") {
    const mayHaveLied = watch.inside > 0 && watch.outside < LOOKS;
    return { watch: mayHaveLied ? watch : { phase: "outside" }, turn: "none" };
  }
  // The promise is D: with the centre of the error circle inside there is no more time to be certain.
  if (signedM < 0 || watch.inside > watch.outside) return enter(watch, false);
  if (watch.looks >= LOOKS_MOST) return { watch: { phase: "outside" }, turn: "none" };
  return watch.looks > LOOKS && leansIn(watch) ? enter(watch, false) : { watch, turn: "none" };
}

function leansIn(watch: Confirming): boolean {
  return watch.inside > watch.outside || (watch.outside === 0 && watch.leanM <= 0);
}

function enter(watch: Watch & { zone: number; sinceMs: number }, confirmed: boolean): Seen {
  return {
    watch: { phase: "inside", zone: watch.zone, sinceMs: watch.sinceMs, confirmed: confirmed, outMs: undefined },
    turn: confirmed ? "entered" : "unconfirmed",
  };
}

/** One look from outside may lie; two of them, spaced, do not. */
function leave(watch: Extract<Watch, { phase: "inside" }>, out: boolean, nowMs: number): Seen {
  if (out && watch.outMs !== undefined && nowMs - watch.outMs >= SPACING_MS - SPACING_SLACK_MS)
    return { watch: { phase: "outside" }, turn: "left" };
  const outMs = !out ? undefined : watch.outMs === undefined ? nowMs : watch.outMs;
  return {
    watch: {
      phase: "inside",
      zone: watch.zone,
      sinceMs: watch.sinceMs,
      confirmed: watch.confirmed,
      outMs: outMs,
    },
    turn: "none",
  };
}

/** No further look came in time: a suspicion that leans inwards stands, unconfirmed. */
export function expire(watch: Watch, nowMs: number): Seen {
  if (watch.phase !== "confirming" || nowMs < expiresAtMs(watch)) return { watch, turn: "none" };
  return enter(watch, false);
}

/** Device clock by which a confirmation that gets no further look ends; `NEVER_MS` where it leans outwards. */
export function expiresAtMs(watch: Confirming): number {
  if (!leansIn(watch)) return NEVER_MS;
  const patienceMs = watch.lookedMs + CONFIRM_MS + SPACING_SLACK_MS;
  // A sure look is told by the promise's deadline, though it be the only one.
  const isDueSooner = watch.inside > 0 && watch.dueMs > watch.lookedMs && watch.dueMs < patienceMs;
  return isDueSooner ? watch.dueMs : patienceMs;
}
