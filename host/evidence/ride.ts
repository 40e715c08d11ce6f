import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import type { ImageItem } from "../../protocol/evidence/bundle.ts";
import type { SealedRecord } from "../../protocol/evidence/commitment.ts";
import { readJournalFile } from "../../protocol/evidence/journal-file.ts";
import { ENGINE_ESPRUINO } from "../../protocol/messages/image.ts";
import type { Order } from "../../protocol/messages/order.ts";
import type { StartEngine } from "../../simulator/engines/engine.ts";
import { startNodeEngine } from "../../simulator/engines/node.ts";
import { replay } from "../../simulator/replay/replay.ts";
import type { Trace } from "../../simulator/traces/trace.ts";
import type { SimulatedOrder } from "../../simulator/world/provision.ts";
import { signReleaseList } from "./releases.ts";

/**
 * What a simulated bracelet has in its journal after a ride, read from its flash; `seed` gives its keys. `sealed`: the order as it was
 * sealed, where the journal must name that very one.
 */
export function recordRide(trace: Trace, order: Order, seed: number, sealed?: SimulatedOrder): SealedRecord[] {
  let ring: (() => Uint8Array) | undefined;
  const startEngine: StartEngine = (ports, board, onEffect) => {
    ring = () => {
      const bytes = new Uint8Array(board.journalBytes);
      ports.flash.read(board.journalAddress, bytes, bytes.length);
      return bytes;
    };
    return startNodeEngine(ports, board, onEffect);
  };
  replay(trace, { order, startEngine, receiver: "realistic", seed, ...(sealed && { sealed }) });
  return readJournalFile(ring?.() ?? new Uint8Array(0), trace.file);
}

/** The replay program lies beside the command line in dist/; in a checkout that was not built there is none. */
export function replayProgram(): Uint8Array {
  const file = fileURLToPath(new URL("../firmware/bracelet.replay.js", import.meta.url));
  return existsSync(file) ? Uint8Array.from(readFileSync(file)) : new Uint8Array(0);
}

/** The program with a release list that has it. */
export function releasedImage(code: Uint8Array, key: KeyObject, atMs: number): ImageItem {
  if (code.length === 0) return { version: "", code, releases: new Uint8Array(0) };
  const version = { major: 0, minor: 1, revision: 0, build: 0 };
  const artefact = { board: "xiao-ble", engine: ENGINE_ESPRUINO, elf: new Uint8Array(0), hash: new Uint8Array(32) };
  const release = { version, source: createNodeCrypto().sha256(code), rollback: 1, artefacts: [artefact] };
  return { version: "0.1.0", code, releases: signReleaseList({ number: 1, atMs, releases: [release] }, key) };
}
