import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { en } from "../../host/cli/messages.en.ts";
import { exportForStation } from "../../host/vault/devices.ts";
import { readPublicKeys } from "../../host/vault/public-keys.ts";
import { createVault, deviceKeys, openVault, secretOf, type Vault } from "../../host/vault/vault.ts";
import { CLI, omamori, type Ran } from "../cli/cli.ts";
import { ROOT } from "../shared.ts";

const PASSPHRASE = "correct horse battery staple";
const ID = "OMB-000123";
const SCRIPT = spawnSync("script", ["--version"]).status === 0;
let folder = "";
let vault: Vault;
const at = (name: string) => path.join(folder, name);
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
/** Everything that the commands of a test said, to be searched for secrets. */
let said = "";

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), "omamori-vault-cli-"));
  fs.writeFileSync(at("pass"), `${PASSPHRASE}\n`, { mode: 0o600 });
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  for (const name of fs.readdirSync(folder)) if (name !== "pass") fs.rmSync(at(name), { recursive: true });
  vault = createVault(at("a.vault"), bytes(PASSPHRASE), { logN: 4 });
  exportForStation(vault, [ID]);
  said = "";
});

/** `omamori vault …` on the test's vault, the passphrase from a file. */
function run(...args: string[]): Ran {
  return runBare(...args, "--vault", at("a.vault"), "--passphrase-file", at("pass"));
}

function runBare(...args: string[]): Ran {
  const ran = omamori(["vault", ...args], { cwd: folder });
  said += ran.out + ran.err;
  return ran;
}

function expectNoSecretsSaid(): void {
  const all = openVault(at("a.vault"), bytes(PASSPHRASE));
  const secrets = all.look(({ root, signing }) => [root, ...signing.map(({ seed }) => seed)]);
  secrets.push(secretOf(all, ID, 1), ...Object.values(deviceKeys(all, ID, { evenRevoked: true }).keys));
  for (const secret of secrets)
    for (const encoding of ["hex", "base64", "base64url", "latin1"] as const)
      expect(said).not.toContain(Buffer.from(secret).toString(encoding).slice(0, 20));
  expect(said).not.toContain(PASSPHRASE);
}

function modeOf(name: string): number {
  return fs.statSync(at(name)).mode & 0o777;
}

function json(name: string): Record<string, unknown> {
  return JSON.parse(fs.readFileSync(at(name), "utf8")) as Record<string, unknown>;
}

test("init makes a vault that costs half a second to guess at, and never over another", () => {
  const made = runBare("init", "--vault", at("new.vault"), "--passphrase-file", at("pass"));
  expect(made.code, made.err).toBe(0);
  expect(made.out).toMatch(
    /^signs orders \(.*\): [0-9a-f]{16}\nsigns releases \(.*\): [0-9a-f]{16}\nsigns heads \(.*witness.*\): [0-9a-f]{16}\n$/,
  );
  expect(modeOf("new.vault")).toBe(0o600);
  // log2 of scrypt's N, in the header behind the name and the version.
  expect(fs.readFileSync(at("new.vault")).subarray(2, 18)).toEqual(
    Buffer.from([0x6d, ...Buffer.from("omamori vault"), 1, 17]),
  );
  const again = runBare("init", "--vault", at("new.vault"), "--passphrase-file", at("pass"));
  expect([again.code, again.err]).toEqual([2, expect.stringContaining("[vault.exists]")]);
  expectNoSecretsSaid();
});

test("a weak, an empty and a two-line passphrase are refused for a new vault", () => {
  for (const [text, code] of [
    ["short\n", "vault.weak-passphrase"],
    ["\n", "vault.empty-passphrase"],
    ["correct horse\nbattery staple\n", "vault.no-line"],
    ["x".repeat(2000), "vault.no-line"],
  ]) {
    fs.writeFileSync(at("other"), text, { mode: 0o600 });
    const ran = runBare("init", "--vault", at("new.vault"), "--passphrase-file", at("other"));
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(`[${code}]`)]);
  }
  expect(fs.existsSync(at("new.vault"))).toBe(false);
});

