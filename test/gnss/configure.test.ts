import { expect, test } from "vitest";
import { flushInputs } from "../../firmware/bracelet/recorder.ts";
import { configure, SETUP_REQUEST, type Setup, type SetupEvent, setupWakeMs } from "../../firmware/gnss/configure.ts";
import { ubxFrame } from "../../firmware/gnss/ubx.ts";
import type { RadioReading } from "../../protocol/journal/inputs.ts";
import { readInputs } from "../../protocol/journal/read-inputs.ts";
import { INPUTS } from "../../protocol/journal/record.ts";
import type { GnssReceiver } from "../../simulator/hardware/gnss-receiver.ts";
import { recordsIn } from "../firmware/on-board.ts";
import { idealReceiver, type Run, runBracelet, T0 } from "./bench.ts";
import { reportsOf } from "./streams.ts";

const ON: SetupEvent = { kind: "power", on: true };
const ACKED: SetupEvent = { kind: "ack", cls: 6, id: 0x8a };
const REFUSED: SetupEvent = { kind: "nak", cls: 6, id: 0x8a };

/** Wakes it whenever it asks for it, with nobody answering; at which times it asked, and how it ended. */
function silence(start: Setup): { asks: number[]; ends: { atMs: number; reason: string }[]; setup: Setup } {
  let setup = start;
  const asks: number[] = [];
  const ends: { atMs: number; reason: string }[] = [];
  for (let nowMs = setupWakeMs(setup); nowMs < T0 + 60_000; nowMs = setupWakeMs(setup)) {
    const turn = configure(setup, { kind: "wake" }, nowMs);
    if (turn.ask) asks.push(nowMs - T0);
    if (turn.reason !== undefined) ends.push({ atMs: nowMs - T0, reason: turn.reason });
    setup = turn.setup;
  }
  return { asks, ends, setup };
}

function asked(): Setup {
  return configure(configure({ phase: "off" }, ON, T0).setup, { kind: "wake" }, T0 + 200).setup;
}

test("a silent receiver is asked four times and then given up by name", () => {
  expect(silence(configure({ phase: "off" }, ON, T0).setup)).toEqual({
    asks: [200, 1_300, 2_400, 3_500],
    ends: [{ atMs: 4_600, reason: "gnss.not-configured" }],
    setup: { phase: "not-configured" },
  });
});

test("an answer ends the asking: yes is configured, no is given up at once", () => {
  expect(configure(asked(), ACKED, T0 + 220).setup).toEqual({ phase: "configured" });
  expect(configure(asked(), REFUSED, T0 + 220)).toMatchObject({ ask: false, reason: "gnss.not-configured" });
});

test("what answers something else, or nothing that was asked, changes nothing", () => {
  const before = configure({ phase: "off" }, ON, T0).setup;
  expect(configure(before, ACKED, T0 + 10).setup).toBe(before);
  const setup = asked();
  expect(configure(setup, { kind: "ack", cls: 6, id: 1 }, T0 + 220).setup).toBe(setup);
  expect(configure({ phase: "off" }, ACKED, T0).setup).toEqual({ phase: "off" });
});

test("an answer after patience ran out still counts", () => {
  expect(configure({ phase: "not-configured" }, ACKED, T0).setup).toEqual({ phase: "configured" });
});

test("waking early changes nothing, and after power off nothing is due", () => {
  const setup = asked();
  expect(configure(setup, { kind: "wake" }, T0 + 300)).toEqual({ setup, ask: false, reason: undefined });
  expect(setupWakeMs(configure(setup, { kind: "power", on: false }, T0 + 300).setup)).toBeGreaterThan(T0 * 2);
});

test("the request, byte for byte: CFG-VALSET into RAM", () => {
  expect(Buffer.from(SETUP_REQUEST).toString("hex")).toBe(
    "b562068a2c00" +
      "00010000" +
      ["0100741001", "0200741000", "0700912001", "5a03912005"].join("") +
      ["0100721001", "0200721000", "0600912001", "5903912005"].join("") +
      "674c",
  );
});

test("a receiver fresh from power speaks NMEA, and NAV-PVT once it is configured", () => {
  const gnss = idealReceiver();
  gnss.power(true, T0);
  expect(Buffer.from(gnss.take()).toString("latin1")).toMatch(
    /^\$GNRMC,090001\.00,A,3540\.86000,N,13946\.02000,E,0\.000,0\.00,241126,,,A,V\*[0-9A-F]{2}\r\n\$GNGGA/,
  );
  gnss.hear(SETUP_REQUEST, T0 + 1_500);
  expect(gnss.nextMs(), "no answer from within the writing").toBeGreaterThan(T0 + 1_500);
  expect(reportsOf(gnss.take())).toEqual([{ kind: "ack", cls: 6, id: 0x8a }]);
  expect(gnss.take().subarray(0, 4)).toEqual(Uint8Array.of(0xb5, 0x62, 1, 7));
});

test("what is written without power, or before the receiver has started, is lost", () => {
  const gnss = idealReceiver();
  gnss.hear(SETUP_REQUEST, T0);
  expect(gnss.nextMs()).toBe(Number.POSITIVE_INFINITY);
  gnss.power(true, T0);
  gnss.hear(SETUP_REQUEST, T0 + 50);
  expect(gnss.nextMs()).toBe(T0 + 1_000);
});

