import type { Effect } from "../../firmware/bracelet/effects.ts";
import type { BraceletEvent } from "../../firmware/bracelet/events.ts";
import { BUFFER_BYTES } from "../../firmware/management/os.ts";
import { openSecrets } from "../../firmware/secrets/store.ts";
import { type Booted, bootImage } from "../../firmware/update/loader.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { IMAGE_MOST_BYTES } from "../../protocol/messages/image.ts";
import type { Order } from "../../protocol/messages/order.ts";
import { createDeframer, deframe, frameMessage } from "../../protocol/smp/serial.ts";
import type { BraceletEngine, StartEngine } from "../engines/engine.ts";
import { startNodeEngine } from "../engines/node.ts";
import {
  type BoardOptions,
  blankBoard,
  boardMap,
  bootBoard,
  type Cells,
  chipsOf,
  DOWNLINK_TOPIC,
  prepareBoard,
} from "../hardware/board.ts";
import { createReceiver, type GnssReceiver, type ReceiverModel } from "../hardware/gnss-receiver.ts";
import type { ModemFaults } from "../hardware/modem-bg9x/faults.ts";
import { type ScriptedBroker, scriptedBroker } from "../hardware/modem-bg9x/scripted-broker.ts";
import { createModemBg9x, type ModemBg9x } from "../hardware/modem-bg9x.ts";
import { type MotionChange, senseMotion } from "../hardware/motion-sensor.ts";
import { Centre, type SimulatedImage } from "./centre.ts";
import type { Path } from "./path.ts";
import { sealSimulatedOrder } from "./provision.ts";

export interface WorldOptions {
  path: Path;
  /** In force from the start; its counter is 1. */
  order?: Order;
  seed?: number;
  receiver?: ReceiverModel;
  journalBytes?: number;
  faults?: Partial<ModemFaults>;
  /** In primary, as the factory leaves it: then every boot goes through the loader. */
  image?: SimulatedImage & { file: Uint8Array };
  startEngine?: StartEngine;
  /** Every flash operation, before it is done. */
  onOperation?: BoardOptions["onOperation"];
}

/** What the board senses, by itself and again at each boot. */
interface Senses {
  strap: boolean;
  enclosure: boolean;
  percent: number;
}

/**
 * One bracelet in virtual time, whole: path, receiver, motion sensor, modem, broker, centre, USB, and the hand that cuts the
 * strap or the power. `at` puts happenings in; `run` lets time pass.
 */
export class BraceletWorld {
  nowMs: number;
  readonly options: BoardOptions;
  readonly cells: Cells;
  readonly broker: ScriptedBroker = scriptedBroker();
  readonly centre: Centre;
  readonly effects: { atMs: number; effect: Effect }[] = [];
  readonly log: { atMs: number; line: string }[] = [];
  readonly bootsMs: number[] = [];
  /** What the loader said at each boot. */
  readonly booted: Booted[] = [];
  modem: ModemBg9x;
  engine: BraceletEngine | undefined;
  /** Instants at which an epoch of the receiver was passed on: sampling. */
  readonly epochsMs: number[] = [];
  private readonly gnss: GnssReceiver;
  private readonly motions: MotionChange[];
  private nextMotion = 0;
  private readonly happenings: { atMs: number; run: () => void }[] = [];
  private readonly senses: Senses = { strap: true, enclosure: true, percent: 90 };
  private readonly faults: Partial<ModemFaults> | undefined;
  private readonly startEngine: StartEngine;
  private readonly hasImage: boolean;
  /** Whether the source of chance gives any. */
  hasChance = true;
  private covered = true;
  /** The device's clock is behind UTC by so much: it began at nothing when it last lost its power. */
  private behindMs = 0;
  private seen = 0;
  private isReset = false;
  private usbSaid: number[] = [];

  constructor(given: WorldOptions) {
    const seed = given.seed ?? 1;
    this.options = {
      seed,
      journalBytes: given.journalBytes ?? 256 * 1024,
      hasModem: true,
      onOperation: given.onOperation,
    };
    this.nowMs = given.path.timeMs[0];
    this.gnss = createReceiver(given.path, given.receiver ?? "ideal", seed);
    this.motions = senseMotion(given.path, seed);
    this.faults = given.faults;
    this.startEngine = given.startEngine ?? startNodeEngine;
    this.centre = new Centre(seed, (bytes) => this.broker.send(DOWNLINK_TOPIC, bytes));
    this.cells = blankBoard(this.options);
    const order = given.order;
    const sealed = order === undefined ? undefined : sealSimulatedOrder(order, 1, createNodeCrypto(), seed);
    prepareBoard(this.cells, this.options, sealed, this.nowMs);
    this.hasImage = given.image !== undefined;
    if (given.image !== undefined) this.putImage(given.image);
    this.modem = this.newModem();
  }

  /** As the factory flashes it; the loader runs once, and has its second copy. */
  private putImage({ file, sealed }: { file: Uint8Array; sealed: Uint8Array }): void {
    const { bulk } = this.cells;
    const at = boardMap(this.options).imagesAddress;
    bulk.set(file, at);
    bulk.set([sealed.length >> 8, sealed.length & 255], at + IMAGE_MOST_BYTES);
    bulk.set(sealed, at + IMAGE_MOST_BYTES + 2);
    loadImage(this.cells, { ...this.options, onOperation: undefined });
  }

