import { expect, test } from "vitest";
import { NEVER_MS } from "../../firmware/lib/instant.ts";
import { createUplink, PUBLISH_LIMIT_BYTES, uplinkStep, uplinkWakeMs } from "../../firmware/uplink/bg9x.ts";
import { OFF, ONLINE } from "../../firmware/uplink/uplink-state.ts";
import { modemScript } from "../../protocol/modem-script.ts";
import { type ModemWorld, modemWorld, SETTINGS, scriptOf, UP } from "./modem-world.ts";

const MESSAGE = Uint8Array.of(0x83, 0x43, 0xa1, 0x01, 0x0a, 0x0d, 0x0a, 0x1a, 0x1b, 0x00, 0x22, 0xff);

function online(given: Parameters<typeof modemWorld>[0] = {}): ModemWorld {
  const world = modemWorld(given);
  world.tell({ kind: "open" });
  world.until("session", 60_000);
  world.run(1_000);
  return world;
}

const endings = (world: ModemWorld) =>
  world.told.flatMap((one) => (one.kind === "acknowledged" || one.kind === "failed" ? [one] : []));
const faults = (world: ModemWorld) =>
  world.told.flatMap((one) => (one.kind === "fault" ? [`${one.reason} in ${one.during}`] : []));

test("from a modem without power to a session within half a minute", () => {
  const world = online();
  expect(world.told.map(({ kind }) => kind)).toEqual(["coverage", "network-time", "session"]);
  expect(world.nowMs).toBeLessThan(30_000);
  expect(world.modem.commands.indexOf('+QSSLCFG="seclevel",0,2')).toBeLessThan(
    world.modem.commands.indexOf('+QMTOPEN=0,"centre.example",8883'),
  );
});

test("the network's time is told in UTC, whatever the offset beside it", () => {
  const world = online();
  const [told] = world.told.filter((one) => one.kind === "network-time");
  expect(Math.abs(told.utcMs - (Date.UTC(2026, 10, 25) + told.atMs))).toBeLessThan(told.errorMs);
});

test("a message arrives byte for byte and is acknowledged after the broker has it", () => {
  const world = online();
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 42 });
  world.run(5_000);
  expect(endings(world)).toMatchObject([{ kind: "acknowledged", token: 42 }]);
  expect(world.broker.kept).toEqual([{ topic: UP, payload: MESSAGE, acknowledged: true }]);
});

test("what the broker does not acknowledge is not acknowledged here, though it has it", () => {
  const world = online();
  world.broker.faults.mute = true;
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 1 });
  world.run(60_000);
  expect(world.broker.kept.length).toBeGreaterThan(0);
  expect(endings(world)).toMatchObject([{ kind: "failed", token: 1, reason: "uplink.no-ack" }]);
});

test("a connection that ends between the message and its PUBACK has failed it, and comes back", () => {
  const world = online();
  world.broker.faults.drops = 1;
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 1 });
  world.run(2_000);
  expect(endings(world)).toMatchObject([{ kind: "failed", token: 1, reason: "uplink.lost" }]);
  world.until("session", 30_000);
  world.run(1_000);
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 2 });
  world.run(5_000);
  expect(endings(world)[1]).toMatchObject({ kind: "acknowledged", token: 2 });
});

test("one message at a time: a second is refused, and the first goes on", () => {
  const world = online();
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 1 });
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 2 });
  world.run(5_000);
  expect(endings(world)).toMatchObject([
    { kind: "failed", token: 2, reason: "uplink.busy" },
    { kind: "acknowledged", token: 1 },
  ]);
});

test("without a session, and beyond the limit, a message is refused at once", () => {
  const world = modemWorld();
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 1 });
  expect(endings(world)).toMatchObject([{ token: 1, reason: "uplink.offline" }]);
  const ready = online();
  for (const [token, length] of [0, PUBLISH_LIMIT_BYTES + 1].entries())
    ready.tell({ kind: "publish", topic: UP, bytes: new Uint8Array(length), token });
  expect(endings(ready)).toMatchObject([
    { token: 0, reason: "uplink.too-long" },
    { token: 1, reason: "uplink.too-long" },
  ]);
});

test("downlinks come byte for byte, more than the modem has places for, while messages go out", () => {
  const world = online();
  const sent = Array.from({ length: 9 }, (_, i) => Uint8Array.from([...MESSAGE, i, ...new Uint8Array(100 * i)]));
  for (const payload of sent) world.broker.send(SETTINGS.downlinkTopic, payload);
  for (let token = 0; token < 4; token++) {
    world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token });
    world.run(2_000);
  }
  expect(world.told.flatMap((one) => (one.kind === "received" ? [one.bytes] : []))).toEqual(sent);
  expect(endings(world).map(({ kind }) => kind)).toEqual(new Array(4).fill("acknowledged"));
});

