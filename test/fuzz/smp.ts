import { createServer, type Server, serve } from "../../firmware/management/server.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { createDeframer, deframe, frameMessage } from "../../protocol/smp/serial.ts";
import { DEVICE, fakeDevice, KEY } from "../management/device.ts";
import { openSession, parse, request } from "../management/stock-client.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

const CRYPTO = createNodeCrypto();
const BUFFER_BYTES = 1536;
const GOOD = [
  request(2, 0, 0, { d: "hello" }),
  request(0, 0, 6, {}),
  request(0, 0, 7, { format: "sv" }),
  request(2, 0, 4, { datetime: "2026-11-25T05:43:23.250" }),
  request(2, 0, 5, { force: 1 }),
  request(0, 1, 0, {}),
  request(2, 1, 1, { image: 0, len: 900, off: 0, sha: new Uint8Array(32), data: new Uint8Array(40) }),
  request(2, 1, 0, { hash: new Uint8Array(32), confirm: true }),
  request(0, 8, 0, { name: "/journal", off: 4_000 }),
  request(0, 64, 0, {}),
  request(2, 64, 2, { s: new Uint8Array(40) }),
  request(2, 64, 32, { n: new Uint8Array(16), a: 3, x: 1_800_000_000 }),
  request(2, 64, 33, { m: new Uint8Array(16) }),
  request(2, 64, 34, { c: 0, s: new Uint8Array(40) }),
];
/** Who it is, anybody may ask. */
const PUBLIC = JSON.stringify(["ours", 0, false]);
const SESSION_EVERY = 50;
const WORLD_RUNS = 10_000;

/**
 * Frames on the line and messages in them, without a session and inside a true one. A stranger never reaches what acts; every
 * answer is a whole message for its request; the line finds the next good frame whatever came before.
 */
export const fuzzSmp: Fuzz = (runs, seed, onRun) => {
  const nextFrame = createMutator(seed, "smp-frame", GOOD.map(frameMessage));
  const nextMessage = createMutator(seed, "smp", GOOD);
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  const told = (answered: boolean, why: string) => {
    if (answered) count.accepted += 1;
    else count.refused[why] = (count.refused[why] ?? 0) + 1;
  };
  let world = createWorld();
  let deframer = createDeframer(BUFFER_BYTES);
  for (let run = 0; run < runs; run++) {
    if (run % WORLD_RUNS === 0) {
      world = createWorld();
      deframer = createDeframer(BUFFER_BYTES);
    }
    if (run % 2 === 0) {
      let heard = 0;
      deframe(deframer, run % 4 === 0 ? nextFrame() : frameMessage(nextMessage()), () => (heard += 1));
      told(heard > 0, "no frame");
      if (run % 100 === 0) checkRecovery(deframer, run, seed);
    } else {
      const message = run % 4 === 1 ? nextMessage() : whole(nextMessage());
      const where = `run ${run}, seed ${seed}: ${Buffer.from(message).toString("hex")}`;
      const isSealed = run % SESSION_EVERY === 1;
      const before = world.calls.length;
      const answer = isSealed
        ? inSession(createServer(world.server.managed), message)
        : serve(world.server, message, run);
      if (!isSealed && world.calls.slice(before).some((call) => JSON.stringify(call) !== PUBLIC))
        throw new Error(`a stranger acted, ${where}`);
      if (answer !== undefined && answer.length > 0) checkAnswer(answer, message, where);
      told(answer !== undefined && answer.length > 0, "no request");
    }
    onRun?.(run);
  }
  return count;
};

/** Its length says what it is, so that what is hostile in its body is looked at. */
function whole(message: Uint8Array): Uint8Array {
  if (message.length < 8) return message;
  const bytes = message.slice();
  Buffer.from(bytes.buffer).writeUInt16BE(message.length - 8, 2);
  return bytes;
}

function createWorld(): { server: Server; calls: unknown[] } {
  const { managed, calls } = fakeDevice(true);
  return { server: createServer(managed), calls };
}

/** As of somebody who holds the key: from there on anything may happen but a crash. */
function inSession(server: Server, message: Uint8Array): Uint8Array | undefined {
  const session = openSession((sent) => serve(server, sent, 0), CRYPTO, KEY);
  if (session.refused !== undefined) throw new Error(`no session with ${DEVICE}: ${JSON.stringify(session.refused)}`);
  return session.carry(message);
}

function checkAnswer(answer: Uint8Array, message: Uint8Array, where: string): void {
  const { op, group, sequence, command } = parse(answer);
  const head = Buffer.from(message);
  const isIts = op === (head[0] & 7) + 1 && group === head.readUInt16BE(4);
  if (!isIts || sequence !== head[6] || command !== head[7]) throw new Error(`another's answer, ${where}`);
}

/** A line's end, then a good frame: whatever stands in the buffer, that one is heard. */
function checkRecovery(deframer: ReturnType<typeof createDeframer>, run: number, seed: number): void {
  const heard: string[] = [];
  deframe(deframer, Uint8Array.of(10, ...frameMessage(GOOD[0])), (message) =>
    heard.push(Buffer.from(message).toString("hex")),
  );
  if (heard[heard.length - 1] !== Buffer.from(GOOD[0]).toString("hex"))
    throw new Error(`run ${run}, seed ${seed}: a good frame was not heard`);
}
