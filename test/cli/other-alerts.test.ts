import { expect, test } from "vitest";
import { storyLines, totalLines } from "../../host/cli/story-text.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { countOthers, summaryLine, sumUp } from "../../simulator/replay/lines.ts";
import { type ReplayResult, replay } from "../../simulator/replay/replay.ts";
import { reportData } from "../../simulator/replay/report-data.ts";
import { renderReport } from "../../simulator/report/html.ts";
import { makePath } from "../../simulator/world/path.ts";
import { orderOf, ride } from "../samples.ts";

const trace = ride();
const quiet = replay(trace, {
  order: orderOf(layZones(makePath(trace), 1)),
  startEngine: startNodeEngine,
  receiver: "realistic",
  seed: 1,
});

/** The run as it would be had the device raised these too. */
function withAlerts(...more: [Alert["about"], Alert["state"]][]): ReplayResult {
  const [one] = quiet.alerts;
  return { ...quiet, alerts: [...quiet.alerts, ...more.map(([about, state]) => ({ ...one, about, state }))] };
}

const loud = withAlerts(
  ["jamming", "raised"],
  ["jamming", "cleared"],
  ["jamming", "raised"],
  ["comms-lost", "raised"],
  ["comms-lost", "continuing"],
  ["location-lost", "raised"],
);

test("alerts that are about no zone are counted by kind, each once, in the machine-readable account", () => {
  const before = countOthers(quiet.alerts);
  expect(summaryLine(quiet, 0).otherAlerts).toEqual({});
  const summary = summaryLine(loud, 0);
  expect(summary).toMatchObject({
    locationLost: before.locationLost + 1,
    otherAlerts: { jamming: 2, "comms-lost": 1 },
  });
  expect(sumUp([summary, summary])).toMatchObject({ otherAlerts: { jamming: 4, "comms-lost": 2 } });
});

test("the story tells them with their kinds, and that there were none, in both languages", () => {
  const told = (result: ReplayResult, lang: "en" | "ja") => storyLines(result, "ride", lang).join("\n");
  expect(told(loud, "en")).toContain("other alerts: 3 (satellite reception jammed: 2; the centre silent: 1)");
  expect(told(loud, "ja")).toContain("その他の通報: 3 件（衛星受信の妨害 2 件、 センターからの応答なし 1 件）");
  expect(told(quiet, "en")).toContain("other alerts: 0");
  expect(totalLines(sumUp([summaryLine(loud, 0)]), "en").join("\n")).toContain("other alerts: 3");
});

test("the page tells them with their kinds", () => {
  const page = (result: ReplayResult, lang: "en" | "ja") => renderReport(reportData(result, "node", 0), lang);
  expect(page(loud, "en")).toContain("other alerts: 3 (jammed 2, centre silent 1)");
  expect(page(loud, "ja")).toContain("その他の通報 3 件（衛星受信妨害 2、センターと不通 1）");
  expect(page(quiet, "en")).toContain("other alerts: 0");
});
