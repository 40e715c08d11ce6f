import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Order } from "../../protocol/messages/order.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { replay } from "../../simulator/replay/replay.ts";
import { reportData } from "../../simulator/replay/report-data.ts";
import { roundStep } from "../../simulator/report/charts.ts";
import { renderReport } from "../../simulator/report/html.ts";
import type { ReportData } from "../../simulator/report/report-data.ts";
import { fill, STRINGS } from "../../simulator/report/strings.ts";
import { thinSeries, thinTrack } from "../../simulator/report/thin.ts";
import { readTrace } from "../../simulator/traces/read.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import { makePath } from "../../simulator/world/path.ts";
import { CHROMIUM_ARGS, findChromium } from "../chromium.ts";
import { circleZone, orderOf, ride } from "../samples.ts";

const executablePath = findChromium();
let browser: Browser | undefined;
let folder = "";
let data: ReportData;
const words = STRINGS.en;

beforeAll(async () => {
  const trace = ride();
  const result = replay(trace, {
    order: orderOf(layZones(makePath(trace), 1)),
    startEngine: startNodeEngine,
    receiver: "realistic",
    seed: 1,
  });
  data = reportData(result, "node", 0.1);
  folder = mkdtempSync(path.join(tmpdir(), "omamori-report-"));
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the page fetches nothing and says so", () => {
  const html = renderReport(data, "en");
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/<(link|img|iframe)\b|src=|https?:\/\//);
  expect(html.length).toBeLessThan(1_500_000);
});

test("names from files never become markup", () => {
  const evil = `<script>alert(1)</script>"'&`;
  const html = renderReport(
    {
      ...data,
      title: evil,
      zones: data.zones.map((z) => ({ ...z, id: evil })),
      visits: data.visits.map((v) => ({ ...v, zone: evil, beyondModel: evil })),
    },
    "en",
  );
  expect(html).not.toContain("<script>alert");
});

test("time spent outside a zone where he must stay is called so", () => {
  const stay = data.zones.map((zone) => ({ ...zone, kind: "inclusion" as const }));
  expect(renderReport({ ...data, zones: stay }, "en")).toContain(`outside ${data.visits[0].zone}</span></td>`);
  expect(renderReport(data, "en")).not.toContain("outside c");
});

test("a run without visits, zones, fixes or a second point is drawn too", () => {
  const one = {
    timeMs: data.track.timeMs.slice(0, 1),
    lat: data.track.lat.slice(0, 1),
    lon: data.track.lon.slice(0, 1),
  };
  const html = renderReport(
    {
      ...data,
      track: one,
      zones: [],
      fixes: [],
      alerts: [],
      visits: [],
      distance: { ...one, metres: Float64Array.of(Number.POSITIVE_INFINITY) },
    },
    "en",
  );
  expect(html.slice(0, html.indexOf("<script"))).not.toMatch(/NaN|Infinity|undefined/);
  expect(html).toContain(words.noVisits);
  expect(html).toContain(words.neverInForce);
});

/** From 08:00 UTC on a Monday, at rest north of 52° 5°: seconds and metres by turns. */
function standing(...points: [atS: number, northM: number][]): Trace {
  const lines = points.map(([atS, northM]) => `${MONDAY_8_S + atS},${(52 + northM / 111_195).toFixed(7)},5`);
  return readTrace(Buffer.from(["t,lat,lon", ...lines].join("\n")), "standing.csv");
}
const MONDAY_8_S = 1_717_401_600;

function reportOf(trace: Trace, zones: Zone[], changes: Partial<Order> = {}): ReportData {
  const order = orderOf(zones, changes);
  return reportData(replay(trace, { order, startEngine: startNodeEngine, receiver: "ideal", seed: 1 }), "node", 0.1);
}

