import { PURPOSE_JOURNAL, PURPOSE_ORDER } from "../../protocol/cose/keys.ts";
import { payloadOfMac0 } from "../../protocol/cose/mac0.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import type { Purpose } from "../../protocol/evidence/bundle.ts";
import { leafOf, SALT_BYTES, type SealedRecord, showParts } from "../../protocol/evidence/commitment.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { makePath } from "../../simulator/world/path.ts";
import { SIMULATED_DEVICE, type SimulatedOrder, simulatedKey } from "../../simulator/world/provision.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { circlesToGeoJson } from "../cli/circles.ts";
import { rideFile } from "../cli/commands/story.ts";
import { loadTrace } from "../cli/load-trace.ts";
import { piecesOf } from "../orders/for-device.ts";
import { readOrderFile } from "../orders/order-file.ts";
import { encodeSealedFile, sealOrderFile, verifySealedFile } from "../orders/sealed-file.ts";
import { ROLES, type Role } from "../vault/contents.ts";
import { keyIdOf, privateKeyOf, publicBytesOf, publicKeyOf } from "../vault/signing.ts";
import type { PublicKey } from "../vault/vault.ts";
import { openOrder } from "../zones/order.ts";
import { keysForRecords } from "./chain.ts";
import { momentOf } from "./facts.ts";
import { type Draw, type Making, makeBundle, sealBundle } from "./make.ts";
import type { Received } from "./received.ts";
import { recordRide, releasedImage, replayProgram } from "./ride.ts";
import { createMemoryWitness, HEAD_EVERY_MS, type Witness } from "./witness.ts";

/** A bundle to try things on, and the public keys that go with it. */
export interface Demo {
  file: Uint8Array;
  keys: PublicKey[];
  /** The device's records, as a journal file would have them. */
  records: SealedRecord[];
  /** The sealed order, as its file has it. */
  order: Uint8Array;
}

const DEVICE = SIMULATED_DEVICE;
const ORDER = "DEMO-1";
const ZONES = 4;
const HOUR_MS = 3_600_000;

/**
 * The demonstration ride as the bracelet records it, received minute by minute, witnessed and sealed with keys that are thrown away. The
 * same seed gives the same bytes.
 */
export function makeDemo(seed: number, purpose: Purpose, program = replayProgram()): Demo {
  return makeDemoOf(loadTrace(rideFile()), seed, purpose, program);
}

/** The same of any trace. */
export function makeDemoOf(trace: Trace, seed: number, purpose: Purpose, program: Uint8Array): Demo {
  const draw = drawFrom(seed);
  const keys = demoKeys(draw);
  const journalKey = simulatedKey(createNodeCrypto(), seed, PURPOSE_JOURNAL);
  const zones = layZones(makePath(trace), seed, ZONES);
  const startMs = trace.timeMs[0];
  const orderKey = simulatedKey(createNodeCrypto(), seed, PURPOSE_ORDER);
  const { order, sealed } = demoOrder(zones, startMs, keys, orderKey);
  // As the device is told it.
  const { utcOffsets } = order.verified.deviceOrder.terms!;
  const told = { ...openOrder(zones), fromMs: startMs - 24 * HOUR_MS, utcOffsets };
  const records = recordRide(trace, told, seed, sealed);
  const witness = createMemoryWitness("demo", keys.private.heads);
  const received = receiveByMinutes(records, witness, startMs, draw);
  const endMs = trace.timeMs[trace.points - 1];
  const bundle = makeBundle(
    {
      header: {
        device: DEVICE,
        purpose,
        fromMs: startMs,
        toMs: endMs + 1,
        madeMs: endMs + HOUR_MS,
        madeBy: "omamori evidence demo",
      },
      journal: records,
      received,
      witness,
      orders: [order],
      image: releasedImage(program, keys.private.releases, startMs - 48 * HOUR_MS),
      keysFor: (wanted) => keysForRecords(createNodeCrypto(), wanted, 1, () => journalKey),
      isWanted: () => true,
    },
    draw,
  );
  return { file: sealBundle(bundle, keys.private.heads), keys: keys.public, records, order: order.bytes };
}

function drawFrom(seed: number): Draw {
  const random = seededRandom(seed, "evidence");
  return (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
}

interface DemoKeys {
  private: Record<Role, ReturnType<typeof privateKeyOf>>;
  public: PublicKey[];
}

function demoKeys(draw: Draw): DemoKeys {
  const seeds = Object.fromEntries(ROLES.map((role) => [role, draw(32)])) as Record<Role, Uint8Array>;
  return {
    private: Object.fromEntries(ROLES.map((role) => [role, privateKeyOf(seeds[role])])) as DemoKeys["private"],
    public: ROLES.map((role) => {
      const bytes = publicBytesOf(seeds[role]);
      return { role, id: keyIdOf(bytes), bytes, key: publicKeyOf(bytes), createdMs: 0, retiredMs: undefined };
    }),
  };
}

/** As the centre would: what a minute brought is taken in at its end, and a head signed. */
function receiveByMinutes(records: SealedRecord[], witness: Witness, startMs: number, draw: Draw): Received[] {
  const crypto = createNodeCrypto();
  let nowMs = startMs;
  return records.map((record) => {
    nowMs = Math.max(nowMs, (momentOf(record) ?? nowMs) + 2_000);
    const salt = draw(SALT_BYTES);
    const leaf = witness.append([leafOf(crypto, showParts(crypto, record, salt))]);
    // Two alerts within a minute share a head; the last of all waits for its own.
    if (record === records[records.length - 1]) nowMs += HEAD_EVERY_MS;
    witness.sign(nowMs);
    const { number, epoch, kind } = record;
    return { device: DEVICE, order: ORDER, number, epoch, kind, receivedMs: nowMs, leaf, content: { record, salt } };
  });
}

/** Signed for verifiers, and as the device takes it: one and the same, for its journal names the order by its hash. */
function demoOrder(
  zones: Zone[],
  startMs: number,
  keys: DemoKeys,
  orderKey: Uint8Array,
): { order: Making["orders"][0]; sealed: SimulatedOrder } {
  const { features } = JSON.parse(circlesToGeoJson(zones)) as { features: { properties: object }[] };
  const from = new Date(startMs - 24 * HOUR_MS).toISOString();
  const text = JSON.stringify({
    id: ORDER,
    person: { name: "Demonstration" },
    court: { name: "Demonstration" },
    from,
    utcOffsets: [{ from, offset: "-08:00" }],
    protectedPersons: ["P"],
    retentionDays: 365,
    zones: features.map((feature) => ({ ...feature, properties: { ...feature.properties, disclosed: true } })),
  });
  const read = readOrderFile(text, "demo", () => "");
  const why = { reason: undefined, requestedBy: undefined, agreedBy: undefined };
  const sealKeys = { orderKey, signingKey: keys.private.orders };
  const sealed = sealOrderFile(read, DEVICE, 1, sealKeys, why, startMs - 12 * HOUR_MS);
  const signers = keys.public.filter(({ role }) => role === "orders").map(({ key }) => key);
  const { mac0, pack } = sealed;
  return {
    order: { bytes: encodeSealedFile(sealed), verified: verifySealedFile(sealed, signers, "demo") },
    sealed: { payload: payloadOfMac0(mac0), sealed: mac0, pack, pieces: piecesOf(pack) },
  };
}
