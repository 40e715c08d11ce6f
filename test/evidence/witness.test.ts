import { createPublicKey } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryWitness, HEAD_EVERY_MS, openWitness, type Witness } from "../../host/evidence/witness.ts";
import { HEAD_SIGNATURE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { verify1 } from "../../protocol/cose/sign1.ts";
import { isConsistent, isIncluded, leafHash } from "../../protocol/evidence/merkle.ts";
import { decodeTreeHead } from "../../protocol/evidence/tree-head.ts";
import { KEY, sha256 } from "./small.ts";

const leaf = (n: number) => sha256(Uint8Array.of(n, n >> 8));
const folderOf = () => path.join(mkdtempSync(path.join(tmpdir(), "omamori-witness-")), "log");
const open = (folder: string) => openWitness(folder, { log: "test", key: KEY });

test("heads are signed, one a minute at most, and each continues the last", () => {
  const log = open(folderOf());
  for (let i = 0; i < 40; i++) {
    log.append([leaf(2 * i), leaf(2 * i + 1)]);
    log.sign(1_000_000 + 20_000 * i);
  }
  const heads = log.heads();
  expect(heads.length).toBe(14);
  for (const [i, { bytes, head }] of heads.entries()) {
    const opened = verify1(createPublicKey(KEY), bytes, HEAD_SIGNATURE_CONTEXT);
    expect(opened.ok && decodeTreeHead(opened.payload)).toEqual({ ok: true, value: head });
    if (i === 0) continue;
    const before = heads[i - 1].head;
    expect(head.atMs - before.atMs).toBeGreaterThanOrEqual(HEAD_EVERY_MS);
    expect(
      isConsistent(sha256, before.size, head.size, before.root, head.root, log.consistency(before.size, head.size)),
    ).toBe(true);
  }
  log.close();
});

test("what was appended stands after a new opening, with its heads", () => {
  const folder = folderOf();
  const log = open(folder);
  expect(log.append([leaf(1), leaf(2)])).toBe(0);
  expect(log.append([leaf(3)])).toBe(2);
  const { head } = log.sign(5_000);
  log.close();
  const again = openWitness(folder, { log: "ignored" });
  expect(again.size).toBe(3);
  expect(again.heads().map((one) => one.head)).toEqual([head]);
  expect(again.leafAt(2)).toEqual(leaf(3));
  const path = again.inclusion(1, 3);
  expect(isIncluded(sha256, leafHash(sha256, leaf(2)), 1, 3, path, head.root)).toBe(true);
});

test("an end that a power cut left half written is cut off, at every byte of it", () => {
  const folder = folderOf();
  const log = open(folder);
  log.append([leaf(1), leaf(2)]);
  log.sign(1_000);
  log.append([leaf(3)]);
  log.close();
  const whole = readFileSync(path.join(folder, "leaves"));
  for (let length = whole.length - 36; length < whole.length; length++) {
    writeFileSync(path.join(folder, "leaves"), whole.subarray(0, length));
    const again = open(folder);
    expect(again.size).toBe(2);
    expect(again.append([leaf(9)])).toBe(2);
    again.close();
  }
  const heads = readFileSync(path.join(folder, "heads"));
  appendFileSync(path.join(folder, "heads"), heads.subarray(0, 30));
  const again = open(folder);
  expect(again.heads().length).toBe(1);
  again.close();
  expect(readFileSync(path.join(folder, "heads"))).toEqual(heads);
});

test("a log that has fewer leaves than a head has signed is refused by name, and so is one that was changed", () => {
  const folder = folderOf();
  const log = open(folder);
  log.append([leaf(1), leaf(2), leaf(3)]);
  log.sign(1_000);
  log.close();
  const file = path.join(folder, "leaves");
  const whole = readFileSync(file);
  truncateSync(file, whole.length - 36);
  expect(() => open(folder)).toThrow(/witness\.shortened/);
  const changed = Buffer.from(whole);
  changed[10] ^= 1;
  writeFileSync(file, changed);
  expect(() => open(folder)).toThrow(/witness\.damaged/);
  // A refused opening leaves no lock behind, and changes nothing.
  expect(existsSync(path.join(folder, "lock"))).toBe(false);
  expect(readFileSync(file)).toEqual(changed);
});

test("two processes do not write one log", () => {
  const folder = folderOf();
  const log = open(folder);
  expect(() => open(folder)).toThrow(/witness\.in-use/);
  log.close();
  open(folder).close();
  writeFileSync(path.join(folder, "lock"), "999999999");
  open(folder).close();
});

test("whatever is appended, signed, cut and opened again, the log is the model's", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("append" as const), n: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant("sign" as const), n: fc.integer({ min: 0, max: 90_000 }) }),
    fc.record({ do: fc.constant("reopen" as const), n: fc.integer({ min: 0, max: 20 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const folder = folderOf();
      let log: Witness = open(folder);
      const model = createMemoryWitness("test", KEY);
      let nowMs = 1_000_000;
      let next = 0;
      for (const one of steps) {
        if (one.do === "append") {
          const leaves = Array.from({ length: one.n }, () => leaf(next++));
          expect(log.append(leaves)).toBe(model.append(leaves));
        } else if (one.do === "sign") {
          nowMs += one.n;
          expect(log.sign(nowMs)).toEqual(model.sign(nowMs));
        } else {
          log.close();
          if (one.n > 10) appendFileSync(path.join(folder, "leaves"), Buffer.alloc(one.n, one.n));
          log = open(folder);
        }
        expect([log.size, log.heads()]).toEqual([model.size, model.heads()]);
      }
      log.close();
    }),
    { numRuns: 30 },
  );
});
