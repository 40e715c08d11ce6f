import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { DEVICE, fileOf, order, put, seal, TWO, useDesk, WITH_VAULT } from "../orders/desk.ts";
import { omamori, type Ran } from "./cli.ts";

const desk = useDesk();
const at = (name: string) => path.join(desk.cwd, name);

/** Every name of each input: refused, and nothing of it is changed. */
function expectKept(inputs: string[], run: (output: string) => Ran): void {
  for (const input of inputs) {
    const before = fileOf(desk, input);
    symlinkSync(input, at(`${input}.soft`));
    linkSync(at(input), at(`${input}.hard`));
    for (const name of [input, `${input}.soft`, `${input}.hard`]) {
      const { code, out, err } = run(name);
      expect({ code, out }, `${name}: ${err}`).toEqual({ code: 2, out: "" });
      expect(err, name).toContain("[cli.same-file]");
      expect(fileOf(desk, input).equals(before), name).toBe(true);
    }
  }
}

test("sealing writes over nothing that it reads: vault, passphrase, order, zones that the order names", () => {
  expectKept(["omamori.vault", "pass", "order.yaml", "zones.geojson"], (output) => seal(desk, "-o", output, "--force"));
  // No number was used up.
  expect(seal(desk, "-o", "1.sealed", "--json").out).toContain('"counter":1');
  const end = ["end", "--device", DEVICE, "--order", "2026-17", ...TWO, ...WITH_VAULT];
  expectKept(["pass.hard"], (output) => order(desk, ...end, "--force", "-o", output));
});

test("showing writes over nothing that it reads: zones, public keys, passphrase", () => {
  expectKept(["order.yaml", "zones.geojson"], (output) => order(desk, "show", "order.yaml", "--force", "-o", output));
  expect(seal(desk, "-o", "1.sealed").code).toBe(0);
  expectKept(["1.sealed", "keys.json"], (output) =>
    order(desk, "show", "1.sealed", "--public-keys", "keys.json", "--force", "-o", output),
  );
  expectKept(["pass"], (output) => order(desk, "show", "1.sealed", ...WITH_VAULT, "--force", "-o", output));
});

test("the vault's exports and seals of images write over nothing that they read", () => {
  const run = (...args: string[]) => omamori([...args, ...WITH_VAULT, "--force"], { cwd: desk.cwd });
  expectKept(["pass", "omamori.vault"], (output) => run("vault", "export-station", "--device", DEVICE, "-o", output));
  expect(fileOf(desk, "pass").length).toBeGreaterThan(0);
  put(desk, "bundle.js", "1;");
  const build = [
    "image",
    "build",
    "bundle.js",
    "--board",
    "xiao-ble",
    "--engine",
    "espruino",
    "--image-version",
    "1.0.0",
  ];
  expect(omamori([...build, "-o", "x.img"], { cwd: desk.cwd }).code).toBe(0);
  expectKept(["x.img"], (output) => run("image", "seal", "x.img", "--device", DEVICE, "-o", output));
  symlinkSync("pass", at("p"));
  expect(run("image", "seal", "x.img", "--device", DEVICE, "-o", "p").err).toContain("[cli.same-file]");
});

test("nothing is written into a witness's folder", () => {
  mkdirSync(at("w"));
  for (const name of ["leaves", "heads"]) writeFileSync(at(`w/${name}`), "");
  for (const output of ["w/x", "w/leaves"])
    expect(seal(desk, "-o", output, "--force")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\[cli\.in-witness\]\nhint: /),
    });
});
