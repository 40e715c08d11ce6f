import { X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { Aedes } from "aedes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createUplink, uplinkStep, uplinkWakeMs } from "../../firmware/uplink/bg9x.ts";
import type { UplinkAction, UplinkEvent } from "../../firmware/uplink/uplink-events.ts";
import { realNetwork } from "../../simulator/hardware/modem-bg9x/tls-network.ts";
import { createModemBg9x } from "../../simulator/hardware/modem-bg9x.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { authority, device, type Identity, server } from "./certificates.ts";
import { SETTINGS, scriptOf, UP } from "./modem-world.ts";

/** The whole way for real, but for the radio: driver, AT dialogue, modem, TLS with both certificates, a broker. */
const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const fleet = authority("fleet");
const servers = authority("servers");

interface Run {
  told: UplinkAction[];
  tell(event: UplinkEvent): void;
  /** The next of these that was not awaited before. */
  until(kind: UplinkAction["kind"]): Promise<UplinkAction>;
  stop(): void;
}

/** Until it is attached the modem lives faster than the wall clock, for boot and search take patience; then at its pace. */
const FAST = 20;

function start(port: number, trusted: Identity, own: Identity): Run {
  const clock = { wallMs: performance.now(), atMs: 0, speed: FAST };
  const nowMs = () => Math.floor(clock.atMs + (performance.now() - clock.wallMs) * clock.speed);
  const random = seededRandom(5, "live");
  const waiters: (() => void)[] = [];
  let seen = 0;
  let timer: NodeJS.Timeout | undefined;
  const modem = createModemBg9x({ network: realNetwork(), nowMs, onChange: () => schedule() });
  modem.files.set("ca.pem", Buffer.from(trusted.certificatePem));
  modem.files.set("device.pem", Buffer.from(own.certificatePem));
  modem.files.set("device.key", Buffer.from(own.keyPem));
  const uplink = createUplink(scriptOf({ ...SETTINGS, host: "127.0.0.1", port }), random());
  const schedule = () => {
    clearTimeout(timer);
    const waitMs = Math.min(modem.nextMs(), uplinkWakeMs(uplink)) - nowMs();
    timer = setTimeout(pump, Math.max(0, Math.min(waitMs, 60_000) / clock.speed));
  };
  const pump = () => {
    while (modem.nextMs() <= nowMs()) {
      const bytes = modem.take();
      if (bytes.length > 0) step({ kind: "bytes", bytes });
    }
    if (uplinkWakeMs(uplink) <= nowMs()) step({ kind: "wake" });
    schedule();
  };
  const step = (event: UplinkEvent) => {
    for (const action of uplinkStep(uplink, event, nowMs(), random())) {
      if (action.kind === "write") modem.hear(action.bytes, nowMs());
      else if (action.kind === "key") modem.key(action.down, nowMs());
      else run.told.push(action);
      if (action.kind === "coverage") Object.assign(clock, { atMs: nowMs(), wallMs: performance.now(), speed: 1 });
    }
    for (const waiter of waiters.splice(0)) waiter();
  };
  const run: Run = {
    told: [],
    tell(event) {
      step(event);
      schedule();
    },
    async until(kind) {
      for (;;) {
        for (; seen < run.told.length; seen++) if (run.told[seen].kind === kind) return run.told[seen++];
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
    stop() {
      clearTimeout(timer);
      modem.key(true, nowMs());
      modem.key(false, nowMs() + 1_000);
      clearTimeout(timer);
    },
  };
  return run;
}

let broker: Aedes;
let listener: tls.Server | undefined;
let runs: Run[] = [];
const kept: { topic: string; payload: Buffer; from: string }[] = [];

beforeEach(async () => {
  broker = await Aedes.createBroker();
  broker.authorizePublish = (client, packet, done) => {
    kept.push({ topic: packet.topic, payload: Buffer.from(packet.payload), from: client?.id ?? "" });
    done(null);
  };
});

afterEach(async () => {
  for (const run of runs) run.stop();
  runs = [];
  kept.length = 0;
  listener?.close();
  await new Promise<void>((resolve) => broker.close(resolve));
});

async function listen(own: Identity, trusted: Identity): Promise<number> {
  const made = tls.createServer(
    {
      cert: own.certificatePem,
      key: own.keyPem,
      ca: trusted.certificatePem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket) => broker.handle(socket),
  );
  listener = made;
  made.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return (made.address() as AddressInfo).port;
}

function started(port: number, trusted: Identity, own: Identity): Run {
  const run = start(port, trusted, own);
  runs.push(run);
  run.tell({ kind: "open" });
  return run;
}

const EVERY_BYTE = Uint8Array.from({ length: 1_280 }, (_, i) => (i === 0 ? 0x83 : i & 255));

test("the certificates of these tests are what they say", () => {
  const issued = new X509Certificate(server(servers, LOOPBACK).certificatePem);
  const root = new X509Certificate(servers.certificatePem);
  expect([root.ca, issued.ca, issued.verify(root.publicKey), issued.checkIssued(root)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  expect(issued.checkIP("127.0.0.1")).toBe("127.0.0.1");
});

test("over mutual TLS to a real broker: every byte both ways, acknowledged, and kept while away", async () => {
  const port = await listen(server(servers, LOOPBACK), fleet);
  const run = started(port, servers, device(fleet, SETTINGS.clientId));
  await run.until("session");
  run.tell({ kind: "publish", topic: UP, bytes: EVERY_BYTE, token: 9 });
  expect(await run.until("acknowledged")).toEqual({ kind: "acknowledged", token: 9 });
  expect(kept).toEqual([{ topic: UP, payload: Buffer.from(EVERY_BYTE), from: SETTINGS.clientId }]);
  broker.publish(downlink(EVERY_BYTE), () => {});
  expect(await run.until("received")).toEqual({ kind: "received", topic: SETTINGS.downlinkTopic, bytes: EVERY_BYTE });
  run.tell({ kind: "close" });
  await run.until("session");
  broker.publish(downlink(Uint8Array.of(0x83, 1)), () => {});
  run.tell({ kind: "open" });
  expect(await run.until("received")).toMatchObject({ bytes: Uint8Array.of(0x83, 1) });
});

function downlink(payload: Uint8Array) {
  return {
    cmd: "publish" as const,
    topic: SETTINGS.downlinkTopic,
    payload: Buffer.from(payload),
    qos: 1 as const,
    retain: false,
    dup: false,
  };
}

test.each([
  ["of another authority", () => server(authority("other"), LOOPBACK)],
  ["for another host", () => server(servers, "elsewhere.example")],
  ["that is a device's", () => device(servers, "OMB-000666")],
])("a server with a certificate %s is refused", async (_name, own) => {
  const run = started(await listen(own(), fleet), servers, device(fleet, SETTINGS.clientId));
  expect(await run.until("fault")).toEqual({ kind: "fault", reason: "uplink.refused", during: "+QMTOPEN: 0,0" });
  expect(run.told.some(({ kind }) => kind === "session")).toBe(false);
});

test("a device with a certificate of another authority is refused by the server", async () => {
  const run = started(
    await listen(server(servers, LOOPBACK), fleet),
    servers,
    device(authority("x"), SETTINGS.clientId),
  );
  await run.until("fault");
  expect(run.told.some(({ kind }) => kind === "session")).toBe(false);
  expect(kept).toEqual([]);
});
