import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { nextOutgoing, outboxAcknowledged } from "../../firmware/alerts/outbox.ts";
import type { Bracelet } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import { statusOf } from "../../firmware/bracelet/link.ts";
import { createGate, judge } from "../../firmware/gnss/gate.ts";
import { createReceiver, feed } from "../../firmware/gnss/receiver.ts";
import { readRecords } from "../../firmware/journal/ring.ts";
import { sealUplink } from "../../firmware/uplink/seal.ts";
import { judgeDistance, radiusOfDoubtM } from "../../firmware/zones/watch.ts";
import { PURPOSE_UPLINK } from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { ALERT, INPUTS, type JournalRecord } from "../../protocol/journal/record.ts";
import { decodeAlert } from "../../protocol/messages/alert.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { openUplink, type Uplink } from "../../protocol/messages/uplink.ts";
import { navPvtFrame } from "../../simulator/hardware/nav-pvt.ts";
import { simulatedKey } from "../../simulator/world/provision.ts";
import { BOARD, boardWith, bootHeld } from "../firmware/on-board.ts";
import { circleZone } from "../samples.ts";
import { ROOT } from "../shared.ts";
import { viewOf } from "../zones/bracelet-view.ts";

const START_MS = Date.UTC(2026, 10, 25, 9, 0, 0);

/** The README's way of one fix, step by step: each hands on what the next one takes. */
test("one fix goes from the receiver's bytes to the journal, the alert, and under seal to the centre", () => {
  const zones = [circleZone("home", 35.68, 139.76, 300)];
  const view = viewOf(zones);
  let nowMs = START_MS;
  const told: string[] = [];
  const onEffect = (effect: Effect) => {
    if (effect.kind === "alert") told.push(`${effect.alert.zone} ${effect.alert.state} ${lastAlertSeq(bracelet)}`);
  };
  const outside = { nowMs: () => nowMs, gnss: () => {}, onEffect };
  const board = { ...BOARD, hasModem: true };
  const { bracelet, engine } = bootHeld(boardWith(zones, board), outside, 1, board);
  const fixes: Fix[] = [];
  for (const s of [2, 17]) {
    nowMs = START_MS + s * 1000 - 2_000;
    if (s > 2) engine.wake();
    nowMs += 2_000;
    const bytes = navPvtFrame({ ...PVT, timeMs: nowMs });
    const fix = fixIn(bytes);
    fixes.push(fix);
    expect(judge(createGate(), fix, nowMs, 0)).toEqual({ ok: true });
    const [signedM] = view.at(fix.latE7, fix.lonE7).signedM;
    expect(judgeDistance(signedM, radiusOfDoubtM(fix.hAccMm))).toBe("inside");
    engine.receive(bytes);
    expect(bracelet.state.plan.onMs).toBeGreaterThan(nowMs);
  }
  expect(told, "journalled before it is told").toEqual(["home entered 1"]);

  const records = recordsOf(bracelet);
  expect(fixesIn(records), "and what it was decided on before that").toEqual(fixes);
  const alertAt = records.findIndex(({ kind }) => kind === ALERT);
  expect(fixesIn(records.slice(0, alertAt))).toEqual(fixes);

  const [first, rest] = [sendOne(bracelet, nowMs), sendOne(bracelet, nowMs)];
  expect(first.kind).toBe("alerts");
  expect(first.records, "the very record, tag and all").toEqual([records[alertAt]]);
  expect(rest.records).toEqual(records.slice(0, rest.records.length).filter((_, i) => i !== alertAt));
  expect(fixesIn(rest.records)).toEqual(fixes);
});

function recordsOf({ recorder }: Bracelet): JournalRecord[] {
  const records: JournalRecord[] = [];
  readRecords(recorder.journal, 1, (record) => records.push(record) > 0);
  return records;
}

/** As it stands in the journal; 0: there is none. */
function lastAlertSeq(bracelet: Bracelet): number {
  const last = recordsOf(bracelet)
    .filter(({ kind }) => kind === ALERT)
    .at(-1);
  const alert = last && decodeAlert(last.body);
  return alert?.ok ? alert.value.seq : 0;
}

function fixesIn(records: JournalRecord[]): Fix[] {
  return records.flatMap(({ kind, body }) => {
    const read = kind === INPUTS ? readInputs(body) : undefined;
    if (read === undefined) return [];
    if (!read.ok) throw new Error(read.reason);
    return read.inputs.flatMap(({ input }) => (input.kind === "fix" ? [input.fix] : []));
  });
}

/** Outbox, seal, and the centre that opens it and has it. */
function sendOne(bracelet: Bracelet, nowMs: number): Uplink {
  const { channel, recorder } = bracelet;
  if (channel.sealer === undefined) throw new Error("no sealer");
  const backlog = {
    newest: () => recorder.journal.nextNumber - 1,
    read: (from: number, onRecord: (record: JournalRecord) => boolean) => readRecords(recorder.journal, from, onRecord),
    status: () => statusOf(bracelet, nowMs),
  };
  const outgoing = nextOutgoing(channel.outbox, backlog, true, bracelet.state.close, nowMs);
  if (outgoing === undefined) throw new Error("nothing is owed");
  const sealed = sealUplink(channel.sealer, outgoing.payload);
  if (!sealed.ok) throw new Error(sealed.reason);
  const crypto = createNodeCrypto();
  const opened = openUplink(crypto, simulatedKey(crypto, BOARD.seed, PURPOSE_UPLINK), sealed.bytes);
  if (!opened.ok) throw new Error(opened.reason);
  expect(outboxAcknowledged(channel.outbox, outgoing.token)).toBeDefined();
  return opened.uplink;
}

const PVT = { solved: true, lat: 35.68, lon: 139.76, hAccM: 4, speedMps: 0, courseDeg: 0, satellites: 9 };

function fixIn(bytes: Uint8Array): Fix {
  const fixes: Fix[] = [];
  feed(createReceiver(), bytes, (report) => report.kind === "fix" && fixes.push(report.fix));
  expect(fixes).toHaveLength(1);
  return fixes[0];
}

test("every station that the README names is there", () => {
  const readme = readFileSync(path.join(ROOT, "README.md"), "utf8");
  const way = readme.slice(readme.indexOf("## The way of one fix"), readme.indexOf("[`firmware/bracelet/machine.ts`]"));
  const stations = [...way.matchAll(/\b(?:firmware\/)?([a-z]+\/[a-z0-9]+)\b/g)].map((m) => m[1]);
  expect(stations.length).toBeGreaterThan(11);
  expect(stations.filter((file) => !existsSync(path.join(ROOT, "firmware", `${file}.ts`)))).toEqual([]);
});
