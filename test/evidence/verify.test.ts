import { expect, test } from "vitest";
import { leftOut } from "../../host/evidence/check-replay.ts";
import { sealBundle } from "../../host/evidence/make.ts";
import { bundleIn, type Verification, verifyBundle } from "../../host/evidence/verify.ts";
import type { Bundle } from "../../protocol/evidence/bundle.ts";
import { opens, showParts } from "../../protocol/evidence/commitment.ts";
import { inspect } from "../../protocol/evidence/layout.ts";
import { ALERT, CHECKPOINT, GAP, INPUTS } from "../../protocol/journal/record.ts";
import { segmentsOf } from "../../simulator/replay/journal-replay.ts";
import { createMutator } from "../fuzz/mutate.ts";
import { fakeBundle, fakeImage, KEYS, keyOf, PROGRAM } from "./fake-device.ts";
import { crypto, sha256 } from "./small.ts";

const outcomes = ({ steps }: Verification) =>
  Object.fromEntries(
    steps.map(({ step, outcome, code }) => [step, outcome === "passed" ? outcome : `${outcome} ${code}`]),
  );
/** As somebody who holds the signing key could make it. */
const resigned = (bundle: Bundle, change: (bundle: Bundle) => void) => {
  const copy = structuredClone(bundle);
  change(copy);
  return sealBundle(copy, keyOf("heads"));
};
const ALL = {
  form: "passed",
  signature: "passed",
  orders: "passed",
  chain: "passed",
  tree: "passed",
  replay: "passed",
};

test("a bundle as it was made is genuine in every step, and says what it shows", async () => {
  const { file, records } = fakeBundle();
  const result = await verifyBundle(file, { keys: KEYS });
  expect(outcomes(result)).toEqual(ALL);
  expect(result.outcome).toBe("genuine");
  expect(result.facts).toMatchObject({ gaps: [], heldBack: 0, witnessed: records.length, unwitnessed: undefined });
  expect(result.facts!.alerts.length).toBe(6);
  expect(result.facts!.alerts.every(({ witnessedMs, alert }) => witnessedMs! > alert.atMs - 4e6)).toBe(true);
  expect(result.run).toMatchObject({ alerts: 6, checkpoints: 2, segments: 1, differences: [] });
});

test("without public keys nothing is proven, and with somebody else's all is forged", async () => {
  const { file } = fakeBundle({ minutes: 12 });
  expect((await verifyBundle(file)).outcome).toBe("unproven");
  const others = KEYS.map(({ role }, i) => ({ role, key: KEYS[(i + 1) % 3].key }));
  expect(outcomes(await verifyBundle(file, { keys: others }))).toMatchObject({
    form: "passed",
    signature: "failed evidence.keys-foreign",
  });
});

test("a flipped bit in a record is named by its number and time", async () => {
  const { file } = fakeBundle();
  const { at, sections } = inspect(file, sha256);
  const changed = Uint8Array.from(file);
  changed[at!.records + sections!.records.length - 60] ^= 4;
  const result = await verifyBundle(changed, { keys: KEYS });
  expect(result.outcome).toBe("altered");
  expect(result.places).toMatchObject([{ section: "records", number: 69 }]);
  expect(result.places[0].afterMs).toBeGreaterThan(1.79e12);
});

test("who holds the signing key but no journal key cannot change, drop or swap a record unseen", async () => {
  const { bundle } = fakeBundle();
  const verify = async (change: (b: Bundle) => void) =>
    outcomes(await verifyBundle(resigned(bundle, change), { keys: KEYS, noReplay: true }));
  const record = (b: Bundle, i: number) => b.records[i] as Extract<Bundle["records"][0], { shown: true }>;
  expect(await verify((b) => (record(b, 4).record.body[1] ^= 1))).toMatchObject({
    chain: "failed evidence.seal-broken",
    tree: "failed evidence.not-in-tree",
  });
  expect(await verify((b) => (record(b, 4).record.number = 3))).toMatchObject({
    chain: "failed evidence.out-of-order",
  });
  expect(await verify((b) => b.records.splice(5, 1))).toMatchObject({ tree: "failed evidence.proofs-missing" });
  expect(await verify((b) => (b.keys[0].key[0] ^= 1))).toMatchObject({ chain: "failed evidence.seal-broken" });
  expect(await verify((b) => b.keys.shift())).toMatchObject({ chain: "failed evidence.no-epoch-key" });
  expect(await verify((b) => (record(b, 9).leaf = 3))).toMatchObject({ tree: "failed evidence.not-in-tree" });
  expect(await verify((b) => (b.tree.heads[0][80] ^= 1))).toMatchObject({ tree: "failed evidence.head-forged" });
  expect(await verify((b) => b.tree.heads.reverse())).toMatchObject({ tree: "failed evidence.head-contradicts" });
  expect(await verify((b) => (b.header.device = "OMB-9"))).toMatchObject({ orders: "failed evidence.order-of-other" });
});

