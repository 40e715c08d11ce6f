import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PADDED } from "../images/imgtool.ts";
import { jsonLines, omamori } from "./cli.ts";

let folder = "";
const at = (name: string) => path.join(folder, name);
const VAULT = () => ["--vault", at("vault"), "--passphrase-file", at("pass")];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "omamori-image-"));
  writeFileSync(at("pass"), "correct horse battery staple\n", { mode: 0o600 });
  writeFileSync(at("bundle.js"), "global.hello = 1;");
  expect(omamori(["vault", "init", ...VAULT()]).code).toBe(0);
  const stations = omamori(["vault", "export-station", ...VAULT(), "--device", "OMB-000123", "-o", at("station.json")]);
  expect(stations.code, stations.err).toBe(0);
  const built = omamori([...BUILD(), "--rollback", "4", "-o", at("x.img")]);
  expect(built.code, built.err).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BUILD = () => {
  const target = ["--board", "xiao-ble", "--engine", "espruino", "--image-version", "1.2.0+3"];
  return ["image", "build", at("bundle.js"), ...target];
};

const show = (...args: string[]) => omamori(["image", "show", ...args]);

test("an image is built, sealed for one device, and shown with what was verified", () => {
  expect(jsonLines(show(at("x.img"), "--json").out)).toMatchObject([
    {
      kind: "image",
      version: "1.2.0+3",
      board: "xiao-ble",
      engine: "espruino",
      rollback: 4,
      seal: "none",
      device: null,
    },
  ]);
  const sealed = omamori(["image", "seal", at("x.img"), "--device", "OMB-000123", ...VAULT(), "-o", at("x.sealed")]);
  expect(sealed.code, sealed.err).toBe(0);
  expect(jsonLines(show(at("x.sealed"), "--json").out)).toMatchObject([{ seal: "unchecked", device: "OMB-000123" }]);
  expect(jsonLines(show(at("x.sealed"), "--json", "--check-seal", ...VAULT()).out)).toMatchObject([{ seal: "device" }]);
  const audit = omamori(["vault", "status", "--audit", "--json", ...VAULT()]).out;
  expect(audit).toContain("image.seal");
});

test("a development image needs no vault, and says in both languages what it is", () => {
  const sealed = omamori(["image", "seal", at("x.img"), "--development", "-o", at("x.dev")]);
  expect(sealed).toMatchObject({ code: 0, err: expect.stringContaining("[image.for-everybody]") });
  expect(show(at("x.dev")).out).toContain("DEVELOPMENT");
  expect(show(at("x.dev"), "--lang", "ja").out).toContain("開発用");
});

test("an image goes to stdout for -", () => {
  const { code, out, err } = omamori([...BUILD(), "-o", "-"], { cwd: folder });
  expect({ code, err, isLong: out.length > 100 }).toEqual({ code: 0, err: "", isLong: true });
  expect(existsSync(at("-"))).toBe(false);
});

test("a damaged image is refused by name, and so is one that is not ours to seal", () => {
  const bytes = readFileSync(at("x.img"));
  bytes[40] ^= 1;
  writeFileSync(at("damaged.img"), bytes);
  expect(show(at("damaged.img"))).toMatchObject({ code: 2, err: expect.stringContaining("[image.wrong-hash]") });
  writeFileSync(at("padded.bin"), PADDED);
  expect(show(at("padded.bin")).out).toContain("confirmed");
  const sealed = omamori(["image", "seal", at("padded.bin"), "--development", "-o", at("no")]);
  expect(sealed).toMatchObject({ code: 2, err: expect.stringContaining("[image.none-of-ours]") });
});

