import { ACKED } from "../../protocol/journal/record.ts";
import { DONE, type Receipt, TAKEN } from "../../protocol/messages/receipt.ts";
import { addReceipt, askReport, reconcile } from "../alerts/outbox.ts";
import { endOrder, installOrder, offerOrder, offerPackChunk, type Took } from "../orders/store.ts";
import { errorOf, mayDoIrreversible, utcOf } from "../time/trusted.ts";
import { offerImageChunk, offerManifest, type TookImage, testImage } from "../update/session.ts";
import { type Command, openDownlink, settle } from "../uplink/downlink.ts";
import { type Bracelet, find, keep, restart, take } from "./device.ts";
import { tellJournal } from "./link.ts";
import { putInForce, refuseOrder } from "./order-records.ts";

/** What the centre says, carried out: each once, with a receipt that stands in the journal before it goes. */
export function takeDownlink(bracelet: Bracelet, bytes: Uint8Array, nowMs: number): void {
  const taken = openDownlink(bracelet.inbox, bytes, nowMs);
  if (taken.kind === "refused") {
    if (taken.isNews) find(bracelet, taken.reason);
    return;
  }
  if (taken.kind === "receipt") send(bracelet, taken.receipt);
  if (taken.kind !== "command") return;
  // What is new under the centre's seal shows that it is there; what is repeated may be anybody's recording.
  take(bracelet, { kind: "served" });
  const done = carryOut(bracelet, taken.command);
  const receipt = settle(bracelet.inbox, taken.command, done.outcome, done.next, nowMs);
  send(bracelet, receipt);
  // Settled before, for what is sent again afterwards must not have it tested, and the device started, again and again. But where the
  // journal takes nothing any more, the new image may be what mends it.
  if (done.restarts && (receipt !== undefined || bracelet.recorder.journal.refusing)) restart(bracelet, nowMs);
}

function send(bracelet: Bracelet, receipt: Receipt | undefined): void {
  if (receipt !== undefined) addReceipt(bracelet.channel.outbox, receipt);
}

interface Done {
  outcome: string;
  next: number;
  restarts: boolean;
}

function carryOut(bracelet: Bracelet, command: Command): Done {
  switch (command.kind) {
    case "order":
      return takeOrder(bracelet, offerOrder(bracelet.orders, command.bytes, trustedMs(bracelet)));
    case "order-chunk":
      return takeOrder(bracelet, offerPackChunk(bracelet.orders, command.first, command.bytes));
    case "end":
      return orderDone(bracelet, end(bracelet, command.bytes));
    case "image":
      return takeImage(bracelet, offerManifest(bracelet.update, command.bytes));
    case "image-chunk":
      return takeImage(bracelet, offerImageChunk(bracelet.update, command.first, command.bytes));
    case "locate":
      take(bracelet, { kind: "locate" });
      return did(DONE);
    case "pause":
      take(bracelet, { kind: "pause", untilMs: command.first });
      return did(DONE);
    case "time":
      take(bracelet, { kind: "time", utcMs: command.first, errorMs: command.second, source: "sealed" });
      return did(DONE);
    case "ack":
      return acknowledgeAfar(bracelet, command);
  }
  // Leases and day keys: the proximity room takes them, and this image has none.
  return did("downlink.unsupported");
}

/** UTC that has passed for certain; `undefined` while time is not trusted. */
export function trustedMs(bracelet: Bracelet): number | undefined {
  const nowMs = bracelet.ports.clock.nowMs();
  const time = bracelet.state.time;
  return mayDoIrreversible(time, nowMs) ? utcOf(time, nowMs) - errorOf(time, nowMs) : undefined;
}

/** A whole order is put in force at once. */
function takeOrder(bracelet: Bracelet, took: Took): Done {
  if (!took.ok) return orderDone(bracelet, took.reason);
  if (took.missing > 0) return { outcome: TAKEN, next: took.missing, restarts: false };
  return orderDone(bracelet, install(bracelet));
}

/** What is whole is put in force. Why not; empty: it is. */
export function install(bracelet: Bracelet): string {
  const installed = installOrder(bracelet.orders);
  if (!installed.ok) return installed.reason;
  putInForce(bracelet, installed.order, "in force");
  if (!installed.forgotten) find(bracelet, "order.not-forgotten");
  return "";
}

/** Why not; empty: it has ended, and everything of it is gone. */
export function end(bracelet: Bracelet, sealed: Uint8Array): string {
  const took = endOrder(bracelet.orders, sealed);
  const reason = took.ok ? "" : took.reason;
  // It has ended, even where not everything of it is gone yet.
  if (reason === "" || reason === "order.not-forgotten") putInForce(bracelet, undefined, "ended");
  return reason;
}

function orderDone(bracelet: Bracelet, reason: string): Done {
  if (reason === "") return did(DONE);
  refuseOrder(bracelet, reason);
  return did(reason);
}

/** A whole image is tested at the next boot, which is as soon as that is settled. */
function takeImage(bracelet: Bracelet, took: TookImage): Done {
  if (!took.ok) return refuse(bracelet, took.reason);
  if (took.nextOffset < took.totalBytes) return { outcome: TAKEN, next: took.nextOffset, restarts: false };
  const tested = testImage(bracelet.update, bracelet.state.tamper.batteryPercent);
  if (!tested.ok) return refuse(bracelet, tested.reason);
  return { outcome: DONE, next: 0, restarts: true };
}

function acknowledgeAfar(bracelet: Bracelet, command: Command): Done {
  const newest = bracelet.recorder.journal.nextNumber - 1;
  const acked = reconcile(bracelet.channel.outbox, command.first, command.second, newest);
  tellJournal(bracelet);
  if (acked.length > 0) keep(bracelet, ACKED, acked);
  askReport(bracelet.channel.outbox);
  return did(DONE);
}

/** The reason stands in the journal, whoever sent it. */
function refuse(bracelet: Bracelet, reason: string): Done {
  find(bracelet, reason);
  return did(reason);
}

function did(outcome: string): Done {
  return { outcome: outcome, next: 0, restarts: false };
}
