import {
  createRecorder,
  flushInputs,
  noteInput,
  type Recorder,
  record,
  recorderWakeMs,
} from "../../firmware/bracelet/recorder.ts";
import type { Journal } from "../../firmware/journal/ring.ts";
import { beginInputs, FRONT_BYTES, finishInputs, packInput } from "../../protocol/journal/inputs.ts";
import { ALERT, CHECKPOINT, frameBytes, INPUTS, type JournalRecord } from "../../protocol/journal/record.ts";
import { encodeAlert } from "../../protocol/messages/alert.ts";
import { encodeFix, type Fix } from "../../protocol/messages/fix.ts";
import { realCheckpoints } from "../journal/checkpoints.ts";
import { type Day, type Noted, recordedDays } from "../journal/days.ts";
import { allRecords, BLOCK, blankDevice, boot } from "../journal/device.ts";

/** Ten days at one a minute, in the ring as it is delivered. */
export const FIXES_OWED = 14_400;
export const RING_BLOCKS = 64;
/** Five times a day somebody goes in and out of a zone, or loses the sky and finds it again. */
const ALERTS_A_DAY = 10;
const DAY_MS = 86_400_000;
/** Codec 8: timestamp, priority, position (24) and an empty list of measured values (6); a packet adds 15 a message. */
const CODEC_8_BYTES = 30;
const FIXES_A_RECORD = 5;

export interface Filled {
  journal: Journal;
  fixes: number;
  alerts: number;
  refused: number;
  records: JournalRecord[];
}

/** Lives the recorded days one after the other, as one long life, until so many fixes have been taken, or something must make way. */
export function fillRing(days: Day[], fixes: number, checkpoint: () => Uint8Array): Filled {
  const { journal } = boot(blankDevice(RING_BLOCKS));
  journal.checkpoint = checkpoint;
  const filled: Filled = { journal, fixes: 0, alerts: 0, refused: 0, records: [] };
  let recorder: Recorder | undefined;
  let last: Fix | undefined;
  let alertMs = 0;
  for (const noted of lifeOf(days)) {
    const { input, nowMs, onTime } = noted;
    recorder ??= createRecorder(journal, nowMs);
    if (nowMs >= recorderWakeMs(recorder)) flushInputs(recorder, nowMs);
    noteInput(recorder, input, nowMs, onTime, last);
    if (input.kind !== "fix") continue;
    last = input.fix;
    filled.fixes += 1;
    alertMs ||= nowMs;
    if (nowMs >= alertMs + DAY_MS / ALERTS_A_DAY) {
      alertMs += DAY_MS / ALERTS_A_DAY;
      filled.alerts += 1;
      record(recorder, ALERT, alertBody(filled.alerts, input.fix, nowMs), filled.alerts, nowMs);
    }
    if (filled.fixes === fixes || recorder.refused > 0 || journal.blocks.some((block) => block.told)) break;
  }
  if (recorder) flushInputs(recorder, last?.timeMs ?? 0);
  filled.refused = recorder?.refused ?? 0;
  filled.records = allRecords(journal);
  return filled;
}

/** Every input on a clock that only goes forward: each day begins a minute after the one before. */
function* lifeOf(days: Day[]): Generator<Noted> {
  let endMs = 0;
  while (days.length > 0)
    for (const { inputs } of days) {
      const offMs = endMs === 0 ? 0 : 60_000 * Math.ceil((endMs - inputs[0].nowMs) / 60_000 + 1);
      for (const { input, nowMs, onTime } of inputs) {
        endMs = nowMs + offMs;
        const timeMs = input.kind === "fix" && input.fix.timeMs !== undefined ? input.fix.timeMs + offMs : undefined;
        yield {
          input: input.kind === "fix" ? { kind: "fix", fix: { ...input.fix, timeMs } } : input,
          nowMs: endMs,
          onTime,
        };
      }
    }
}

function alertBody(seq: number, fix: Fix, atMs: number): Uint8Array {
  const state = seq % 2 === 1 ? ("entered" as const) : ("left" as const);
  const zone = "5f0c41b2-7f0e-4d0f-9a53-2b8d0a7e1c11";
  const encoded = encodeAlert({
    seq,
    atMs,
    about: "zone",
    zone,
    state,
    sinceMs: atMs,
    fix,
    signedMm: -12_000,
  } as never);
  if (!encoded.ok) throw new Error(encoded.reason);
  return encoded.bytes;
}

