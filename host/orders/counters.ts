import { ToolError } from "../../protocol/errors.ts";
import { appendAudit } from "../vault/audit.ts";
import type { SealedOrders, Standing } from "../vault/contents.ts";
import { type Sealing, sealedFor } from "../vault/sealed-orders.ts";
import type { Vault } from "../vault/vault.ts";
import { sorted } from "./diff.ts";
import { hashOf } from "./for-device.ts";
import type { ReadOrder } from "./order-file.ts";
import type { Reasons } from "./sealed-file.ts";

/** A device's seals are numbered by the vault, which knows the order that stands by the last of them. */

/** Whether the next seal may be made: throws, or says what stands after it. */
export type Judge = (was: SealedOrders, all: readonly SealedOrders[]) => Standing;

/** What the account tells of it. */
export interface Sealed extends Reasons {
  what: Sealing;
  order: string;
}

/**
 * The next number of the device, durable on return and before the seal is made: none is ever given twice, not even where the
 * work fails after it.
 */
export function drawCounter(vault: Vault, { what, order, ...why }: Sealed, device: string, judge: Judge): number {
  return vault.change((contents) => {
    const was = sealedFor(contents, device);
    const counter = was.counter + 1;
    const next = { device, counter, standing: judge(was, contents.sealed) };
    contents.sealed = [...contents.sealed.filter((one) => one.device !== device), next];
    const { reason, requestedBy, agreedBy } = why;
    const sealed = { order, counter, reason, requestedBy, agreedBy };
    appendAudit(contents.audit, { what, device, atMs: Date.now(), sealed });
    return counter;
  });
}

/** Asks without a change: who is refused anyhow need not be asked whether he is sure. */
export function judgeNow(vault: Vault, device: string, judge: Judge): Standing {
  return vault.look((contents) => judge(sealedFor(contents, device), contents.sealed));
}

type Stands = Extract<Standing, { kind: "order" }>;

export function standingOf({ order: { id, toMs, retentionDays }, document }: ReadOrder): Stands {
  return { kind: "order", id, toMs, retentionDays, hash: hashOf(new TextEncoder().encode(sorted(document))) };
}

/**
 * Of `order seal`: only the first of a device is one person's to make, as a court's paper stands beside it. Every later one could
 * be a change of zones under another name (`order.sealed-before`), so could a first one be of an order that stands on another
 * device and reads otherwise there (`order.needs-two`), and while another order stands that one is to be ended first
 * (`order.standing`), or its retention would never begin.
 */
export function judgeSeal(read: ReadOrder, why: Reasons): Judge {
  const next = standingOf(read);
  return ({ device, counter, standing }, all) => {
    if (standing.kind === "order" && standing.id !== next.id)
      throw new ToolError("order.standing", { device, order: standing.id });
    if (counter > 0 && !hasTwo(why)) throw new ToolError("order.sealed-before", { device, counter });
    const other = all.find((one) => one.device !== device && readsOtherwise(one.standing, next));
    if (other !== undefined && !hasTwo(why))
      throw new ToolError("order.needs-two", { detail: "reason.other-contents", order: next.id, device: other.device });
    return next;
  };
}

function readsOtherwise(one: Standing, next: Stands): boolean {
  return (
    one.kind === "order" && one.id === next.id && !(one.hash && next.hash && Buffer.compare(one.hash, next.hash) === 0)
  );
}

/** Of a change: made from the last seal, or what came between would be lost (`order.not-latest`). */
export function judgeChange(read: ReadOrder, latest: number): Judge {
  return ({ device, counter }) => {
    if (latest !== counter) throw new ToolError("order.not-latest", { device, counter: latest, used: counter });
    return standingOf(read);
  };
}

/** What the vault knows of the order that is to end; `last` says it where the vault is too old to. */
export function standingToEnd(vault: Vault, device: string, id: string, last: Standing | undefined): Ending {
  const { standing, counter } = vault.look((contents) => sealedFor(contents, device));
  const known = standing.kind === "unknown" && last !== undefined ? last : standing;
  if (known.kind === "none")
    throw new ToolError(counter === 0 ? "order.never-sealed" : "order.none-standing", { device, order: id });
  if (known.kind === "unknown") throw new ToolError("order.last-needed", { device, order: id });
  if (known.id !== id) throw new ToolError("order.other-standing", { device, order: id, standing: known.id });
  return { counter, toMs: known.toMs, retentionDays: known.retentionDays };
}

export interface Ending {
  counter: number;
  toMs: number | undefined;
  retentionDays: number;
}

/** Refused where another process has sealed in between. */
export function judgeEnd(latest: number): Judge {
  return ({ device, counter }) => {
    if (latest !== counter) throw new ToolError("order.not-latest", { device, counter: latest, used: counter });
    return { kind: "none" };
  };
}

/** Another device that carries the order: its records are kept on for as long as one does. */
export function standingElsewhere(vault: Vault, device: string, id: string): string | undefined {
  return vault.look(({ sealed }) =>
    sealed.find(({ device: other, standing }) => other !== device && standing.kind === "order" && standing.id === id),
  )?.device;
}

export function hasTwo({ reason, requestedBy, agreedBy }: Reasons): boolean {
  return reason !== undefined && requestedBy !== undefined && agreedBy !== undefined;
}