test("a receiver that does not know a key applies nothing and says no", () => {
  const gnss = idealReceiver();
  gnss.power(true, T0);
  gnss.hear(ubxFrame(6, 0x8a, Uint8Array.of(0, 1, 0, 0, 2, 0, 0x74, 0x10, 0, 1, 2, 3, 0x20, 0)), T0 + 500);
  expect(reportsOf(gnss.take())).toEqual([{ kind: "nak", cls: 6, id: 0x8a }]);
  expect(gnss.take()[0]).toBe("$".charCodeAt(0));
});

test("the bracelet configures its receiver at every power-on, for RAM forgets", () => {
  const run = runBracelet(idealReceiver(), 1_900_000);
  const powerOns = run.effects.filter((effect) => effect.kind === "gnss.power" && effect.on).length;
  expect(powerOns).toBeGreaterThan(1);
  expect(run.writes).toHaveLength(powerOns);
  expect(run.accepted).toBe(powerOns);
  expect(run.heard.filter((bytes) => bytes[0] === 0x24)).toEqual([]);
  expect([run.bracelet.notConfigured, run.logged]).toEqual([0, []]);
});

/** The receiver with its ear closed, or saying no to everything. */
function stubborn(gnss: GnssReceiver, answer: Uint8Array | undefined): GnssReceiver {
  let answerMs = Number.POSITIVE_INFINITY;
  return {
    power: (on, nowMs) => gnss.power(on, nowMs),
    hear: (_, nowMs) => {
      if (answer !== undefined) answerMs = nowMs + 20;
    },
    nextMs: () => Math.min(answerMs, gnss.nextMs()),
    take: () => {
      if (answer === undefined || answerMs > gnss.nextMs()) return gnss.take();
      answerMs = Number.POSITIVE_INFINITY;
      return answer;
    },
  };
}

test.each([
  ["never answers", undefined, 3],
  ["says no", ubxFrame(5, 0, Uint8Array.of(6, 0x8a)), 3],
])("a receiver that %s is used as it is, and that is said and counted", (_, answer, failures) => {
  const run = runBracelet(stubborn(idealReceiver(), answer), 1_900_000);
  const powerOns = run.effects.filter((effect) => effect.kind === "gnss.power" && effect.on).length;
  expect(run.accepted).toBeGreaterThanOrEqual(powerOns);
  expect(run.heard.filter((bytes) => bytes[0] === 0x24).length).toBeGreaterThanOrEqual(powerOns);
  expect(powerOns).toBe(3);
  expect(run.logged).toEqual(Array.from({ length: failures }, (_, i) => `gnss.not-configured ${i + 1}`));
  expect(run.bracelet.notConfigured).toBe(failures);
});

test("a silent receiver that finds nothing is given up once an acquisition", () => {
  const gnss = { ...stubborn(idealReceiver(), undefined), nextMs: () => Number.POSITIVE_INFINITY };
  const run = runBracelet(gnss, 10_000);
  expect(run.writes.map((write) => write.atMs)).toEqual([200, 1_300, 2_400, 3_500]);
  expect(run.logged).toEqual(["gnss.not-configured 1"]);
});

/** Every reading that the machine was told of, with its age at the end of the run. */
function readingsIn(run: Run, endMs: number): { radio: RadioReading; ageMs: number }[] {
  flushInputs(run.bracelet.recorder, endMs);
  return recordsIn(run.cells).flatMap(({ kind, body }) => {
    if (kind !== INPUTS) return [];
    const read = readInputs(body);
    if (!read.ok) throw new Error(read.reason);
    return read.inputs.flatMap(({ input, nowMs }) =>
      input.kind === "radio" && nowMs !== undefined ? [{ radio: input.radio, ageMs: endMs - nowMs }] : [],
    );
  });
}

/** A receiver that says this whenever it speaks; `s`: seconds since its start. */
function saying(rf: (s: number) => Partial<Record<number, number>>): GnssReceiver {
  const gnss = idealReceiver();
  const take = () => {
    const s = (gnss.nextMs() - T0) / 1_000;
    gnss.take();
    const payload = new Uint8Array(28);
    payload[1] = 1;
    for (const [at, value] of Object.entries(rf(s))) payload[Number(at)] = value ?? 0;
    return ubxFrame(0x0a, 0x38, payload);
  };
  return { ...gnss, take };
}

test("what the receiver says of its antenna and of jamming is kept, with its age", () => {
  const run = runBracelet(
    saying(() => ({ 5: 3, 6: 2, 20: 201 })),
    30_000,
  );
  expect(run.bracelet.radio).toMatchObject({ jamming: 3, antenna: 2, level: 201 });
  expect(readingsIn(run, T0 + 30_000)).toEqual([
    { radio: { jamming: 3, antenna: 2, level: 201, agc: 0, noise: 0 }, ageMs: 29_780 },
  ]);
});

test("a reading that says what the last one said is not told again, a new one is at once", () => {
  const run = runBracelet(
    saying((s) => ({ 5: s < 10 ? 1 : 3, 20: Math.floor(s) })),
    30_000,
  );
  expect(run.heard.length).toBeGreaterThan(20);
  const readings = readingsIn(run, T0 + 30_000);
  expect(readings.map(({ radio, ageMs }) => [radio.jamming, radio.level, ageMs])).toEqual([
    [1, 0, 29_780],
    [3, 10, 20_000],
  ]);
});
