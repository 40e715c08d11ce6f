import {
  CONNACK,
  connectPacket,
  DISCONNECT,
  idOf,
  numbered,
  type Packet,
  PINGREQ,
  PINGRESP,
  PUBACK,
  PUBLISH,
  packet,
  packetReader,
  publishPacket,
  readPublish,
  SUBACK,
  subscribePacket,
} from "./mqtt-packets.ts";
import type { TlsSettings, Wire } from "./network.ts";

/** What the client has of the modem round it. */
export interface ClientHost {
  /** A line that nobody asked for, or that answers later than the OK. */
  say(line: string | Uint8Array): void;
  later(delayMs: number, run: () => void): void;
  /** A connection over the air; `undefined` without coverage. */
  wire(
    to: { host: string; port: number; tls?: TlsSettings },
    events: { opened(): void; data(bytes: Uint8Array): void; closed(reason: string): void },
  ): Wire | undefined;
  tls(context: number): TlsSettings | undefined;
}

/** The modem keeps so many messages until they are read. */
const SLOTS = 5;
/** After the OK. Milliseconds. */
const REPORT_MS = 150;

interface Waiting {
  id: number;
  topic: string;
  payload: Uint8Array;
}

interface Settings {
  version: number;
  tlsContext: number | undefined;
  keepAliveS: number;
  clean: boolean;
  timeoutS: number;
  retries: number;
  buffered: boolean;
  saysLength: boolean;
}

const FACTORY: Settings = {
  version: 3,
  tlsContext: undefined,
  keepAliveS: 120,
  clean: true,
  timeoutS: 5,
  retries: 3,
  buffered: false,
  saysLength: false,
};

/** The modem's MQTT client number 0, as its AT commands drive it. Verbs give whether the command is taken: OK or ERROR. */
export interface MqttClient {
  set(name: string, values: number[]): boolean;
  open(host: string, port: number): boolean;
  connect(clientId: string): boolean;
  subscribe(id: number, topic: string, qos: number): boolean;
  mayPublish(): boolean;
  publish(message: { id: number; qos: number; topic: string; payload: Uint8Array }): void;
  /** The line that gives the message of a slot, which is then free. */
  read(slot: number): Uint8Array | undefined;
  slots(): string;
  disconnect(): boolean;
  close(): boolean;
  isOpen(): boolean;
  /** The supply has failed, or the modem is switched off. */
  lose(): void;
}

