import {
  ALERTS_MOST,
  addReceipt,
  type Backlog,
  createOutbox,
  nextOutgoing,
  type Outbox,
  type Outgoing,
  outboxAcknowledged,
  outboxFailed,
  outboxOnline,
  outboxWakeMs,
} from "../../firmware/alerts/outbox.ts";
import { decodeAcked, decodeUplink, type Status, type Uplink } from "../../protocol/index.ts";
import { ACKED, ALERT, INPUTS, type JournalRecord } from "../../protocol/journal/record.ts";

export const STATUS: Status = {
  atMs: 1_700_000_000_000,
  phase: "far",
  fixes: 100,
  attempts: 120,
  gnssOnMs: 300_000,
  nextLookMs: undefined,
  usedUah: undefined,
  batteryPercent: 80,
  time: "trusted",
  orderCounter: 3,
  fix: undefined,
  trouble: undefined,
};

export const numbersOf = (uplink: Uplink): number[] => uplink.records.map((record) => record.number);

export function opened({ payload }: Outgoing): Uplink {
  const read = decodeUplink(payload);
  if (!read.ok) throw new Error(`${read.reason} at ${read.offset}`);
  return read.value;
}

/** A device with a journal that outlives boots, an outbox that does not, and a centre at the end of a bad line. */
export class OutboxWorld {
  readonly journal: JournalRecord[] = [];
  /** How often each record has come to the centre, and in which order they first did. */
  readonly centre = new Map<number, number>();
  readonly made: Uplink[] = [];
  readonly sizes: number[] = [];
  nowMs = 0;
  online = true;
  near = false;
  outbox: Outbox = createOutbox(0, 0, 0);
  inFlight: Outgoing | undefined;
  /** What the device knows to be there. */
  readonly acked = new Set<number>();
  /** Acknowledged, but forgotten by a boot. */
  mayComeAgain = new Set<number>();

  readonly backlog: Backlog = {
    newest: () => this.journal.at(-1)?.number ?? 0,
    read: (from, onRecord) => {
      for (const record of this.journal) if (record.number >= from && !onRecord(record)) return;
    },
    status: () => ({ ...STATUS, atMs: this.nowMs }),
  };

  append(kind: number, bytes: number | Uint8Array = 40): number {
    const number = this.backlog.newest() + 1;
    const body = typeof bytes === "number" ? new Uint8Array(bytes).fill(number) : bytes;
    this.journal.push({ number, epoch: number >> 3, kind, body, tag: new Uint8Array(8).fill(number) });
    return number;
  }

  input = (bytes?: number) => this.append(INPUTS, bytes);
  alert = (bytes?: number) => this.append(ALERT, bytes);

  /** What the shell does while there is no session, until the journal has been looked through. */
  look(): void {
    while (!this.outbox.seen && this.outbox.alerts.length < ALERTS_MOST)
      nextOutgoing(this.outbox, this.backlog, false, this.near, this.nowMs);
  }

  /** What the shell does after every step. */
  step(): Outgoing | undefined {
    const next = nextOutgoing(this.outbox, this.backlog, this.online, this.near, this.nowMs);
    if (next === undefined) return undefined;
    this.inFlight = next;
    this.made.push(opened(next));
    this.sizes.push(next.payload.length);
    return next;
  }

  arrive(message = this.inFlight): void {
    if (message === undefined) return;
    for (const number of numbersOf(opened(message))) this.centre.set(number, (this.centre.get(number) ?? 0) + 1);
  }

  /** The broker's word reaches the device. `keeps`: power lasts until what is worth it stands in the journal. */
  puback(keeps = true): void {
    const message = this.inFlight;
    if (message === undefined) return;
    this.inFlight = undefined;
    const body = outboxAcknowledged(this.outbox, message.token);
    // Too late: it was given up, and goes again.
    if (body === undefined) return;
    for (const number of numbersOf(opened(message))) this.acked.add(number);
    if (body.length > 0 && keeps) this.append(ACKED, body);
  }

  fail(random = 0.5): void {
    if (this.inFlight !== undefined) outboxFailed(this.outbox, this.inFlight.token, this.nowMs, random);
    this.inFlight = undefined;
  }

  reboot(): void {
    const saved = this.journal.filter((record) => record.kind === ACKED).at(-1);
    const read = decodeAcked(saved?.body ?? new Uint8Array(0));
    const { historyTo, alertsTo } = read.ok ? read.value : { historyTo: 0, alertsTo: 0 };
    const isSaved = (n: number) => n <= historyTo || (n <= alertsTo && this.journal[n - 1].kind === ALERT);
    this.mayComeAgain = new Set([...this.mayComeAgain, ...[...this.acked].filter((n) => !isSaved(n))]);
    this.outbox = createOutbox(this.nowMs, historyTo, Math.max(historyTo, alertsTo));
    this.inFlight = undefined;
  }

  goOnline(online: boolean): void {
    if (!online) this.fail();
    this.online = online;
    if (online) outboxOnline(this.outbox);
  }

  receipt(counter: number): void {
    addReceipt(this.outbox, { counter, kind: "locate", outcome: "done", next: 0 });
  }

  /** Everything works until nothing is owed; the number of messages. */
  settle(mostSteps = 5_000): number {
    this.goOnline(true);
    let messages = 0;
    for (let i = 0; i < mostSteps; i++) {
      if (this.step() !== undefined) {
        messages += 1;
        this.arrive();
        this.puback();
      } else if (this.inFlight !== undefined) this.fail();
      else if (this.isQuiet()) return messages;
      else this.nowMs = Math.max(this.nowMs, outboxWakeMs(this.outbox, this.nowMs));
    }
    throw new Error("never at rest");
  }

  private isQuiet(): boolean {
    return this.journal.every(({ number, kind }) => kind === ACKED || this.acked.has(number));
  }
}
