import { createWriter, finish, writeText } from "../../protocol/cbor/writer.ts";
import {
  beginInputs,
  finishInputs,
  INPUTS_MOST,
  type Input,
  type Packing,
  packInput,
} from "../../protocol/journal/inputs.ts";
import { ALERT, FINDING, INPUTS } from "../../protocol/journal/record.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { type Appended, append, endEpoch, type Journal } from "../journal/ring.ts";
import { NEVER_MS } from "../lib/instant.ts";

/**
 * Keeps the journal of what the machine was told and of what came of it. Inputs wait in memory, so that a record holds several,
 * but never longer than the loss window; and none is behind an alert that it led to.
 */
export interface Recorder {
  journal: Journal;
  pending: Packing;
  /** Since when something waits in it that the replay does not know by itself; `NEVER_MS`: nothing does. */
  sinceMs: number;
  /** When the present epoch began. */
  epochMs: number;
  /** Records that the journal did not take since boot. */
  refused: number;
  /** Why, each time. */
  onRefused: (reason: string) => void;
}

/** The loss window for plain fixes (design §10), whichever comes first. */
const WINDOW_MS = 300_000;
const FIXES_MOST = 64;
/** A record that is not much longer than its seal and frame are worth. Bits. */
const BITS_MOST = 1_800;
const EPOCH_MS = 900_000;
/** A chip that did not take an epoch's end is asked again so soon: each time costs it a write. */
const AGAIN_MS = 60_000;

export function createRecorder(journal: Journal, nowMs: number): Recorder {
  const epochMs = journal.canSeal ? nowMs : nowMs - EPOCH_MS;
  return {
    journal: journal,
    pending: beginInputs(),
    sinceMs: NEVER_MS,
    epochMs: epochMs,
    refused: 0,
    onRefused: ignoreReason,
  };
}

function ignoreReason(): void {}

/** Before the machine takes it: what it decides on is in the journal, or on its way there. `last`: the fix that it took last. */
export function noteInput(
  recorder: Recorder,
  input: Input,
  nowMs: number,
  onTime: boolean,
  last: Fix | undefined,
): void {
  const pending = recorder.pending;
  if (pending.inputs === INPUTS_MOST || pending.fixes === FIXES_MOST || pending.writer.length > BITS_MOST)
    flushInputs(recorder, nowMs);
  if (recorder.sinceMs === NEVER_MS && !onTime) recorder.sinceMs = nowMs;
  packInput(recorder.pending, input, nowMs, onTime, last);
}

/** What is still in memory goes into the journal. */
export function flushInputs(recorder: Recorder, nowMs: number): void {
  const journal = recorder.journal;
  if (!journal.canSeal) turnIfDue(recorder, nowMs);
  if (recorder.pending.inputs > 0) {
    const body = finishInputs(recorder.pending);
    recorder.pending = beginInputs();
    recorder.sinceMs = NEVER_MS;
    put(recorder, INPUTS, body);
  }
  turnIfDue(recorder, nowMs);
}

/** The inputs before it first. With an alert an epoch ends: it can never be denied. */
export function record(recorder: Recorder, kind: number, body: Uint8Array, alertSeq: number, nowMs: number): Appended {
  flushInputs(recorder, nowMs);
  const appended = put(recorder, kind, body);
  if (kind === ALERT) turn(recorder, alertSeq, nowMs);
  return appended;
}

/** When the inputs in memory must be flushed, by the device's clock. */
export function recorderWakeMs(recorder: Recorder): number {
  return Math.min(recorder.sinceMs + WINDOW_MS, NEVER_MS);
}

function turnIfDue(recorder: Recorder, nowMs: number): void {
  if (nowMs - recorder.epochMs >= EPOCH_MS) turn(recorder, recorder.journal.ratchet.alertSeq, nowMs);
}

function turn(recorder: Recorder, alertSeq: number, nowMs: number): void {
  recorder.epochMs = endEpoch(recorder.journal, alertSeq) ? nowMs : nowMs - EPOCH_MS + AGAIN_MS;
}

/** What the journal did not take is found in it as soon as it takes something again. */
function put(recorder: Recorder, kind: number, body: Uint8Array): Appended {
  const journal = recorder.journal;
  const refusing = journal.refusing;
  const appended = append(journal, kind, body);
  if (!appended.ok) {
    recorder.refused += 1;
    recorder.onRefused(appended.reason);
  } else if (refusing) {
    const writer = createWriter(24);
    writeText(writer, "journal.refused");
    append(journal, FINDING, finish(writer));
  }
  return appended;
}
