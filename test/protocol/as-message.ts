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

const ABOUTS = [
  ...["zone", "location-lost", "battery", "strap", "enclosure", "usb", "jamming", "shielding", "frozen-fix"],
  ...["teleport", "clock-step", "comms-lost", "stillness", "removal", "integrity"],
];

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
    about: pick(ABOUTS, w.get(3)),
    zone: w.get(4),
    state: pick(["entered", "unconfirmed", "left", "raised", "continuing", "cleared"], w.get(5)),
    sinceMs: w.get(6),
    fix: w.get(7) instanceof Map ? AS_MESSAGE.fix(w.get(7) as Wire) : w.get(7),
    signedMm: w.get(8),
    clock: w.has(9) ? pick(["trusted", "holdover"], (w.get(9) as CborValue[])[0]) : undefined,
    clockErrorMs: w.has(9) ? (w.get(9) as CborValue[])[1] : undefined,
    percent: w.get(10),
    detail: w.get(11),
  }),
  status: (w) => ({
    atMs: w.get(1),
    phase: pick(["far", "near", "inside", "lost"], w.get(2)),
    fixes: w.get(3),
    attempts: w.get(4),
    gnssOnMs: w.get(5),
    nextLookMs: w.get(6),
    usedUah: w.get(7),
    batteryPercent: w.get(8),
    time: pick(["trusted", "holdover", "unknown"], w.get(9)),
    orderCounter: w.get(10),
    fix: w.get(11) instanceof Map ? AS_MESSAGE.fix(w.get(11) as Wire) : w.get(11),
    trouble: w.get(12),
  }),
  downlink: (w) => {
    const body = w.get(4) as CborValue[];
    const bytes = body.find((item) => item instanceof Uint8Array);
    const kinds = "order order-chunk end lease day-keys image image-chunk locate pause time ack".split(" ");
    return {
      device: w.get(1),
      counter: w.get(2),
      kind: pick(kinds, w.get(3)),
      numbers: body.filter((item) => item !== bytes),
      bytes,
    };
  },
  zone: (w) => ({
    id: w.get(1),
    kind: pick(["exclusion", "inclusion"], w.get(2)),
    bufferM: metres(w.get(3)),
    shape: shapeOf(w.get(4)),
    schedule: list(w.get(5), windowOf),
  }),
  order: (w) => ({
    id: w.get(1),
    fromMs: w.get(2),
    toMs: w.get(3),
    utcOffsets: list(w.get(4), offsetOf),
    delayS: w.get(5),
    heartbeatS: w.get(6),
    zones: list(w.get(7), (zone) => (zone instanceof Map ? AS_MESSAGE.zone(zone as Wire) : zone)),
  }),
  "device-order": (w) => ({
    device: w.get(1),
    counter: w.get(2),
    id: w.get(3),
    terms:
      w.get(4) === 1
        ? undefined
        : {
            fromMs: w.get(5),
            toMs: w.get(6),
            utcOffsets: list(w.get(7), offsetOf),
            delayS: w.get(8),
            heartbeatS: w.get(9),
            warningsPerDay: w.get(10),
            encounters: list(w.get(11), encounterOf),
            corridors: list(w.get(12), (corridor) => {
              const [way, dwellS] = corridor as CborValue[];
              return { way: wayOf(way), dwellS };
            }),
            proximityM: w.get(13),
            retentionDays: w.get(14),
            packLastBytes: w.get(15),
            packHashes: w.get(16),
          },
  }),
  "release-list": (w) => ({ number: w.get(1), atMs: w.get(2), releases: list(w.get(3), releaseOf) }),
  "trace-header": (w) => ({ name: w.get(3) }),
  "trace-point": (w) => ({
    timeMs: w.get(1),
    latE7: w.get(2),
    lonE7: w.get(3),
    hAccMm: w.get(4),
    speedMmps: w.get(5),
  }),
};

function releaseOf(wire: CborValue): unknown {
  if (!(wire instanceof Map)) return wire;
  return {
    version: versionOf(wire.get(1)),
    source: wire.get(2),
    rollback: wire.get(3),
    artefacts: list(wire.get(4), (artefact) => {
      const [board, engine, elf, hash] = artefact as CborValue[];
      return { board, engine, elf, hash };
    }),
  };
}

function versionOf(wire: CborValue | undefined): unknown {
  if (!Array.isArray(wire)) return wire;
  const [major, minor, revision, build] = wire;
  return { major, minor, revision, build };
}

function encounterOf(wire: CborValue): unknown {
  if (!(wire instanceof Map)) return wire;
  return {
    place: wayOf(wire.get(1)),
    windows: list(wire.get(2), windowOf),
    fromMs: wire.get(3),
    toMs: wire.get(4),
  };
}

function wayOf(wire: CborValue | undefined): unknown {
  return Array.isArray(wire) ? { radiusM: wire[0], points: wire.slice(1) } : wire;
}

function offsetOf(wire: CborValue): unknown {
  const [fromMs, minutes] = wire as number[];
  return { fromMs, minutes };
}

function windowOf(wire: CborValue): unknown {
  const [days, fromMin, toMin] = wire as number[];
  return { days, fromMin, toMin };
}

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