test("a record that is taken out with its proof is a gap by name", async () => {
  const { bundle } = fakeBundle();
  const file = resigned(bundle, (b) => {
    b.records.splice(30, 3);
    b.tree.inclusion.splice(30, 3);
  });
  const result = await verifyBundle(file, { keys: KEYS });
  expect(result.facts!.gaps).toMatchObject([{ from: 31, to: 33 }]);
  // Replay begins anew at the next checkpoint, and names what lies between.
  expect(result.run!.gaps[0]).toEqual({ from: 31, to: 33, reason: "missing" });
  expect(result.run!.segments).toBe(2);
  // Genuine as far as it goes is not genuine throughout.
  expect(result.outcome).toBe("unproven");
  expect(outcomes(result).replay).toBe("not-done evidence.replay-in-part");
});

test("what was never sent is not witnessed, and is said so", async () => {
  const { file } = fakeBundle({ unsent: 7 });
  const result = await verifyBundle(file, { keys: KEYS });
  expect(result.facts!.unwitnessed).toMatchObject({ count: 7, to: 69 });
  expect(result.outcome).toBe("genuine");
});

test("only a program that the releases' key has signed for is run", async () => {
  const evil = `${PROGRAM} throw new Error("was run");`;
  const unknown = await verifyBundle(fakeBundle({ image: fakeImage(evil, PROGRAM) }).file, { keys: KEYS });
  expect(outcomes(unknown).replay).toBe("not-done evidence.unknown-image");
  expect(unknown.outcome).toBe("unproven");
  const forged = { ...fakeImage(), releases: new Uint8Array(90) };
  expect(outcomes(await verifyBundle(fakeBundle({ image: forged }).file, { keys: KEYS })).replay).toContain(
    "unknown-image",
  );
  const absent = { version: "", code: new Uint8Array(0), releases: new Uint8Array(0) };
  const none = await verifyBundle(fakeBundle({ image: absent }).file, { keys: KEYS });
  expect(outcomes(none).replay).toBe("not-done evidence.no-image");
});

test("an alert that the program does not make of the inputs is named", async () => {
  const other = PROGRAM.replace("made.push([r[0]", "if (r[0] !== 22) made.push([r[0]");
  const result = await verifyBundle(fakeBundle({ image: fakeImage(other) }).file, { keys: KEYS });
  expect(outcomes(result).replay).toBe("failed evidence.replay-unmade");
  expect(result.outcome).toBe("altered");
  const twisted = PROGRAM.replace("ALERT, r[2]", "").replace("2, r[2]", '2, r[2].replace("a9", "a8")');
  expect(outcomes(await verifyBundle(fakeBundle({ image: fakeImage(twisted) }).file, { keys: KEYS })).replay).toBe(
    "failed evidence.replay-other",
  );
  const more = PROGRAM.replace("var made = [];", 'var made = [[5, 2, "a0"]];');
  expect(outcomes(await verifyBundle(fakeBundle({ image: fakeImage(more) }).file, { keys: KEYS })).replay).toMatch(
    /failed/,
  );
});

test("the wearer gets bands for distances, and the court can open what was held back", async () => {
  const { bundle, file, records, received } = fakeBundle({ purpose: "subject" });
  const result = await verifyBundle(file, { keys: KEYS });
  expect(outcomes(result)).toMatchObject({
    chain: "passed",
    tree: "passed",
    replay: "not-done evidence.replay-held-back",
  });
  expect(result.facts!.alerts.map(({ alert, band }) => [alert.signedMm, band])).toEqual([
    [undefined, 0],
    [undefined, 1],
    [undefined, 2],
    [undefined, 0],
    [undefined, 1],
    [undefined, 2],
  ]);
  // Neither the place, nor a seal against which a distance could be tried out.
  const all = Buffer.from(file).toString("hex");
  for (const record of records.filter(({ kind }) => kind === 2 || kind === 4))
    expect(all).not.toContain(Buffer.from(record.tag).toString("hex"));
  const hidden = bundle.records.find((item) => !item.shown && item.kind === 2);
  if (hidden === undefined || hidden.shown) throw new Error("nothing is held back");
  const { record, salt } = received[hidden.number - 1].content!;
  const shown = showParts(crypto, record, salt);
  expect(hidden.parts.map((part, i) => "commitment" in part && opens(crypto, shown[i], part))).toEqual([
    ...new Array(9).fill(false),
    true,
    false,
    true,
  ]);
  const other = showParts(crypto, received[hidden.number + 1].content!.record, salt);
  expect(opens(crypto, other[1], hidden.parts[hidden.parts.length - 1])).toBe(false);
});

