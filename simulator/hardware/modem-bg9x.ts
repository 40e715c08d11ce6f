import { type Answer, type Board, type Data, execute, registration, tlsSettings } from "./modem-bg9x/commands.ts";
import { type ModemFaults, noFaults } from "./modem-bg9x/faults.ts";
import { createMqttClient } from "./modem-bg9x/mqtt-client.ts";
import type { Destination, ModemNetwork, Wire, WireEvents } from "./modem-bg9x/network.ts";

/** A Quectel BG95 as the board sees it: a key, and bytes both ways at certain instants. */
export interface ModemBg9x {
  /** PWRKEY, low while `down`. */
  key(down: boolean, nowMs: number): void;
  /** Bytes from the board. */
  hear(bytes: Uint8Array, nowMs: number): void;
  /** When something comes or happens next; `Infinity` while nothing can by itself. */
  nextMs(): number;
  /** The bytes that come at `nextMs()`, often none; moves on. */
  take(): Uint8Array;
  /** Whether there is a cell to register with. */
  cover(covered: boolean, nowMs: number): void;
  power(): Power;
  /** What lies in its memory: certificates and keys, by name. */
  files: Map<string, Uint8Array>;
  /** Every command it understood, without the "AT". */
  commands: string[];
}

export type Power = "off" | "booting" | "on" | "asleep";

export interface ModemOptions {
  network: ModemNetwork;
  imei?: string;
  /** `undefined`: no card in it. */
  iccid?: string;
  /** UTC as the network tells it, at the modem's `nowMs`. */
  utcMs?: (nowMs: number) => number;
  faults?: Partial<ModemFaults>;
  /** For real time: reads the clock when a socket has something. */
  nowMs?: () => number;
  /** Something is due earlier than `nextMs()` last said. */
  onChange?: () => void;
}

// Quectel BG95 hardware design. Milliseconds.
const START_PULSE_MS = 500;
const STOP_PULSE_MS = 650;
const RESET_PULSE_MS = 2_000;
const RDY_MS = 2_500;
const APP_RDY_MS = 4_000;
const ANSWER_MS = 20;
const ATTACH_MS = 3_000;
const POWER_DOWN_MS = 1_300;
/** What is under way when coverage goes waits for its return so long, as TCP does. */
const WIRE_PATIENCE_MS = 60_000;
const CR = 13;
const LF = 10;
const COMMAND_LIMIT = 512;

export function createModemBg9x(options: ModemOptions): ModemBg9x {
  return new Modem(options);
}

interface Due {
  atMs: number;
  /** Counts starts and losses of power: what was due before one is void. */
  life: number;
  bytes?: Uint8Array;
  run?: () => void;
}

class Modem implements ModemBg9x {
  files = new Map<string, Uint8Array>();
  commands: string[] = [];
  private readonly faults: ModemFaults;
  private readonly board: Board;
  private state: Power = "off";
  private nowMs = 0;
  private life = 0;
  private keyDownMs: number | undefined;
  private covered = true;
  private queue: Due[] = [];
  /** What it says comes in order: nothing before this. */
  private saidMs = 0;
  private saidBytes = 0;
  private heardBytes = 0;
  private line = "";
  private data: (Data & { bytes: number[] }) | undefined;
  /** While a command is at work nothing is heard. */
  private isBusy = false;
  private activityMs = 0;
  private held: (() => void)[] = [];

  constructor(private readonly options: ModemOptions) {
    this.faults = { ...noFaults(), ...options.faults };
    const mqtt = createMqttClient({
      say: (line) => this.say(line),
      later: (delayMs, run) => this.later(delayMs, run),
      wire: (to, events) => (this.board.pdpActive ? this.openWire(to, events) : undefined),
      tls: (context) => tlsSettings(this.board, context),
    });
    this.board = {
      imei: options.imei ?? "867698040000017",
      iccid: "iccid" in options ? options.iccid : "8981100005112345678",
      utcMs: undefined,
      echo: true,
      radio: false,
      attached: false,
      reportsRegistration: 0,
      pdpActive: false,
      psm: undefined,
      edrx: undefined,
      files: this.files,
      tlsContexts: new Map(),
      mqtt,
      setRadio: (on) => this.setRadio(on),
      powerDown: () => this.later(POWER_DOWN_MS, () => this.goDown("POWERED DOWN", "off")),
    };
  }

