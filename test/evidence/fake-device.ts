import type { KeyObject } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { keysForRecords, sealedBy } from "../../host/evidence/chain.ts";
import { type Making, makeBundle, sealBundle } from "../../host/evidence/make.ts";
import { type Archive, openArchive, type Received } from "../../host/evidence/received.ts";
import { signReleaseList } from "../../host/evidence/releases.ts";
import { readOrderFile } from "../../host/orders/order-file.ts";
import { encodeSealedFile, sealOrderFile, verifySealedFile } from "../../host/orders/sealed-file.ts";
import { privateKeyOf, publicBytesOf, publicKeyOf } from "../../host/vault/signing.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import type { Bundle, ImageItem, Purpose } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { chainOf } from "../../protocol/journal/examine.ts";
import { ALERT, BOOT, CHECKPOINT, INPUTS } from "../../protocol/journal/record.ts";
import { encodeAlert } from "../../protocol/messages/alert.ts";
import { ENGINE_ESPRUINO } from "../../protocol/messages/image.ts";

/**
 * A device that stands for one: its alert is what its inputs hold, so that a program of a few lines can be run again. Keys, chain, order,
 * archive and witness are the real ones.
 */
const crypto = createNodeCrypto();
export const DEVICE = "OMB-000123";
export const START_MS = 1_790_000_000_000;
export const ORDER_ID = "R8-17";
const SEEDS = { orders: 1, releases: 2, heads: 3 } as const;
const seedOf = (role: keyof typeof SEEDS) => new Uint8Array(32).fill(SEEDS[role]);
export const keyOf = (role: keyof typeof SEEDS): KeyObject => privateKeyOf(seedOf(role));
export const KEYS = (["orders", "releases", "heads"] as const).map((role) => ({
  role,
  key: publicKeyOf(publicBytesOf(seedOf(role))),
}));
/** K_0 of the device's first secret, and of those after it. */
export const journalKeyOf = (generation: number): Uint8Array => new Uint8Array(32).fill(8 + generation);

/** Gives back as an alert what an INPUTS record holds, if that begins as an alert's map does. */
export const PROGRAM = `function omamoriReplay(text) {
  var job = JSON.parse(text);
  return JSON.stringify(job.segments.map(function (records) {
    var made = [];
    records.forEach(function (r, i) {
      if (r[1] === ${INPUTS} && r[2].slice(0, 1) === "a") made.push([r[0], ${ALERT}, r[2]]);
      if (r[1] === ${CHECKPOINT} && i > 0) made.push([r[0], ${CHECKPOINT}, r[2]]);
    });
    return { records: made };
  }));
}`;

/** Two records a minute: inputs, and an alert every tenth time; an epoch ends with each alert. */
export function fakeRecords(minutes: number): SealedRecord[] {
  const records: SealedRecord[] = [];
  let epoch = 0;
  const add = (kind: number, body: Uint8Array) => {
    records.push({ number: records.length + 1, epoch, kind, body, tag: new Uint8Array(8) });
  };
  add(BOOT, Uint8Array.of(1));
  for (let i = 0; i < minutes; i++) {
    if (i % 25 === 24) add(CHECKPOINT, Uint8Array.of(7, i));
    if (i % 10 !== 9) add(INPUTS, Uint8Array.of(1, i, i >> 8));
    else {
      add(INPUTS, alertBody(i));
      add(ALERT, alertBody(i));
      epoch += 1;
    }
  }
  return sealedAs(records);
}

/** The same records under the seals of a generation. */
export function sealedAs(records: SealedRecord[], generation = 1): SealedRecord[] {
  const keys = chainOf(crypto, journalKeyOf(generation), new Set(records.map((record) => record.epoch)));
  return records.map((record) => sealedBy(crypto, keys.get(record.epoch)!, record));
}

function alertBody(i: number): Uint8Array {
  const atMs = START_MS + 60_000 * i;
  const fix = {
    timeMs: atMs - 1000,
    latE7: 356_810_000 + i,
    lonE7: 1_397_670_000,
    dimensions: 3,
    hAccMm: 4_000,
    speedMmps: 1_200,
    courseCdeg: undefined,
    satellites: 9,
  };
  const encoded = encodeAlert({
    seq: Math.ceil((i + 1) / 10),
    atMs,
    about: "zone",
    zone: "home",
    state: i % 20 === 9 ? "entered" : "left",
    sinceMs: atMs - 5000,
    fix,
    signedMm: -12_345 + 90_000 * (i % 3),
    clock: "trusted",
    clockErrorMs: 1_500,
    percent: undefined,
    detail: undefined,
  });
  if (!encoded.ok) throw new Error(encoded.reason);
  return encoded.bytes;
}

