import type { Board, Ports } from "../../firmware/bracelet/device.ts";
import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { Flash } from "../../firmware/ports/flash.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { writeKept } from "../../firmware/time/kept.ts";
import { createTime, takeSealedTime } from "../../firmware/time/trusted.ts";
import type { Crypto } from "../../protocol/cose/crypto.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { ORDER_PLACE_BYTES } from "../../protocol/limits.ts";
import { ENGINE_ESPRUINO, IMAGE_SLOT_BYTES } from "../../protocol/messages/image.ts";
import { modemScript } from "../../protocol/modem-script.ts";
import type { BraceletEngine, StartEngine } from "../engines/engine.ts";
import { blankCells, Chip } from "../faults/power-cut.ts";
import { installSimulated, provisionSimulated, SIMULATED_DEVICE, type SimulatedOrder } from "../world/provision.ts";
import { seededRandom } from "../world/random.ts";

export const ERASE_BYTES = 4096;
/** Pages on the chip, of 4 KiB each. */
const SECRETS_PAGES = 4;
export const UPLINK_TOPIC = `omamori/up/${SIMULATED_DEVICE}`;
export const DOWNLINK_TOPIC = `omamori/down/${SIMULATED_DEVICE}`;

/** Which chip an operation was on. */
export const BULK = 0;
export const ON_CHIP = 1;

/** All that outlasts a loss of power. */
export interface Cells {
  bulk: Uint8Array;
  onChip: Uint8Array;
}

export interface BoardOptions {
  seed: number;
  journalBytes: number;
  /** Whether it has a modem with a way to the centre. */
  hasModem: boolean;
  onOperation?: (chip: number, address: number, bytes: Uint8Array | undefined) => void;
}

/** What goes out of a board while it runs. */
export interface Outside {
  nowMs: () => number;
  gnss: (bytes: Uint8Array) => void;
  modem?: (bytes: Uint8Array) => void;
  modemKey?: (down: boolean) => void;
  usb?: (bytes: Uint8Array) => void;
  reset?: () => void;
  log?: (line: string) => void;
  /** Whether the source of chance gives any. */
  chance?: () => boolean;
  onEffect: (effect: Effect) => void;
}

/** Where everything lies in the bulk flash: two orders, three images, the journal. */
export function boardMap(options: BoardOptions): Board {
  const imagesAddress = 2 * ORDER_PLACE_BYTES;
  return {
    ordersAddress: 0,
    imagesAddress,
    journalAddress: imagesAddress + 3 * IMAGE_SLOT_BYTES,
    journalBytes: options.journalBytes,
    target: { board: "simulated", engine: ENGINE_ESPRUINO, elf: new Uint8Array(0) },
    about: "omamori-bracelet simulated",
    imageHash: new Uint8Array(0),
    clockKept: true,
    clockErrorMs: 0,
    modemScript: options.hasModem ? scriptOf() : "",
    uplinkTopic: options.hasModem ? UPLINK_TOPIC : "",
  };
}

function scriptOf(): string {
  const script = modemScript({
    apn: "omamori",
    host: "centre.test",
    port: 8883,
    clientId: SIMULATED_DEVICE,
    downlinkTopic: DOWNLINK_TOPIC,
    keepAliveS: 400,
    tau: "00100001",
    activeTime: "00000101",
    edrx: "0010",
    caFile: "ca.pem",
    certificateFile: "device.pem",
    keyFile: "device.key",
  });
  if (script === undefined) throw new Error("modem script");
  return script;
}

export function blankBoard(options: BoardOptions): Cells {
  const map = boardMap(options);
  return {
    bulk: blankCells(map.journalAddress + map.journalBytes),
    onChip: blankCells(SECRETS_PAGES * ERASE_BYTES),
  };
}

export function chipsOf(cells: Cells, options: Pick<BoardOptions, "onOperation">) {
  const on = options.onOperation ?? (() => {});
  const bulk = new Chip(cells.bulk, ERASE_BYTES, (address, bytes) => on(BULK, address, bytes));
  const onChip = new Chip(cells.onChip, ERASE_BYTES, (address, bytes) => on(ON_CHIP, address, bytes));
  return { bulk, onChip };
}

/** Keys, the time and, if there is one, the first order: what a station and a field unit do. Without a time its clock is nobody's word. */
export function prepareBoard(
  cells: Cells,
  options: BoardOptions,
  order: SimulatedOrder | undefined,
  nowMs?: number,
): void {
  const crypto = createNodeCrypto();
  const { bulk, onChip } = chipsOf(cells, {});
  const secrets = openSecrets(onChip, 0, cells.onChip.length);
  provisionSimulated(secrets, crypto, options.seed);
  if (nowMs !== undefined) {
    const time = createTime();
    takeSealedTime(time, nowMs, 0, nowMs);
    writeKept(secrets, time, nowMs);
  }
  if (order !== undefined) installSimulated(bulk, boardMap(options).ordersAddress, secrets, crypto, order);
}

/** The port alone, not the chip behind it: the bundle's context is handed own members, and a chip's cells are none of its. */
function portOf(chip: Flash): Flash {
  return {
    sizeBytes: chip.sizeBytes,
    eraseBytes: chip.eraseBytes,
    read: (address, into, length) => chip.read(address, into, length),
    program: (address, bytes) => chip.program(address, bytes),
    erase: (address) => chip.erase(address),
  };
}

/** Power on. `boot` counts boots, so that no two draw the same random bytes. */
export function bootBoard(
  cells: Cells,
  options: BoardOptions,
  startEngine: StartEngine,
  outside: Outside,
  boot: number,
  changes: Partial<Board> = {},
): BraceletEngine {
  const { bulk, onChip } = chipsOf(cells, options);
  const random = seededRandom(options.seed, `board ${boot}`);
  const crypto: Crypto = createNodeCrypto();
  const ports: Ports = {
    clock: { nowMs: outside.nowMs },
    gnss: { write: outside.gnss },
    modem: { write: outside.modem ?? (() => {}) },
    modemKey: { press: outside.modemKey ?? (() => {}) },
    usb: { write: outside.usb ?? (() => {}) },
    power: { reset: outside.reset ?? (() => {}) },
    flash: portOf(bulk),
    secrets: openSecrets(onChip, 0, cells.onChip.length),
    crypto,
    random: {
      fill(into) {
        if (outside.chance?.() === false) return false;
        for (let i = 0; i < into.length; i++) into[i] = Math.floor(random() * 256);
        return true;
      },
    },
    log: { line: outside.log ?? (() => {}) },
  };
  return startEngine(ports, { ...boardMap(options), ...changes }, outside.onEffect);
}
