import type { Bracelet } from "../../firmware/bracelet/device.ts";
import * as image from "../../firmware/bracelet/image.ts";
import { openJournal, readRecords } from "../../firmware/journal/ring.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { readTextBetween } from "../../protocol/cbor/items.ts";
import { createReader } from "../../protocol/cbor/reader.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { FINDING, type JournalRecord } from "../../protocol/journal/record.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import type { BraceletEngine, StartEngine } from "../../simulator/engines/engine.ts";
import { startImage } from "../../simulator/engines/node.ts";
import {
  type BoardOptions,
  blankBoard,
  boardMap,
  bootBoard,
  type Cells,
  chipsOf,
  type Outside,
  prepareBoard,
} from "../../simulator/hardware/board.ts";
import { sealSimulatedOrder } from "../../simulator/world/provision.ts";
import { orderOf } from "../samples.ts";

/** Without a modem, and with a journal of sixteen blocks. */
export const BOARD: BoardOptions = { seed: 1, journalBytes: 65_536, hasModem: false };

/** As a station and a field unit hand it over: with keys, and with an order that is in force if there are zones. */
export function boardWith(zones: Zone[] | undefined, options = BOARD): Cells {
  const cells = blankBoard(options);
  const sealed = zones && sealSimulatedOrder(orderOf(zones), 1, createNodeCrypto(), options.seed);
  prepareBoard(cells, options, sealed);
  return cells;
}

/** Power on, with a hold on the bracelet itself. */
export function bootHeld(
  cells: Cells,
  outside: Outside,
  boot: number,
  options = BOARD,
): { bracelet: Bracelet; engine: BraceletEngine } {
  let bracelet: Bracelet | undefined;
  const startBracelet: typeof image.startBracelet = (...given) => {
    bracelet = image.startBracelet(...given);
    return bracelet;
  };
  const startHeld: StartEngine = (...given) => startImage({ ...image, startBracelet }, ...given);
  const engine = bootBoard(cells, options, startHeld, outside, boot);
  if (bracelet === undefined) throw new Error("nothing was started");
  return { bracelet, engine };
}

/** What its journal holds, read from copies: a reader that opens it is a boot to the ratchet. */
export function recordsIn(cells: Cells, options = BOARD): JournalRecord[] {
  const { bulk, onChip } = chipsOf({ bulk: cells.bulk.slice(), onChip: cells.onChip.slice() }, {});
  const { journalAddress, journalBytes } = boardMap(options);
  const secrets = openSecrets(onChip, 0, cells.onChip.length);
  const { journal } = openJournal(bulk, journalAddress, journalBytes, secrets, createNodeCrypto());
  const records: JournalRecord[] = [];
  readRecords(journal, 1, (record) => records.push(record) > 0);
  return records;
}

/** Codes of all that was refused or found amiss. */
export function findingsIn(cells: Cells, options = BOARD): string[] {
  return recordsIn(cells, options).flatMap(({ kind, body }) =>
    kind === FINDING ? [readTextBetween(createReader(body, 0, true), 1, 64)] : [],
  );
}
