import { ubxFrame } from "../../firmware/gnss/ubx.ts";

/** One solution, or an epoch without one, as the receiver tells it. */
export interface NavPvt {
  timeMs: number;
  /** `false`: an epoch without a solution. */
  solved: boolean;
  lat: number;
  lon: number;
  hAccM: number;
  speedMps: number;
  courseDeg: number;
  satellites: number;
}

const NAV_CLASS = 0x01;
const PVT_ID = 0x07;
const PVT_BYTES = 92;
/** validDate | validTime | fullyResolved. */
const TIME_VALID = 0x07;
const GNSS_FIX_OK = 0x01;
const FIX_3D = 3;

/** NAV-PVT (u-blox interface description, class 0x01, id 0x07, 92 bytes of payload): what it says once it is told to. */
export function navPvtFrame(pvt: NavPvt): Uint8Array {
  const payload = new Uint8Array(PVT_BYTES);
  const view = new DataView(payload.buffer);
  const wholeMs = Math.floor(pvt.timeMs / 1000) * 1000;
  const date = new Date(wholeMs);
  view.setUint32(0, (pvt.timeMs + 4 * 86_400_000) % 604_800_000, true);
  view.setUint16(4, date.getUTCFullYear(), true);
  payload[6] = date.getUTCMonth() + 1;
  payload[7] = date.getUTCDate();
  payload[8] = date.getUTCHours();
  payload[9] = date.getUTCMinutes();
  payload[10] = date.getUTCSeconds();
  payload[11] = TIME_VALID;
  view.setUint32(12, 30, true);
  view.setInt32(16, Math.round((pvt.timeMs - wholeMs) * 1e6), true);
  if (pvt.solved) {
    payload[20] = FIX_3D;
    payload[21] = GNSS_FIX_OK;
  }
  payload[23] = pvt.satellites;
  view.setInt32(24, Math.round(pvt.lon * 1e7), true);
  view.setInt32(28, Math.round(pvt.lat * 1e7), true);
  view.setUint32(40, Math.round(pvt.hAccM * 1000), true);
  view.setUint32(44, Math.round(pvt.hAccM * 1500), true);
  view.setInt32(60, Math.round(pvt.speedMps * 1000), true);
  view.setInt32(64, Math.round(pvt.courseDeg * 1e5), true);
  view.setUint32(68, 200, true);
  return ubxFrame(NAV_CLASS, PVT_ID, payload);
}

/** RMC, GGA and GSA: what a u-blox receiver says of an epoch before anybody configured it. */
export function nmeaSentences(pvt: NavPvt): Uint8Array {
  const instant = new Date(pvt.timeMs).toISOString();
  const time = `${instant.slice(11, 19).replaceAll(":", "")}.${instant.slice(20, 22)}`;
  const date = `${instant.slice(8, 10)}${instant.slice(5, 7)}${instant.slice(2, 4)}`;
  const place = pvt.solved ? `${angle(pvt.lat, 2, "NS")},${angle(pvt.lon, 3, "EW")}` : ",,,";
  const motion = pvt.solved ? `${((pvt.speedMps * 3600) / 1852).toFixed(3)},${pvt.courseDeg.toFixed(2)}` : ",";
  const used = String(pvt.solved ? pvt.satellites : 0).padStart(2, "0");
  const bodies = [
    // The V at the end says that there is no navigational status, not that the fix is void.
    `GNRMC,${time},${pvt.solved ? "A" : "V"},${place},${motion},${date},,,${pvt.solved ? "A" : "N"},V`,
    `GNGGA,${time},${place},${pvt.solved ? 1 : 0},${used},1.0,30.0,M,36.0,M,,`,
    `GNGSA,A,${pvt.solved ? 3 : 1},,,,,,,,,,,,,1.8,1.0,1.4,1`,
  ];
  return Buffer.from(bodies.map(sentence).join(""), "latin1");
}

/** dddmm.mmmmm and its side. */
function angle(degrees: number, digits: number, sides: string): string {
  const hundredThousandths = Math.round(Math.abs(degrees) * 6_000_000);
  const whole = Math.floor(hundredThousandths / 6_000_000);
  const minutes = ((hundredThousandths - whole * 6_000_000) / 100_000).toFixed(5).padStart(8, "0");
  return `${String(whole).padStart(digits, "0")}${minutes},${sides[degrees < 0 ? 1 : 0]}`;
}

function sentence(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum ^= body.charCodeAt(i);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, "0")}\r\n`;
}
