import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { confirmImage, testImage } from "../../firmware/update/session.ts";
import { OUTCOME_CONFIRMED } from "../../firmware/update/slots.ts";
import { bundleForEspruino, type DeviceBundle } from "../../host/build/espruino/bundle.ts";
import { type BootLoader, bundleLoader, LOADER_BOUNDARY } from "../../simulator/engines/loader.ts";
import { ROOT } from "../shared.ts";
import { ADDRESS, copyDevice, createDevice, type Device, makeImage, TARGET, takeIn } from "../update/world.ts";

/** Minified; it comes beside the image and is never updated with it. */
const MOST_BYTES = 15_500;
const MAP = { imagesAddress: ADDRESS, secretsAddress: 0, secretsBytes: 8_192 };

let bundle: DeviceBundle;
let boot: BootLoader;

beforeAll(async () => {
  bundle = await bundleForEspruino(path.join(ROOT, "firmware/boards/espruino/loader.ts"), ROOT, LOADER_BOUNDARY);
  boot = bundleLoader(bundle.code);
});

test("the loader is small", () => {
  console.log(`loader: ${bundle.code.length} bytes of ${MOST_BYTES}`);
  expect(bundle.code.length).toBeLessThanOrEqual(MOST_BYTES);
});

/** The bundle on the device itself, the source on a copy: same answer, same flash. */
function bootBoth(device: Device): ReturnType<BootLoader> {
  const copy = copyDevice(device, 1);
  const told = { ...boot(device.bulk, device.chip, MAP, TARGET) };
  expect(told).toEqual(copy.boot());
  expect(Buffer.compare(device.bulk.cells, copy.bulk.cells)).toBe(0);
  expect(Buffer.compare(device.chip.cells, copy.chip.cells)).toBe(0);
  return told;
}

test("its bundle does what the source does, in a world like Espruino's: adopt, install, revert, install, confirm", () => {
  const device = createDevice(makeImage("a"));
  expect(bootBoth(device)).toMatchObject({ ok: true, testing: false });
  for (const confirms of [false, true]) {
    const update = device.open();
    takeIn(update, makeImage("b", { rollback: 2 }));
    expect(testImage(update, 100)).toEqual({ ok: true });
    expect(bootBoth(device)).toMatchObject({ ok: true, testing: true });
    if (confirms) confirmImage(device.open(), OUTCOME_CONFIRMED);
    expect(bootBoth(device)).toMatchObject({ ok: true, testing: false });
  }
  device.bulk.cells.fill(0);
  expect(bootBoth(device)).toEqual({ ok: false, reason: "loader.no-image" });
});
