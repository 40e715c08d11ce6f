import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import vm from "node:vm";
import { expect, test } from "vitest";
import * as trig from "../../firmware/lib/trig.ts";
import * as geometry from "../../firmware/zones/geometry.ts";
import { bundleForEspruino } from "../../host/build/espruino/bundle.ts";
import { createEspruinoContext } from "../../simulator/engines/bundle-globals.ts";
import { ROOT } from "../shared.ts";

/**
 * The bits of the doubles that decisions rest on, the same on every engine (design §4). A difference on one engine is that
 * engine's arithmetic; a difference on all is a change of the device's decisions, and the table is then written anew on purpose.
 */
const BITS = `
  sin 0 0000000000000000
  sin 1 3e1dfc0a0acf97e2
  sin 356812345 3fe2aa30c4259256
  sin 449999999 3fe6a09e65d59e48
  sin 450000001 3fe6a09e6728da00
  sin 523702160 3fe957d66e035aec
  sin 899999999 3ff0000000000000
  sin 900000000 3ff0000000000000
  sin -338688000 bfe1d5583b8d3833
  cos 0 3ff0000000000000
  cos 1 3ff0000000000000
  cos 356812345 3fe9fe274fc58f1a
  cos 449999999 3fe6a09e6728da00
  cos 450000001 3fe6a09e65d59e48
  cos 523702160 3fe389aeb34fa432
  cos 899999999 3e1dfc0a0acf97e2
  cos 900000000 0000000000000000
  cos -338688000 3fea91f29ab4123e
  metric 0 east0 3f86cc58e9e43f03
  metric 0 east1 8000000000000000
  metric 0 east2 bbb3e2022b1db6b1
  metric 0 north0 3f86a546cebf00c6
  metric 0 north1 0000000000000000
  metric 0 eastFloor 3f86cc55f75f689f
  metric 0 northFloor 3f86a546cebf00c6
  metric 0 eastReachE7 4141225051fa524f
  metric 0 northReachE7 41416c78a7209d04
  distance2 0 12345 -6789 40d7f22ab900b8c4
  distance2 0 -1500000 2200000 41c9f21409a48946
  edgeDistance2 0 -20000 5000 30000 9000 40b4ac847d15a329
  edgeDistance2 0 1 1 1 1 3f30225517a73130
  edgeDistance2 0 -3 700000 -1100000 699999 418c9150ea91a69d
  sidesDistance2 0 41a4ba85d53e169e
  metric 356812345 east0 3f828a1fda8ac0b1
  metric 356812345 east1 bd98d6946a304800
  metric 356812345 east2 bbb0510f4363d65d
  metric 356812345 north0 3f86b923559ef9f8
  metric 356812345 north1 3d39fdb97c5f2007
  metric 356812345 eastFloor 3f828360444e1951
  metric 356812345 northFloor 3f86b907209283fd
  metric 356812345 eastReachE7 4145198e0f87e3fd
  metric 356812345 northReachE7 41415d3def151a83
  distance2 356812345 12345 -6789 40d1bcbab4c679a0
  distance2 356812345 -1500000 2200000 41c73ce00f90210e
  edgeDistance2 356812345 -20000 5000 30000 9000 40b4bf6d775766de
  edgeDistance2 356812345 1 1 1 1 3f2ae077beefec7d
  edgeDistance2 356812345 -3 700000 -1100000 699999 418cc39934dc4332
  sidesDistance2 356812345 419b5673076bb11b
  metric 523702160 east0 3f7be5daaf78b51d
  metric 523702160 east1 bda0e958baccd89a
  metric 523702160 east2 bba8bdf46d08d4ee
  metric 523702160 north0 3f86c9fb65d0c283
  metric 523702160 north1 3d3aa7a964e35566
  metric 523702160 eastFloor 3f7bd38a250da669
  metric 523702160 northFloor 3f86c9de8db8aa8e
  metric 523702160 eastReachE7 414c137026240c28
  metric 523702160 northReachE7 414150685407ff99
  distance2 523702160 12345 -6789 40c8f464661028e1
  distance2 523702160 -1500000 2200000 41c4f4c1776a180c
  edgeDistance2 523702160 -20000 5000 30000 9000 40b4b7013bedb9c7
  edgeDistance2 523702160 1 1 1 1 3f264f4995a3bdb8
  edgeDistance2 523702160 -3 700000 -1100000 699999 418cee4e52ae5fec
  sidesDistance2 523702160 418ee159f4452f2d
  metric -338688000 east0 3f82f30eb2c67439
  metric -338688000 east1 3d97b98602a1c5de
  metric -338688000 east2 bbb0aa0731b9cd35
  metric -338688000 north0 3f86b7674960d41d
  metric -338688000 north1 bd395f4e04b6b7c9
  metric -338688000 eastFloor 3f82ec9be85dd8cb
  metric -338688000 northFloor 3f86b74bbe2782e0
  metric -338688000 eastReachE7 4144a439628e4763
  metric -338688000 northReachE7 41415e915c2d353c
  distance2 -338688000 12345 -6789 40d2476a95f0fd54
  distance2 -338688000 -1500000 2200000 41c7805b926922fa
  edgeDistance2 -338688000 -20000 5000 30000 9000 40b4be7402690eea
  edgeDistance2 -338688000 1 1 1 1 3f2b58efdc220351
  edgeDistance2 -338688000 -3 700000 -1100000 699999 418cbf09cc401912
  sidesDistance2 -338688000 419c90afb997886c
  metric 899000000 east0 3ef470f3d1cb3d08
  metric 899000000 east1 bda56f24838f6751
  metric 899000000 east2 bb224f6d0e6374f7
  metric 899000000 north0 3f86dffb2bacccda
  metric 899000000 north1 3cb8c8dc2a144003
  metric 899000000 eastFloor 0000000000000000
  metric 899000000 northFloor 3f86dffb10f4a01c
  metric 899000000 eastReachE7 41dad27480000000
  metric 899000000 northReachE7 41413fc19fe0f8ef
  distance2 899000000 12345 -6789 40b6761a07416f13
  distance2 899000000 -1500000 2200000 41c1fec0f946c518
  edgeDistance2 899000000 -20000 5000 30000 9000 40a85e131ca09c28
  edgeDistance2 899000000 1 1 1 1 3f205a1c5c216fdb
  edgeDistance2 899000000 -3 700000 -1100000 699999 418d262c93aa5314
  sidesDistance2 899000000 3f52655c10864f99
`;

