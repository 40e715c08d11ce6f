import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeAll, beforeEach } from "vitest";
import { exportForStation } from "../../host/vault/devices.ts";
import { publicKeysText } from "../../host/vault/public-keys.ts";
import { createVault, publicKeys } from "../../host/vault/vault.ts";
import { omamori, type Ran } from "../cli/cli.ts";
import { ORDER_YAML, ZONES_JSON } from "./order-yaml.ts";

/** A key holder's folder, new for each test: a vault with two devices, an order, its zones, the public keys. */

export const PASSPHRASE = "six words that nobody would guess";
export const DEVICE = "OMB-000123";
export const WITH_VAULT = ["--passphrase-file", "pass"];
export const TWO = ["--requested-by", "A. Sato", "--agreed-by", "K. Mori", "--reason", "case 17"];

export interface Desk {
  cwd: string;
}

/** In every test of the file. */
export function useDesk(): Desk {
  const desk = { cwd: "" };
  let vaultBytes: Uint8Array;
  let keysText: string;
  const newFolder = () => mkdtempSync(path.join(tmpdir(), "omamori-orders-"));
  beforeAll(() => {
    const folder = newFolder();
    const vault = createVault(path.join(folder, "v"), new TextEncoder().encode(PASSPHRASE), { logN: 10 });
    exportForStation(vault, [DEVICE, "OMB-000124"]);
    keysText = publicKeysText(publicKeys(vault));
    vaultBytes = readFileSync(path.join(folder, "v"));
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    desk.cwd = newFolder();
    writeFileSync(path.join(desk.cwd, "omamori.vault"), vaultBytes);
    writeFileSync(path.join(desk.cwd, "pass"), `${PASSPHRASE}\n`, { mode: 0o600 });
    chmodSync(path.join(desk.cwd, "pass"), 0o600);
    put(desk, "order.yaml", ORDER_YAML);
    put(desk, "zones.geojson", ZONES_JSON);
    put(desk, "keys.json", keysText);
  });
  afterEach(() => rmSync(desk.cwd, { recursive: true }));
  return desk;
}

export function put({ cwd }: Desk, name: string, text: string): void {
  writeFileSync(path.join(cwd, name), text);
}

export function fileOf({ cwd }: Desk, name: string): Buffer {
  return readFileSync(path.join(cwd, name));
}

/** `omamori order …` in the folder. */
export function order({ cwd }: Desk, ...args: string[]): Ran {
  return omamori(["order", ...args], { cwd });
}

export function seal(desk: Desk, ...more: string[]): Ran {
  return order(desk, "seal", "order.yaml", "--device", DEVICE, ...WITH_VAULT, ...more);
}

/** From `1.sealed` to `2.sealed`, unasked. */
export function amend(desk: Desk, ...more: string[]): Ran {
  const from = ["amend", "order.yaml", "--device", DEVICE, "--last", "1.sealed"];
  return order(desk, ...from, "--yes", ...WITH_VAULT, "-o", "2.sealed", ...more);
}

export function end(desk: Desk, ...more: string[]): Ran {
  return order(desk, "end", "--device", DEVICE, ...TWO, ...WITH_VAULT, ...more);
}

export function putRequest(desk: Desk, name: string, more: object = {}): void {
  const request = {
    id: "r-1",
    order: "2026-17",
    device: DEVICE,
    change: { kind: "remove", zone: "school" },
    requestedBy: "A. Sato",
    at: "2026-11-25T10:00:00+09:00",
    reason: "the school has moved",
  };
  put(desk, name, JSON.stringify({ ...request, ...more }));
}
