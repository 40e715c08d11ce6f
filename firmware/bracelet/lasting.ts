import { orderInForce } from "../orders/store.ts";
import type { Secrets } from "../ports/secrets.ts";
import { KEEP_MS, readKept, writeKept } from "../time/kept.ts";
import { type Bracelet, take } from "./device.ts";
import { type Fit, fitOf, fitWakeMs, readFit, writeFit } from "./fit.ts";

/** What the shell carries from one boot to the next, on the chip, beside the order: the time, and who wears it. */
export interface Lasting {
  /** Who wears it, as it stood at the boot; `undefined` once the machine has been told. */
  fit: Fit | undefined;
  /** When the time is kept next. */
  keepMs: number;
}

export function openLasting(secrets: Secrets, nowMs: number): Lasting {
  return { fit: readFit(secrets), keepMs: nowMs };
}

/** What outlasts a boot: the clock, the order, and who wears it. */
export function bringBack(bracelet: Bracelet): void {
  const board = bracelet.board;
  const kept = readKept(bracelet.ports.secrets, board.clockKept, board.clockErrorMs, bracelet.bootMs);
  if (kept !== undefined) take(bracelet, { kind: "time", utcMs: kept.utcMs, errorMs: kept.errorMs, source: "kept" });
  const order = orderInForce(bracelet.orders);
  if (order !== undefined) take(bracelet, { kind: "order", order: order });
  const fit = bracelet.lasting.fit;
  // Whether a removal is over is known only with the strap.
  if (fit === undefined || fit.removal === undefined) wearAgain(bracelet, true);
}

/** Tells the machine who wears it. An open strap first: a removal whose time is over means something else with it. */
export function wearAgain(bracelet: Bracelet, closed: boolean): void {
  const fit = bracelet.lasting.fit;
  if (fit === undefined) return;
  bracelet.lasting.fit = undefined;
  const removal = fit.removal;
  if (removal === undefined) {
    if (fit.fitted) take(bracelet, { kind: "fit" });
    return;
  }
  if (removal.opened || !closed) take(bracelet, { kind: "strap", closed: false });
  take(bracelet, {
    kind: "removal",
    untilMs: removal.untilMs,
    emergency: removal.emergency,
    spentMin: removal.spentMin,
  });
}

/** Of the time now and then; of a removal that its strap was opened, and what is spent of it. */
export function keepWhatLasts(bracelet: Bracelet, nowMs: number): void {
  if (bracelet.state.tamper.wearing.phase === "removed") keepFit(bracelet, nowMs);
  if (nowMs < bracelet.lasting.keepMs || bracelet.state.time.word !== "sealed") return;
  bracelet.lasting.keepMs = nowMs + KEEP_MS;
  writeKept(bracelet.ports.secrets, bracelet.state.time, nowMs);
}

/** Nothing before the machine has been told what stands there. */
export function keepFit(bracelet: Bracelet, nowMs: number): void {
  if (bracelet.lasting.fit === undefined) writeFit(bracelet.ports.secrets, fitOf(bracelet.state.tamper.wearing, nowMs));
}

/** When any of it must be told, or changes by itself. */
export function lastingWakeMs(bracelet: Bracelet, nowMs: number): number {
  return bracelet.lasting.fit === undefined ? fitWakeMs(bracelet.state.tamper.wearing, nowMs) : nowMs;
}
