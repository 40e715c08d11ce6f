import { PURPOSE_MANAGEMENT } from "../../protocol/cose/keys.ts";
import { createNodeCrypto } from "../../protocol/cose/node-crypto.ts";
import { BraceletWorld, type WorldOptions } from "../../simulator/world/bracelet-world.ts";
import type { Path } from "../../simulator/world/path.ts";
import { simulatedKey } from "../../simulator/world/provision.ts";
import { openSession, write } from "../management/stock-client.ts";
import { orderOf } from "../samples.ts";
import { circleAt, everySecond, pathOf, START_MS } from "../simulator/walks.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const GROUP = 64;
export const FIT = 6;
export const REMOVAL = 7;

/** Hours of going to and fro past a zone: a quarter at rest, then 1.5 km out and back. */
export function commute(hours: number): Path {
  const quarterS = 900;
  return pathOf(
    everySecond(hours * 3600, (s) => {
      const into = s % (4 * quarterS);
      if (into < quarterS) return [0, 0];
      if (into < 2 * quarterS) return [((into - quarterS) / quarterS) * 1_500, 0];
      if (into < 3 * quarterS) return [1_500, 0];
      return [(1 - (into - 3 * quarterS) / quarterS) * 1_500, 0];
    }),
  );
}

/** Standing where it stands, a row every `everyS` seconds. */
export function atRest(hours: number, everyS = 50): Path {
  const rows = Math.ceil((hours * 3600) / everyS);
  return pathOf(Array.from({ length: rows + 1 }, (_, i) => [i * everyS, 0, 0] as [number, number, number]));
}

export const SCHOOL = circleAt("school", 1_500, 150);
export const NEXT = circleAt("office", 0, 300);
export const HOME_ZONE = circleAt("home", 1_500, 120);

export function ours(given: Partial<WorldOptions> & { path: Path }): BraceletWorld {
  return new BraceletWorld({ order: orderOf([SCHOOL]), ...given });
}

export function managementSession(world: BraceletWorld) {
  const crypto = createNodeCrypto();
  const session = openSession(world.carry, crypto, simulatedKey(crypto, world.options.seed, PURPOSE_MANAGEMENT));
  if (session.refused !== undefined) throw new Error(JSON.stringify(session.refused));
  return session;
}

/** By a field unit at the USB port; what the device answered. */
export function putOn(world: BraceletWorld): Record<string, unknown> {
  const answer = write(managementSession(world).carry, GROUP, FIT).body;
  world.sense({ kind: "usb", attached: false });
  return answer;
}

export function takeOff(world: BraceletWorld, untilMs: number, emergency = false): Record<string, unknown> {
  const answer = write(managementSession(world).carry, GROUP, REMOVAL, { u: BigInt(untilMs), e: emergency }).body;
  world.sense({ kind: "usb", attached: false });
  return answer;
}

export { START_MS };