test("the passphrase comes through a file descriptor too", () => {
  const handle = fs.openSync(at("pass"), "r");
  const ran = spawnSync(
    process.execPath,
    [CLI, "vault", "status", "--vault", at("a.vault"), "--passphrase-fd", "3", "--json"],
    {
      stdio: ["ignore", "pipe", "pipe", handle],
      encoding: "utf8",
    },
  );
  fs.closeSync(handle);
  expect(ran.status, ran.stderr).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    kind: "vault",
    devices: [{ id: ID, generation: 1 }],
    auditIntact: true,
  });
  const closed = runBare("status", "--vault", at("a.vault"), "--passphrase-fd", "9");
  expect([closed.code, closed.err]).toEqual([2, expect.stringContaining("[cli.cannot-read]")]);
});

test("without a terminal and without a file it asks nobody, and says what to do", () => {
  // setsid takes the terminal away, where the test has one.
  const ran = spawnSync("setsid", ["-w", process.execPath, CLI, "vault", "status", "--vault", at("a.vault")], {
    encoding: "utf8",
    input: "",
  });
  expect([ran.status, ran.stderr]).toEqual([
    2,
    expect.stringMatching(/\[vault\.no-terminal\]\nhint: .*--passphrase-file/),
  ]);
});

test("a vault that is not there is told of before anyone is asked for its passphrase", () => {
  expect(runBare("status", "--vault", at("none.vault"))).toMatchObject({
    code: 2,
    err: expect.stringContaining("[cli.cannot-read]"),
  });
});

describe.skipIf(!SCRIPT)("at a terminal", () => {
  /** Types an answer at each question, at a pty as `script` of util-linux makes one. */
  async function typed(answers: string[], ...args: string[]): Promise<{ code: number | null; shown: string }> {
    const command = [process.execPath, CLI, "vault", ...args].join(" ");
    const env = { PATH: process.env.PATH, LANG: "C.UTF-8" };
    const child = spawn("script", ["-qec", command, "/dev/null"], { env, timeout: 30_000 });
    let shown = "";
    let asked = 0;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
      // Only where it has been asked: what is typed before, the terminal itself would echo.
      while (asked < answers.length && shown.split(": ").length > asked + 1) child.stdin.write(answers[asked++]);
    });
    const [code] = (await once(child, "close")) as [number | null];
    return { code, shown };
  }

  test("the passphrase is asked for, and not echoed", async () => {
    const { code, shown } = await typed([`${PASSPHRASE}\r`], "status", "--vault", at("a.vault"));
    expect(code, shown).toBe(0);
    expect(shown).toContain("Passphrase of the vault: ");
    expect(shown).toContain(`${ID}: generation 1`);
    expect(shown).not.toContain(PASSPHRASE);
  });

  test("what was mistyped is taken back, and a wrong one is refused", async () => {
    const mended = `wrong\u0015${PASSPHRASE}x\u007f\r`;
    expect((await typed([mended], "status", "--vault", at("a.vault"))).code).toBe(0);
    const { code, shown } = await typed(["something else\r"], "status", "--vault", at("a.vault"));
    expect([code, shown]).toEqual([2, expect.stringContaining("[vault.wrong-passphrase]")]);
    expect((await typed(["half\u0003"], "status", "--vault", at("a.vault"))).shown).toContain("[vault.interrupted]");
  });

  test("a new one is asked for twice, and both must be the same", async () => {
    const [good, other] = ["a new long passphrase\r", "a new long passphrasf\r"];
    const differ = await typed([good, other], "init", "--vault", at("new.vault"));
    expect([differ.code, differ.shown]).toEqual([2, expect.stringContaining("[vault.passphrases-differ]")]);
    expect((await typed([good, good], "init", "--vault", at("new.vault"))).code).toBe(0);
    // Both in one piece, as a paste brings them.
    expect((await typed([good + good], "init", "--vault", at("two.vault"))).code).toBe(0);
    for (const name of ["new.vault", "two.vault"])
      expect(openVault(at(name), bytes("a new long passphrase")).look(({ audit }) => audit.length)).toBe(1);
  });
});

