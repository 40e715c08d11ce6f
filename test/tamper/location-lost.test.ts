import fc from "fast-check";
import { expect, test } from "vitest";
import type { Motion } from "../../firmware/bracelet/events.ts";
import { circleZone } from "../samples.ts";
import { blank, motion, orderWith, START_MS, told, toldAt, worn } from "./worn.ts";

const HOUR = 3_600;
const DAY_MS = 86_400_000;
const near = (northM: number) => circleZone("home", 35.68 + northM / 110_950, 139.76, 300);

/** A place without much of a sky: it opens now and then, and what it shows there is poor. */
const basement = fc.record({
  zoneM: fc.constantFrom(400, 900, 5_000, 100_000),
  periodS: fc.integer({ min: 120, max: 7_200 }),
  openS: fc.integer({ min: 0, max: 400 }),
  scatterM: fc.integer({ min: 0, max: 60 }),
  fidgetS: fc.integer({ min: 60, max: 20_000 }),
  paces: fc.array(fc.constantFrom<Motion>("still", "walking", "moving"), { minLength: 1, maxLength: 5 }),
});

test("a basement gives at most four location-lost in any day, whatever flickers there and whoever fidgets", () => {
  fc.assert(
    fc.property(basement, ({ zoneM, periodS, openS, scatterM, fidgetS, paces }) => {
      const device = worn([near(zoneM)], (s) =>
        s < 60 || s % periodS < openS
          ? { northM: scatterM * Math.sin(s), hAccMm: Math.max(4_000, scatterM * 700), speedMmps: 400 }
          : undefined,
      );
      motion(device, "still");
      for (let at = 0; at < 30 * HOUR; at += fidgetS) {
        device.run(Math.min(fidgetS, 30 * HOUR - at));
        motion(device, paces[Math.floor(at / fidgetS) % paces.length]);
      }
      const raised = device.alerts.filter((a) => a.about === "location-lost" && a.state === "raised");
      for (const first of raised)
        expect(raised.filter((a) => a.atMs >= first.atMs && a.atMs < first.atMs + DAY_MS).length).toBeLessThanOrEqual(
          4,
        );
      const all = device.alerts.filter((a) => a.about === "location-lost");
      expect(all.length, "all that was told of it").toBeLessThanOrEqual(16);
    }),
    { numRuns: 12 },
  );
});

test("while he sits in one basement it is one episode, though the sky comes and goes", () => {
  const device = worn([near(900)], (s) => (s < 60 || s % 2_400 < 120 ? {} : undefined));
  for (let hour = 0; hour < 10; hour++) {
    motion(device, "still");
    device.run(HOUR - 30);
    motion(device, "walking");
    device.run(30);
  }
  expect(toldAt(device, "location-lost", "raised")).toHaveLength(1);
  expect(toldAt(device, "location-lost", "cleared")).toHaveLength(0);
});

test("it is cleared when fixes have come for half an hour, or at once when he is elsewhere", () => {
  const rest = worn([near(900)], (s) => (s < 60 || s > 3_000 ? {} : undefined));
  motion(rest, "still");
  rest.run(2 * HOUR);
  expect(told(rest)).toEqual(["location-lost raised", "location-lost cleared"]);
  const clearedS = toldAt(rest, "location-lost", "cleared")[0];
  expect(clearedS).toBeGreaterThan(3_000 + 1_800);
  expect(clearedS).toBeLessThan(3_000 + 1_800 + 950);
  const gone = worn([near(50_000)], (s) => (s < 60 ? {} : s > 3_000 ? { northM: 2_000 } : undefined));
  gone.run(2 * HOUR);
  expect(told(gone)).toEqual(["location-lost raised", "location-lost cleared"]);
  expect(toldAt(gone, "location-lost", "cleared")[0]).toBeLessThan(3_000 + 950);
});

test("near a zone it stands by the promise's deadline after every last fix, however often it was told", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 30, max: 2_000 }), fc.integer({ min: 120, max: 4_000 })), {
        minLength: 1,
        maxLength: 12,
      }),
      (turns) => {
        const spans: [number, number][] = [];
        let end = 60;
        for (const [openS, shutS] of turns) {
          spans.push([end, end + shutS]);
          end += shutS + openS;
        }
        const isShut = (s: number) => spans.some(([from, to]) => s >= from && s < to);
        // 100 m from the boundary, on the move: at 3 m/s² that is nine seconds.
        const device = worn([near(400)], (s) => (isShut(s) ? undefined : {}));
        let standing = false;
        let lastFixS = 0;
        let seen = 0;
        for (let s = 0; s < end; s++) {
          device.run(1);
          for (; seen < device.alerts.length; seen++)
            if (device.alerts[seen].about === "location-lost") standing = device.alerts[seen].state !== "cleared";
          if (device.state.fixMs !== undefined) lastFixS = (device.state.fixMs - 5_000) / 1000;
          if (device.s - lastFixS > 60 + 10) expect(standing, `${device.s} s, last fix ${lastFixS} s`).toBe(true);
        }
      },
    ),
    { numRuns: 10 },
  );
});

test("a loss that was told far from any zone is told again when he may be in one", () => {
  const at = (hour: number, minute: number) => hour * 60 + minute;
  const schedule = [{ days: 0x7f, fromMin: at(23, 0), toMin: at(23, 59) }];
  const zone = circleZone("home", 35.68, 139.76, 300, { schedule });
  const device = worn([zone], (s) => (s < 60 ? {} : undefined));
  motion(device, "still");
  device.run(3 * HOUR + 60);
  expect(told(device)).toEqual(["location-lost raised", "location-lost continuing"]);
  expect(device.alerts[1].s).toBe(3 * HOUR);
});

test("a fifth loss in a day needs no raising, for the fourth still stands; and a new one under it is told", () => {
  // Every two hours he goes without a sky for half an hour, each time elsewhere.
  const device = worn([near(100_000)], (s) =>
    s % 7_200 < 5_400 ? { northM: 1_000 * Math.floor(s / 7_200) } : undefined,
  );
  motion(device, "moving");
  device.run(22 * HOUR);
  const lost = told(device, "location-lost");
  expect(lost.filter((what) => what.endsWith("raised"))).toHaveLength(4);
  expect(lost.filter((what) => what.endsWith("cleared"))).toHaveLength(3);
  expect(lost.filter((what) => what.endsWith("continuing")).length).toBeGreaterThanOrEqual(5);
});

test("nobody is lost for whom no order asks", () => {
  const device = blank(() => undefined);
  device.send({ kind: "time", utcMs: START_MS, errorMs: 0, source: "sealed" });
  device.run(2 * HOUR);
  device.send({ kind: "order", order: orderWith([near(900)], { fromMs: START_MS + 4 * HOUR * 1000 }) });
  device.run(2 * HOUR - 1);
  expect(device.on).toEqual([]);
  device.run(300);
  expect(told(device)).toEqual(["location-lost raised"]);
});
