import { ToolError } from "../../protocol/errors.ts";
import { changeVault, type Vault } from "../vault/vault.ts";

/**
 * A device's orders are numbered by the vault's audit: every order, amendment, signed request and end is a line in it, written
 * before the seal is made, so no number is ever given twice, not even where the work failed after it.
 */
const SEALINGS = ["order.seal", "order.amend", "order.sign", "order.end"] as const;
export type Sealing = (typeof SEALINGS)[number];

interface Line {
  what: string;
  device: string | undefined;
}

/** The next number of the device, durable on return. `latest`: that of the order this one is made from, else `order.not-latest`. */
export function drawCounter(vault: Vault, what: Sealing, device: string, latest?: number): number {
  return changeVault(vault, what, device, ({ audit }) => {
    const used = countOf(audit, device);
    if (latest !== undefined && latest !== used)
      throw new ToolError("order.not-latest", { device, counter: latest, used });
    return used + 1;
  });
}

function countOf(audit: readonly Line[], device: string): number {
  return audit.filter((line) => line.device === device && SEALINGS.some((what) => what === line.what)).length;
}