test("a downlink that waited at the broker comes with the next session", () => {
  const world = modemWorld();
  world.broker.send(SETTINGS.downlinkTopic, MESSAGE);
  world.tell({ kind: "open" });
  world.until("received", 60_000);
  world.run(1_000);
  expect(world.broker.unsent()).toBe(0);
});

test("a downlink whose report got lost is found when the session has been idle for a while", () => {
  const world = online();
  world.broker.send(SETTINGS.downlinkTopic, MESSAGE);
  const { tell } = world;
  world.tell = () => {};
  world.run(1_000);
  world.tell = tell;
  world.until("received", 310_000);
});

test("a late or doubled report of an older message acknowledges nothing", () => {
  const world = online();
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 1 });
  world.run(5_000);
  const id = Number(/QMTPUBEX=0,(\d+)/.exec(world.written.join())?.[1]);
  world.broker.faults.mute = true;
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 2 });
  world.run(1_000);
  for (const report of [`+QMTPUBEX: 0,${id},0`, `+QMTPUB: 0,${id},0`, `+QMTPUBEX: 1,${id + 1},2`, "+QMTPUBEX: 0,,0"])
    world.tell({ kind: "bytes", bytes: Buffer.from(`\r\n${report}\r\n`) });
  world.run(60_000);
  expect(endings(world).map(({ kind, token }) => [kind, token])).toEqual([
    ["acknowledged", 1],
    ["failed", 2],
  ]);
});

test("taking leave: a finished message, a farewell to the broker, and the modem sleeps; opening wakes it", () => {
  const world = online();
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 1 });
  world.tell({ kind: "close" });
  world.run(60_000);
  expect(endings(world)).toMatchObject([{ kind: "acknowledged", token: 1 }]);
  expect(world.told.at(-1)).toMatchObject({ kind: "session", online: false });
  expect([world.modem.power(), uplinkWakeMs(world.uplink)]).toEqual(["asleep", NEVER_MS]);
  expect(faults(world)).toEqual([]);
  world.tell({ kind: "open" });
  world.until("session", 30_000);
});

test("a modem that wakes for the network alone and sleeps again is still known to sleep", () => {
  const world = online();
  world.tell({ kind: "close" });
  world.run(60_000);
  for (const line of ["RDY", "APP RDY", "PSM POWER DOWN"])
    world.tell({ kind: "bytes", bytes: Buffer.from(`\r\n${line}\r\n`) });
  const before = world.written.length;
  world.tell({ kind: "open" });
  world.run(500);
  expect(world.written.length).toBe(before);
  world.until("session", 30_000);
});

test("a network that grants no sleep: the modem is switched off", () => {
  const world = online({ faults: { refuses: (command) => command.startsWith("+CPSMS") } });
  world.tell({ kind: "close" });
  world.run(80_000);
  expect([world.modem.power(), world.modem.commands.at(-1)]).toEqual(["off", "+QPOWD=1"]);
  world.tell({ kind: "open" });
  world.until("session", 30_000);
});

test("wanted again while it dozes off, it is not put to sleep first", () => {
  const world = online();
  world.tell({ kind: "close" });
  world.run(5_000);
  world.tell({ kind: "open" });
  const before = world.nowMs;
  world.until("session", 30_000);
  expect(world.nowMs - before).toBeLessThan(8_000);
});

test.each([0, 700, 5_000, 7_000, 12_000])("closed %i ms after it was opened, it ends without power", (ms) => {
  const world = modemWorld();
  world.tell({ kind: "open" });
  world.run(ms);
  world.tell({ kind: "close" });
  world.run(300_000);
  expect(world.uplink.phase).toBe(OFF);
  expect(["off", "asleep"]).toContain(world.modem.power());
});

test("a modem that starts again under our hands fails what was in flight, and is set up anew", () => {
  const world = online();
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 1 });
  world.modem.key(true, world.nowMs);
  world.modem.key(false, world.nowMs + 2_500);
  world.run(6_000);
  expect(endings(world)).toMatchObject([{ kind: "failed", token: 1, reason: "uplink.restarted" }]);
  world.until("session", 30_000);
});

