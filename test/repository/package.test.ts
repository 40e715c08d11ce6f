import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../shared.ts";

/** What an editor checks an order's file with. */
const ORDER_SCHEMA = "host/orders/order.schema.json";

interface Packed {
  files: { path: string }[];
}

/** `npm pack` as it would be, without building again: the suite has built. */
function packedFiles(): string[] {
  const ran = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: ROOT,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const listed = JSON.parse(ran.stdout) as Packed[] | Record<string, Packed>;
  // npm 10 lists packages, npm 11 keys them by name.
  return (Array.isArray(listed) ? listed : Object.values(listed))[0].files.map((file) => file.path);
}

test("the package holds what it promises, and nothing of the workshop", () => {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    bin: Record<string, string>;
    exports: { "./protocol": { types: string; default: string } };
    scripts: Record<string, string>;
  };
  const { types, default: code } = manifest.exports["./protocol"];
  const promised = [
    manifest.bin.omamori,
    types,
    code,
    "dist/firmware/bracelet.espruino.js",
    ORDER_SCHEMA,
    "LICENSE",
    "README.md",
  ];
  const files = packedFiles();
  expect(promised.map((file) => path.posix.normalize(file)).filter((file) => !files.includes(file))).toEqual([]);
  const foreign = files.filter((file) => !/^(dist\/(host|protocol|firmware)|protocol\/schema)\/|^[^/]+$/.test(file));
  expect(foreign).toEqual([ORDER_SCHEMA]);
  expect(manifest.scripts.prepack).toContain("build");
});

test("the protocol's types lead only to files beside them", () => {
  const folder = path.join(ROOT, "dist/protocol");
  const seen = new Set<string>();
  const follow = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, to] of text.matchAll(/from "([^"]+)"/g)) {
      expect(to, file).toMatch(/^\./);
      // The compiler takes ./a.ts in a declaration for ./a.d.ts.
      const next = path.join(path.dirname(file), to.replace(/\.ts$/, ".d.ts"));
      expect(existsSync(next), `${file} → ${to}`).toBe(true);
      follow(next);
    }
  };
  follow(path.join(folder, "index.d.ts"));
  expect(seen.size).toBeGreaterThan(5);
});
