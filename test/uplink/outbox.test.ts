import { expect, test } from "vitest";
import {
  ALERTS_MOST,
  addReceipt,
  askReport,
  createOutbox,
  nextOutgoing,
  outboxAcknowledged,
  outboxWakeMs,
  RECORDS_MOST_BYTES,
  REPORT_MS,
  REPORT_NEAR_MS,
  reconcile,
  UNSAVED_MOST,
  wantsSession,
} from "../../firmware/alerts/outbox.ts";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import { ACKED, BODY_MOST_BYTES } from "../../protocol/journal/record.ts";
import { numbersOf, OutboxWorld, opened } from "./outbox-world.ts";

/** A world in which the boot's report has been served. */
function quietWorld(): OutboxWorld {
  const world = new OutboxWorld();
  world.step();
  world.arrive();
  world.puback();
  return world;
}

test("a boot is told at once, and then nothing until the keep-alive is due", () => {
  const world = new OutboxWorld();
  expect(wantsSession(world.outbox, 0)).toBe("yes");
  expect(world.step()).toBeDefined();
  expect(world.made[0]).toMatchObject({ kind: "report", newest: 0, receipts: [], records: [] });
  world.puback();
  expect(world.step()).toBeUndefined();
  expect(outboxWakeMs(world.outbox, world.nowMs)).toBe(REPORT_MS);
  expect(wantsSession(world.outbox, 0)).toBe("no");
});

test.each([
  [true, REPORT_NEAR_MS, 300_000],
  [false, REPORT_MS, 900_000],
])(
  "near a zone: %s: a report every %d ms, so that two must be missed before %d ms of silence",
  (near, everyMs, limitMs) => {
    const world = quietWorld();
    world.near = near;
    const reports: number[] = [];
    for (world.nowMs = 0; world.nowMs < 4 * everyMs; world.nowMs += 1_000) {
      if (world.step() === undefined) continue;
      reports.push(world.nowMs);
      world.puback();
    }
    expect(reports).toEqual([everyMs, 2 * everyMs, 3 * everyMs]);
    expect(2 * everyMs).toBeLessThan(limitMs);
    expect(everyMs).toBeLessThanOrEqual(0.45 * limitMs);
  },
);

test("coming near a zone makes the report due sooner", () => {
  const world = quietWorld();
  world.nowMs = REPORT_NEAR_MS;
  expect(world.step()).toBeUndefined();
  world.near = true;
  expect(world.step()).toBeDefined();
});

test("alerts go first and all together, then the report with what history it holds, then the rest", () => {
  const world = new OutboxWorld();
  for (let i = 0; i < 12; i++) world.input(250);
  const first = world.alert(100);
  world.input(250);
  const second = world.alert(100);
  world.settle();
  expect(world.made.map((uplink) => [uplink.kind, numbersOf(uplink)])).toEqual([
    ["alerts", [first, second]],
    ["report", [1, 2, 3]],
    ["history", [4, 5, 6]],
    ["history", [7, 8, 9]],
    ["history", [10, 11, 12]],
    // The ACKED record of the alerts as well.
    ["history", [14, 16]],
  ]);
});

test("an alert that comes in the middle of a long history is next", () => {
  const world = new OutboxWorld();
  for (let i = 0; i < 40; i++) world.input(500);
  world.step();
  for (let i = 0; i < 5; i++) {
    world.arrive();
    world.puback();
    world.step();
  }
  const alert = world.alert();
  expect(wantsSession(world.outbox, world.nowMs)).toBe("yes");
  world.puback();
  expect(numbersOf(opened(world.step()!))).toEqual([alert]);
  expect(wantsSession(world.outbox, world.nowMs)).toBe("alert");
});