test("a hole spent in a zone is shown as spent in it, and as not recorded", () => {
  const minute = (from: number, northM: number) =>
    Array.from({ length: 600 }, (_, i): [number, number] => [from + i, northM]);
  const hole = 26 * 3600;
  const trace = standing(...minute(0, 2000), ...minute(900, 0), ...minute(hole, 0), ...minute(hole + 1200, 2000));
  const { distance, holes, visits } = reportOf(trace, [circleZone("home", 52, 5, 300)]);
  const fromMs = MONDAY_8_S * 1000;
  expect(holes.map(({ fromMs: from, toMs }) => [(from - fromMs) / 1000, (toMs - fromMs) / 1000])).toEqual([
    [599, 900],
    [1499, hole],
    [hole + 599, hole + 1200],
  ]);
  expect(visits).toHaveLength(1);
  const { entryMs, exitMs } = visits[0];
  const inside = [...distance.timeMs].map((t) => t >= entryMs && t < exitMs);
  expect([...distance.metres].map((m) => m < 0)).toEqual(inside);
  expect([...distance.timeMs]).toEqual(expect.arrayContaining([entryMs, exitMs]));
  expect(renderReport(reportOf(trace, []), "en")).toContain('class="track filled"');
});

test("a time line has every bin's extremes, though it asks for few values", () => {
  const rows = 50_000;
  const timeMs = Float64Array.from({ length: rows }, (_, i) => i * 1000);
  const metres = timeMs.map((_, i) => 3000 + 2500 * Math.sin(i / 400) + (i % 7));
  const travel = new Float64Array(rows);
  for (let i = 1; i < rows; i++) travel[i] = travel[i - 1] + Math.abs(metres[i] - metres[i - 1]);
  const asked = new Set<number>();
  const value = (row: number) => {
    asked.add(row);
    return metres[row];
  };
  const kept = thinSeries({ timeMs, value, travel }, 100, [7777]);
  expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
  expect(kept).toEqual(expect.arrayContaining([0, 7776, 7777, rows - 1]));
  for (let bin = 0; bin < 100; bin++) {
    const [from, to] = [bin * 500, bin * 500 + 500];
    const greatest = Math.max(...metres.subarray(from, to));
    const shown = Math.max(...kept.filter((row) => row >= from && row < to).map((row) => metres[row]));
    expect(greatest - shown).toBeLessThanOrEqual(Math.max(2, 0.03 * greatest));
  }
  expect(asked.size).toBeLessThan(rows / 5);
});

test("while no zone is in force there is no distance, and the page says when each is", () => {
  const zone = circleZone("home", 52, 5, 300, {
    schedule: [
      { days: 0b0000001, fromMin: 17 * 60 + 10, toMin: 17 * 60 + 20 },
      { days: 0b1101111, fromMin: 22 * 60, toMin: 6 * 60 },
    ],
  });
  const minutes = Array.from({ length: 1801 }, (_, i): [number, number] => [i, 1000]);
  const night = reportOf(standing(...minutes), [zone], { utcOffsets: [{ fromMs: 0, minutes: 540 }] });
  const at = (min: number) => MONDAY_8_S * 1000 + min * 60_000;
  expect(night.idle).toEqual([
    { fromMs: at(0), toMs: at(10) },
    { fromMs: at(20), toMs: at(30) },
  ]);
  const active = [...night.distance.timeMs].map((t) => t >= at(10) && t < at(20));
  expect([...night.distance.metres].map(Number.isFinite)).toEqual(active);
  const html = renderReport(night, "en");
  expect(html).toContain("Mon 17:10–17:20, Mon–Thu Sat Sun 22:00–06:00 next day");
  expect(html).toContain("UTC+09:00");
  expect(renderReport(night, "ja")).toContain("月–木 土 日 22:00–翌 06:00");
});

test("an order that begins in a hole is in force from then on", () => {
  const trace = standing([0, 1000], [3600, 1000]);
  const { idle, distance } = reportOf(trace, [circleZone("home", 52, 5, 300)], {
    fromMs: (MONDAY_8_S + 1234.5) * 1000,
  });
  expect(idle).toEqual([{ fromMs: MONDAY_8_S * 1000, toMs: (MONDAY_8_S + 1234.5) * 1000 }]);
  const row = distance.timeMs.indexOf(idle[0].toMs);
  expect([distance.metres[row - 1], Math.round(distance.metres[row] / 10)]).toEqual([Number.POSITIVE_INFINITY, 70]);
});

test("the headline claims no more than what the speed model covers", () => {
  const [visit] = data.visits;
  const beyond = { ...visit, delayS: 139, late: true, beyondModel: "jump of 8456 m in 1 s" };
  const seen = { ...data, visits: [visit, beyond], summary: { ...data.summary, beyondModel: 1 } };
  for (const lang of ["en", "ja"] as const) {
    const html = renderReport(seen, lang);
    expect(html).toContain(fill(STRINGS[lang].allCovered, { delay: 60, beyond: 1 }));
    expect(html).not.toContain('class="verdict good"');
    expect(html).toContain(fill(STRINGS[lang].seconds, { s: 139 }));
  }
  expect(renderReport(seen, "en")).toContain("leaving out 1 beyond the speed model");
});

