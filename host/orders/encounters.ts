import { WAY_MOST_M, WAY_POINTS_MOST } from "../../protocol/limits.ts";
import type { Corridor, Encounter, Way } from "../../protocol/messages/device-order.ts";
import { type Fields, quote } from "../zones/json.ts";
import { type RefuseField, readInstant } from "../zones/order.ts";
import { readSchedule } from "../zones/schedule.ts";
import { readObject, readText, readWhole } from "./fields.ts";

/** Where or when the two may meet, and ways through a zone that the wearer may take. */

export interface NamedEncounter extends Encounter {
  name: string;
}

export interface NamedCorridor extends Corridor {
  name: string;
}

const NAME_MOST = 200;
const E7 = 1e7;

/** `{name, place: Point + radiusM, schedule, from, to}`; a place, a schedule or a span of time, or several of them. */
export function readEncounter(value: unknown, at: string, refuse: RefuseField): NamedEncounter {
  const encounter = readObject(value, at, ["name", "place", "radiusM", "schedule", "from", "to"], refuse);
  const { place, radiusM, schedule, from, to } = encounter;
  if (place === undefined && schedule === undefined && from === undefined && to === undefined)
    refuse(at, "reason.encounter-nowhere", { at });
  if ((from === undefined) !== (to === undefined)) refuse(at, "reason.encounter-half-open", { at });
  if (radiusM !== undefined && place === undefined) refuse(`${at}.radiusM`, "reason.encounter-no-place", { at });
  const fromMs = from === undefined ? undefined : readInstant(from, `${at}.from`, refuse);
  const toMs = to === undefined ? undefined : readInstant(to, `${at}.to`, refuse);
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs) refuse(`${at}.to`, "reason.to-not-after", { at });
  return {
    name: readText(encounter.name, `${at}.name`, NAME_MOST, refuse),
    place: place === undefined ? undefined : readWay(place, radiusM, at, "place", "radiusM", refuse),
    windows:
      schedule === undefined
        ? undefined
        : readSchedule(schedule, (reason, params = {}) =>
            refuse(`${at}.${params.at ?? "schedule"}`, reason, {
              ...params,
              ...("at" in params ? { at: `${at}.${params.at}` } : {}),
            }),
          ),
    fromMs,
    toMs,
  };
}

/** `{name, way: LineString, widthM, maxDwellS}`; `widthM` to either side. */
export function readCorridor(value: unknown, at: string, dwellMostS: number, refuse: RefuseField): NamedCorridor {
  const corridor = readObject(value, at, ["name", "way", "widthM", "maxDwellS"], refuse);
  return {
    name: readText(corridor.name, `${at}.name`, NAME_MOST, refuse),
    way: readWay(corridor.way, corridor.widthM, at, "way", "widthM", refuse),
    dwellS: readWhole(corridor.maxDwellS, `${at}.maxDwellS`, 1, dwellMostS, refuse),
  };
}

/** A GeoJSON Point or LineString, and how far from it still belongs to it. */
function readWay(
  value: unknown,
  width: unknown,
  at: string,
  name: "place" | "way",
  widthName: string,
  refuse: RefuseField,
): Way {
  const path = `${at}.${name}`;
  const geometry = readObject(value, path, ["type", "coordinates"], refuse);
  const wanted = name === "place" ? "Point" : "LineString";
  if (geometry.type !== wanted)
    refuse(`${path}.type`, "reason.bad-way", { at: path, wanted, value: quote(geometry.type) });
  const positions = name === "place" ? [geometry.coordinates] : listOf(geometry, path, refuse);
  return {
    radiusM: readWhole(width, `${at}.${widthName}`, 1, WAY_MOST_M, refuse),
    points: positions.flatMap((position, i) =>
      readPosition(position, name === "place" ? `${path}.coordinates` : `${path}.coordinates[${i}]`, refuse),
    ),
  };
}

function listOf({ coordinates }: Fields, path: string, refuse: RefuseField): unknown[] {
  if (Array.isArray(coordinates) && coordinates.length >= 2 && coordinates.length <= WAY_POINTS_MOST)
    return coordinates;
  return refuse(`${path}.coordinates`, "reason.bad-line", { at: `${path}.coordinates`, limit: WAY_POINTS_MOST });
}

function readPosition(value: unknown, at: string, refuse: RefuseField): number[] {
  if (!Array.isArray(value) || value.length < 2 || value.some((part) => typeof part !== "number"))
    return refuse(at, "reason.no-position", { at, value: quote(value) });
  const [lon, lat] = value as number[];
  if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) refuse(at, "reason.out-of-range", { at, value: quote(value) });
  return [Math.round(lon * E7) || 0, Math.round(lat * E7) || 0];
}