export function fakeOrder(): Making["orders"][number] {
  const text = JSON.stringify({
    id: ORDER_ID,
    person: { name: "A" },
    court: { name: "B" },
    from: "2026-01-01T00:00:00Z",
    utcOffsets: [{ from: "2026-01-01T00:00:00Z", offset: "+09:00" }],
    protectedPersons: ["P"],
    retentionDays: 30,
    zones: [
      {
        type: "Feature",
        geometry: { type: "Point", coordinates: [139.767, 35.681] },
        properties: { id: "home", radiusM: 300, kind: "exclusion", disclosed: true },
      },
    ],
  });
  const read = readOrderFile(text, "order.json", () => {
    throw new Error("no other file");
  });
  const keys = { orderKey: new Uint8Array(32).fill(5), signingKey: keyOf("orders") };
  const why = { reason: undefined, requestedBy: undefined, agreedBy: undefined };
  const sealed = sealOrderFile(read, DEVICE, 1, keys, why, START_MS - 86_400_000);
  const verified = verifySealedFile(
    sealed,
    KEYS.filter(({ role }) => role === "orders").map(({ key }) => key),
    "order",
  );
  return { bytes: encodeSealedFile(sealed), verified };
}

export function fakeImage(program = PROGRAM, released = program): ImageItem {
  const source = crypto.sha256(new TextEncoder().encode(released));
  const artefact = { board: "xiao-ble", engine: ENGINE_ESPRUINO, elf: new Uint8Array(0), hash: new Uint8Array(32) };
  const release = {
    version: { major: 0, minor: 1, revision: 0, build: 0 },
    source,
    rollback: 1,
    artefacts: [artefact],
  };
  const releases = signReleaseList({ number: 1, atMs: START_MS - 86_400_000, releases: [release] }, keyOf("releases"));
  return {
    version: "0.1.0",
    code: new TextEncoder().encode(program),
    releases,
  };
}

/** An archive that took the records in, minute by minute, but for the last `unsent`. */
export function fakeArchive(records: SealedRecord[], unsent = 0): { archive: Archive; folder: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "omamori-evidence-"));
  const archive = openArchive(folder, { log: "test", key: keyOf("heads") });
  const sent = records.slice(0, records.length - unsent);
  for (let i = 0; i < sent.length; i += 5) {
    const nowMs = START_MS + 30_000 * i;
    archive.take(DEVICE, ORDER_ID, sent.slice(i, i + 5), nowMs);
    archive.witness.sign(nowMs + 1000);
  }
  archive.witness.sign(START_MS + 86_400_000);
  return { archive, folder };
}

export interface FakeBundle {
  bundle: Bundle;
  file: Uint8Array;
  records: SealedRecord[];
  received: Received[];
}

export interface FakeOptions {
  minutes?: number;
  unsent?: number;
  purpose?: Purpose;
  image?: ImageItem;
  generations?: number;
  leaveOut?: Making["leaveOut"];
  /** Changes what has been recorded before anything is made of it. */
  change?: (records: SealedRecord[]) => SealedRecord[];
}

export function fakeBundle(options: FakeOptions = {}): FakeBundle {
  const { minutes = 60, unsent = 0, purpose = "court", generations = 1, change = (records) => records } = options;
  const records = change(fakeRecords(minutes));
  const { archive } = fakeArchive(records, unsent);
  const bundle = makeBundle({
    header: { device: DEVICE, purpose, fromMs: 0, toMs: 4e12, madeMs: START_MS + 1e8, madeBy: "test" },
    journal: records,
    received: archive.of(DEVICE),
    witness: archive.witness,
    orders: [fakeOrder()],
    image: options.image ?? fakeImage(),
    keysFor: (wanted) => keysForRecords(crypto, wanted, generations, journalKeyOf),
    leaveOut: options.leaveOut,
    isWanted: () => true,
  });
  archive.close();
  return { bundle, file: sealBundle(bundle, keyOf("heads")), records, received: archive.of(DEVICE) };
}
