import { openDownlink, settle } from "../../firmware/uplink/downlink.ts";
import { DOWNLINK_CONTEXT } from "../../protocol/cose/contexts.ts";
import { createSealer, sealMessage } from "../../protocol/cose/message.ts";
import { decodeDownlink, encodeDownlink } from "../../protocol/index.ts";
import { SEALED_ORDER_MOST_BYTES, UINT32_MOST } from "../../protocol/limits.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import {
  createCentre,
  crypto,
  DEVICE,
  DOWNLINK_KEY,
  DownlinkWorld,
  LEASE,
  message,
  SALT,
  sealLease,
} from "../uplink/downlink-world.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

const GOOD = [
  message(1, "locate"),
  message(2, "order", [900], new Uint8Array(40)),
  message(2, "order-chunk", [0, 40], new Uint8Array(60)),
  message(2, "order-chunk", [1, 1024], new Uint8Array(60)),
  message(3, "lease", [], sealLease(LEASE)),
  message(4, "day-keys", [20_000], new Uint8Array(48)),
  message(5, "image", [20], new Uint8Array(20)),
  message(5, "image-chunk", [1, 0], new Uint8Array(60)),
  message(6, "pause", [1_700_000_900_000]),
  message(7, "time", [1_700_000_100_000, 1_700_000_000_000], SALT),
  message(8, "ack", [40, 50]),
  message(9, "end", [], new Uint8Array(60)),
];
const PLAIN = GOOD.map((what) => {
  const written = encodeDownlink(what);
  if (!written.ok) throw new Error(written.reason);
  return written.bytes;
});
/** A world of flash is dear; the counters are at their end long before. */
const WORLD_RUNS = 2_000;

/** Hostile bytes as they come, and hostile plaintext under a true seal: as of a centre that has been taken over. */
export const fuzzDownlink: Fuzz = (runs, seed, onRun) => {
  const outside = createMutator(seed, "downlink", [...GOOD.map(createCentre()), ...PLAIN]);
  const inside = createMutator(seed, "downlink-inside", PLAIN);
  const random = seededRandom(seed, "downlink-outcomes");
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  const sealer = createSealer(crypto, DOWNLINK_KEY, new Uint8Array(16));
  let world = new DownlinkWorld();
  for (let run = 0; run < runs; run++) {
    if (run % WORLD_RUNS === 0) world = new DownlinkWorld();
    else if (run % 97 === 0) world.boot();
    const before = world.inbox.last?.counter ?? 0;
    const made = random() < 0.3 ? undefined : sealMessage(sealer, aimed(inside(), before, run), DOWNLINK_CONTEXT);
    const bytes = made?.ok ? made.bytes : outside();
    const taken = openDownlink(world.inbox, bytes, world.nowMs);
    world.nowMs += Math.floor(random() * 60_000);
    if (taken.kind === "refused") count.refused[taken.reason] = (count.refused[taken.reason] ?? 0) + 1;
    else count.accepted += 1;
    if (taken.kind === "command")
      settle(world.inbox, taken.command, ["done", "taken", "order.forged"][Math.floor(random() * 3)], 0, world.nowMs);
    const { last, sealed: part, reasons } = world.inbox;
    const isBounded = (part?.bytes.length ?? 0) <= SEALED_ORDER_MOST_BYTES && reasons.length <= 16;
    if ((last?.counter ?? 0) < before || last?.outcome === "begun" || !isBounded)
      throw new Error(`run ${run}, seed ${seed}: ${Buffer.from(bytes).toString("hex")}`);
    onRun?.(run);
  }
  return count;
};

/** What would be understood is aimed at the device, and at its counter or just past it. */
function aimed(plaintext: Uint8Array, counter: number, run: number): Uint8Array {
  const read = decodeDownlink(plaintext);
  if (!read.ok) return plaintext;
  const again = encodeDownlink(read.value);
  if (!again.ok || Buffer.compare(again.bytes, plaintext) !== 0)
    throw new Error(`run ${run}: accepted ${Buffer.from(plaintext).toString("hex")}, which we would not write`);
  if (run % 4 === 0) return plaintext;
  const near = encodeDownlink({ ...read.value, device: DEVICE, counter: Math.min(counter + (run % 3), UINT32_MOST) });
  return near.ok ? near.bytes : plaintext;
}