test("without coverage it keeps trying, more and more seldom, and is quick once there is some", () => {
  const world = modemWorld();
  world.modem.cover(false, 0);
  world.tell({ kind: "open" });
  world.run(3_600_000);
  expect(new Set(faults(world))).toEqual(new Set(["uplink.no-coverage in +CEREG?"]));
  expect(faults(world).length).toBeLessThan(12);
  expect(world.told).toContainEqual(expect.objectContaining({ kind: "coverage", attached: false }));
  world.modem.cover(true, world.nowMs);
  world.until("session", 30_000);
});

test("coverage lost in a session is told, and told again when it returns", () => {
  const world = online();
  world.modem.cover(false, world.nowMs);
  world.run(10_000);
  world.modem.cover(true, world.nowMs);
  world.run(10_000);
  expect(world.told.flatMap((one) => (one.kind === "coverage" ? [one.attached] : []))).toEqual([true, false, true]);
});

test("a modem that answers nothing is started, reset twice, and then rested from", () => {
  const world = modemWorld();
  const keys: string[] = [];
  for (let nowMs = 0; nowMs < 120_000; nowMs = Math.max(nowMs + 1, uplinkWakeMs(world.uplink)))
    for (const action of uplinkStep(world.uplink, { kind: nowMs === 0 ? "open" : "wake" }, nowMs, 0.5)) {
      if (action.kind === "key") keys.push(`${action.down} ${nowMs}`);
      if (action.kind === "fault") keys.push(action.reason);
    }
  const held = keys.filter((one) => one.includes(" ")).map((one) => Number(one.split(" ")[1]));
  expect([held[1] - held[0], held[3] - held[2], held[5] - held[4]]).toEqual([600, 2_500, 2_500]);
  expect(keys[6]).toBe("uplink.silent");
});

test("a modem that swallows the prompt is reset before another word, for a word could go out as a message", () => {
  const world = online();
  world.tell({ kind: "publish", topic: UP, bytes: MESSAGE, token: 1 });
  const { tell } = world;
  world.tell = (event) => (event.kind === "bytes" ? undefined : tell(event));
  world.run(14_000);
  world.tell = tell;
  world.run(60_000);
  expect(endings(world)).toMatchObject([{ kind: "failed", token: 1, reason: "uplink.stuck" }]);
  expect(world.uplink.phase).toBe(ONLINE);
  expect(world.broker.kept).toEqual([]);
});

test("two devices do not come back from an outage together", () => {
  const returns = [1, 2, 3, 4, 5].map((seed) => {
    const world = online({ seed });
    world.broker.faults.away = true;
    world.broker.hangUp();
    world.run(120_000);
    world.broker.faults.away = false;
    world.until("session", 600_000);
    return Math.round(world.nowMs / 100);
  });
  expect(new Set(returns).size).toBe(5);
});

test("something urgent cuts a long rest short, but does not hammer", () => {
  const world = modemWorld();
  world.broker.faults.away = true;
  world.tell({ kind: "open" });
  world.run(1_200_000);
  world.until("fault", 1_500_000);
  world.broker.faults.away = false;
  expect(uplinkWakeMs(world.uplink) - world.nowMs).toBeGreaterThan(60_000);
  world.tell({ kind: "hurry" });
  world.until("session", 60_000);
  const tries = world.modem.commands.filter((command) => command.startsWith("+QMTOPEN"));
  expect(tries.length).toBeLessThan(12);
});

test("without a SIM card there is no coverage, and no end of trying", () => {
  const world = modemWorld({ iccid: undefined });
  world.tell({ kind: "open" });
  world.run(600_000);
  expect(faults(world)[0]).toBe("uplink.no-coverage in +CEREG?");
});

test("a broker that refuses the device is asked again, and the reason said", () => {
  const world = modemWorld();
  world.broker.faults.connectCode = 5;
  world.tell({ kind: "open" });
  world.until("fault", 60_000);
  expect(faults(world)).toEqual(["uplink.refused in +QMTCONN: 0,0,0"]);
});

test("no message number of one start is the next start's first", () => {
  const first = [0, 0.25, 0.999999].map((random) => createUplink(scriptOf(), random).session.messageId);
  expect(first).toEqual([0, 16_383, 65_534]);
});

test("settings that would end the line they stand in make no script", () => {
  for (const text of ["", "a b", 'a"', "a\rAT+CFUN=0", "ü", "x".repeat(65)])
    expect(modemScript({ ...SETTINGS, host: text })).toBeUndefined();
});

test("what goes over the line holds no secret: keys lie in the modem, and only their names are said", () => {
  const world = online();
  world.modem.files.set("device.key", Buffer.from("-----BEGIN PRIVATE KEY-----"));
  expect(world.written.join("")).toContain('"clientkey",0,"device.key"');
  expect(world.written.join("")).not.toContain("BEGIN");
});
