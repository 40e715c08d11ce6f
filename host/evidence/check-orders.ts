import { payloadOfMac0 } from "../../protocol/cose/mac0.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { OrderItem } from "../../protocol/evidence/bundle.ts";
import { decodeSealedFile, type Verified, verifySealedFile } from "../orders/sealed-file.ts";
import type { PublicKeys } from "./public-keys.ts";
import { failed, notDone, passed, type Step } from "./step.ts";

export interface OrdersChecked {
  step: Step;
  /** Those that could be read and verified; what a replay may use. */
  orders: { verified: Verified; pack: Uint8Array; payload: Uint8Array }[];
  heldBack: { id: string; counter: number }[];
}

/** Each order was signed by the key holder, and what the device was given is what was signed, zones included. */
export function checkOrders(items: OrderItem[], device: string, keys: PublicKeys | undefined): OrdersChecked {
  const orders: OrdersChecked["orders"] = [];
  const heldBack = items.flatMap((item) => ("sealed" in item ? [] : [{ id: item.id, counter: item.counter }]));
  const result = (step: Step): OrdersChecked => ({ step, orders: step.outcome === "passed" ? orders : [], heldBack });
  if (keys === undefined) return result(notDone("orders", "evidence.no-keys"));
  const signers = keys.filter(({ role }) => role === "orders").map(({ key }) => key);
  for (const [i, item] of items.entries()) {
    if (!("sealed" in item)) continue;
    try {
      const sealed = decodeSealedFile(item.sealed, device);
      const verified = verifySealedFile(sealed, signers, device);
      if (verified.statement.device !== device)
        return result(failed("orders", "evidence.order-of-other", { n: i + 1, device: verified.statement.device }));
      orders.push({ verified, pack: sealed.pack, payload: payloadOfMac0(sealed.mac0) });
    } catch (error) {
      const why = error instanceof ToolError ? error.code : String(error);
      if (why === "order.bad-signature") return result(failed("orders", "evidence.order-foreign", { n: i + 1 }));
      return result(failed("orders", "evidence.order-bad", { n: i + 1, why }));
    }
  }
  if (orders.length === 0)
    return result(
      heldBack.length > 0
        ? notDone("orders", "evidence.orders-held-back", { n: heldBack.length })
        : notDone("orders", "evidence.no-orders"),
    );
  return result(passed("orders", "evidence.orders-fit", { n: orders.length }));
}

/** Whether one of these keys has signed it, whatever it says. */
export function isSignedOrder(sealed: Uint8Array, keys: PublicKeys): boolean {
  const signers = keys.filter(({ role }) => role === "orders").map(({ key }) => key);
  try {
    verifySealedFile(decodeSealedFile(sealed, ""), signers, "");
    return true;
  } catch {
    return false;
  }
}