test("a failed alert comes again after 2.5 to 5 s, then twice as long, and never longer than the comms limit allows", () => {
  for (const [near, mostMs] of [
    [true, REPORT_NEAR_MS],
    [false, 300_000],
  ] as const)
    for (const random of [0, 0.999]) {
      const world = quietWorld();
      world.near = near;
      world.alert();
      const waits: number[] = [];
      for (let i = 0; i < 12; i++) {
        const atMs = world.nowMs;
        expect(world.step()).toBeDefined();
        world.fail(random);
        world.nowMs = outboxWakeMs(world.outbox, world.nowMs);
        waits.push(world.nowMs - atMs);
      }
      expect(waits[0]).toBeGreaterThanOrEqual(2_500);
      expect(waits[0]).toBeLessThanOrEqual(5_000);
      expect(waits[1]).toBe(random === 0 ? 5_000 : 9_995);
      expect(Math.max(...waits)).toBeLessThanOrEqual(mostMs);
      expect(waits.at(-1)).toBeGreaterThanOrEqual(mostMs / 2);
    }
});

test("history is more patient than alerts, and yet no later than the next keep-alive", () => {
  const world = quietWorld();
  world.input();
  world.nowMs = REPORT_MS;
  for (let failures = 1; failures < 12; failures++) {
    world.step();
    world.fail(0.999);
    expect(world.outbox.restMs).toBeGreaterThan(world.outbox.alertsMs);
    expect(world.outbox.restMs - world.nowMs).toBeLessThanOrEqual(REPORT_MS);
    world.nowMs = outboxWakeMs(world.outbox, world.nowMs);
  }
});

test("two devices that fail together do not come back together", () => {
  const waits = [0, 0.3, 0.6, 0.9].map((random) => {
    const world = quietWorld();
    world.alert();
    world.step();
    world.fail(random);
    return world.outbox.alertsMs;
  });
  expect(new Set(waits).size).toBe(4);
});

test("a new session ends the waiting", () => {
  const world = quietWorld();
  world.alert();
  world.step();
  world.fail();
  expect(world.step()).toBeUndefined();
  world.goOnline(true);
  expect(world.step()).toBeDefined();
});

test("nothing is made while another message is under way, or without a session", () => {
  const world = new OutboxWorld();
  world.alert();
  world.online = false;
  expect(world.step()).toBeUndefined();
  world.look();
  expect(wantsSession(world.outbox, 0)).toBe("alert");
  world.online = true;
  expect(world.step()).toBeDefined();
  world.alert();
  expect(world.step()).toBeUndefined();
});

test("without a session the device is woken when one will be wanted, and not before or again", () => {
  const world = quietWorld();
  world.online = false;
  world.step();
  const wakeMs = outboxWakeMs(world.outbox, 0);
  expect(wakeMs).toBeLessThan(REPORT_MS);
  expect(wantsSession(world.outbox, wakeMs - 1)).toBe("no");
  expect(wantsSession(world.outbox, wakeMs)).toBe("yes");
  expect(outboxWakeMs(world.outbox, wakeMs)).toBe(NEVER_MS);
});

test("a token that is not under way changes nothing, and one that never comes back is given up", () => {
  const world = new OutboxWorld();
  world.alert();
  world.look();
  const first = world.step()!;
  const before = structuredClone(world.outbox);
  expect(outboxAcknowledged(world.outbox, first.token + 1)).toBeUndefined();
  expect(world.outbox).toEqual(before);
  world.nowMs = outboxWakeMs(world.outbox, world.nowMs);
  expect(nextOutgoing(world.outbox, world.backlog, true, false, world.nowMs)).toBeUndefined();
  expect(outboxAcknowledged(world.outbox, first.token)).toBeUndefined();
  world.nowMs = outboxWakeMs(world.outbox, world.nowMs);
  expect(numbersOf(opened(world.step()!))).toEqual([1]);
});

test("acknowledged alerts are kept at once, history now and then, and the keeping itself sends nothing", () => {
  const world = quietWorld();
  world.alert();
  world.settle();
  expect(world.journal.filter((record) => record.kind === ACKED)).toHaveLength(1);
  world.nowMs += 1_000;
  expect(world.step()).toBeUndefined();
  for (let i = 0; i < 3 * UNSAVED_MOST; i++) {
    world.input();
    world.nowMs += REPORT_MS;
    world.settle();
  }
  const kept = world.journal.filter((record) => record.kind === ACKED).length - 1;
  expect(kept).toBeGreaterThanOrEqual(2);
  expect(kept).toBeLessThanOrEqual(4);
});

