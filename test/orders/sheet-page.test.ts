import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readOrderFile } from "../../host/orders/order-file.ts";
import { makeSheet } from "../../host/orders/sheet.ts";
import { sheetHtml } from "../../host/orders/sheet-html.ts";
import { CHROMIUM_ARGS, findChromium } from "../chromium.ts";
import { ORDER_YAML, ZONES_JSON } from "./order-yaml.ts";

const executablePath = findChromium();
let browser: Browser | undefined;

beforeAll(async () => {
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
});
afterAll(async () => browser?.close());

test("the sheet fetches nothing and runs nothing", () => {
  const { order } = readOrderFile(ORDER_YAML, "order.yaml", () => ZONES_JSON);
  for (const lang of ["en", "ja"] as const) {
    const html = sheetHtml(makeSheet(order, "wearer", lang, undefined));
    expect(html).toContain(`<html lang="${lang}">`);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<(script|link|img|iframe)\b|src=|https?:\/\//);
  }
});

test.skipIf(executablePath === undefined)(
  "the sheet fits a phone and paper, whatever people call their places",
  async () => {
    const long = ORDER_YAML.replace("name: Tokyo station", `name: ${"x".repeat(150)}`);
    const { order } = readOrderFile(long, "order.yaml", () => ZONES_JSON);
    for (const lang of ["en", "ja"] as const) {
      const page = await (browser as Browser).newPage({ viewport: { width: 360, height: 800 } });
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      await page.setContent(sheetHtml(makeSheet(order, "wearer", lang, undefined)));
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
      expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(1000);
      expect(complaints).toEqual([]);
      await page.close();
    }
  },
);
