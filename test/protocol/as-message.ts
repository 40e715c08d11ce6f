import type { CborValue } from "../../protocol/index.ts";

/**
 * A message as our encoders take it, made from its wire form without our decoders, so that what those refuse can be given to
 * the encoders as well. Keys and units are read off `protocol/schema`. Wrong parts stay wrong.
 */
type Wire = Map<number, CborValue>;

const pick = (names: string[], at: CborValue | undefined) =>
  at === undefined ? undefined : (names[at as number] ?? "?");
const list = <T>(value: CborValue | undefined, of: (item: CborValue) => T) =>
  Array.isArray(value) ? value.map(of) : value;
const metres = (mm: CborValue | undefined) => (typeof mm === "number" ? mm / 1000 : mm);

export const AS_MESSAGE: Record<string, (wire: Wire) => unknown> = {
  fix: (w) => ({
    timeMs: w.get(1),
    latE7: w.get(2),
    lonE7: w.get(3),
    dimensions: w.get(4),
    hAccMm: w.get(5),
    speedMmps: w.get(6),
    courseCdeg: w.get(7),
    satellites: w.get(8),
  }),
  alert: (w) => ({
    seq: w.get(1),
    atMs: w.get(2),
    about: pick(["zone", "location-lost", "location-restored"], w.get(3)),
    zone: w.get(4),
    state: pick(["entered", "unconfirmed", "left"], w.get(5)),
    sinceMs: w.get(6),
    fix: w.get(7) instanceof Map ? AS_MESSAGE.fix(w.get(7) as Wire) : w.get(7),
    signedMm: w.get(8),
  }),
  status: (w) => ({
    atMs: w.get(1),
    phase: pick(["far", "near", "inside", "lost"], w.get(2)),
    fixes: w.get(3),
    attempts: w.get(4),
    gnssOnMs: w.get(5),
    nextLookMs: w.get(6),
    usedUah: w.get(7),
  }),
  zone: (w) => ({
    id: w.get(1),
    kind: pick(["exclusion", "inclusion"], w.get(2)),
    bufferM: metres(w.get(3)),
    shape: shapeOf(w.get(4)),
    schedule: list(w.get(5), (window) => {
      const [days, fromMin, toMin] = window as number[];
      return { days, fromMin, toMin };
    }),
  }),
  order: (w) => ({
    id: w.get(1),
    fromMs: w.get(2),
    toMs: w.get(3),
    utcOffsets: list(w.get(4), (offset) => {
      const [fromMs, minutes] = offset as number[];
      return { fromMs, minutes };
    }),
    delayS: w.get(5),
    heartbeatS: w.get(6),
    zones: list(w.get(7), (zone) => (zone instanceof Map ? AS_MESSAGE.zone(zone as Wire) : zone)),
  }),
  "trace-header": (w) => ({ name: w.get(3) }),
  "trace-point": (w) => ({
    timeMs: w.get(1),
    latE7: w.get(2),
    lonE7: w.get(3),
    hAccMm: w.get(4),
    speedMmps: w.get(5),
  }),
};

function shapeOf(wire: CborValue | undefined): unknown {
  if (!Array.isArray(wire)) return wire;
  if (wire[0] === 0) return { kind: "circle", latE7: wire[1], lonE7: wire[2], radiusM: metres(wire[3]) };
  return { kind: "polygons", polygons: list(wire[1], (rings) => ({ rings: list(rings, ringOf) })) };
}

/** From differences to vertices. */
function ringOf(wire: CborValue): unknown {
  if (!Array.isArray(wire)) return wire;
  const ring: CborValue[] = [];
  for (const [i, step] of wire.entries())
    ring.push(i >= 2 && typeof step === "number" ? step + (ring[i - 2] as number) : step);
  return ring;
}
