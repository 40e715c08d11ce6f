import { expect, test } from "vitest";
import { readOrder } from "../../host/zones/order.ts";
import { refusal } from "./refusal.ts";

const read = (order: unknown) => readOrder(JSON.stringify(order, null, 1), "order.json", []);
const ORDER = { id: "2026-17", from: "2026-11-24T09:00:00+09:00" };
const CHANGE = { from: "2026-01-01T00:00:00Z", offset: "+09:00" };

test("an order is read with its offsets", () => {
  expect(
    read({ ...ORDER, to: "2027-11-24T09:00:00+09:00", utcOffsets: [CHANGE], delayS: 90, "x-court": "Osaka" }),
  ).toEqual({
    id: "2026-17",
    fromMs: Date.UTC(2026, 10, 24),
    toMs: Date.UTC(2027, 10, 24),
    utcOffsets: [{ fromMs: Date.UTC(2026, 0, 1), minutes: 540 }],
    delayS: 90,
    heartbeatS: 900,
    zones: [],
  });
});

test("local time may be from 12 hours behind to 14 hours ahead", () => {
  const minutes = (offset: string) => read({ ...ORDER, utcOffsets: [{ ...CHANGE, offset }] }).utcOffsets[0].minutes;
  expect(["-12:00", "-00:00", "+05:45", "+14:00"].map(minutes)).toEqual([-720, 0, 345, 840]);
});

test.each<[string, object, string, number, string]>([
  ["no id", { from: ORDER.from }, "id", 1, "reason.bad-order-id"],
  ["an id of a number", { ...ORDER, id: 5 }, "id", 2, "reason.bad-order-id"],
  ["an id too long", { ...ORDER, id: "o".repeat(65) }, "id", 2, "reason.bad-order-id"],
  ["an id that turns the text round", { ...ORDER, id: "\u202eabc" }, "id", 2, "reason.bad-order-id"],
  ["no start", { id: "a" }, "from", 1, "reason.bad-instant"],
  ["a start of a day", { ...ORDER, from: "2026-11-24" }, "from", 3, "reason.bad-instant"],
  ["a start without offset", { ...ORDER, from: "2026-11-24T09:00:00" }, "from", 3, "reason.bad-instant"],
  ["a day that no calendar has", { ...ORDER, from: "2024-02-30T00:00:00Z" }, "from", 3, "reason.bad-instant"],
  ["a month that no calendar has", { ...ORDER, to: "2027-13-01T00:00:00Z" }, "to", 4, "reason.bad-instant"],
  ["an end that is null", { ...ORDER, to: null }, "to", 4, "reason.bad-instant"],
  ["a start before 1970", { ...ORDER, from: "1960-01-01T00:00:00Z" }, "from", 3, "reason.beyond-calendar"],
  ["an end in the year 9999", { ...ORDER, to: "9999-01-01T00:00:00Z" }, "to", 4, "reason.beyond-calendar"],
  ["an end before its start", { ...ORDER, to: "2026-11-23T09:00:00Z" }, "to", 4, "reason.to-before-from"],
  ["an end at its start", { ...ORDER, to: ORDER.from }, "to", 4, "reason.to-before-from"],
  ["no offset in its list", { ...ORDER, utcOffsets: [] }, "utcOffsets", 4, "reason.no-offsets"],
  ["offsets that are none", { ...ORDER, utcOffsets: null }, "utcOffsets", 4, "reason.no-offsets"],
  ["too many offsets", { ...ORDER, utcOffsets: Array(65).fill(CHANGE) }, "utcOffsets", 4, "reason.too-many-offsets"],
  ["offsets of text", { ...ORDER, utcOffsets: ["+09:00"] }, "utcOffsets[0]", 4, "reason.no-object"],
  ["an offset twice", { ...ORDER, utcOffsets: [CHANGE, CHANGE] }, "utcOffsets[1]", 4, "reason.offsets-order"],
  ["more in an offset", { ...ORDER, utcOffsets: [{ ...CHANGE, x: 1 }] }, "utcOffsets[0]", 4, "reason.unknown-in"],
  ["a zone's letters", offset("JST"), "utcOffsets[0].offset", 4, "reason.bad-offset"],
  ["an offset that is nowhere", offset("+14:59"), "utcOffsets[0].offset", 4, "reason.bad-offset"],
  ["an offset that is nowhere in the west", offset("-12:01"), "utcOffsets[0].offset", 4, "reason.bad-offset"],
  ["sixty minutes of offset", offset("+08:60"), "utcOffsets[0].offset", 4, "reason.bad-offset"],
  ["a fraction of a second", { ...ORDER, delayS: 1.5 }, "delayS", 4, "reason.bad-seconds"],
  ["seconds of text", { ...ORDER, delayS: "60" }, "delayS", 4, "reason.bad-seconds"],
  ["a delay shorter than its confirmation", { ...ORDER, delayS: 29 }, "delayS", 4, "reason.bad-seconds"],
  ["a delay longer than an hour", { ...ORDER, delayS: 3601 }, "delayS", 4, "reason.bad-seconds"],
  ["a heartbeat too fast", { ...ORDER, heartbeatS: 59 }, "heartbeatS", 4, "reason.bad-seconds"],
  ["zones of its own", { ...ORDER, zones: [], colour: 1 }, "zones, colour", 4, "reason.unknown-fields"],
])("an order with %s is refused, with field and line", (_, order, at, line, detail) => {
  expect(refusal(() => read(order))).toMatchObject({
    code: "order.bad-field",
    params: { file: "order.json", line, at: expect.stringContaining(at), detail },
  });
});

function offset(text: string): object {
  return { ...ORDER, utcOffsets: [{ ...CHANGE, offset: text }] };
}

test.each([null, [], "a", 3])("an order that is %j is none", (order) => {
  expect(refusal(() => read(order))).toMatchObject({ code: "order.bad-field", params: { detail: "reason.no-order" } });
});
