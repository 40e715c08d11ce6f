/** MQTT 3.1.1 control packets (OASIS standard, 2014): what a client and a broker say, as far as a modem's client goes. */
export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const PINGREQ = 12;
export const PINGRESP = 13;
export const DISCONNECT = 14;

/** A packet as it came: its kind, the four flags beside it, and what follows the length. */
export interface Packet {
  kind: number;
  flags: number;
  body: Uint8Array;
}

export interface Published {
  topic: string;
  payload: Uint8Array;
  qos: number;
  /** 0 with QoS 0. */
  id: number;
  dup: boolean;
}

/** Longer than anything of ours by far; a broker that says more is broken. Bytes. */
const PACKET_LIMIT_BYTES = 1 << 20;

export function packet(kind: number, flags: number, ...parts: (Uint8Array | number[])[]): Uint8Array {
  const body = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left & 127) | (left > 127 ? 128 : 0));
    left >>= 7;
  } while (left > 0);
  return Uint8Array.from([(kind << 4) | flags, ...length, ...body]);
}

export function connectPacket(clientId: string, keepAliveS: number, clean: boolean): Uint8Array {
  return packet(CONNECT, 0, text("MQTT"), [4, clean ? 2 : 0], u16(keepAliveS), text(clientId));
}

export function publishPacket(message: Published): Uint8Array {
  const flags = (message.dup ? 8 : 0) | (message.qos << 1);
  return packet(PUBLISH, flags, text(message.topic), message.qos > 0 ? u16(message.id) : [], message.payload);
}

/** PUBACK and the other packets that hold a number alone. */
export function numbered(kind: number, id: number, ...rest: number[]): Uint8Array {
  return packet(kind, 0, u16(id), rest);
}

export function subscribePacket(id: number, topic: string, qos: number): Uint8Array {
  return packet(SUBSCRIBE, 2, u16(id), text(topic), [qos]);
}

export function readPublish({ flags, body }: Packet): Published {
  const bytes = Buffer.from(body);
  const topicEnd = 2 + bytes.readUInt16BE(0);
  const qos = (flags >> 1) & 3;
  const id = qos > 0 ? bytes.readUInt16BE(topicEnd) : 0;
  const payload = Uint8Array.from(bytes.subarray(topicEnd + (qos > 0 ? 2 : 0)));
  return { topic: bytes.toString("utf8", 2, topicEnd), payload, qos, id, dup: (flags & 8) !== 0 };
}

export function idOf({ body }: Packet): number {
  return (body[0] << 8) | body[1];
}

/** Calls back for every packet that bytes complete; throws where they are none. */
export function packetReader(onPacket: (packet: Packet) => void): (bytes: Uint8Array) => void {
  let waiting = Buffer.alloc(0);
  return (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    for (;;) {
      const head = headOf(waiting);
      if (head === undefined || waiting.length < head.from + head.length) return;
      const body = Uint8Array.from(waiting.subarray(head.from, head.from + head.length));
      const first = waiting[0];
      waiting = waiting.subarray(head.from + head.length);
      onPacket({ kind: first >> 4, flags: first & 15, body });
    }
  };
}

function headOf(bytes: Uint8Array): { from: number; length: number } | undefined {
  let length = 0;
  for (let i = 1; i < bytes.length; i++) {
    length += (bytes[i] & 127) << (7 * (i - 1));
    if (i > 4 || length > PACKET_LIMIT_BYTES) throw new Error("no MQTT packet");
    if (bytes[i] < 128) return { from: i + 1, length };
  }
  return undefined;
}

function u16(value: number): number[] {
  return [value >> 8, value & 255];
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, "utf8");
  return Uint8Array.from([...u16(bytes.length), ...bytes]);
}
