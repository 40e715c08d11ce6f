import fc from "fast-check";
import { expect, test } from "vitest";
import { ONLINE } from "../../firmware/uplink/uplink-state.ts";
import type { ModemFaults } from "../../simulator/hardware/modem-bg9x/faults.ts";
import { type ModemWorld, modemWorld, SETTINGS, UP } from "./modem-world.ts";

/** Longest rest (15 min, half as long again by jitter), a reset, an attach that is given its whole time, and the session. */
const RECOVERY_MS = 1_350_000 + 30_000 + 180_000 + 60_000;
const TROUBLE_MS = 600_000;

const UNASKED = [
  "+CEREG: 5",
  "+QIND: SMS DONE",
  "+QMTRECV: 0,3",
  "+CTZV: +36",
  '+QIURC: "pdpdeact",1',
  "APP RDY",
  "RDY",
];
const at = fc.integer({ min: 0, max: 6_000 });
const noise = fc.uint8Array({ minLength: 1, maxLength: 24 });
const insert = fc.record({
  at,
  bytes: fc.oneof(
    fc.constantFrom(...UNASKED).map((line) => Uint8Array.from(Buffer.from(`\r\n${line}\r\n`))),
    noise,
    fc.constant(new Uint8Array(3)),
    fc.constant(new Uint8Array(400).fill(0x41)),
  ),
});

interface Trouble {
  seed: number;
  brownOuts: number[];
  inserts: { at: number; bytes: Uint8Array }[];
  saidLost: number[];
  slowMs: number;
  refusesEvery: number;
  gaps: { atMs: number; forMs: number }[];
  mute: boolean;
  drops: number;
  away: boolean;
}

const trouble: fc.Arbitrary<Trouble> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  brownOuts: fc.array(at, { maxLength: 3 }),
  inserts: fc.array(insert, { maxLength: 6 }),
  saidLost: fc.array(at, { maxLength: 4 }),
  slowMs: fc.constantFrom(0, 0, 2_000, 14_990, 20_000),
  refusesEvery: fc.constantFrom(0, 0, 5, 17, 40),
  gaps: fc.array(
    fc.record({ atMs: fc.integer({ min: 0, max: TROUBLE_MS }), forMs: fc.integer({ min: 1, max: 200_000 }) }),
    { maxLength: 2 },
  ),
  mute: fc.boolean(),
  drops: fc.integer({ min: 0, max: 3 }),
  away: fc.boolean(),
});

/** Sends one message after another, as the outbox does. */
function createSender(world: ModemWorld) {
  const sent = new Map<number, Uint8Array>();
  let seen = 0;
  let online = false;
  let owes = false;
  return {
    sent,
    turn() {
      for (; seen < world.told.length; seen++) {
        const one = world.told[seen];
        if (one.kind === "session") online = one.online;
        if (one.kind === "acknowledged" || one.kind === "failed") owes = false;
      }
      if (!online || owes) return;
      const token = sent.size + 1;
      const bytes = Uint8Array.from([0x83, token & 255, token >> 8, ...Buffer.from("\r\n> OK\r\n\0"), ...sent.keys()]);
      sent.set(token, bytes);
      owes = true;
      world.tell({ kind: "publish", topic: UP, bytes, token });
    },
  };
}

function live(given: Trouble): { world: ModemWorld; sent: Map<number, Uint8Array> } {
  const { brownOuts, inserts, saidLost } = given;
  let troubled = true;
  let count = 0;
  const faults: Partial<ModemFaults> = {
    brownOuts: [...brownOuts],
    inserts: [...inserts],
    saidLost: [...saidLost],
    slowMs: () => (troubled ? given.slowMs : 0),
    refuses: () => troubled && given.refusesEvery > 0 && ++count % given.refusesEvery === 0,
  };
  const world = modemWorld({ seed: given.seed, faults });
  Object.assign(world.broker.faults, { mute: given.mute, drops: given.drops });
  world.tell({ kind: "open" });
  const { sent, turn } = createSender(world);
  for (let ms = 0; ms < TROUBLE_MS; ms += 5_000) {
    if (given.away && ms === 200_000) {
      world.broker.faults.away = true;
      world.broker.hangUp();
    }
    world.modem.cover(!given.gaps.some((gap) => gap.atMs <= ms && ms < gap.atMs + gap.forMs), world.nowMs);
    world.run(5_000);
    turn();
  }
  troubled = false;
  for (const list of [faults.brownOuts, faults.inserts, faults.saidLost]) if (list !== undefined) list.length = 0;
  Object.assign(world.broker.faults, { mute: false, drops: 0, away: false });
  world.modem.cover(true, world.nowMs);
  // The last that began in trouble ends in it; one after it must arrive.
  const before = world.told.length;
  for (let ms = 0; ms < RECOVERY_MS; ms += 5_000) {
    if (world.told.slice(before).some((one) => one.kind === "acknowledged")) break;
    world.run(5_000);
    turn();
  }
  world.run(60_000);
  return { world, sent };
}

