import { expect, test } from "vitest";
import {
  type Backlog,
  createOutbox,
  nextOutgoing,
  type Outbox,
  outboxAcknowledged,
  outboxOnline,
} from "../../firmware/alerts/outbox.ts";
import { acknowledge, append, type Journal, readRecords } from "../../firmware/journal/ring.ts";
import { SLOT_KEY } from "../../firmware/secrets/slots.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { PUBLISH_LIMIT_BYTES } from "../../firmware/uplink/bg9x.ts";
import { openSealer, sealUplink } from "../../firmware/uplink/seal.ts";
import { PURPOSE_UPLINK } from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { openUplink } from "../../protocol/index.ts";
import { ACKED, ALERT, CHECKPOINT, INPUTS, type JournalRecord } from "../../protocol/journal/record.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { allRecords, blankDevice, boot, epochKeys, isGenuine, write } from "../journal/device.ts";
import { STATUS } from "./outbox-world.ts";

const crypto = createNodeCrypto();
const UPLINK_KEY = new Uint8Array(32).fill(9);
const DAYS = 10;
const FIXES_A_RECORD = 64;

function random(fill: number) {
  return {
    fill(into: Uint8Array) {
      into.fill(fill);
      return true;
    },
  };
}

function sealer(fill: number) {
  const secrets = openSecrets(createFlash(8192), 0, 8192);
  secrets.write(SLOT_KEY + PURPOSE_UPLINK, UPLINK_KEY);
  const made = openSealer(secrets, crypto, random(fill));
  if (!made.ok) throw new Error(made.reason);
  return made.sealer;
}

function backlogOf(journal: Journal): Backlog {
  return {
    newest: () => journal.nextNumber - 1,
    read: (from, onRecord) => readRecords(journal, from, onRecord),
    status: () => STATUS,
  };
}

/** As a shell makes it at boot. */
function outboxOf(journal: Journal): Outbox {
  return createOutbox(0, journal.ackedTo, journal.alertsTo);
}

/** Looks through the journal as a shell does, a little at a time. The number of calls. */
function lookThrough(outbox: Outbox, backlog: Backlog, journal: Journal): number {
  for (let calls = 1; calls < 1_000; calls++) {
    nextOutgoing(outbox, backlog, false, false, 0);
    acknowledge(journal, outbox.historyTo, outbox.alertsTo);
    if (outbox.seen) return calls;
  }
  throw new Error("never looked through");
}

/** Everything that is owed goes to a centre that answers, sealed; what came, in order, and in how many bytes. */
function drain(outbox: Outbox, journal: Journal, fill: number) {
  const sealed = sealer(fill);
  const backlog = backlogOf(journal);
  const came: JournalRecord[] = [];
  let bytes = 0;
  let longest = 0;
  let messages = 0;
  let nowMs = 1_000;
  for (let idle = 0; idle < 200; ) {
    const next = nextOutgoing(outbox, backlog, true, false, nowMs);
    nowMs += 200;
    idle = next === undefined ? idle + 1 : 0;
    if (next === undefined) continue;
    const message = sealUplink(sealed, next.payload);
    if (!message.ok) throw new Error(message.reason);
    const opened = openUplink(crypto, UPLINK_KEY, message.bytes);
    if (!opened.ok) throw new Error(opened.reason);
    came.push(...opened.uplink.records);
    messages += 1;
    bytes += message.bytes.length;
    longest = Math.max(longest, message.bytes.length);
    const body = outboxAcknowledged(outbox, next.token);
    if (body !== undefined && body.length > 0) append(journal, ACKED, body);
    acknowledge(journal, outbox.historyTo, outbox.alertsTo);
  }
  return { came, bytes, longest, messages };
}

