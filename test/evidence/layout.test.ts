import { createPublicKey } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decode } from "../../protocol/cbor/codec.ts";
import { verify1 } from "../../protocol/cose/sign1.ts";
import {
  EVIDENCE_SIGNATURE_CONTEXT,
  inspect,
  layOut,
  type Place,
  sealOf,
  signaturePlace,
} from "../../protocol/evidence/layout.ts";
import { createMutator } from "../fuzz/mutate.ts";
import { KEY, sha256, smallBundle, smallFile } from "./small.ts";

const PUBLIC = createPublicKey(KEY);
const isSigned = (file: Uint8Array) => {
  const seal = sealOf(file);
  return seal !== undefined && verify1(PUBLIC, seal, EVIDENCE_SIGNATURE_CONTEXT).ok;
};
const covers = (places: Place[], at: number) => places.some(({ from, to }) => at >= from && at < to);

test("a bundle as it was made has nothing to find, and is one CBOR value", () => {
  const file = smallFile();
  expect(inspect(file, sha256).places).toEqual([]);
  expect(isSigned(file)).toBe(true);
  expect((decode(file) as unknown[]).length).toBe(9);
  expect(layOut(smallBundle(), sha256, () => sealOf(file)!)).toEqual(file);
});

test("every single bit that is flipped is found, and the place that is named holds it", () => {
  const file = smallFile();
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const changed = Uint8Array.from(file);
    changed[bit >> 3] ^= 1 << (bit & 7);
    const { places } = inspect(changed, sha256);
    const found = places.length === 0 && !isSigned(changed) ? [signaturePlace()] : places;
    expect(covers(found, bit >> 3), `bit ${bit} of ${file.length} bytes: ${JSON.stringify(found)}`).toBe(true);
    // Named closely, and once: nobody is sent through the whole file.
    expect(found.length).toBe(1);
    expect(found[0].to - found[0].from).toBeLessThanOrEqual(1024);
  }
});

test("a changed record is named by its place in the list", () => {
  const file = smallFile(smallBundle(20));
  const { at, sections } = inspect(file, sha256);
  const changed = Uint8Array.from(file);
  changed[at!.records + sections!.records.length - 1] ^= 1;
  expect(inspect(changed, sha256).places).toMatchObject([{ what: "piece", section: "records", piece: 20 }]);
});

test("bytes behind the end and a missing end are found", () => {
  const file = smallFile();
  expect(inspect(Uint8Array.from([...file, 0]), sha256).places).toMatchObject([
    { what: "trailing", from: file.length, to: file.length + 1 },
  ]);
  for (let length = 0; length < file.length; length++)
    expect(inspect(file.subarray(0, length), sha256).places.length).toBeGreaterThan(0);
});

test("two records that change places are both named", () => {
  const bundle = smallBundle(6);
  const file = smallFile(bundle);
  const { at, sections } = inspect(file, sha256);
  const size = (sections!.records.length - 1) / 6;
  const changed = Uint8Array.from(file);
  const first = at!.records + 1;
  changed.set(file.subarray(first + size, first + 2 * size), first);
  changed.set(file.subarray(first, first + size), first + size);
  expect(inspect(changed, sha256).places.map(({ piece }) => piece)).toEqual([1, 2]);
});

test("mangled bundles are never whole and never crash", () => {
  const good = smallFile(smallBundle(8, 3000));
  const next = createMutator(7, "evidence", [good]);
  for (let i = 0; i < 400; i++) {
    const bytes = next();
    if (Buffer.compare(bytes, good) === 0) continue;
    expect(inspect(bytes, sha256).places.length === 0 && isSigned(bytes)).toBe(false);
  }
});

test("any bytes at all are inspected without a throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 900 }), fc.boolean(), (noise, behind) => {
      const file = smallFile();
      const bytes = behind ? Uint8Array.from([...file.subarray(0, 400), ...noise]) : noise;
      expect(inspect(bytes, sha256).places.length).toBeGreaterThan(0);
    }),
    { numRuns: 200 },
  );
});
