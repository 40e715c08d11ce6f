import { expect, test } from "vitest";
import { ALERT, CHECKPOINT, INPUTS } from "../../protocol/journal/record.ts";
import { compareRuns, segmentsOf } from "../../simulator/replay/journal-replay.ts";

test("a run that begins with checkpoints and alerts of what came before it is compared from its first inputs on", () => {
  const record = (number: number, kind: number, fill: number) => ({
    number,
    epoch: 1,
    kind,
    body: Uint8Array.of(fill),
  });
  const records = [
    record(1, CHECKPOINT, 1),
    record(2, ALERT, 9),
    record(3, CHECKPOINT, 1),
    record(4, ALERT, 8),
    record(5, INPUTS, 0),
    record(6, CHECKPOINT, 2),
    record(7, ALERT, 7),
  ];
  const { segments, gaps } = segmentsOf(records);
  const made: [number, number, string][] = [
    [3, CHECKPOINT, "01"],
    [5, ALERT, "07"],
    [6, CHECKPOINT, "02"],
  ];
  const run = compareRuns(segments, gaps, [{ records: made, refused: undefined }]);
  expect(run.differences).toEqual([]);
  expect(run).toMatchObject({ alerts: 1, checkpoints: 1 });
});
