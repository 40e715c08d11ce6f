import { createReceiver, feed, finish, type Report } from "../../firmware/gnss/receiver.ts";
import { ubxFrame } from "../../firmware/gnss/ubx.ts";
import { decodeFix, encodeFix } from "../../protocol/messages/fix.ts";
import { navPvtFrame } from "../../simulator/hardware/nav-pvt.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { sentence } from "../gnss/streams.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

const SENTENCES = [
  "GPRMC,090000.250,A,3540.8600,N,13946.0200,E,19.438,84.4,241126,,,A",
  "GNGGA,235959.99,3540.8600,S,13946.0200,W,1,08,1.1,10.0,M,36.0,M,,",
  "GPGSA,A,3,01,02,03,,,,,,,,,,1.8,1.1,1.4",
  "GPGST,090000.250,5.0,,,,3.0,4.0,6.0",
  "GPZDA,090001,24,11,2026,,",
].map(sentence);

/** Whole epochs, so that what is changed in one sentence meets the others and is reported when the next begins. */
const EPOCHS = [
  SENTENCES,
  [SENTENCES[1], SENTENCES[4], SENTENCES[0]],
  [sentence("GNGGA,090002,3540.8600,N,13946.0200,E,1,99,1.1,10.0,M,36.0,M,,"), SENTENCES[2], SENTENCES[1]],
].map((sentences) => Uint8Array.from(sentences.flatMap((line) => [...line])));

const FRAMES = [
  navPvtFrame({ timeMs: 1.7e12, solved: true, lat: 35, lon: 139, hAccM: 3, speedMps: 1, courseDeg: 9, satellites: 9 }),
  ubxFrame(5, 1, Uint8Array.of(6, 1)),
  ubxFrame(0x0a, 4, new Uint8Array(40)),
  ubxFrame(0x0a, 9, new Uint8Array(60)),
  ubxFrame(0x0a, 9, new Uint8Array(68)),
  ubxFrame(0x0a, 0x38, new Uint8Array(28)),
  ubxFrame(0x0a, 0x38, new Uint8Array(52)),
  // The three of one epoch of an old receiver, in 1970 and too fast.
  Uint8Array.of(
    ...ubxFrame(1, 2, new Uint8Array(28)),
    ...ubxFrame(1, 6, new Uint8Array(52).fill(3, 10, 12)),
    ...ubxFrame(1, 0x12, new Uint8Array(36).fill(0xff, 20, 24)),
    ...ubxFrame(1, 0x21, Uint8Array.of(...new Uint8Array(12), 0xb2, 7, 1, 1, 0, 0, 0, 4)),
  ),
];

export const fuzzNmea: Fuzz = (runs, seed, onRun) => fuzzReceiver("nmea", [...SENTENCES, ...EPOCHS], runs, seed, onRun);
export const fuzzUbx: Fuzz = (runs, seed, onRun) => fuzzReceiver("ubx", FRAMES, runs, seed, onRun);

/** One receiver lives through all runs, as in the field. After each it must still read a good frame, and not hold more than its buffer. */
function fuzzReceiver(
  name: string,
  good: Uint8Array[],
  runs: number,
  seed: number,
  onRun?: (done: number) => void,
): FuzzCount {
  const next = createMutator(seed, name, good);
  const random = seededRandom(seed, `${name}-cuts`);
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  const receiver = createReceiver();
  let reports = 0;
  const check = (report: Report) => {
    reports += 1;
    if (report.kind === "fix") checkFix(report);
  };
  for (let run = 0; run < runs; run++) {
    const bytes = next();
    reports = 0;
    const badBefore = receiver.badChecks;
    const cut = Math.floor(random() * (bytes.length + 1));
    feed(receiver, bytes.subarray(0, cut), check);
    feed(receiver, bytes.subarray(cut), check);
    if (reports > 0) count.accepted += 1;
    else {
      const reason = receiver.badChecks > badBefore ? "bad-check" : "nothing";
      count.refused[reason] = (count.refused[reason] ?? 0) + 1;
    }
    if (run % 1000 === 0) mustStillRead(name, receiver, run);
    onRun?.(run);
  }
  finish(receiver, check);
  return count;
}

/** What the receiver reports must be what the journal can hold, and gives back. */
function checkFix({ fix }: Extract<Report, { kind: "fix" }>): void {
  const written = encodeFix(fix);
  const read = written.ok ? decodeFix(written.bytes) : written;
  if (!read.ok) throw new Error(`a fix that no record holds (${read.reason}): ${JSON.stringify(fix)}`);
}

/** Two line ends and room for the longest frame, and the stream is clean again. */
function mustStillRead(name: string, receiver: ReturnType<typeof createReceiver>, run: number): void {
  let heard = false;
  feed(receiver, new Uint8Array(2048).fill(10), () => {});
  feed(receiver, ubxFrame(5, 1, Uint8Array.of(0x77, 0x77)), (report) => {
    if (report.kind === "ack" && report.cls === 0x77) heard = true;
  });
  if (!heard || receiver.length > receiver.buffer.length) throw new Error(`${name}: deaf after run ${run}`);
}
