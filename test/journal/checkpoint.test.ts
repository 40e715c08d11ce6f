import { expect, test } from "vitest";
import { writeCheckpoint } from "../../firmware/bracelet/checkpoint.ts";
import { nextWake, step } from "../../firmware/bracelet/machine.ts";
import { type BraceletState, createState } from "../../firmware/bracelet/state.ts";
import { append } from "../../firmware/journal/ring.ts";
import { PUBLISH_LIMIT_BYTES } from "../../firmware/uplink/bg9x.ts";
import { openPack } from "../../firmware/zones/pack.ts";
import { UPLINK_CONTEXT } from "../../protocol/cose/contexts.ts";
import { createSealer, sealMessage } from "../../protocol/cose/message.ts";
import { BLOCK_HEAD_BYTES } from "../../protocol/journal/block.ts";
import { GAP_POSITIONS_MOST, GAP_SPAN_BYTES, GAP_SPANS_MOST } from "../../protocol/journal/gap.ts";
import { FRONT_BYTES } from "../../protocol/journal/inputs.ts";
import { BODY_MOST_BYTES, CHECKPOINT, frameBytes, INPUTS } from "../../protocol/journal/record.ts";
import { encodeUplink } from "../../protocol/messages/uplink.ts";
import { writePack } from "../../protocol/pack/writer.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { readCheckpoint } from "../../simulator/replay/checkpoint.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { circleZone } from "../samples.ts";
import { allRecords, BLOCK, blankDevice, boot, crypto } from "./device.ts";

const ZONES = 100;
const START_MS = Date.UTC(2026, 10, 25, 9);
/** Inputs that open a block: `BITS_MOST` of the recorder and the longest input. */
const INPUTS_MOST_BYTES = 300;

const PACK = packOf();

/** A hundred circles about one place, whose edges lie close together: a receiver in doubt is in doubt about all of them. */
function packOf() {
  const zones = Array.from({ length: ZONES }, (_, i) =>
    circleZone(`5f0c41b2-7f0e-4d0f-9a53-2b8d0a7e1c${String(i).padStart(2, "0")}`, 35, 139, 190 + (i % 20)),
  );
  const packed = writePack(zones);
  if (!packed.ok) throw new Error(packed.reason);
  const flash = createFlash(Math.ceil(packed.bytes.length / BLOCK) * BLOCK);
  flash.program(0, packed.bytes);
  const pack = openPack(flash, 0);
  if (!pack.ok) throw new Error(pack.reason);
  return pack.pack;
}

function stateAt(nowMs: number): BraceletState {
  const duty = { fromMs: 0, toMs: undefined, utcOffsets: [], delayMs: 60_000, heartbeatMs: 900_000 };
  return createState(duty, PACK, nowMs);
}

/** Along the boundaries with a receiver in doubt, and then inside. Calls back after each step. */
function walk(onStep: (state: BraceletState) => void): void {
  const random = seededRandom(4, "hundred zones");
  const state = stateAt(START_MS);
  step(state, { kind: "boot" }, START_MS);
  step(state, { kind: "fit" }, START_MS);
  for (let s = 1; s <= 900; s++) {
    const nowMs = START_MS + 1000 * s;
    while (nextWake(state) <= nowMs) step(state, { kind: "wake" }, nowMs);
    if (state.receiver.phase === "acquiring" && s % 5 === 0) {
      const northM = s < 600 ? 200 + 30 * random() : 20 * random();
      const fix = {
        timeMs: nowMs,
        latE7: 350_000_000 + Math.round((northM / 111_195) * 1e7),
        lonE7: 1_390_000_000 + Math.round(300 * random()),
        dimensions: 3,
        hAccMm: s < 600 ? 20_000 + Math.round(10_000 * random()) : 4_000,
        speedMmps: Math.round(900 * random()),
        courseCdeg: 0,
        satellites: 9,
      };
      step(state, { kind: "fix", fix }, nowMs);
    }
    onStep(state);
  }
}

test("a hundred zones about one place: the checkpoint fits at every step and gives back the very state", () => {
  let longest = 0;
  let most = 0;
  let entered = 0;
  walk((state) => {
    const body = writeCheckpoint(state);
    longest = Math.max(longest, body.length);
    most = Math.max(most, state.watches.filter(({ phase }) => phase === "confirming").length);
    entered = Math.max(entered, state.entered.length);
    const again = stateAt(START_MS + 1);
    readCheckpoint(body, again);
    expect(Buffer.from(writeCheckpoint(again)).equals(Buffer.from(body))).toBe(true);
    expect(again.watches).toEqual(state.watches);
    expect(again.entered).toEqual(state.entered);
  });
  process.stdout.write(`checkpoint with ${most} zones in doubt: at most ${longest} bytes of ${BODY_MOST_BYTES}\n`);
  expect(most).toBe(ZONES);
  expect(entered).toBe(32);
  expect(longest).toBeLessThanOrEqual(BODY_MOST_BYTES);
});

test("a hundred suspicions that all began, were looked at and are due at different instants fit as well", () => {
  const state = stateAt(START_MS);
  const random = seededRandom(5, "instants");
  const within = (ms: number) => START_MS + Math.floor(ms * random());
  for (let zone = 0; zone < ZONES; zone++)
    state.watches.push({
      phase: "confirming",
      zone,
      sinceMs: within(600_000),
      lookedMs: within(600_000),
      looks: 7,
      inside: 1,
      outside: 1,
      leanM: 100 * (random() - 0.5),
      dueMs: within(900_000),
    });
  for (let zone = 0; zone < 32; zone++) state.entered.push({ zone, id: "" });
  expect(writeCheckpoint(state).length).toBeLessThanOrEqual(BODY_MOST_BYTES);
});

test("a block has room for the longest checkpoint beside the inputs that opened it and the longest gap", () => {
  const gapBytes = GAP_SPAN_BYTES * GAP_SPANS_MOST + FRONT_BYTES * GAP_POSITIONS_MOST;
  const bytes = [INPUTS_MOST_BYTES, BODY_MOST_BYTES, gapBytes].map(frameBytes);
  expect(bytes.reduce((sum, one) => sum + one, BLOCK_HEAD_BYTES)).toBeLessThanOrEqual(BLOCK);
  const { journal } = boot(blankDevice(6));
  journal.checkpoint = () => new Uint8Array(BODY_MOST_BYTES).fill(7);
  for (let i = 0; i < 40; i++) expect(append(journal, INPUTS, new Uint8Array(INPUTS_MOST_BYTES)).ok).toBe(true);
  const records = allRecords(journal);
  for (const { number, sequence } of journal.blocks.filter((block) => block.sequence > 0)) {
    const at = records.findIndex((record) => record.number === number);
    const some = records.slice(at, at + 3).map(({ kind }) => kind);
    expect([sequence, some.includes(CHECKPOINT)]).toEqual([sequence, true]);
  }
});

test("the longest checkpoint goes to the centre in one message that the modem takes", () => {
  const body = new Uint8Array(BODY_MOST_BYTES);
  const record = { number: 0xffffffff, epoch: 0xffffffff, kind: CHECKPOINT, body, tag: new Uint8Array(8) };
  const written = encodeUplink({ kind: "history", records: [record] });
  if (!written.ok) throw new Error(written.reason);
  const sealer = createSealer(crypto, new Uint8Array(32), new Uint8Array(16));
  const sealed = sealMessage(sealer, written.bytes, UPLINK_CONTEXT);
  expect(sealed.ok && sealed.bytes.length).toBeLessThanOrEqual(PUBLISH_LIMIT_BYTES);
});