  private newModem(): ModemBg9x {
    const modem = createModemBg9x({ network: this.broker.network, utcMs: (nowMs) => nowMs, faults: this.faults });
    if (!this.covered) modem.cover(false, this.nowMs);
    return modem;
  }

  /** Puts a happening in. At one instant they come in the order in which they were put in. */
  at(atMs: number, run: (world: BraceletWorld) => void): this {
    this.happenings.push({ atMs, run: () => run(this) });
    this.happenings.sort((a, b) => a.atMs - b.atMs);
    return this;
  }

  /** Power on, through the loader where there is an image. `clockKept`: its clock ran on meanwhile. */
  powerOn(clockKept = true): void {
    if (!clockKept) this.behindMs = this.nowMs;
    this.bootsMs.push(this.nowMs);
    if (this.hasImage) this.booted.push(loadImage(this.cells, this.options));
    const outside = {
      nowMs: () => this.nowMs - this.behindMs,
      gnss: (bytes: Uint8Array) => this.gnss.hear(bytes, this.nowMs),
      modem: (bytes: Uint8Array) => this.modem.hear(bytes, this.nowMs),
      modemKey: (down: boolean) => this.modem.key(down, this.nowMs),
      usb: (bytes: Uint8Array) => this.usbSaid.push(...bytes),
      chance: () => this.hasChance,
      reset: () => {
        this.isReset = true;
      },
      log: (line: string) => this.log.push({ atMs: this.nowMs, line }),
      onEffect: (effect: Effect) => {
        this.effects.push({ atMs: this.nowMs, effect });
        if (effect.kind === "gnss.power") this.gnss.power(effect.on, this.nowMs);
      },
    };
    this.engine = bootBoard(this.cells, this.options, this.startEngine, outside, this.bootsMs.length, { clockKept });
    this.engine.sense({ kind: "strap", closed: this.senses.strap });
    this.engine.sense({ kind: "enclosure", closed: this.senses.enclosure });
    this.engine.sense({ kind: "battery", percent: this.senses.percent, charging: false });
  }

  /** The board alone starts anew: the modem has its own supply and goes on. */
  reboot(): void {
    this.stop();
    this.powerOn();
  }

  /** Board and modem are without power until `powerOn`. */
  powerOff(): void {
    this.stop();
    this.modem = this.newModem();
  }

  private stop(): void {
    this.isReset = false;
    this.engine = undefined;
    this.gnss.power(false, this.nowMs);
  }

  strap(closed: boolean): void {
    this.senses.strap = closed;
    this.sense({ kind: "strap", closed });
  }

  enclosure(closed: boolean): void {
    this.senses.enclosure = closed;
    this.sense({ kind: "enclosure", closed });
  }

  battery(percent: number): void {
    this.senses.percent = percent;
    this.sense({ kind: "battery", percent, charging: false });
  }

  sense(event: BraceletEvent): void {
    this.engine?.sense(event);
  }

  cover(covered: boolean): void {
    this.covered = covered;
    this.modem.cover(covered, this.nowMs);
  }

  /** An SMP message over USB, and the answer to it. */
  carry = (message: Uint8Array): Uint8Array | undefined => {
    this.usbSaid = [];
    this.engine?.receiveUsb(frameMessage(message));
    let answer: Uint8Array | undefined;
    deframe(createDeframer(BUFFER_BYTES), Uint8Array.from(this.usbSaid), (said) => {
      answer = said.slice();
    });
    return answer;
  };

  /** Lets time pass up to and with `untilMs`. */
  run(untilMs: number): void {
    if (this.bootsMs.length === 0) this.powerOn();
    while (this.advance(untilMs));
    this.nowMs = untilMs;
  }

  /** The next thing that happens; whether there was one. Bytes before wake-ups, as they have come already. */
  private advance(untilMs: number): boolean {
    const happenMs = this.happenings[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const modemMs = this.modem.nextMs();
    const gnssMs = this.gnss.nextMs();
    const motionMs = this.motions[this.nextMotion]?.atMs ?? Number.POSITIVE_INFINITY;
    const wakeMs = (this.engine?.nextWakeMs() ?? Number.POSITIVE_INFINITY) + this.behindMs;
    const nextMs = Math.max(this.nowMs, Math.min(happenMs, modemMs, gnssMs, motionMs, wakeMs));
    if (nextMs > untilMs) return false;
    this.nowMs = nextMs;
    if (happenMs <= nextMs) this.happenings.shift()?.run();
    else if (modemMs <= nextMs) this.passModem();
    else if (gnssMs <= nextMs) {
      this.epochsMs.push(this.nowMs);
      this.engine?.receive(this.gnss.take());
    } else if (motionMs <= nextMs) this.engine?.motion(this.motions[this.nextMotion++].motion);
    else this.engine?.wake();
    this.passToCentre();
    if (this.isReset) this.reboot();
    return true;
  }

  private passModem(): void {
    const bytes = this.modem.take();
    if (bytes.length > 0) this.engine?.receiveModem(bytes);
  }

  private passToCentre(): void {
    const { kept } = this.broker;
    while (this.seen < kept.length) this.centre.take(kept[this.seen++].payload, this.nowMs);
  }
}

/** What the loader makes of the cells. */
export function loadImage(cells: Cells, options: BoardOptions): Booted {
  const { bulk, onChip } = chipsOf(cells, options);
  const { imagesAddress, target } = boardMap(options);
  const secrets = openSecrets(onChip, 0, cells.onChip.length);
  return bootImage({ flash: bulk, address: imagesAddress, secrets, crypto: createNodeCrypto() }, target);
}