/** Time and place alone, in records of five minutes: bytes a fix without and with what a record begins with. */
export function placeBytes(days: Day[]): { alone: number; withFront: number } {
  let bytes = 0;
  let fixes = 0;
  let records = 0;
  for (const { inputs } of days) {
    let packing = beginInputs();
    let last: Fix | undefined;
    const bare = inputs.flatMap(({ input, nowMs }) =>
      input.kind === "fix" ? [{ fix: bareFix(input.fix), nowMs }] : [],
    );
    for (const [i, { fix, nowMs }] of bare.entries()) {
      packInput(packing, { kind: "fix", fix }, nowMs, false, last ?? fix);
      last = fix;
      if (packing.fixes < FIXES_A_RECORD && i < bare.length - 1) continue;
      bytes += finishInputs(packing).length;
      fixes += packing.fixes;
      records += 1;
      packing = beginInputs();
    }
  }
  return { alone: (bytes - FRONT_BYTES * records) / fixes, withFront: bytes / fixes };
}

function bareFix({ timeMs, latE7, lonE7 }: Fix): Fix {
  const none = { hAccMm: undefined, speedMmps: undefined, courseCdeg: undefined, satellites: undefined };
  return { timeMs, latE7, lonE7, dimensions: 3, ...none };
}

/** `npm run bench -- journal`: what ten days cost in flash, beside other ways to write them. */
export async function benchJournal(): Promise<string[]> {
  const days = recordedDays(1);
  const place = placeBytes(days);
  const checkpoints = realCheckpoints();
  const ten = fillRing(days, FIXES_OWED, checkpoints.next);
  const fits = fillRing(days, Number.POSITIVE_INFINITY, checkpoints.next).fixes;
  const bytesOf = (kind: number, framed: boolean) =>
    ten.records
      .filter((r) => r.kind === kind)
      .reduce((sum, { body }) => sum + (framed ? frameBytes(body.length) : body.length), 0);
  const used = ten.journal.order.length - 1;
  const usedBytes = used * BLOCK + ten.journal.headOffset;
  const per = (bytes: number) => `${(bytes / ten.fixes).toFixed(2)} B`;
  const fixes = days.flatMap((day) => day.inputs.flatMap(({ input }) => (input.kind === "fix" ? [input.fix] : [])));
  const mean = (size: (fix: Fix) => number) => fixes.reduce((sum, fix) => sum + size(fix), 0) / fixes.length;
  return [
    `${days.length} recorded days, a fix a minute; ${ten.alerts} alerts, none acknowledged, in ${ten.fixes} fixes`,
    `time and place alone      ${place.alone.toFixed(2)} B a fix (at most 6); ${place.withFront.toFixed(2)} B with the whole position at the front of each record`,
    `all replay inputs         ${per(bytesOf(INPUTS, false))}: quality, wakes, motion and battery as well, exact to the bit`,
    `with frame and seal       ${per(bytesOf(INPUTS, true))}: 17 B a record, ${(ten.fixes / ten.records.filter((r) => r.kind === INPUTS).length).toFixed(1)} fixes in each`,
    `with all else             ${per(usedBytes)}: checkpoints of ${checkpoints.meanBytes} B, as a simulated day has them (${per(bytesOf(CHECKPOINT, true))}), alerts (${per(bytesOf(ALERT, true))}), block heads and ends`,
    `beside it, without seal, frame, wakes or motion:`,
    `  our CBOR map            ${mean((fix) => encodedBytes(fix)).toFixed(2)} B`,
    `  JSON                    ${mean((fix) => JSON.stringify(fix).length).toFixed(2)} B`,
    `  Teltonika Codec 8       ${CODEC_8_BYTES.toFixed(2)} B (24 + 6, and 15 a packet)`,
    `${ten.fixes} fixes take ${(usedBytes / 1024).toFixed(1)} KiB of ${(RING_BLOCKS * BLOCK) / 1024} (${ten.refused} records refused); the ring holds ${fits.toLocaleString("en")} before the first has to make way`,
  ];
}

function encodedBytes(fix: Fix): number {
  const encoded = encodeFix(fix);
  if (!encoded.ok) throw new Error(encoded.reason);
  return encoded.bytes.length;
}