test("what cannot be built says why", () => {
  const build = (...args: string[]) => omamori([...BUILD(), ...args, "-o", at("none")]);
  expect(build("--image-version", "1.2").err).toContain("[cli.repeated-option]");
  expect(build("--elf", at("pass")).err).toContain("[image.needless-elf]");
  expect(build("--load-address", "0x1ffffffff").err).toContain("[cli.bad-number]");
  expect(build("--rollback", "0").err).toContain("[cli.bad-number]");
  const xs = ["image", "build", at("bundle.js"), "--board", "mps2", "--engine", "xs", "--image-version", "1.2.0"];
  expect(omamori([...xs, "-o", at("none")]).err).toContain("[image.no-source]");
  expect(omamori([...xs, "--source", at("bundle.js"), "-o", at("none")]).err).toContain("[image.no-elf]");
});

test("a release list is signed by the vault, grows, and is verified with the public keys", () => {
  const first = omamori(["image", "release", "add", at("x.img"), ...VAULT(), "--json", "-o", at("one.cbor")]);
  expect(first.code, first.err).toBe(0);
  expect(jsonLines(first.out)).toEqual([{ kind: "release-list", file: at("one.cbor"), number: 1, releases: 1 }]);
  const again = ["image", "release", "add", at("x.img"), "--list", at("one.cbor"), ...VAULT(), "-o", at("two.cbor")];
  expect(omamori(again).code).toBe(0);
  expect(omamori(["vault", "export-public", ...VAULT(), "-o", at("keys.json")]).code).toBe(0);
  const shown = omamori(["image", "release", "show", at("two.cbor"), "--public-keys", at("keys.json"), "--json"]);
  expect(jsonLines(shown.out)).toMatchObject([{ number: 2, releases: [{ version: "1.2.0+3", artefacts: [{}] }] }]);
  const other = omamori(["image", "release", "show", at("x.img"), "--public-keys", at("keys.json")]);
  expect(other).toMatchObject({ code: 2, err: expect.stringContaining("[image.bad-release-list]") });
});

test("a sealed image with a bit changed at its end, or anything behind it, is not genuine", () => {
  const sealed = omamori([
    "image",
    "seal",
    at("x.img"),
    "--device",
    "OMB-000123",
    ...VAULT(),
    "-o",
    at("y.sealed"),
    "--json",
  ]);
  expect(jsonLines(sealed.out)).toMatchObject([{ kind: "sealed-image", device: "OMB-000123", file: at("y.sealed") }]);
  const good = readFileSync(at("y.sealed"));
  for (const [name, bytes] of [
    ["appended", Buffer.concat([good, Buffer.from("x")])],
    ["padded", Buffer.concat([good, PADDED])],
    ["flipped", Buffer.concat([good.subarray(0, -1), Buffer.from([good[good.length - 1] ^ 1])])],
    ["other end", Buffer.concat([good.subarray(0, -6), Buffer.from([good[good.length - 6] ^ 1]), good.subarray(-5)])],
  ] as const) {
    writeFileSync(at("bad.sealed"), bytes);
    const { code, err } = show(at("bad.sealed"), "--check-seal", ...VAULT());
    expect({ name, code }).toEqual({ name, code: 2 });
    expect(err).toMatch(/\[image\.(changed-end|bad-tlv)\]/);
  }
  writeFileSync(at("longer.img"), Buffer.concat([readFileSync(at("x.img")), Buffer.from("x")]));
  expect(show(at("longer.img")).err).toContain("[image.changed-end]");
});

test("what does not parse is built for no JavaScript engine, and no image for a board that there is not", () => {
  writeFileSync(at("broken.js"), "let = (;");
  const build = (file: string, board: string) =>
    omamori([
      "image",
      "build",
      at(file),
      "--board",
      board,
      "--engine",
      "espruino",
      "--image-version",
      "1.0.0",
      "-o",
      at("no"),
    ]);
  expect(build("broken.js", "xiao-ble")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/\[image\.no-script\]\nhint: /),
  });
  expect(build("bundle.js", "xiao-bel")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/\[image\.bad-board\]\nhint: .*xiao-ble, mps2/),
  });
});
