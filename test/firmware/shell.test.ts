import { expect, test } from "vitest";
import { takeDownlink } from "../../firmware/bracelet/commands.ts";
import { find, holdsOrder, nextWakeMs, wakeUp } from "../../firmware/bracelet/device.ts";
import { forgetOrder } from "../../firmware/orders/store.ts";
import { ORDER_CONTEXT } from "../../protocol/cose/contexts.ts";
import { PURPOSE_DOWNLINK, PURPOSE_MANAGEMENT, PURPOSE_ORDER } from "../../protocol/cose/keys.ts";
import { sealMac0 } from "../../protocol/cose/mac0.ts";
import { createSealer } from "../../protocol/cose/message.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import type { Alert } from "../../protocol/messages/alert.ts";
import { encodeDeviceOrder } from "../../protocol/messages/device-order.ts";
import { sealDownlink } from "../../protocol/messages/downlink.ts";
import { createDeframer, deframe, frameMessage } from "../../protocol/smp/serial.ts";
import { blankBoard } from "../../simulator/hardware/board.ts";
import { SIMULATED_DEVICE, simulatedKey } from "../../simulator/world/provision.ts";
import { openSession, read, write } from "../management/stock-client.ts";
import { circleZone } from "../samples.ts";
import { BOARD, boardWith, bootHeld, findingsIn } from "./on-board.ts";

const START_MS = Date.UTC(2026, 10, 25, 9, 0, 0);
const DAY_MS = 86_400_000;
const HOME = circleZone("home", 35.68, 139.76, 300);
const crypto = createNodeCrypto();

function held(cells = boardWith([HOME]), options = BOARD) {
  const clock = { nowMs: START_MS };
  const alerts: Alert[] = [];
  let said: number[] = [];
  const { bracelet, engine } = bootHeld(
    cells,
    {
      nowMs: () => clock.nowMs,
      gnss: () => {},
      usb: (bytes) => said.push(...bytes),
      onEffect: (effect) => {
        if (effect.kind === "alert") alerts.push(effect.alert);
      },
    },
    1,
    options,
  );
  const carry = (message: Uint8Array) => {
    said = [];
    engine.receiveUsb(frameMessage(message));
    let answer: Uint8Array | undefined;
    deframe(createDeframer(4096), Uint8Array.from(said), (whole) => {
      answer = whole.slice();
    });
    return answer;
  };
  return { cells, clock, alerts, bracelet, engine, carry };
}

test("a board with a modem and without keys sleeps", () => {
  const options = { ...BOARD, hasModem: true };
  const { bracelet, clock } = held(blankBoard(options), options);
  wakeUp(bracelet);
  expect(nextWakeMs(bracelet)).toBeGreaterThan(clock.nowMs);
});

test("whoever has himself refused all day silences what is found for that day only", () => {
  const { cells, clock, alerts, bracelet } = held();
  for (let i = 0; i < 100; i++) find(bracelet, "downlink.garbage");
  find(bracelet, "order.forged");
  expect(alerts).toEqual([]);
  expect(findingsIn(cells)).toHaveLength(64);
  clock.nowMs += DAY_MS;
  find(bracelet, "order.forged");
  expect(alerts.map(({ about, detail }) => [about, detail])).toEqual([["integrity", "order.forged"]]);
});

test("an order that has ended is nothing that an image under test lacks", () => {
  const { bracelet } = held();
  expect(holdsOrder(bracelet.orders)).toBe(true);
  forgetOrder(bracelet.orders);
  expect(holdsOrder(bracelet.orders)).toBe(true);
  const cells = boardWith([HOME]);
  cells.bulk.fill(0, 0, 4096);
  expect(holdsOrder(held(cells).bracelet.orders)).toBe(false);
});

test("an order that was ended is in force no more, even where the flash does not forget its zones", () => {
  const { cells, bracelet, clock } = held();
  bracelet.ports.flash.erase = () => {};
  const ending = encodeDeviceOrder({ device: SIMULATED_DEVICE, counter: 2, id: "test", terms: undefined });
  if (!ending.ok) throw new Error(ending.reason);
  const bytes = sealMac0(crypto, simulatedKey(crypto, BOARD.seed, PURPOSE_ORDER), ending.bytes, ORDER_CONTEXT);
  const sealer = createSealer(crypto, simulatedKey(crypto, BOARD.seed, PURPOSE_DOWNLINK), new Uint8Array(16));
  const sealed = sealDownlink(sealer, { device: SIMULATED_DEVICE, counter: 1, kind: "end", numbers: [], bytes });
  if (!sealed.ok) throw new Error(sealed.reason);
  takeDownlink(bracelet, sealed.bytes, clock.nowMs);
  expect(bracelet.state.order).toBeUndefined();
  expect(bracelet.state.pack.zones).toBe(0);
  expect(findingsIn(cells)).toEqual(["order.not-forgotten"]);
});

test("a session brings no bare keys, and what is said in it after the fitting is no stranger's cable", () => {
  const { alerts, bracelet, clock, carry } = held();
  const key = simulatedKey(crypto, BOARD.seed, PURPOSE_MANAGEMENT);
  const session = openSession(carry, crypto, key).carry;
  if (session === undefined) throw new Error("session.none");
  const keys = { d: Buffer.from(SIMULATED_DEVICE), g: 9, k: Buffer.alloc(256, 9) };
  expect(write(session, 64, 1, keys).body).toMatchObject({ rsn: "provision.unsealed" });
  expect(write(session, 64, 6).body).toEqual({});
  expect(read(session, 64, 0).body).toMatchObject({ p: true });
  clock.nowMs += 5_000;
  wakeUp(bracelet);
  expect(alerts.map(({ about }) => about)).not.toContain("usb");
  clock.nowMs += 60_000;
  read(carry, 64, 0);
  clock.nowMs += 5_000;
  wakeUp(bracelet);
  expect(alerts.map(({ about }) => about)).toContain("usb");
});