  power(): Power {
    return this.state;
  }

  key(down: boolean, nowMs: number): void {
    this.moveTo(nowMs);
    if (down) {
      this.keyDownMs ??= nowMs;
      return;
    }
    const heldMs = nowMs - (this.keyDownMs ?? nowMs);
    this.keyDownMs = undefined;
    if (heldMs >= RESET_PULSE_MS) this.start();
    else if (this.state === "off" || this.state === "asleep") {
      if (heldMs >= START_PULSE_MS) this.start();
    } else if (this.state === "on" && heldMs >= STOP_PULSE_MS) this.goDown("POWERED DOWN", "off");
  }

  cover(covered: boolean, nowMs: number): void {
    this.moveTo(nowMs);
    this.covered = covered;
    if (!covered) this.detach();
    else if (this.board.radio) this.attachSoon();
    if (covered) for (const run of this.held.splice(0)) run();
    this.changed();
  }

  hear(bytes: Uint8Array, nowMs: number): void {
    this.moveTo(nowMs);
    for (const byte of bytes) {
      this.heardBytes += 1;
      this.countForBrownOut();
      if (this.state === "on" && !this.faults.heardLost.includes(this.heardBytes - 1)) this.hearByte(byte);
    }
    this.changed();
  }

  nextMs(): number {
    return this.queue.reduce((least, due) => Math.min(least, due.atMs), Number.POSITIVE_INFINITY);
  }

  take(): Uint8Array {
    const atMs = this.nextMs();
    const index = this.queue.findIndex((due) => due.atMs === atMs);
    if (index < 0) return new Uint8Array();
    const [due] = this.queue.splice(index, 1);
    this.moveTo(atMs);
    if (due.life !== this.life) return new Uint8Array();
    due.run?.();
    return due.bytes === undefined ? new Uint8Array() : this.leave(due.bytes);
  }

  /** Bytes leave over the line, as the faults let them. */
  private leave(bytes: Uint8Array): Uint8Array {
    const out: number[] = [];
    const { life } = this;
    for (const byte of bytes) {
      for (const insert of this.faults.inserts) if (insert.at === this.saidBytes) out.push(...insert.bytes);
      if (!this.faults.saidLost.includes(this.saidBytes)) out.push(byte);
      this.saidBytes += 1;
      this.countForBrownOut();
      if (life !== this.life) break;
    }
    return Uint8Array.from(out);
  }

  private countForBrownOut(): void {
    if (!this.faults.brownOuts.includes(this.saidBytes + this.heardBytes) || this.state === "off") return;
    if (this.faults.returns) this.start();
    else this.losePower();
  }

  private moveTo(nowMs: number): void {
    this.nowMs = Math.max(this.nowMs, nowMs);
    this.board.utcMs = this.board.attached ? this.options.utcMs?.(this.nowMs) : undefined;
  }

  private changed(): void {
    this.options.onChange?.();
  }

  private later(delayMs: number, run: () => void): void {
    this.queue.push({ atMs: this.nowMs + delayMs, life: this.life, run });
    this.changed();
  }

  /** Whole lines, or bytes that are said as they are. */
  private say(line: string | Uint8Array, delayMs = ANSWER_MS, run?: () => void): void {
    const content = typeof line === "string" ? Buffer.from(line, "latin1") : line;
    this.sayBytes(Buffer.concat([Buffer.from("\r\n"), content, Buffer.from("\r\n")]), delayMs, run);
  }

  /** `run`: in the moment that they leave. */
  private sayBytes(bytes: Uint8Array, delayMs: number, run?: () => void): void {
    if (this.options.nowMs !== undefined) this.moveTo(this.options.nowMs());
    this.saidMs = Math.max(this.saidMs, this.nowMs + delayMs);
    this.queue.push({ atMs: this.saidMs, life: this.life, bytes, run });
    this.changed();
  }

  private losePower(): void {
    this.life += 1;
    this.state = "off";
    this.queue = [];
    this.held = [];
    this.line = "";
    this.data = undefined;
    this.isBusy = false;
    const { board } = this;
    board.mqtt.lose();
    board.tlsContexts.clear();
    Object.assign(board, { echo: true, radio: false, attached: false, reportsRegistration: 0, pdpActive: false });
    // Losing the connection says nothing more.
    this.queue = [];
  }

