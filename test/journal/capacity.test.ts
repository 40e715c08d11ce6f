import { expect, test } from "vitest";
import { createRecorder, flushInputs, noteInput, record, recorderWakeMs } from "../../firmware/bracelet/recorder.ts";
import { encodeAlert } from "../../protocol/index.ts";
import { examine } from "../../protocol/journal/examine.ts";
import { readRing } from "../../protocol/journal/read.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { ALERT, INPUTS } from "../../protocol/journal/record.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { dutchDays } from "../samples.ts";
import { realCheckpoints } from "./checkpoints.ts";
import { type Day, type Noted, recordedDays } from "./days.ts";
import { BLOCK, blankDevice, boot, crypto } from "./device.ts";

/** Ten days of a fix a minute, the ring as it is delivered, and more alerts than a quiet life has. */
const FIXES = 14_400;
const BLOCKS = 64;
const ALERT_EVERY_MS = 2 * 3_600_000;
const MINUTE_MS = 60_000;

/** The recorded days one after the other, again and again, on a clock that only goes forward. */
function* lived(days: Day[]): Generator<Noted> {
  let endMs = 0;
  for (;;)
    for (const { inputs } of days) {
      const laterMs = endMs === 0 ? 0 : MINUTE_MS * Math.ceil((endMs - inputs[0].nowMs) / MINUTE_MS + 1);
      for (const { input, nowMs, onTime } of inputs) {
        endMs = nowMs + laterMs;
        if (input.kind !== "fix") yield { input, nowMs: endMs, onTime };
        else yield { input: { kind: "fix", fix: later(input.fix, laterMs) }, nowMs: endMs, onTime };
      }
    }
}

function later(fix: Fix, ms: number): Fix {
  return { ...fix, timeMs: fix.timeMs === undefined ? undefined : fix.timeMs + ms };
}

function alertAt(seq: number, atMs: number, fix: Fix): Uint8Array {
  const encoded = encodeAlert({
    seq,
    atMs,
    about: "zone",
    zone: "5f0c41b2-7f0e-4d0f-9a53-2b8d0a7e1c11",
    state: "entered",
    sinceMs: atMs - MINUTE_MS,
    fix,
    signedMm: -12_000,
    clock: "trusted",
    clockErrorMs: 1_200,
    percent: undefined,
    detail: undefined,
  });
  if (!encoded.ok) throw new Error(encoded.reason);
  return encoded.bytes;
}

// A ride without rest costs more than days do; see `npm run bench -- journal` for what it does.
test.skipIf(dutchDays().length === 0)(
  "ten days at a fix a minute with all replay inputs and twelve alerts a day fit, and nothing makes way",
  () => {
    const cells = blankDevice(BLOCKS);
    const { journal } = boot(cells);
    const checkpoints = realCheckpoints();
    journal.checkpoint = checkpoints.next;
    const kept: Fix[] = [];
    let alerts = 0;
    let alertBytes = 0;
    let recorder: ReturnType<typeof createRecorder> | undefined;
    let nextAlertMs = 0;
    for (const { input, nowMs, onTime } of lived(recordedDays(7))) {
      if (recorder === undefined) {
        recorder = createRecorder(journal, nowMs);
        nextAlertMs = nowMs + ALERT_EVERY_MS;
      }
      if (nowMs >= recorderWakeMs(recorder)) flushInputs(recorder, nowMs);
      noteInput(recorder, input, nowMs, onTime, kept.at(-1));
      if (input.kind !== "fix") continue;
      kept.push(input.fix);
      if (nowMs >= nextAlertMs) {
        nextAlertMs += ALERT_EVERY_MS;
        alerts += 1;
        const body = alertAt(alerts, nowMs, input.fix);
        alertBytes += body.length;
        expect(record(recorder, ALERT, body, alerts, nowMs).ok).toBe(true);
      }
      if (kept.length === FIXES) {
        flushInputs(recorder, nowMs);
        break;
      }
    }
    expect(recorder?.refused).toBe(0);
    const { records, damage, blocks } = readRing(cells.bulk);
    const bytes = (blocks - 1) * BLOCK + journal.headOffset;
    process.stdout.write(
      `journal: ${FIXES} fixes and ${alerts} alerts of ${Math.round(alertBytes / alerts)} bytes, with checkpoints of ${checkpoints.meanBytes}, take ${(bytes / 1024).toFixed(1)} of ${(BLOCKS * BLOCK) / 1024} KiB\n`,
    );
    expect(alerts).toBeGreaterThanOrEqual(115);
    expect(blocks).toBeLessThanOrEqual(BLOCKS);
    expect(examine(crypto, records, [], damage, { from: 1, to: journal.nextNumber - 1 })).toMatchObject({
      holes: [],
      gaps: [],
    });
    expect(records.filter(({ kind }) => kind === ALERT)).toHaveLength(alerts);
    const read = records.flatMap(({ kind, body }) => {
      if (kind !== INPUTS) return [];
      const inputs = readInputs(body);
      return inputs.ok ? inputs.inputs.flatMap(({ input }) => (input.kind === "fix" ? [input.fix] : [])) : [];
    });
    expect(read).toEqual(kept);
  },
);
