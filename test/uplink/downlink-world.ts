import type { Secrets } from "../../firmware/ports/secrets.ts";
import { SLOT_DEVICE, SLOT_KEY } from "../../firmware/secrets/slots.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import {
  type Command,
  type Inbox,
  openDownlink,
  openInbox,
  settle,
  type Taken,
} from "../../firmware/uplink/downlink.ts";
import { bytesOf } from "../../protocol/bytes.ts";
import { LEASE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_DOWNLINK, PURPOSE_LEASE } from "../../protocol/cose/keys.ts";
import { sealMac0 } from "../../protocol/cose/mac0.ts";
import { createSealer } from "../../protocol/cose/message.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import {
  type Downlink,
  decodeReceipt,
  encodeLease,
  type Lease,
  type Receipt,
  sealDownlink,
} from "../../protocol/index.ts";
import {
  apply,
  blankCells,
  Chip,
  type Model,
  type Moment,
  type Operation,
  PowerCut,
  tear,
} from "../../simulator/faults/power-cut.ts";
import { seededRandom } from "../../simulator/world/random.ts";

export const crypto = createNodeCrypto();
export const DEVICE = "OMB-000123";
export const DOWNLINK_KEY = new Uint8Array(32).fill(5);
export const LEASE_KEY = new Uint8Array(32).fill(6);
export const SALT = new Uint8Array(16).fill(0x5a);
const PAGE = 1024;

export const LEASE: Lease = {
  number: 1,
  untilMs: 1_800_000_000_000,
  latE7: 356_810_000,
  lonE7: 1_397_670_000,
  radiusM: 200,
};

export function sealLease(lease: Lease, key = LEASE_KEY): Uint8Array {
  const written = encodeLease(lease);
  if (!written.ok) throw new Error(written.reason);
  return sealMac0(crypto, key, written.bytes, LEASE_CONTEXT);
}

export function message(counter: number, kind: Downlink["kind"], numbers: number[] = [], bytes?: Uint8Array): Downlink {
  return { device: DEVICE, counter, kind, numbers, bytes };
}

/** The centre's side: one start of it, one salt. */
export function createCentre(key = DOWNLINK_KEY, salt = 1): (message: Downlink) => Uint8Array {
  const sealer = createSealer(crypto, key, new Uint8Array(16).fill(salt));
  return (what) => {
    const sealed = sealDownlink(sealer, what);
    if (!sealed.ok) throw new Error(sealed.reason);
    return sealed.bytes;
  };
}

/** Where the power goes: at which operation of flash, journal or action, and how that is left. */
export interface Cut {
  at: number;
  moment: Moment;
  model: Model;
}

/** A device that takes downlinks: secrets in on-chip flash, a journal and actions of one operation each. */
export class DownlinkWorld {
  readonly cells = blankCells(2 * PAGE);
  readonly journal: Receipt[] = [];
  /** Counters of what was carried out, in order. */
  readonly done: Command[] = [];
  readonly told: Receipt[] = [];
  operations = 0;
  cut: Cut | undefined;
  /** The journal takes nothing. */
  isFull = false;
  nowMs = 1_700_000_000_000;
  secrets: Secrets;
  inbox: Inbox;
  /** What became of a command; overridden by a test. */
  outcome: (command: Command) => string = () => "done";

  constructor() {
    const secrets = openSecrets(new Chip(this.cells, PAGE), 0, 2 * PAGE);
    secrets.write(SLOT_DEVICE, bytesOf(DEVICE));
    secrets.write(SLOT_KEY + PURPOSE_DOWNLINK, DOWNLINK_KEY);
    secrets.write(SLOT_KEY + PURPOSE_LEASE, LEASE_KEY);
    this.secrets = secrets;
    this.inbox = openInbox(secrets, crypto, () => true);
    this.boot();
  }

  boot(): void {
    this.cut = undefined;
    const chip = new Chip(this.cells, PAGE, (address, bytes) => this.flashOperation({ chip: 0, address, bytes }));
    this.secrets = openSecrets(chip, 0, 2 * PAGE);
    this.inbox = openInbox(this.secrets, crypto, (body) => {
      if (this.isFull) return false;
      this.operate(() => {
        const read = decodeReceipt(body);
        if (!read.ok) throw new Error(read.reason);
        this.journal.push(read.value);
      });
      return true;
    });
    this.inbox.salt = SALT;
  }

  /** As the shell does. */
  take(bytes: Uint8Array): Taken {
    const taken = openDownlink(this.inbox, bytes, this.nowMs);
    if (taken.kind === "receipt") this.told.push(taken.receipt);
    if (taken.kind !== "command") return taken;
    let outcome = "";
    this.operate(() => {
      outcome = this.outcome(taken.command);
      this.done.push(taken.command);
    });
    const receipt = settle(this.inbox, taken.command, outcome, 0, this.nowMs);
    if (receipt !== undefined) this.told.push(receipt);
    return taken;
  }

  private operate(what: () => void): void {
    const isCut = this.cut?.at === this.operations;
    this.operations += 1;
    if (!isCut || this.cut?.moment === "after") what();
    if (isCut) throw new PowerCut("power");
  }

  private flashOperation(operation: Operation): void {
    const { cut } = this;
    const isCut = cut?.at === this.operations;
    this.operations += 1;
    if (!isCut || cut === undefined) return;
    if (cut.moment === "after") apply(this.cells, operation, PAGE);
    if (cut.moment === "middle") tear(this.cells, operation, PAGE, cut.model, seededRandom(cut.at, cut.model));
    throw new PowerCut("power");
  }
}
