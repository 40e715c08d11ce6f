import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import vm from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleForEspruino } from "../../host/build/espruino/bundle.ts";
import { UPLINK_CONTEXT } from "../../protocol/cose/contexts.ts";
import { openMessage } from "../../protocol/cose/message.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { createEspruinoContext } from "../../simulator/engines/bundle-globals.ts";
import { ROOT } from "../shared.ts";
import { counting, hex } from "./implementations.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "omamori-seals-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A device bundle of these lines, which may import from the checkout. */
async function bundleOf(lines: string): Promise<string> {
  const entry = path.join(folder, "entry.js");
  writeFileSync(entry, lines.replaceAll('from "', `from "${ROOT}/`));
  return (await bundleForEspruino(entry, ROOT)).code;
}

const SEALING = `
import { createSoftCrypto } from "firmware/lib/soft-crypto.ts";
import { UPLINK_CONTEXT } from "protocol/cose/contexts.ts";
import { createSealer, openMessage, sealMessage } from "protocol/cose/message.ts";
const crypto = createSoftCrypto();
const key = new Uint8Array(32);
for (let i = 0; i < 32; i++) key[i] = i;
const sealed = sealMessage(createSealer(crypto, key, key.subarray(16)), key, UPLINK_CONTEXT);
const opened = openMessage(crypto, key, sealed.bytes, UPLINK_CONTEXT);
global["sealed"] = sealed.bytes.join(" ");
global["opened"] = opened.plaintext.join(" ");
`;

test("what the device's bundle seals, in the device's world and with its own arithmetic, the host opens", async () => {
  const context = createEspruinoContext();
  vm.runInContext(await bundleOf(SEALING), context);
  const said = (name: string) => Uint8Array.from((vm.runInContext(name, context) as string).split(" ").map(Number));
  expect(hex(said("opened"))).toBe(hex(counting(32)));
  expect(openMessage(createNodeCrypto(), counting(32), said("sealed"), UPLINK_CONTEXT)).toMatchObject({
    ok: true,
    plaintext: counting(32),
    counter: 0,
  });
});

test("AES, SHA-256 and HMAC take at most 3 KB of the bundle", async () => {
  const code = await bundleOf(`
    import { createSoftCrypto } from "firmware/lib/soft-crypto.ts";
    global["crypto"] = createSoftCrypto();
  `);
  expect(code.length).toBeLessThan(3 * 1024);
});