test("receipts go with a report at once; of many the latest four; one that comes meanwhile is not lost", () => {
  const world = quietWorld();
  for (let counter = 1; counter <= 6; counter++) world.receipt(counter);
  world.receipt(6);
  world.step();
  const counters = () => (world.made.at(-1) as { receipts: { counter: number }[] }).receipts.map((r) => r.counter);
  expect(counters()).toEqual([3, 4, 5, 6]);
  addReceipt(world.outbox, { counter: 7, kind: "locate", outcome: "done", next: 0 });
  world.puback();
  expect(world.step()).toBeDefined();
  expect(counters()).toEqual([4, 5, 6, 7]);
  world.puback();
  expect(world.step()).toBeUndefined();
  askReport(world.outbox);
  world.step();
  expect(counters()).toEqual([]);
});

test("a failed report takes its receipts along again", () => {
  const world = quietWorld();
  world.receipt(1);
  world.step();
  world.fail();
  world.nowMs = outboxWakeMs(world.outbox, world.nowMs);
  world.step();
  expect(world.made.at(-1)).toMatchObject({ kind: "report", receipts: [{ counter: 1 }] });
});

test("messages are bounded, and the longest record goes alone", () => {
  const world = new OutboxWorld();
  const long = world.input(BODY_MOST_BYTES);
  for (let i = 0; i < 200; i++) world.input(i % 7);
  for (let i = 0; i < 20; i++) world.alert(120);
  for (let counter = 1; counter <= 4; counter++) world.receipt(4_000_000_000 + counter);
  world.settle();
  const isLong = world.made.map((uplink) => numbersOf(uplink).includes(long));
  expect(world.made.filter((_, i) => isLong[i]).map(numbersOf)).toEqual([[long]]);
  expect(Math.max(...world.sizes.filter((_, i) => !isLong[i]))).toBeLessThanOrEqual(RECORDS_MOST_BYTES + 250);
});

test("records that went lost in the journal hold nothing up", () => {
  const world = new OutboxWorld();
  for (let i = 0; i < 30; i++) world.input(100);
  const lost = world.alert();
  world.look();
  world.journal.splice(10, 5);
  world.journal.splice(
    world.journal.findIndex((record) => record.number === lost),
    1,
  );
  const alert = world.alert();
  world.settle();
  expect(world.centre.has(alert)).toBe(true);
  expect(world.outbox.alerts).toEqual([]);
});

test("the centre that was restored from a copy says what it has, and gets the rest again", () => {
  const world = new OutboxWorld();
  for (let i = 0; i < 10; i++) world.input(100);
  world.alert();
  for (let i = 0; i < 10; i++) world.input(100);
  world.settle();
  const newest = world.backlog.newest();
  world.centre.clear();
  for (let n = 5; n <= newest; n++) world.acked.delete(n);
  world.append(ACKED, reconcile(world.outbox, 4, 0, newest));
  world.reboot();
  world.settle();
  expect([...world.centre.keys()].sort((a, b) => a - b).filter((n) => n <= newest)).toEqual(
    Array.from({ length: newest - 4 }, (_, i) => i + 5),
  );
});

test("a centre that has more than the device knows spares it", () => {
  const world = new OutboxWorld();
  for (let i = 0; i < 10; i++) world.input(100);
  world.alert();
  reconcile(world.outbox, 11, 11, 11);
  world.step();
  expect(world.made).toMatchObject([{ kind: "report", records: [] }]);
});

test("what is said while a message is under way is not undone by its acknowledgement", () => {
  const world = new OutboxWorld();
  for (let i = 0; i < 10; i++) world.input(100);
  world.step();
  reconcile(world.outbox, 0, 0, 10);
  world.puback();
  world.step();
  expect(numbersOf(world.made.at(-1)!)[0]).toBe(1);
});

test("more alerts than the device knows of at once arrive all the same, in order", () => {
  const world = new OutboxWorld();
  for (let i = 0; i < 3 * ALERTS_MOST; i++) world.alert(60);
  world.online = false;
  world.look();
  expect(world.outbox.alerts).toHaveLength(ALERTS_MOST);
  world.settle();
  expect([...world.centre.keys()].slice(0, 3 * ALERTS_MOST)).toEqual(
    Array.from({ length: 3 * ALERTS_MOST }, (_, i) => i + 1),
  );
  expect(createOutbox(0, 0, 0).alerts).toEqual([]);
});
