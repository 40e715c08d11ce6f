import { ubxFrame } from "../../firmware/gnss/ubx.ts";

/** What goes into one NAV-PVT message (u-blox interface description, class 0x01, id 0x07, 92 bytes of payload). */
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
