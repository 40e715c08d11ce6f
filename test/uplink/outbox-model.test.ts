import fc from "fast-check";
import { expect, test } from "vitest";
import { ALERTS_MOST, outboxWakeMs, REPORT_MS, UNSAVED_MOST } from "../../firmware/alerts/outbox.ts";
import { ACKED, ALERT } from "../../protocol/journal/record.ts";
import { UPLINK_RECORDS_MOST } from "../../protocol/messages/uplink.ts";
import { numbersOf, OutboxWorld, opened } from "./outbox-world.ts";

/** What can happen between two steps of the device. */
const HAPPENING = fc.oneof(
  fc.record({ what: fc.constant("input" as const), bytes: fc.integer({ min: 0, max: 700 }) }),
  fc.record({ what: fc.constant("alert" as const), bytes: fc.integer({ min: 40, max: 200 }) }),
  fc.record({ what: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 500_000 }) }),
  fc.record({ what: fc.constant("arrives" as const) }),
  fc.record({ what: fc.constant("puback lost" as const), random: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  fc.record({ what: fc.constant("lost" as const), random: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  /** It lies about in the network, and comes when later ones have; twice, perhaps. */
  fc.record({ what: fc.constant("delayed" as const) }),
  fc.record({ what: fc.constant("at last" as const), twice: fc.boolean() }),
  fc.record({ what: fc.constant("reboot" as const), just: fc.constantFrom("acknowledged", "idle") }),
  fc.record({ what: fc.constant("offline" as const) }),
  fc.record({ what: fc.constant("online" as const) }),
  fc.record({ what: fc.constant("near" as const), near: fc.boolean() }),
  fc.record({ what: fc.constant("receipt" as const), counter: fc.integer({ min: 1, max: 9 }) }),
);
type Happening = typeof HAPPENING extends fc.Arbitrary<infer T> ? T : never;

function happen(world: OutboxWorld, event: Happening, underway: Parameters<OutboxWorld["arrive"]>[0][]): void {
  switch (event.what) {
    case "input":
      world.input(event.bytes);
      break;
    case "alert":
      world.alert(event.bytes);
      break;
    case "wait":
      world.nowMs += event.ms;
      break;
    case "arrives":
      world.arrive();
      world.puback();
      break;
    case "puback lost":
      world.arrive();
      world.fail(event.random);
      break;
    case "lost":
      world.fail(event.random);
      break;
    case "delayed":
      underway.push(world.inFlight);
      world.fail();
      break;
    case "at last":
      if (event.twice) world.arrive(underway[0]);
      world.arrive(underway.shift());
      break;
    case "reboot":
      if (event.just === "acknowledged") {
        world.arrive();
        world.puback(false);
      }
      world.reboot();
      break;
    case "offline":
    case "online":
      world.goOnline(event.what === "online");
      break;
    case "near":
      world.near = event.near;
      break;
    case "receipt":
      world.receipt(event.counter);
      break;
  }
}

/** Priority and order, looked at from the journal: what is owed when a message is made. */
function checkMessage(world: OutboxWorld): void {
  const uplink = world.made.at(-1)!;
  const numbers = numbersOf(uplink);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  const owed = world.journal.filter((record) => record.kind === ALERT && !world.acked.has(record.number));
  if (uplink.kind === "alerts") {
    const open = world.mayComeAgain.has(numbers[0]) ? numbers[0] : owed[0]?.number;
    expect(numbers[0]).toBe(open);
  } else expect(owed).toEqual([]);
  // Nothing comes again that was acknowledged, unless a boot forgot it.
  expect(numbers.filter((n) => world.acked.has(n) && !world.mayComeAgain.has(n))).toEqual([]);
}

test("whatever the line does, and however often power goes: every record comes to the centre, alerts first, and twice only what was under way or not yet kept", () => {
  let messages = 0;
  let boots = 0;
  fc.assert(
    fc.property(fc.array(HAPPENING, { maxLength: 160, size: "max" }), (events) => {
      const world = new OutboxWorld();
      const underway: Parameters<OutboxWorld["arrive"]>[0][] = [];
      for (const event of events) {
        const before = world.mayComeAgain.size;
        happen(world, event, underway);
        if (event.what === "reboot") boots += 1;
        expect(world.mayComeAgain.size - before).toBeLessThanOrEqual(UNSAVED_MOST + UPLINK_RECORDS_MOST);
        for (let i = 0; i < 3; i++) if (world.step() !== undefined) checkMessage(world);
        expect(JSON.stringify(world.outbox).length).toBeLessThan(1_200 + 4 * ALERTS_MOST);
      }
      world.goOnline(false);
      messages += world.settle();
      const there = world.journal.filter((record) => record.kind !== ACKED);
      expect(there.filter((record) => !world.centre.has(record.number))).toEqual([]);
      expect(world.outbox.alerts).toEqual([]);
    }),
    { numRuns: 400 },
  );
  expect(messages).toBeGreaterThan(400);
  expect(boots).toBeGreaterThan(400);
});

test("however it fails, the next try is never later than the keep-alive that silence allows", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      (fails, alert) => {
        const world = new OutboxWorld();
        if (alert) world.alert();
        world.input();
        for (const random of fails) {
          if (world.step() !== undefined) opened(world.inFlight!);
          world.fail(random);
          const wakeMs = outboxWakeMs(world.outbox, world.nowMs);
          expect(wakeMs - world.nowMs).toBeLessThanOrEqual(alert ? 300_000 : REPORT_MS);
          world.nowMs = Math.max(world.nowMs, wakeMs);
        }
      },
    ),
    { numRuns: 100 },
  );
});