test("a wrong passphrase, a cut-off vault and no vault each have their code", () => {
  fs.writeFileSync(at("other"), "another passphrase\n", { mode: 0o600 });
  fs.writeFileSync(at("cut.vault"), fs.readFileSync(at("a.vault")).subarray(0, 100));
  for (const [code, file, pass] of [
    ["vault.wrong-passphrase", "a.vault", "other"],
    ["vault.damaged", "cut.vault", "pass"],
    ["vault.not-a-vault", "pass", "pass"],
    ["cli.cannot-read", "none.vault", "pass"],
    ["cli.cannot-read", "a.vault", "none"],
  ]) {
    const ran = runBare("status", "--vault", at(file), "--passphrase-file", at(pass));
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(`[${code}]`)]);
    expect(ran.out).toBe("");
  }
  expectNoSecretsSaid();
});

test("keys go into files of their owner's alone, written whole, and never over another without --force", () => {
  fs.writeFileSync(at("open.json"), "old", { mode: 0o644 });
  const exports = [
    ["export-centre"],
    ["export-station", "--device", ID, "OMB-000124"],
    ["export-field", "--device", ID, "--hours", "5"],
    ["rotate", "--device", ID],
    ["revoke", "--device", ID, "--assignment", "1"],
  ];
  for (const [i, args] of exports.entries()) {
    expect(run(...args, "-o", at("open.json"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("[cli.output-exists]"),
    });
    const made = run(...args, "-o", at(`${i}.json`));
    expect([made.code, made.err]).toEqual([0, expect.stringContaining(`wrote ${at(`${i}.json`)}`)]);
    expect(made.out).toBe("");
    expect(modeOf(`${i}.json`)).toBe(0o600);
  }
  expect(fs.readFileSync(at("open.json"), "utf8")).toBe("old");
  expect(run("export-centre", "-o", at("open.json"), "--force").code).toBe(0);
  expect(modeOf("open.json")).toBe(0o600);
  expect(json("0.json")).toMatchObject({ kind: "omamori.centre-keys", devices: [{ id: ID }] });
  expect(json("1.json")).toMatchObject({
    kind: "omamori.station-secrets",
    devices: [{ id: ID, generation: 1 }, { id: "OMB-000124" }],
  });
  expect(json("2.json")).toMatchObject({ kind: "omamori.field-key", device: ID, assignment: 1 });
  expect(fs.readdirSync(folder).filter((name) => /tmp|lock|new/.test(name))).toEqual([]);
  expectNoSecretsSaid();
});

test("keys are not shown: not on standard output, and never over the vault itself", () => {
  for (const [output, code] of [
    ["-", "vault.not-to-stdout"],
    [at("a.vault"), "cli.same-file"],
  ])
    expect(run("export-centre", "-o", output, "--force")).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining(`[${code}]`),
    });
  expect(run("export-centre")).toMatchObject({ code: 2, err: expect.stringContaining("[cli.missing-option]") });
});

test("what is refused is not recorded, and what is done is, with who did it", () => {
  run("export-station", "--device", "../x", "-o", at("s"));
  run("export-field", "--device", "OMB-9", "-o", at("f"));
  run("export-field", "--device", ID, "--hours", "73", "-o", at("f"));
  run("rotate", "-o", at("r"));
  run("rotate", "--device", ID, "--passphrase");
  run("revoke", "--device", ID, "-o", at("w"));
  expect(fs.readdirSync(folder).sort()).toEqual(["a.vault", "pass"]);
  expect(run("rotate", "--signing-key", "heads").code).toBe(0);
  expect(run("revoke", "--device", ID).code).toBe(0);
  const audit = run("status", "--audit", "--json")
    .out.trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(audit.map(({ what, device }) => `${what} ${device}`)).toEqual([
    "vault.init null",
    `vault.export-station ${ID}`,
    "vault.rotate-signing null",
    `vault.revoke-device ${ID}`,
    "vault.status null",
  ]);
  expect(audit.every(({ who, intact }) => who !== "" && intact === true)).toBe(true);
});