export function createMqttClient(host: ClientHost): MqttClient {
  let settings = { ...FACTORY };
  let wire: Wire | undefined;
  let phase: "closed" | "opening" | "open" | "connected" = "closed";
  /** Changes with every connection, so that timers of an old one do nothing. */
  let life = 0;
  let heardMs = 0;
  const slots: (Waiting | undefined)[] = new Array(SLOTS).fill(undefined);
  const backlog: Waiting[] = [];
  const unacknowledged = new Map<number, string>();

  const whileOpen = (delayMs: number, run: () => void) => {
    const born = life;
    host.later(delayMs, () => born === life && run());
  };
  const end = () => {
    life += 1;
    wire?.close();
    wire = undefined;
    phase = "closed";
    unacknowledged.clear();
  };
  const lost = (code: number) => {
    const was = phase;
    end();
    host.say(was === "opening" ? `+QMTOPEN: 0,5` : `+QMTSTAT: 0,${code}`);
  };
  const read = (bytes: Uint8Array) => {
    heardMs += 1;
    reader(bytes);
  };
  let reader = packetReader(() => {});
  const take = (received: Packet) => {
    if (received.kind === CONNACK) takeConnack(received.body[1]);
    else if (received.kind === SUBACK) host.say(`+QMTSUB: 0,${idOf(received)},0,${received.body[2]}`);
    else if (received.kind === PUBACK) settle(idOf(received), 0);
    else if (received.kind === PUBLISH) takePublish(received);
    else if (received.kind !== PINGRESP) lost(1);
  };
  const takeConnack = (code: number) => {
    if (code === 0) phase = "connected";
    host.say(`+QMTCONN: 0,0,${code}`);
    if (code === 0 && settings.keepAliveS > 0) ping();
  };
  const ping = () =>
    whileOpen(settings.keepAliveS * 1000, () => {
      wire?.send(packet(PINGREQ, 0));
      const before = heardMs;
      whileOpen(settings.timeoutS * 1000, () => (heardMs === before ? lost(2) : undefined));
      ping();
    });
  const settle = (id: number, result: number) => {
    const name = unacknowledged.get(id);
    unacknowledged.delete(id);
    if (name !== undefined) host.say(`+${name}: 0,${id},${result}`);
  };
  const takePublish = (received: Packet) => {
    const message = readPublish(received);
    if (message.qos > 0) wire?.send(numbered(PUBACK, message.id));
    if (settings.buffered) {
      backlog.push(message);
      fill();
    } else host.say(receivedLine(message, settings.saysLength));
  };
  const fill = () => {
    for (let slot = 0; slot < SLOTS && backlog.length > 0; slot++) {
      if (slots[slot] !== undefined) continue;
      slots[slot] = backlog.shift();
      host.say(`+QMTRECV: 0,${slot}`);
    }
  };
  const send = (id: number, bytes: (dup: boolean) => Uint8Array, tries: number) => {
    wire?.send(bytes(tries > 0));
    whileOpen(settings.timeoutS * 1000, () => {
      if (!unacknowledged.has(id)) return;
      if (tries >= settings.retries) settle(id, 2);
      else send(id, bytes, tries + 1);
    });
  };

  return {
    set(name, values) {
      const changed = phase === "closed" ? changedBy(settings, name, values) : undefined;
      settings = changed ?? settings;
      return changed !== undefined;
    },
    open(to, port) {
      if (phase !== "closed") return false;
      const tls = settings.tlsContext === undefined ? undefined : host.tls(settings.tlsContext);
      phase = "opening";
      reader = packetReader(take);
      const opened = () => {
        phase = "open";
        host.say("+QMTOPEN: 0,0");
      };
      const born = life;
      const mine = (run: () => void) => born === life && run();
      wire = host.wire(
        { host: to, port, tls },
        {
          opened: () => mine(opened),
          data: (bytes) => mine(() => read(bytes)),
          closed: () => mine(() => lost(1)),
        },
      );
      if (wire === undefined) whileOpen(1_000, () => lost(1));
      return true;
    },
    connect(clientId) {
      if (phase !== "open" || settings.version !== 4) return false;
      wire?.send(connectPacket(clientId, settings.keepAliveS, settings.clean));
      return true;
    },
    subscribe(id, topic, qos) {
      if (phase !== "connected") return false;
      wire?.send(subscribePacket(id, topic, qos));
      return true;
    },
    mayPublish: () => phase === "connected",
    publish(message) {
      unacknowledged.set(message.id, "QMTPUBEX");
      send(message.id, (dup) => publishPacket({ ...message, dup }), 0);
    },
    read(slot) {
      const message = slots[slot];
      if (message === undefined) return undefined;
      slots[slot] = undefined;
      fill();
      return receivedLine(message, settings.saysLength);
    },
    slots: () => slots.map((slot) => (slot === undefined ? 0 : 1)).join(),
    disconnect() {
      if (phase !== "connected") return false;
      wire?.send(packet(DISCONNECT, 0));
      end();
      host.later(REPORT_MS, () => host.say("+QMTDISC: 0,0"));
      return true;
    },
    close() {
      if (phase === "closed") return false;
      end();
      host.later(REPORT_MS, () => host.say("+QMTCLOSE: 0,0"));
      return true;
    },
    isOpen: () => phase !== "closed",
    lose() {
      end();
      settings = { ...FACTORY };
      slots.fill(undefined);
      backlog.length = 0;
    },
  };
}

/** `+QMTRECV: 0,<number>,"<topic>"[,<length>],"<payload>"`, the payload as it is. */
function receivedLine(message: Waiting, saysLength: boolean): Uint8Array {
  const length = saysLength ? `,${message.payload.length}` : "";
  const head = Buffer.from(`+QMTRECV: 0,${message.id},"${message.topic}"${length},"`, "latin1");
  return Buffer.concat([head, message.payload, Buffer.from('"')]);
}

function changedBy(settings: Settings, name: string, values: number[]): Settings | undefined {
  const [a, b, c] = values;
  switch (name) {
    case "version":
      return { ...settings, version: a };
    case "pdpcid":
      return settings;
    case "ssl":
      return { ...settings, tlsContext: a === 1 ? b : undefined };
    case "keepalive":
      return { ...settings, keepAliveS: a };
    case "session":
      return { ...settings, clean: a === 1 };
    case "timeout":
      return c === undefined ? undefined : { ...settings, timeoutS: a, retries: b };
    case "recv/mode":
      return { ...settings, buffered: a === 1, saysLength: b === 1 };
  }
  return undefined;
}
