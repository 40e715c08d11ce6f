import { expect, test } from "vitest";
import { createLook, look } from "../../firmware/zones/membership.ts";
import { openPack, zoneBufferM, zoneId, zoneKind, zoneWindows } from "../../firmware/zones/pack.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { writePack } from "../../protocol/pack/writer.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";
import { seededRandom } from "../../simulator/world/random.ts";
import { circleZone } from "../samples.ts";
import { viewOf } from "./bracelet-view.ts";
import { LOWLAND, starZones, vertexCount } from "./world.ts";

function bytesOf(zones: Zone[]): Uint8Array {
  const written = writePack(zones);
  if (!written.ok) throw new Error(written.reason);
  return written.bytes;
}

function reopen(bytes: Uint8Array): ReturnType<typeof openPack> {
  const flash = createFlash(Math.ceil(bytes.length / 4096) * 4096 + 4096);
  flash.program(0, bytes);
  return openPack(flash, 0);
}

test("ids, kinds, buffers and windows come back as they went in", () => {
  const schedule = [
    { days: 31, fromMin: 480, toMin: 1140 },
    { days: 96, fromMin: 1320, toMin: 360 },
  ];
  const zones = [
    circleZone("家 🏠", 35.6, 139.7, 300, { bufferM: 250, schedule }),
    circleZone("b", 35.7, 139.8, 100, { kind: "inclusion" }),
  ];
  const { pack } = viewOf(zones);
  expect([zoneId(pack, 0), zoneKind(pack, 0), zoneBufferM(pack, 0), zoneWindows(pack, 0)]).toEqual([
    "家 🏠",
    "exclusion",
    250,
    schedule,
  ]);
  expect([zoneId(pack, 1), zoneKind(pack, 1), zoneWindows(pack, 1)]).toEqual(["b", "inclusion", undefined]);
});

test("hundreds of zones and more than 20,000 vertices fit, read in blocks of 256 bytes with 8 KB resident", () => {
  const random = seededRandom(21, "many");
  const zones = starZones(random, 600, 36, LOWLAND);
  expect(vertexCount(zones)).toBeGreaterThan(20_000);
  const bytes = bytesOf(zones);
  const inner = createFlash(Math.ceil(bytes.length / 4096) * 4096);
  inner.program(0, bytes);
  let longest = 0;
  const opened = openPack(
    {
      ...inner,
      read: (address, into, length) => {
        longest = Math.max(longest, length);
        inner.read(address, into, length);
      },
    },
    0,
  );
  if (!opened.ok) throw new Error(opened.reason);
  const { pack } = opened;
  const result = createLook(64);
  const active = new Uint8Array(zones.length).fill(1);
  for (let i = 0; i < 500; i++)
    look(pack, Math.round((52 + random() * 0.5) * 1e7), Math.round((4.5 + random() * 0.9) * 1e7), 100, active, result);
  expect(longest).toBeLessThanOrEqual(256);
  const resident =
    pack.boxes.byteLength + pack.tags.byteLength + pack.lines.reduce((sum, line) => sum + line.byteLength, 0);
  expect(resident).toBeLessThanOrEqual(8192);
});

test("any flipped bit, and any cut, is refused by name", () => {
  const bytes = bytesOf([circleZone("a", 52, 5, 300), ...starZones(seededRandom(22, "one"), 1, 20, LOWLAND)]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const bad = bytes.slice();
    bad[bit >> 3] ^= 1 << (bit & 7);
    const opened = reopen(bad);
    expect(opened, `bit ${bit}`).toMatchObject({ ok: false, reason: expect.stringMatching(/^pack\./) });
  }
  for (const length of [0, 10, 16, 100, bytes.length - 1])
    expect(reopen(bytes.subarray(0, length))).toMatchObject({ ok: false });
});

test("what does not fit the device is refused by name", () => {
  const wide: Zone = {
    ...circleZone("wide", 0, 0, 1),
    shape: { kind: "polygons", polygons: [{ rings: [[0, 0, 70_000_000, 0, 0, 10_000_000]] }] },
  };
  expect(writePack([wide])).toMatchObject({ ok: false, zone: "wide" });
  expect(writePack(Array.from({ length: 1001 }, (_, i) => circleZone(`c${i}`, 52, 5, 100)))).toMatchObject({
    ok: false,
    reason: "pack.too-many-zones",
  });
  expect(writePack(starZones(seededRandom(23, "x"), 500, 90, LOWLAND))).toMatchObject({ ok: false });
});

test("a zone with long edges keeps its vertices exactly", () => {
  const ring = [50_000_000, 520_000_000, 90_000_000, 520_000_007, 90_000_013, 560_000_000, 50_000_001, 559_999_999];
  const zone: Zone = { ...circleZone("big", 0, 0, 1), shape: { kind: "polygons", polygons: [{ rings: [ring] }] } };
  const view = viewOf([zone]);
  for (let i = 0; i < ring.length; i += 2) expect(view.at(ring[i + 1], ring[i]).nearestM).toBe(0);
  expect(view.inside(540_000_000, 70_000_000)).toEqual([0]);
  expect(view.inside(540_000_000, 95_000_000)).toEqual([]);
});
