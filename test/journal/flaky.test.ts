import { expect, test } from "vitest";
import { append, endEpoch, readRecords } from "../../firmware/journal/ring.ts";
import { ALERT, FINDING, frameLength, HEAD_BYTES, INPUTS, isFrame } from "../../protocol/journal/record.ts";
import { createFlakyFlash, type Wear } from "../../simulator/hardware/flaky-flash.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { allRecords, BLOCK, blankDevice, boot, write } from "./device.ts";

test("nothing is sealed twice under one number and epoch, though blocks fail and the bulk flash is put back at random moments", () => {
  const cells = blankDevice(12);
  const random = seededRandom(11, "flaky");
  const worn = new Map<number, Wear>();
  const seals = new Map<string, string>();
  const restart = () => {
    const { journal } = boot(cells);
    const flaky = createFlakyFlash(journal.flash, worn);
    journal.flash = {
      ...flaky,
      program(address, bytes) {
        // Whoever holds the chip reads what was meant, whether or not a bit of it stuck.
        if (frameLength(bytes.subarray(0, HEAD_BYTES)) === bytes.length && isFrame(bytes, bytes.length)) {
          const key = `${journal.ratchet.epoch}/${journal.nextNumber - 1}`;
          expect(seals.get(key) ?? hex(bytes), key).toBe(hex(bytes));
          seals.set(key, hex(bytes));
        }
        flaky.program(address, bytes);
      },
    };
    return journal;
  };
  let journal = restart();
  let copy = cells.bulk.slice();
  let refused = 0;
  for (let i = 0; i < 1_500; i++) {
    const appended = append(
      journal,
      i % 40 === 0 ? ALERT : i % 2 === 0 ? FINDING : INPUTS,
      new Uint8Array(30 + Math.floor(random() * 90)).fill(i),
    );
    if (!appended.ok) refused += 1;
    if (i % 40 === 0) endEpoch(journal, i);
    journal.ackedTo = journal.nextNumber - 60;
    if (random() < 0.02) {
      if (random() < 0.5) cells.bulk.set(copy);
      journal = restart();
    }
    if (random() < 0.02) copy = cells.bulk.slice();
    if (random() < 0.02) {
      worn.clear();
      const index = random() < 0.5 ? journal.order[journal.order.length - 1] : Math.floor(random() * 12);
      worn.set(index, random() < 0.7 ? "program" : "erase");
    }
  }
  expect(refused).toBe(0);
  expect(seals.size).toBeGreaterThan(1_500);
});

test("an alert that opened its block keeps the block before it, where the inputs are that led to it", () => {
  const { journal } = boot(blankDevice(6));
  let number = 0;
  const full = () => journal.order.length > 1 && journal.headOffset > BLOCK - 220;
  while (!full()) number = write(journal, INPUTS, new Uint8Array(150).fill(1));
  const inputs = allRecords(journal).filter((r) => r.kind === INPUTS && r.number > number - 10);
  const alert = write(journal, ALERT, new Uint8Array(150).fill(2), 1);
  const own = journal.blocks[journal.order[journal.order.length - 1]];
  expect(own.number).toBe(alert - 1);
  for (let i = 0; i < 300; i++) write(journal, INPUTS, new Uint8Array(150).fill(3));
  const left = new Set<number>();
  readRecords(journal, 1, (record) => {
    left.add(record.number);
    return true;
  });
  expect(inputs.length).toBeGreaterThan(5);
  for (const { number: one } of [...inputs, { number: alert }]) expect([one, left.has(one)]).toEqual([one, true]);
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
