import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { layZones } from "../../simulator/replay/lay-zones.ts";
import { replay } from "../../simulator/replay/replay.ts";
import { reportData } from "../../simulator/replay/report-data.ts";
import { renderReport } from "../../simulator/report/html.ts";
import type { ReportData } from "../../simulator/report/report-data.ts";
import { STRINGS } from "../../simulator/report/strings.ts";
import { thinSeries, thinTrack } from "../../simulator/report/thin.ts";
import { makePath } from "../../simulator/world/path.ts";
import { CHROMIUM_ARGS, findChromium } from "../chromium.ts";
import { orderOf, ride } from "../samples.ts";

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
  expect(renderReport({ ...data, zones: stay }, "en")).toContain(`outside ${data.visits[0].zone}</td>`);
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
      distance: { timeMs: one.timeMs, metres: Float64Array.of(Number.POSITIVE_INFINITY) },
    },
    "en",
  );
  expect(html.slice(0, html.indexOf("<script"))).not.toMatch(/NaN|Infinity|undefined/);
  expect(html).toContain(words.noVisits);
});

test("a day of a point a second stays a small page", () => {
  const rows = 86_400;
  const timeMs = Float64Array.from({ length: rows }, (_, i) => 1.7e12 + i * 1000);
  const lat = Float64Array.from({ length: rows }, (_, i) => 52 + Math.sin(i / 500) * 0.05 + (i / rows) * 0.02);
  const lon = Float64Array.from({ length: rows }, (_, i) => 5 + Math.cos(i / 300) * 0.05);
  const html = renderReport(
    { ...data, track: { timeMs, lat, lon }, distance: { timeMs, metres: lat.map((l) => (l - 52) * 1e5) } },
    "en",
  );
  expect(html.length).toBeLessThan(1_500_000);
});

test("thinning keeps the ends and the extremes", () => {
  const values = Float64Array.from({ length: 10_000 }, (_, i) => (i === 7777 ? -5 : 1));
  const kept = thinSeries(values, 50);
  expect(kept).toContain(7777);
  expect([kept[0], kept[kept.length - 1]]).toEqual([0, 9999]);
  expect(thinTrack([0, 0.1, 0.2, 5, 5.1], [0, 0, 0, 0, 0], 1)).toEqual([0, 3, 4]);
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

    expect(await page.locator("svg .fix").count()).toBeGreaterThan(20);
    expect(await page.locator("#map .alert").count()).toBe(data.alerts.filter((a) => a.lat !== undefined).length);
    expect(await page.locator(".visit-row").count()).toBe(data.visits.length);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    for (const picture of ["#map", ".distance:visible", ".charge:visible"]) {
      const box = await page.locator(picture).boundingBox();
      expect(box?.width, picture).toBeGreaterThan(300);
      expect(box?.height, picture).toBeGreaterThan(80);
    }
    expect(await cutLabels(page), "labels that the picture cuts off").toEqual([]);
    const before = await page.locator("#cursor").getAttribute("cx");
    await page.locator(".distance:visible").hover({ position: { x: 200, y: 60 } });
    expect(await page.locator("#readout").textContent()).toMatch(/UTC · -?\d+ m/);
    expect(await page.locator("#cursor").getAttribute("cx")).not.toBe(before);
    await page.locator("#map").focus();
    await page.keyboard.press("+");
    expect(await page.locator("#world").getAttribute("transform")).toContain("scale(1.4)");
    await page.screenshot({
      path: path.join(process.env.OMAMORI_SHOTS ?? folder, `report-${width}.png`),
      fullPage: true,
    });
    expect(troubles).toEqual([]);
    await page.close();
  },
);
