import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import { step } from "../../firmware/bracelet/machine.ts";
import { createState } from "../../firmware/bracelet/state.ts";
import { createGate, judge } from "../../firmware/gnss/gate.ts";
import { createReceiver, feed } from "../../firmware/gnss/receiver.ts";
import { appendRecord, openJournal } from "../../firmware/journal/append.ts";
import { lastAlertSeq } from "../../firmware/journal/record.ts";
import { judgeDistance, radiusOfDoubtM } from "../../firmware/zones/watch.ts";
import type { Fix } from "../../protocol/messages/fix.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { navPvtFrame } from "../../simulator/hardware/nav-pvt.ts";
import { circleZone } from "../samples.ts";
import { ROOT } from "../shared.ts";
import { viewOf } from "../zones/bracelet-view.ts";

const START_MS = Date.UTC(2026, 10, 25, 9, 0, 0);

/** The README's way of one fix, step by step: each hands on what the next one takes. */
test("one fix goes from the receiver's bytes to the journal and the alert", () => {
  const view = viewOf([circleZone("home", 35.68, 139.76, 300)]);
  const duty = { fromMs: 0, toMs: undefined, utcOffsets: [], delayMs: 60_000, heartbeatMs: 900_000 };
  const state = createState(duty, view.pack, START_MS);
  const journal = openJournal(createFlash(8192), 0, 8192);
  const told: string[] = [];
  const carryOut = (effects: Effect[]) => {
    for (const effect of effects) {
      if (effect.kind === "journal.append") expect(appendRecord(journal, effect.record)).toEqual({ ok: true });
      if (effect.kind === "alert") told.push(`${effect.alert.zone} ${effect.alert.state} ${lastAlertSeq(journal)}`);
    }
  };
  carryOut(step(state, { kind: "boot" }, START_MS));
  for (const s of [2, 17]) {
    const nowMs = START_MS + s * 1000;
    if (s > 2) carryOut(step(state, { kind: "wake" }, nowMs - 2_000));
    const fix = fixIn(navPvtFrame({ ...PVT, timeMs: nowMs }));
    expect(judge(createGate(), fix, nowMs)).toEqual({ ok: true });
    const [signedM] = view.at(fix.latE7, fix.lonE7).signedM;
    expect(judgeDistance(signedM, radiusOfDoubtM(fix.hAccMm))).toBe("inside");
    carryOut(step(state, { kind: "fix", fix }, nowMs));
    expect(state.plan.onMs).toBeGreaterThan(nowMs);
  }
  expect(told, "journalled before it is told").toEqual(["home entered 1"]);
});

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
  const stations = [...way.matchAll(/\b(?:firmware\/)?([a-z]+\/[a-z]+)\b/g)].map((m) => m[1]);
  expect(stations.length).toBeGreaterThan(7);
  expect(stations.filter((file) => !existsSync(path.join(ROOT, "firmware", `${file}.ts`)))).toEqual([]);
});