type Library = typeof trig & typeof geometry;

const ANGLES = [0, 1, 356_812_345, 449_999_999, 450_000_001, 523_702_160, 899_999_999, 900_000_000, -338_688_000];
const LATITUDES = [0, 356_812_345, 523_702_160, -338_688_000, 899_000_000];
const METRIC = [
  ...(["east0", "east1", "east2", "north0", "north1"] as const),
  ...(["eastFloor", "northFloor", "eastReachE7", "northReachE7"] as const),
];
const STEPS: [number, number][] = [
  [12_345, -6_789],
  [-1_500_000, 2_200_000],
];
const EDGES: [number, number, number, number][] = [
  [-20_000, 5_000, 30_000, 9_000],
  [1, 1, 1, 1],
  [-3, 700_000, -1_100_000, 699_999],
];
const RANGE_M = 25_000;

/** The table as `library` computes it. */
function bitsOf(library: Library): string[] {
  const metric = library.createMetric();
  return [
    ...ANGLES.map((angle) => `sin ${angle} ${bits(library.sinE7(angle))}`),
    ...ANGLES.map((angle) => `cos ${angle} ${bits(library.cosE7(angle))}`),
    ...LATITUDES.flatMap((lat) => {
      library.setMetric(metric, lat);
      library.setRange(metric, RANGE_M);
      const sides = library.sidesDistance2(-1_000, lat - 70_000, 50_000, lat - 3, lat, 1_234_567, metric);
      return [
        ...METRIC.map((field) => `metric ${lat} ${field} ${bits(metric[field])}`),
        ...STEPS.map((to) => `distance2 ${lat} ${to.join(" ")} ${bits(library.distance2(metric, ...to))}`),
        ...EDGES.map(
          (edge) => `edgeDistance2 ${lat} ${edge.join(" ")} ${bits(library.edgeDistance2(metric, ...edge))}`,
        ),
        `sidesDistance2 ${lat} ${bits(sides)}`,
      ];
    }),
  ];
}

/** A double's 64 bits in hex. */
function bits(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

const wanted = BITS.trim()
  .split("\n")
  .map((line) => line.trim());

test("Node gives the bits in the table", () => {
  expect(bitsOf({ ...trig, ...geometry })).toEqual(wanted);
});

test("the bundle gives the same bits", async () => {
  const project = mkdtempSync(path.join(tmpdir(), "omamori-doubles-"));
  try {
    // Only a board's own code may hand something out.
    const board = path.join(project, "firmware/boards/espruino");
    mkdirSync(board, { recursive: true });
    const from = (file: string) => JSON.stringify(path.join(ROOT, file));
    const names = "createMetric, distance2, edgeDistance2, setMetric, setRange, sidesDistance2";
    writeFileSync(
      path.join(board, "doubles.ts"),
      `import { cosE7, sinE7 } from ${from("firmware/lib/trig.ts")};
      import { ${names} } from ${from("firmware/zones/geometry.ts")};
      global.library = { cosE7, sinE7, ${names} };`,
    );
    const called = ["library", "cosE7", "sinE7", ...names.split(", "), ...METRIC];
    const { code } = await bundleForEspruino(path.join(board, "doubles.ts"), project, called);
    const context = createEspruinoContext();
    vm.runInContext(code, context);
    expect(bitsOf(vm.runInContext("library", context) as Library)).toEqual(wanted);
  } finally {
    rmSync(project, { recursive: true });
  }
});
