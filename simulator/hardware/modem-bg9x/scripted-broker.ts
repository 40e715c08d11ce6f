import {
  CONNACK,
  CONNECT,
  DISCONNECT,
  idOf,
  numbered,
  type Packet,
  PINGREQ,
  PINGRESP,
  PUBACK,
  PUBLISH,
  type Published,
  packet,
  packetReader,
  publishPacket,
  readPublish,
  SUBACK,
  SUBSCRIBE,
} from "./mqtt-packets.ts";
import type { ModemNetwork, WireEvents } from "./network.ts";

/** What a broker does otherwise than it should. */
export interface BrokerFaults {
  /** Connections are refused. */
  away: boolean;
  /** CONNECT is answered with this code. */
  connectCode: number;
  /** Messages are kept, but no PUBACK is sent. */
  mute: boolean;
  /** So many more messages are kept, and the connection closed instead of a PUBACK. */
  drops: number;
}

/** A message that the broker has kept; `acknowledged`: and has said so. */
export interface Kept {
  topic: string;
  payload: Uint8Array;
  acknowledged: boolean;
}

export interface ScriptedBroker {
  network: ModemNetwork;
  faults: BrokerFaults;
  kept: Kept[];
  /** Sends a message to the device, now or when it comes back, until it is acknowledged. */
  send(topic: string, payload: Uint8Array): void;
  /** How many of those have not been acknowledged. */
  unsent(): number;
  /** Ends the connection that stands. */
  hangUp(): void;
}

/** A broker for one device inside the simulation: the same packets as a real one, after the same time each. */
export function scriptedBroker(latencyMs = 80): ScriptedBroker {
  const faults: BrokerFaults = { away: false, connectCode: 0, mute: false, drops: 0 };
  const kept: Kept[] = [];
  const outgoing: { id: number; topic: string; payload: Uint8Array }[] = [];
  let lastId = 0;
  let link: Link | undefined;
  const onward = (message: (typeof outgoing)[number], dup: boolean) =>
    link?.answer(publishPacket({ ...message, qos: 1, dup }));
  const take = (from: Link, { kind, ...rest }: Packet) => {
    const received = { kind, ...rest };
    if (kind === CONNECT) from.answer(packet(CONNACK, 0, [1, faults.connectCode]));
    else if (kind === PINGREQ) from.answer(packet(PINGRESP, 0));
    else if (kind === DISCONNECT) from.end();
    else if (kind === PUBACK) remove(outgoing, idOf(received));
    else if (kind === SUBSCRIBE) {
      from.answer(numbered(SUBACK, idOf(received), 1));
      link = from;
      for (const message of outgoing) onward(message, true);
    } else if (kind === PUBLISH) keep(from, readPublish(received));
  };
  const keep = (from: Link, message: Published) => {
    const entry = { topic: message.topic, payload: message.payload, acknowledged: false };
    kept.push(entry);
    if (faults.drops > 0) {
      faults.drops -= 1;
      from.hangUp();
    } else if (!faults.mute) {
      entry.acknowledged = true;
      from.answer(numbered(PUBACK, message.id));
    }
  };
  return {
    network: {
      open(_to, events, later) {
        const opened = openLink(events, (run) => later(latencyMs, run), faults.away, take);
        return { send: opened.send, close: opened.end };
      },
    },
    faults,
    kept,
    send(topic, payload) {
      lastId = (lastId % 65_535) + 1;
      const message = { id: lastId, topic, payload };
      outgoing.push(message);
      onward(message, false);
    },
    unsent: () => outgoing.length,
    hangUp: () => link?.hangUp(),
  };
}

/** One connection, seen from the broker. */
interface Link {
  answer(bytes: Uint8Array): void;
  /** The broker ends it. */
  hangUp(): void;
  /** The modem has ended it. */
  end(): void;
  /** Bytes from the modem. */
  send(bytes: Uint8Array): void;
}

function openLink(
  events: WireEvents,
  after: (run: () => void) => void,
  away: boolean,
  take: (from: Link, packet: Packet) => void,
): Link {
  let open = !away;
  const read = packetReader((received) => open && take(link, received));
  const link: Link = {
    answer: (bytes) => after(() => open && events.data(bytes)),
    hangUp: () =>
      after(() => {
        if (open) events.closed("closed by the broker");
        open = false;
      }),
    end() {
      open = false;
    },
    send: (bytes) => after(() => open && read(bytes)),
  };
  after(() => (away ? events.closed("refused") : open && events.opened()));
  return link;
}

function remove(from: { id: number }[], id: number): void {
  const at = from.findIndex((message) => message.id === id);
  if (at >= 0) from.splice(at, 1);
}