  private start(): void {
    this.losePower();
    this.state = "booting";
    this.saidMs = this.nowMs;
    this.later(RDY_MS, () => {
      this.state = "on";
      this.setRadio(true);
      this.say("RDY", 0);
    });
    this.later(APP_RDY_MS, () => this.say("APP RDY", 0));
  }

  private goDown(word: string, to: Power): void {
    this.losePower();
    this.state = to;
    this.saidMs = Math.max(this.saidMs, this.nowMs);
    this.say(word, 0);
  }

  private setRadio(on: boolean): void {
    this.board.radio = on;
    if (!on) this.detach();
    else this.attachSoon();
  }

  private attachSoon(): void {
    this.later(ATTACH_MS, () => {
      if (!this.board.radio || !this.covered || this.board.attached || this.board.iccid === undefined) return;
      this.board.attached = true;
      this.reportRegistration();
      this.dozeOff();
    });
  }

  private detach(): void {
    if (!this.board.attached) return;
    this.board.attached = false;
    this.reportRegistration();
  }

  private reportRegistration(): void {
    if (this.board.reportsRegistration === 1) this.say(`+CEREG: ${registration(this.board)}`);
  }

  /** PSM: with nothing to do for T3324 after the last word either way, it sleeps. */
  private dozeOff(): void {
    const { psm, attached, mqtt } = this.board;
    if (psm === undefined || !attached || mqtt.isOpen()) return;
    const beganMs = this.nowMs;
    this.later(psm.activeS * 1000, () => {
      if (!this.board.attached || this.board.mqtt.isOpen() || this.activityMs > beganMs) return;
      this.goDown("PSM POWER DOWN", "asleep");
    });
  }

  private hearByte(byte: number): void {
    this.activityMs = this.nowMs;
    if (this.data !== undefined) this.hearData(this.data, byte);
    else if (!this.isBusy) this.hearText(byte);
  }

  private hearData(data: Data & { bytes: number[] }, byte: number): void {
    data.bytes.push(byte);
    if (data.bytes.length < data.length) return;
    this.data = undefined;
    this.answer(data.then(Uint8Array.from(data.bytes)), "");
  }

  private hearText(byte: number): void {
    if (this.board.echo) this.sayBytes(Uint8Array.of(byte), 0);
    if (byte === CR) {
      const at = this.line.toUpperCase().indexOf("AT");
      if (at >= 0) this.command(this.line.slice(at + 2));
      this.line = "";
    } else if (byte !== LF && this.line.length < COMMAND_LIMIT) this.line += String.fromCharCode(byte);
  }

  private command(command: string): void {
    this.commands.push(command);
    if (this.faults.refuses(command)) this.answer({ lines: [], result: "ERROR" }, command);
    else this.answer(execute(this.board, command), command);
    this.dozeOff();
  }

  private answer(answer: Answer, command: string): void {
    const delayMs = ANSWER_MS + this.faults.slowMs(command);
    this.isBusy = true;
    for (const line of answer.lines) this.say(line, delayMs);
    const { data } = answer;
    const done = () => {
      this.isBusy = false;
      this.data = data === undefined ? undefined : { ...data, bytes: [] };
    };
    if (data === undefined) this.say(answer.result, delayMs, done);
    else this.sayBytes(Buffer.from(data.prompt), delayMs, done);
  }

  /** A connection over the air: nothing passes without coverage, and it does not outlive a long gap. */
  private openWire(to: Destination, events: WireEvents): Wire {
    const { life } = this;
    const passes = (run: () => void) => {
      if (life !== this.life) return;
      if (this.options.nowMs !== undefined) this.moveTo(this.options.nowMs());
      if (this.covered) run();
      else this.hold(run, events);
      this.changed();
    };
    const wire = this.options.network.open(
      to,
      {
        opened: () => passes(events.opened),
        data: (bytes) => passes(() => events.data(bytes)),
        closed: (reason) => passes(() => events.closed(reason)),
      },
      (delayMs, run) => this.later(delayMs, run),
    );
    return { send: (bytes) => passes(() => wire.send(bytes)), close: () => wire.close() };
  }

  private hold(run: () => void, events: WireEvents): void {
    this.held.push(run);
    this.later(WIRE_PATIENCE_MS, () => {
      if (!this.held.includes(run)) return;
      this.held = [];
      events.closed("no coverage");
    });
  }
}