test("after ten days offline and a boot, 14,400 fixes and fifty alerts arrive once each, alerts first, in 256 KiB and little RAM", () => {
  const cells = blankDevice(64);
  const { journal } = boot(cells);
  const noise = seededRandom(3, "offline");
  const outbox = createOutbox(0, 0, 0);
  const backlog = backlogOf(journal);
  const records = (DAYS * 1_440) / FIXES_A_RECORD;
  let alertSeq = 0;
  let mostRam = 0;
  for (let i = 0; i < records; i++) {
    const body = Uint8Array.from({ length: 640 + Math.floor(noise() * 120) }, () => Math.floor(noise() * 256));
    write(journal, INPUTS, body);
    if (i % 9 === 4) for (let k = 0; k < 2; k++) write(journal, ALERT, new Uint8Array(90).fill(k), ++alertSeq);
    nextOutgoing(outbox, backlog, false, false, i * 3_840_000);
    acknowledge(journal, outbox.historyTo, outbox.alertsTo);
    mostRam = Math.max(mostRam, JSON.stringify(outbox).length);
  }
  expect(alertSeq).toBe(50);
  expect(mostRam).toBeLessThan(1_000);

  const rebooted = boot(cells);
  expect(rebooted.findings).toEqual([]);
  const fresh = outboxOf(rebooted.journal);
  const owed = allRecords(rebooted.journal);
  const calls = lookThrough(fresh, backlogOf(rebooted.journal), rebooted.journal);
  expect(calls).toBeLessThan(2 + (2 * owed.length) / 16);
  outboxOnline(fresh);
  const { came, longest, messages, bytes } = drain(fresh, rebooted.journal, 1);

  const numbers = came.map((record) => record.number);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(owed.filter((record) => !numbers.includes(record.number))).toEqual([]);
  expect(came.slice(0, 50).every((record) => record.kind === ALERT)).toBe(true);
  expect(came.filter((record) => record.kind === INPUTS).length).toBe(records);
  const keys = epochKeys(60);
  expect(came.filter((record) => !isGenuine(record, keys))).toEqual([]);
  expect(longest).toBeLessThanOrEqual(PUBLISH_LIMIT_BYTES);
  expect(messages).toBeLessThan(260);
  expect(bytes / (DAYS * 1_440)).toBeLessThan(16);
});

test("a boot in the middle of the backlog costs no record, and few come twice", () => {
  const cells = blankDevice(16);
  const { journal } = boot(cells);
  for (let i = 0; i < 60; i++) {
    write(journal, INPUTS, new Uint8Array(400).fill(i));
    if (i % 10 === 9) write(journal, ALERT, new Uint8Array(90).fill(i), i);
  }
  const owed = allRecords(journal).map((record) => record.number);
  const counts = new Map<number, number>();
  const note = (records: JournalRecord[]) => {
    for (const { number } of records) counts.set(number, (counts.get(number) ?? 0) + 1);
  };
  let current = journal;
  for (let boots = 1; boots <= 8; boots++) {
    const outbox = outboxOf(current);
    lookThrough(outbox, backlogOf(current), current);
    const sealed = sealer(boots);
    // Five messages, and the power goes between the fifth's arrival and its acknowledgement.
    for (let sent = 0, calls = 0; sent < 5 && calls < 100; calls++) {
      const next = nextOutgoing(outbox, backlogOf(current), true, false, calls * 1_000);
      if (next === undefined) continue;
      sent += 1;
      const message = sealUplink(sealed, next.payload);
      const opened = message.ok ? openUplink(crypto, UPLINK_KEY, message.bytes) : message;
      if (!opened.ok) throw new Error(opened.reason);
      note(opened.uplink.records);
      if (sent === 5) break;
      const body = outboxAcknowledged(outbox, next.token);
      if (body !== undefined && body.length > 0) append(current, ACKED, body);
      acknowledge(current, outbox.historyTo, outbox.alertsTo);
    }
    current = boot(cells).journal;
  }
  const outbox = outboxOf(current);
  lookThrough(outbox, backlogOf(current), current);
  note(drain(outbox, current, 99).came);
  expect(owed.filter((number) => !counts.has(number))).toEqual([]);
  const again = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
  expect(again).toBeLessThanOrEqual(8 * 20);
});

test("a ring that goes round while nobody answers keeps every alert, and what is left arrives", () => {
  const cells = blankDevice(8);
  const { journal } = boot(cells);
  const outbox = createOutbox(0, 0, 0);
  const alerts: number[] = [];
  for (let i = 0; i < 300; i++) {
    write(journal, INPUTS, new Uint8Array(300).fill(i));
    if (i % 100 === 50) alerts.push(write(journal, ALERT, new Uint8Array(90).fill(i), i));
    lookThrough(outbox, backlogOf(journal), journal);
  }
  const after = boot(cells).journal;
  const fresh = outboxOf(after);
  lookThrough(fresh, backlogOf(after), after);
  const { came } = drain(fresh, after, 2);
  expect(came.slice(0, alerts.length).map((record) => record.number)).toEqual(alerts);
  const left = allRecords(after).filter((record) => record.kind === INPUTS || record.kind === CHECKPOINT);
  const numbers = new Set(came.map((record) => record.number));
  expect(left.filter((record) => record.number < after.nextNumber - 40 && !numbers.has(record.number))).toEqual([]);
});
