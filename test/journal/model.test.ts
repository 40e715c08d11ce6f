import fc from "fast-check";
import { expect, test } from "vitest";
import { acknowledge, append, endEpoch, type Journal, openJournal } from "../../firmware/journal/ring.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { readGap } from "../../protocol/journal/read-gap.ts";
import { ALERT, CHECKPOINT, GAP, INPUTS } from "../../protocol/journal/record.ts";
import { apply, Chip, type Operation, PowerCut, tear } from "../../simulator/faults/power-cut.ts";
import { createFlakyFlash, type Wear } from "../../simulator/hardware/flaky-flash.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { allRecords, BLOCK, blankDevice, crypto, epochKeys, isGenuine } from "./device.ts";

const BLOCKS = 7;
const KEYS = epochKeys(400);

type Command =
  | { do: "inputs" | "alert"; bytes: number }
  /** The centre takes a part of what it lacks. */
  | { do: "acknowledge"; percent: number }
  | { do: "boot" }
  /** Power goes in the middle of the operation so many from now. */
  | { do: "cut"; after: number }
  /** The bulk flash is put back to how it was at the last `copy`. */
  | { do: "copy" }
  | { do: "rewind" }
  | { do: "wear"; block: number; how: Wear };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("inputs" as const), bytes: fc.integer({ min: 1, max: 500 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("alert" as const), bytes: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("acknowledge" as const), percent: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("boot" as const, "copy" as const, "rewind" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const), after: fc.nat(8) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("wear" as const),
      block: fc.nat(1),
      how: fc.constantFrom<Wear>("program", "erase"),
    }),
  },
);

/** The device and what a model of it holds: what was promised, what the centre has, and every seal that was ever made. */
class World {
  readonly cells = blankDevice(BLOCKS);
  readonly worn = new Map<number, Wear>();
  journal: Journal;
  copy = this.cells.bulk.slice();
  /** By number: what the body begins with. */
  promised = new Map<number, { kind: number; mark: number }>();
  ackedTo = 0;
  readonly told: [number, number][] = [];
  /** Epoch and number to the tag that was programmed under them. */
  readonly seals = new Map<string, string>();
  private cutIn = -1;
  private readonly random = seededRandom(7, "model");
  private mark = 0;

  constructor() {
    this.journal = this.boot();
  }

  /** As a device boots; what the centre has is told anew, as the outbox would. */
  boot(): Journal {
    for (;;) {
      try {
        const chips = [this.cells.bulk, this.cells.onChip].map(
          (cells, chip) =>
            new Chip(cells, BLOCK, (address, bytes) => this.operate({ chip, address, bytes: bytes?.slice() })),
        );
        const secrets = openSecrets(chips[1], 0, 2 * BLOCK);
        const flash = createFlakyFlash(chips[0], this.worn);
        const { journal } = openJournal(flash, 0, BLOCKS * BLOCK, secrets, crypto);
        journal.checkpoint = () => new Uint8Array(150).fill(7);
        acknowledge(journal, this.ackedTo, 0);
        this.journal = journal;
        return journal;
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
    }
  }

  private operate(operation: Operation): void {
    if (this.cutIn < 0 || this.cutIn-- > 0) return;
    const cells = operation.chip === 0 ? this.cells.bulk : this.cells.onChip;
    if (this.random() < 0.3) apply(cells, operation, BLOCK);
    else if (this.random() < 0.8) tear(cells, operation, BLOCK, "torn erase", this.random);
    throw new PowerCut();
  }

  run(command: Command): void {
    if (command.do === "inputs" || command.do === "alert")
      this.append(command.do === "alert" ? ALERT : INPUTS, command.bytes);
    if (command.do === "acknowledge") this.acknowledge(command.percent);
    if (command.do === "boot") this.boot();
    if (command.do === "cut") this.cutIn = command.after;
    if (command.do === "copy") this.copy = this.cells.bulk.slice();
    if (command.do === "rewind") this.rewind();
    if (command.do === "wear") this.worn.set(command.block, command.how);
  }

  private append(kind: number, bytes: number): void {
    this.mark = (this.mark + 1) & 255;
    try {
      const appended = append(this.journal, kind, new Uint8Array(bytes).fill(this.mark));
      if (!appended.ok) {
        expect(["journal.full", "journal.worn"]).toContain(appended.reason);
        return;
      }
      expect(this.promised.has(appended.number), "a number is given once").toBe(false);
      this.promised.set(appended.number, { kind, mark: this.mark });
      if (kind === ALERT) endEpoch(this.journal, 1);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.boot();
    }
  }

  private acknowledge(percent: number): void {
    this.ackedTo = Math.max(this.ackedTo, Math.floor(((this.journal.nextNumber - 1) * percent) / 100));
    acknowledge(this.journal, this.ackedTo, 0);
  }

  /** What was promised since the copy is gone, and was with whoever put it back. */
  private rewind(): void {
    this.cells.bulk.set(this.copy);
    this.boot();
    const left = new Set(allRecords(this.journal).map((r) => r.number));
    for (const number of this.promised.keys()) if (!left.has(number)) this.promised.delete(number);
  }

  check(): void {
    const records = allRecords(this.journal);
    const there = new Map(records.map((r) => [r.number, r]));
    for (const record of records) {
      const key = `${record.epoch}/${record.number}`;
      const seal = Buffer.from(record.tag).toString("hex");
      expect(isGenuine(record, KEYS), `${key} is sealed`).toBe(true);
      expect(this.seals.get(key) ?? seal, `${key} is sealed once`).toBe(seal);
      this.seals.set(key, seal);
      if (record.kind === GAP) this.noteGap(record.body);
      const promise = this.promised.get(record.number);
      if (promise !== undefined && record.kind !== CHECKPOINT && record.kind !== GAP)
        expect([record.kind, record.body[0]]).toEqual([promise.kind, promise.mark]);
    }
    for (const [number, { kind }] of this.promised) {
      if (there.has(number) || number <= this.ackedTo) continue;
      expect(kind, `alert ${number} stays`).not.toBe(ALERT);
      const isTold = this.told.some(([from, to]) => number >= from && number <= to);
      expect([number, isTold], "what makes way is told").toEqual([number, true]);
    }
  }

  private noteGap(body: Uint8Array): void {
    const read = readGap(body);
    if (!read.ok) throw new Error(read.reason);
    for (const { from, to } of read.gap.spans) this.told.push([from, to]);
  }
}

test("a model of the journal holds under appends, acknowledgements, boots, power cuts, rewinding and wear", () => {
  fc.assert(
    fc.property(fc.array(command, { minLength: 20, maxLength: 220 }), (commands) => {
      const world = new World();
      for (const [i, one] of commands.entries()) {
        world.run(one);
        if (i % 3 === 0 || one.do === "rewind") world.check();
      }
      world.check();
    }),
    { numRuns: 60 },
  );
});