const endings = ({ told }: ModemWorld) =>
  told.flatMap((one) => (one.kind === "acknowledged" || one.kind === "failed" ? [one] : []));

test("whatever goes wrong: each message ends once, none is acknowledged that the broker has not, and it comes back", () => {
  fc.assert(
    fc.property(trouble, (given) => {
      const { world, sent } = live(given);
      const ended = endings(world).map(({ token }) => token);
      expect(ended).toEqual([...sent.keys()]);
      for (const { kind, token } of endings(world)) {
        if (kind !== "acknowledged") continue;
        const kept = world.broker.kept.filter(
          ({ payload }) => Buffer.compare(payload, sent.get(token) ?? payload) === 0,
        );
        expect(kept.some(({ acknowledged }) => acknowledged)).toBe(true);
      }
      expect(endings(world).at(-1)?.kind).toBe("acknowledged");
      expect(world.uplink.phase).toBe(ONLINE);
    }),
    { numRuns: 150 },
  );
});

/** Bytes of a clean run, and the world after it. */
function cleanRun(faults: Partial<ModemFaults>): ModemWorld {
  const world = modemWorld({ faults });
  world.tell({ kind: "open" });
  const { turn } = createSender(world);
  for (let ms = 0; ms < 35_000; ms += 1_000) {
    world.run(1_000);
    turn();
  }
  const before = world.told.length;
  for (let ms = 0; ms < 400_000; ms += 1_000) {
    if (world.told.slice(before).some((one) => one.kind === "acknowledged")) break;
    world.run(1_000);
    turn();
  }
  return world;
}

test.each([
  ["starts again", true],
  ["stays off", false],
])(
  "the supply fails at each byte of a start and two messages and the modem %s: the next message arrives",
  (_, returns) => {
    for (let byte = 1; byte < 2_600; byte += 11) {
      const world = cleanRun({ brownOuts: [byte], returns });
      expect([byte, endings(world).at(-1)?.kind]).toEqual([byte, "acknowledged"]);
    }
  },
);

test("an unsolicited line at each byte of what the modem says, and each time the next message arrives", () => {
  const line = Buffer.from("\r\n+CEREG: 5\r\n");
  for (let byte = 0; byte < 900; byte += 3) {
    const world = cleanRun({ inserts: [{ at: byte, bytes: line }] });
    expect([byte, endings(world).at(-1)?.kind]).toEqual([byte, "acknowledged"]);
  }
});

test("a byte that the modem does not hear costs a message at most, never the way", () => {
  for (let byte = 0; byte < 1_300; byte += 5) {
    const world = cleanRun({ heardLost: [byte] });
    expect([byte, endings(world).at(-1)?.kind]).toEqual([byte, "acknowledged"]);
  }
});

test("the same seed twice gives the same bytes at the same times", () => {
  const given: Trouble = {
    seed: 11,
    brownOuts: [900, 2_000],
    inserts: [{ at: 1_500, bytes: Uint8Array.of(0, 255, 13, 10) }],
    saidLost: [700],
    slowMs: 2_000,
    refusesEvery: 17,
    gaps: [{ atMs: 60_000, forMs: 50_000 }],
    mute: false,
    drops: 1,
    away: true,
  };
  const [one, two] = [live(given).world, live(given).world];
  expect(one.written).toEqual(two.written);
  expect(one.told).toEqual(two.told);
  expect(SETTINGS.host).toBe("centre.example");
});
