import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  createErrands,
  type Errand,
  type ErrandDone,
  FILE_LIMIT_BYTES,
  startErrand,
  takeErrandBytes,
} from "../../firmware/uplink/modem-files.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { scriptedBroker } from "../../simulator/hardware/modem-bg9x/scripted-broker.ts";
import { createModemBg9x, type ModemBg9x } from "../../simulator/hardware/modem-bg9x.ts";

const FILE = Uint8Array.from({ length: 1_801 }, (_, i) => (i * 7) & 255);
const NOTHING = new Uint8Array();

function bench(iccid: string | undefined = "8981100005112345678"): ModemBg9x {
  const modem = createModemBg9x({ network: scriptedBroker().network, iccid });
  modem.key(true, 0);
  modem.key(false, 600);
  for (let i = 0; i < 6; i++) modem.take();
  expect(modem.power()).toBe("on");
  return modem;
}

function run(modem: ModemBg9x, errand: Errand, hear = (bytes: Uint8Array) => bytes): ErrandDone {
  const errands = createErrands(createNodeCrypto());
  let nowMs = 10_000;
  let turn = startErrand(errands, errand, nowMs);
  for (let i = 0; i < 10_000; i++) {
    if (turn.done !== undefined) return turn.done;
    if (turn.write !== undefined) modem.hear(turn.write, nowMs);
    nowMs = Math.min(Math.max(nowMs, modem.nextMs()), errands.untilMs);
    turn = takeErrandBytes(errands, modem.nextMs() <= nowMs ? hear(modem.take()) : NOTHING, nowMs);
  }
  throw new Error("the errand does not end");
}

test("the modem says who it is, with echo on, and which card it has", () => {
  expect(run(bench(), { kind: "imei" })).toEqual({ ok: true, found: "867698040000017" });
  expect(run(bench(), { kind: "iccid" })).toEqual({ ok: true, found: "8981100005112345678" });
  expect(run(bench(""), { kind: "imei" }).ok).toBe(true);
});

test("a file is put, over an older one too, and its hash is that of what was put", () => {
  const modem = bench();
  modem.files.set("ca.pem", Uint8Array.of(1, 2, 3));
  for (const name of ["ca.pem", "device.key"]) {
    expect(run(modem, { kind: "put", name, bytes: FILE })).toEqual({ ok: true, found: "" });
    expect(modem.files.get(name)).toEqual(FILE);
    const hash = new Uint8Array(createHash("sha256").update(FILE).digest());
    expect(run(modem, { kind: "hash", name })).toEqual({ ok: true, found: hash });
  }
});

test("a file that holds what the modem says elsewhere is hashed like any other", () => {
  const modem = bench();
  const bytes = Uint8Array.from(Buffer.from('\r\nOK\r\n+QFDWL: 3,0\r\nERROR\r\n+QMTRECV: 0,1,"t",9,"'));
  modem.files.set("a", bytes);
  const hash = new Uint8Array(createHash("sha256").update(bytes).digest());
  expect(run(modem, { kind: "hash", name: "a" })).toEqual({ ok: true, found: hash });
});

test("what goes wrong has a name", () => {
  const modem = bench();
  expect(run(modem, { kind: "hash", name: "none" })).toEqual({ ok: false, reason: "modem.no-file" });
  modem.files.set("big", new Uint8Array(FILE_LIMIT_BYTES + 1));
  expect(run(modem, { kind: "hash", name: "big" })).toEqual({ ok: false, reason: "modem.file-too-long" });
  const long = new Uint8Array(FILE_LIMIT_BYTES + 1);
  expect(run(modem, { kind: "put", name: "x", bytes: long })).toEqual({ ok: false, reason: "modem.file-too-long" });
  expect(run(bench(), { kind: "imei" }, () => NOTHING)).toEqual({ ok: false, reason: "modem.silent" });
});

test("a file that arrived otherwise than it left is not taken for it", () => {
  const changed = (bytes: Uint8Array) =>
    Buffer.from(
      Buffer.from(bytes)
        .toString("latin1")
        .replace(/\+QFUPL: (\d+),\w+/, "+QFUPL: $1,1"),
      "latin1",
    );
  const done = run(bench(), { kind: "put", name: "a", bytes: FILE }, changed);
  expect(done).toEqual({ ok: false, reason: "modem.file-differs" });
});