test("of what is held back nothing can be exchanged: the leaf would be another", async () => {
  const { bundle } = fakeBundle({ purpose: "subject" });
  const changed = resigned(bundle, (b) => {
    const item = b.records.find((one) => !one.shown && one.kind === 2);
    if (item && !item.shown) item.parts[3] = { commitment: new Uint8Array(32) };
  });
  expect(outcomes(await verifyBundle(changed, { keys: KEYS })).tree).toBe("failed evidence.not-in-tree");
});

test("a few hundred random corruptions: none accepted, none crashes, each has a place", async () => {
  const { file } = fakeBundle({ minutes: 30 });
  const next = createMutator(11, "corruption", [file]);
  for (let i = 0; i < 150; i++) {
    const bytes = next();
    if (Buffer.compare(bytes, file) === 0) continue;
    const result = await verifyBundle(bytes, { keys: KEYS, noReplay: true });
    expect(result.outcome).toBe("altered");
    expect(result.places.length).toBeGreaterThan(0);
  }
});

test("a hostile section behind a good signature is refused with a code", async () => {
  const { bundle } = fakeBundle({ minutes: 12 });
  const long = resigned(bundle, (b) => {
    b.header.madeBy = "x".repeat(300);
  });
  expect(outcomes(await verifyBundle(long, { keys: KEYS }))).toMatchObject({ form: "failed evidence.bad-section" });
  const many = resigned(bundle, (b) => {
    b.tree.inclusion[0] = new Array(60).fill(0);
  });
  expect(outcomes(await verifyBundle(many, { keys: KEYS })).form).toBe("failed evidence.bad-section");
});

test("sections of noise behind a good signature are refused with a code, whatever they are", async () => {
  const noise = [
    new Uint8Array(2000).fill(0x81),
    Uint8Array.of(0x9b, 0, 0, 255, 255, 255, 255, 255, 255),
    Uint8Array.of(0xbf),
    Uint8Array.of(0x9f, 0xff),
    Uint8Array.of(),
    Uint8Array.of(0xfb, 0, 0, 0, 0, 0, 0, 0, 0),
  ];
  const whole = fakeBundle({ minutes: 12 }).file;
  const { sections } = inspect(whole, sha256);
  for (const name of ["header", "orders", "image", "records", "keys", "tree"] as const) {
    for (const bytes of noise) {
      const read = bundleIn({ ...sections!, [name]: bytes });
      expect(read.ok ? "read" : `${read.section} ${read.reason}`).toMatch(new RegExp(`^${name} (cbor|message)\\.`));
    }
  }
});

test("what the device itself told to have made way is no omission; anything else that was not run is counted", () => {
  const body = Uint8Array.of(1);
  const at = (number: number, kind: number, of = body) => ({ number, epoch: 1, kind, body: of });
  const told = Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 4);
  const count = (...records: ReturnType<typeof at>[]) => {
    const { segments, gaps } = segmentsOf(records);
    return leftOut(records, segments, gaps);
  };
  expect(count(at(1, CHECKPOINT), at(2, INPUTS), at(5, CHECKPOINT), at(6, GAP, told), at(7, INPUTS))).toBe(0);
  expect(count(at(1, CHECKPOINT), at(2, INPUTS), at(6, CHECKPOINT), at(7, GAP, told), at(8, INPUTS))).toBe(1);
  expect(count(at(1, CHECKPOINT), at(3, INPUTS), at(4, ALERT), at(5, CHECKPOINT))).toBe(3);
  expect(count(at(1, CHECKPOINT), at(4_000_000_000, CHECKPOINT))).toBe(3_999_999_998);
});
