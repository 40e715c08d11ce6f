import { createWriter, finish, writeArrayHead, writeBytes, writeInt, writeText } from "../../protocol/cbor/writer.ts";
import { FIT, ORDER } from "../../protocol/journal/record.ts";
import type { OrderInForce } from "../orders/store.ts";
import { type Bracelet, find, keep, take } from "./device.ts";
import type { OrderMark } from "./state.ts";

/** `[counter, hash, what]`: 16 bytes of what was sealed, the order or its end; `in force`, `ended`, `expired`, or why it was refused. */
function recordOrder(bracelet: Bracelet, order: OrderMark, what: string): void {
  const writer = createWriter(64);
  writeArrayHead(writer, 3);
  writeInt(writer, order.counter);
  writeBytes(writer, order.hash);
  writeText(writer, what);
  keep(bracelet, ORDER, finish(writer));
}

/** The reason stands in the journal, whoever brought it; and of which order, where it was a genuine one. */
export function refuseOrder(bracelet: Bracelet, reason: string): void {
  const order = bracelet.orders.seen;
  if (find(bracelet, reason) && order !== undefined) recordOrder(bracelet, order, reason);
}

/** A new order stands; or none does any more, and nobody is to wear it. */
export function putInForce(bracelet: Bracelet, order: OrderInForce | undefined, what: string): void {
  recordOrder(bracelet, bracelet.orders, what);
  if (order === undefined) {
    // What stood at the boot is over too, where the machine has not been told of it yet.
    const fit = bracelet.lasting.fit;
    const stood = fit === undefined ? false : fit.fitted;
    if (stood || bracelet.state.tamper.wearing.phase !== "loose") recordFit(bracelet, what, 0);
    bracelet.lasting.fit = undefined;
  }
  take(bracelet, { kind: "order", order: order });
}

/** `[what, until]` of a fitting or a removal. */
export function recordFit(bracelet: Bracelet, what: string, untilMs: number): void {
  const writer = createWriter(32);
  writeArrayHead(writer, 2);
  writeText(writer, what);
  writeInt(writer, untilMs);
  keep(bracelet, FIT, finish(writer));
}
