import { execFileSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startVitest, type TestCase } from "vitest/node";
import { findChromium } from "./chromium.ts";

/** `npm test [-- FILTER…]`: every test, then what was skipped and why, then one line of counts. */
const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const CHROMIUM = "apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk";

installSystemPackages();
const vitest = await startVitest("test", process.argv.slice(2), {
  root: ROOT,
  config: path.join(ROOT, "test/vitest.config.ts"),
  watch: false,
  run: true,
});
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
const counts = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];
for (const test of tests) {
  const { state } = test.result();
  if (state === "passed") counts.passed += 1;
  else if (state === "failed") counts.failed += 1;
  else skipped.push(nameOf(test));
}
counts.skipped = skipped.length;
// A file that could not even be loaded holds tests that did not run.
const broken = vitest.state
  .getTestModules()
  .filter((module) => !module.ok() && [...module.children.allTests("failed")].length === 0);
counts.failed += broken.length + vitest.state.getUnhandledErrors().length;
for (const module of broken) console.log(`FAILED to load ${path.relative(ROOT, module.moduleId)}`);
await vitest.close();
if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((name) => `  ${name}`).join("\n")}`);
if (findChromium() === undefined) console.log(`\nWithout Chromium the page tests are skipped. Install it: ${CHROMIUM}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

function nameOf(test: TestCase): string {
  return `${path.relative(ROOT, test.module.moduleId)}: ${test.fullName}`;
}

/** Only where asked: on a machine of its own, such as CI. */
function installSystemPackages(): void {
  const asked = process.env.CI === "true" || process.env.OMAMORI_INSTALL === "1";
  if (!asked || findChromium() !== undefined || process.platform !== "linux" || process.getuid?.() !== 0) return;
  console.log(`installing: ${CHROMIUM}`);
  try {
    execFileSync("sh", ["-c", CHROMIUM], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  } catch {
    console.log("could not install Chromium; its tests are skipped");
  }
}
