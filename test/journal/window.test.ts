import fc from "fast-check";
import { expect, test } from "vitest";
import { createRecorder, flushInputs, noteInput, recorderWakeMs } from "../../firmware/bracelet/recorder.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { INPUTS } from "../../protocol/journal/record.ts";
import { allRecords, blankDevice, boot } from "./device.ts";
import { sampleFix } from "./samples.ts";

const START_MS = 1_780_000_000_000;
const WINDOW_MS = 300_000;

test("no fix and no change waits in memory for more than five minutes, nor more than 64 fixes, whatever wakes come between", () => {
  const happening = fc.tuple(fc.integer({ min: 1, max: 200_000 }), fc.constantFrom("fix", "wake", "strap"));
  fc.assert(
    fc.property(fc.array(happening, { minLength: 1, maxLength: 200 }), (happenings) => {
      const { journal } = boot(blankDevice(12));
      const recorder = createRecorder(journal, START_MS);
      let nowMs = START_MS;
      let waiting: number[] = [];
      let number = 0;
      const noteFlush = () => {
        if (recorder.pending.inputs === 0 || journal.writtenTo !== number) waiting = [];
        number = journal.writtenTo;
      };
      for (const [i, [afterMs, kind]] of happenings.entries()) {
        const nextMs = nowMs + afterMs;
        if (recorderWakeMs(recorder) <= nextMs) {
          flushInputs(recorder, recorderWakeMs(recorder));
          noteFlush();
        }
        nowMs = nextMs;
        expect(nowMs - (waiting[0] ?? nowMs)).toBeLessThanOrEqual(WINDOW_MS);
        if (kind === "wake") noteInput(recorder, { kind }, nowMs, true, undefined);
        else if (kind === "strap") noteInput(recorder, { kind, closed: i % 2 === 0 }, nowMs, false, undefined);
        else noteInput(recorder, { kind: "fix", fix: sampleFix(i) }, nowMs, false, undefined);
        noteFlush();
        if (kind !== "wake") waiting.push(nowMs);
        expect(recorder.pending.fixes).toBeLessThanOrEqual(64);
      }
    }),
    { numRuns: 60 },
  );
});

test("a record holds the six fixes of five minutes where the last comes as late as the first", () => {
  const { journal } = boot(blankDevice(6));
  const recorder = createRecorder(journal, START_MS);
  for (let minute = 0; minute < 60; minute++) {
    const nowMs = START_MS + 60_000 * minute;
    noteInput(recorder, { kind: "wake" }, nowMs - 3_000, true, sampleFix(minute));
    noteInput(recorder, { kind: "fix", fix: sampleFix(minute) }, nowMs, false, undefined);
    if (nowMs >= recorderWakeMs(recorder)) flushInputs(recorder, nowMs);
  }
  const counts = allRecords(journal).flatMap(({ kind, body }) => {
    const read = kind === INPUTS ? readInputs(body) : undefined;
    return read?.ok ? [read.inputs.filter(({ input }) => input.kind === "fix").length] : [];
  });
  expect(counts).toEqual(Array.from({ length: 10 }, () => 6));
});