test("each use and each signing key is told in words, in both languages", () => {
  for (const args of [
    ["status"],
    ["export-public"],
    ["rotate", "--signing-key", "heads"],
    ["export-centre", "-o", at("c")],
  ])
    expect(run(...args).code).toBe(0);
  for (const lang of ["en", "ja"]) {
    const told = run("status", "--audit", "--lang", lang).out + run("status", "--lang", lang).out;
    expect(told).toMatch(
      lang === "en"
        ? /: keys went to the centre \[vault\.export-centre\]/
        : /センターに鍵を交付 \[vault\.export-centre\]/,
    );
    expect(told).not.toMatch(/use\.|role\.|\{\w*\}/);
  }
});

test("every use that a source records has its words", () => {
  const sources = fs
    .readdirSync(path.join(ROOT, "host"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"));
  const text = sources.map((name) => fs.readFileSync(path.join(ROOT, "host", name), "utf8")).join("\n");
  const uses = [
    ...text.matchAll(/(?:changeVault|recordUse)\(\w+, "([\w.-]+)"|appendAudit\([\w.]+, \{ what: "([\w.-]+)"/g),
  ].map(([, a, b]) => a ?? b);
  expect(uses.length).toBeGreaterThan(15);
  expect(uses.filter((what) => !(what in en) && !(`use.${what}` in en))).toEqual([]);
});

test("rotating the passphrase shuts the old one out", () => {
  fs.writeFileSync(at("next"), "another long passphrase", { mode: 0o600 });
  expect(run("rotate", "--passphrase", "--new-passphrase-file", at("next")).code).toBe(0);
  expect(run("status")).toMatchObject({ code: 2, err: expect.stringContaining("[vault.wrong-passphrase]") });
  expect(runBare("status", "--vault", at("a.vault"), "--passphrase-file", at("next")).code).toBe(0);
  expect(said).not.toContain("another long passphrase");
});

test("the passphrase that it has is no new one", () => {
  const same = run("rotate", "--passphrase", "--new-passphrase-file", at("pass"));
  expect(same).toMatchObject({ code: 2, err: expect.stringMatching(/\[vault\.same-passphrase\]\nhint: /) });
  expect(run("status").code).toBe(0);
});

test("what never ends, or is no file, is no vault, and nobody waits for it", () => {
  for (const file of ["/dev/zero", "/dev/null"])
    expect(runBare("status", "--vault", file, "--passphrase-file", at("pass"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("[vault.not-a-vault]"),
    });
});

test("a passphrase put behind an option where none belongs is not repeated", () => {
  for (const args of [[`--passphrase=${PASSPHRASE}`], ["--passphrase", PASSPHRASE], [PASSPHRASE]]) {
    expect(run("rotate", ...args)).toMatchObject({ code: 2, out: "" });
    expect(run("status", ...args)).toMatchObject({ code: 2, out: "" });
  }
  expect(said).not.toContain(PASSPHRASE);
});

test("a passphrase file that others can read is used, with a warning", () => {
  fs.writeFileSync(at("open"), `${PASSPHRASE}\n`);
  fs.chmodSync(at("open"), 0o644);
  const ran = runBare("status", "--vault", at("a.vault"), "--passphrase-file", at("open"));
  expect([ran.code, ran.err]).toEqual([0, expect.stringContaining("[vault.open-file]")]);
});

test("public keys go to standard output or into a file, and no vault is needed to use them", () => {
  const { out, code } = run("export-public");
  expect(code).toBe(0);
  expect(readPublicKeys(out, "stdin").map(({ role }) => role)).toEqual(["orders", "releases", "heads"]);
  expect(run("export-public", "-o", at("keys.json")).code).toBe(0);
  expect(fs.readFileSync(at("keys.json"), "utf8")).toBe(out);
  expectNoSecretsSaid();
});

test("every command has help with examples, in both languages", () => {
  for (const name of [
    "init",
    "status",
    "rotate",
    "export-centre",
    "export-station",
    "export-field",
    "export-public",
    "revoke",
  ])
    for (const [lang, word] of [
      ["en", "Examples:"],
      ["ja", "例"],
    ]) {
      const { code, out } = runBare(name, "--help", "--lang", lang);
      expect([code, out]).toEqual([0, expect.stringContaining(word)]);
      expect(out).toContain(`omamori vault ${name}`);
    }
});