test("lost locations are counted, and every alert has the shape that the legend names", () => {
  const [alert] = data.alerts;
  const about = { ...alert, zone: undefined, state: undefined };
  const html = renderReport(
    {
      ...data,
      zones: data.zones.map((zone) => ({ ...zone, kind: "inclusion" as const })),
      alerts: [
        { ...alert, state: "unconfirmed" },
        { ...alert, state: "left" },
        { ...about, about: "location-lost" },
        { ...about, about: "location-restored" },
      ],
    },
    "ja",
  );
  expect(html).toContain("位置喪失 1 回");
  for (const mark of ["unconfirmed", "left", "lost", "restored"]) expect(html).toContain(`class="mark-${mark}"`);
  expect(html).toContain(`${alert.zone} に戻った</title>`);
  expect(html).not.toMatch(/<title>[^<]*(left|entered|location)/);
});

test("a polygon's buffer is drawn", () => {
  const square: Zone = {
    ...circleZone("square", 0, 0, 1, { bufferM: 200 }),
    shape: { kind: "polygons", polygons: [{ rings: [[5e7, 52e7, 5.01e7, 52e7, 5.01e7, 52.01e7]] }] },
  };
  const html = renderReport(reportOf(standing([0, 1000], [60, 1000]), [square]), "en");
  expect(html).toMatch(/<path class="buffer" clip-path="url\(#outside-0\)" stroke-width="\d/);
});

test("axes have plain numbers, and steps are round", () => {
  expect([377, 0.0123, 99.9, 1, 50].map(roundStep)).toEqual([200, 0.01, 50, 1, 50]);
  const mAh = data.charge.mAh.map((v) => v * 1000);
  expect(renderReport({ ...data, charge: { ...data.charge, mAh } }, "en")).not.toMatch(/>[\d.]+e[+-]\d/);
});

test("a day of a point a second stays a small page", () => {
  const day = Array.from({ length: 86_400 }, (_, i): [number, number] => [
    i,
    2000 + 1900 * Math.sin(i / 500) + (i % 5),
  ]);
  const html = renderReport(reportOf(standing(...day), [circleZone("home", 52, 5, 300)]), "en");
  expect(html.length).toBeLessThan(1_500_000);
});

test("thinning a track keeps its ends, and what must be kept", () => {
  expect(thinTrack([0, 0.1, 0.2, 5, 5.1], [0, 0, 0, 0, 0], 1, (row) => row === 1)).toEqual([0, 1, 3, 4]);
});

/** Texts of the two charts that reach out of their picture. */
function cutLabels(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll(".chart")].flatMap((chart) => {
    const frame = chart.getBoundingClientRect();
    return [...chart.querySelectorAll("text")].filter((text) => {
      const box = text.getBoundingClientRect();
      return box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom;
    }).map((text) => text.textContent);
  })`);
}

const SIZES = [
  { width: 1280, height: 900, dark: false, lang: "en" },
  { width: 390, height: 844, dark: true, lang: "ja" },
] as const;

test.skipIf(executablePath === undefined).each(SIZES)(
  "Chromium draws it at $width px",
  async ({ width, height, dark, lang }) => {
    const file = path.join(folder, `report-${width}.html`);
    writeFileSync(file, renderReport(data, lang));
    const page = await (browser as Browser).newPage({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
    });
    const troubles: string[] = [];
    page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("request", (request) => request.url().startsWith("file:") || troubles.push(request.url()));
    await page.goto(pathToFileURL(file).href);

    expect(await page.locator("#map .fixes path").count()).toBeGreaterThan(20);
    expect(await page.locator("#map .alerts > g").count()).toBe(data.alerts.filter((a) => a.lat !== undefined).length);
    expect(await page.locator(".visit-row").count()).toBe(data.visits.length);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    for (const picture of ["#map", ".distance:visible", ".charge:visible"]) {
      const box = await page.locator(picture).boundingBox();
      expect(box?.width, picture).toBeGreaterThan(300);
      expect(box?.height, picture).toBeGreaterThan(80);
    }
    expect(await cutLabels(page), "labels that the picture cuts off").toEqual([]);
    const before = await page.locator("#cursor").getAttribute("transform");
    await page.locator(".distance:visible").hover({ position: { x: 200, y: 60 } });
    expect(await page.locator("#readout").textContent()).toMatch(/UTC · -?\d+ m/);
    expect(await page.locator("#cursor").getAttribute("transform")).not.toBe(before);
    await page.locator("#map").focus();
    await page.keyboard.press("+");
    await expect.poll(() => page.locator("#world").getAttribute("transform")).toContain("scale(1.4)");
    await page.keyboard.press("0");
    await page.screenshot({
      path: path.join(process.env.OMAMORI_SHOTS ?? folder, `report-${width}.png`),
      fullPage: true,
    });
    expect(troubles).toEqual([]);
    await page.close();
  },
);

test.skipIf(executablePath === undefined)("zoomed in, marks keep their size and the scale a round length", async () => {
  const file = path.join(folder, "zoom.html");
  writeFileSync(file, renderReport(data, "en"));
  const page = await (browser as Browser).newPage({ viewport: { width: 390, height: 844 }, hasTouch: true });
  await page.goto(pathToFileURL(file).href);
  const widths = async () => {
    const marks = ["#map .alerts .alert", "#cursor circle"].map((mark) => page.locator(mark).first().boundingBox());
    return (await Promise.all(marks)).map((box) => Math.round(box?.width ?? 0));
  };
  const zoomed = () => page.locator("#world").getAttribute("transform");
  const before = await widths();
  for (const [name, times] of [
    ["Zoom in", 7],
    ["Zoom out", 19],
  ] as const) {
    const button = page.getByRole("button", { name });
    const size = await button.boundingBox();
    expect([size?.width, size?.height]).toEqual([44, 44]);
    for (let i = 0; i < times; i++) await button.click();
    await expect.poll(zoomed).toMatch(name === "Zoom in" ? /scale\(10\.5/ : /scale\(0\.0/);
    expect(await widths()).toEqual(before);
    expect(await page.locator(".scale text").textContent()).toMatch(/^(1|2|5)0* k?m$/);
  }
  await page.getByRole("button", { name: "Whole track" }).click();
  await expect.poll(zoomed).toContain("scale(1)");

  const touch = await page.context().newCDPSession(page);
  const map = await page.locator("#map").boundingBox();
  const fingers = (apart: number) =>
    [-apart, apart].map((dx, id) => ({ x: (map?.x ?? 0) + 180 + dx, y: (map?.y ?? 0) + 180, id }));
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: fingers(30) });
  for (const apart of [50, 70, 90])
    await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: fingers(apart) });
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await expect.poll(zoomed).toMatch(/scale\((2\.9|3)/);
  await page.close();
});

test.skipIf(executablePath === undefined)("names of crowded zones do not run into one another", async () => {
  const { lat, lon } = data.track;
  const crowd = Array.from({ length: 100 }, (_, i) => ({
    ...data.zones[0],
    id: `zone ${i}`,
    circle: { lat: lat[0] + (i % 10) * 1e-3, lon: lon[0] + Math.floor(i / 10) * 1e-3, radiusM: 30 },
  }));
  const file = path.join(folder, "crowd.html");
  writeFileSync(file, renderReport({ ...data, zones: [...crowd, ...data.zones] }, "en"));
  const page = await (browser as Browser).newPage({ viewport: { width: 390, height: 844 } });
  await page.goto(pathToFileURL(file).href);
  const shown = await page.evaluate<{ text: string; meets: number }[]>(`(() => {
    const names = [...document.querySelectorAll(".name")].filter((name) => name.style.visibility === "");
    const boxes = names.map((name) => name.getBoundingClientRect());
    const meets = (a, b) => a !== b && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return names.map((name, i) => ({ text: name.textContent, meets: boxes.filter((box) => meets(box, boxes[i])).length }));
  })()`);
  expect(shown.length).toBeGreaterThan(data.visits.length);
  expect(shown.filter(({ meets }) => meets > 0)).toEqual([]);
  expect(shown.map(({ text }) => text)).toContain(data.visits[0].zone);
  await page.close();
});
