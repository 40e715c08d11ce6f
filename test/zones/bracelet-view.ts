import { createLook, type Look, look } from "../../firmware/zones/membership.ts";
import { openPack, type Pack, zoneId } from "../../firmware/zones/pack.ts";
import type { Zone } from "../../protocol/messages/zone.ts";
import { writePack } from "../../protocol/pack/writer.ts";
import { createFlash } from "../../simulator/hardware/flash.ts";

/** Zones as the bracelet sees them: packed, in flash, looked at through the port. */
export interface View {
  pack: Pack;
  /** In the pack's order. */
  zones: Zone[];
  bytes: number;
  look: Look;
  /** Fills `look`: signed metres of every zone within `nearM` or containing the point. */
  at(latE7: number, lonE7: number, nearM?: number): Look;
  /** Ids of the zones that contain the point. */
  inside(latE7: number, lonE7: number): number[];
}

export function viewOf(zones: Zone[]): View {
  const written = writePack(zones);
  if (!written.ok) throw new Error(`${written.reason} ${written.zone}`);
  const flash = createFlash(Math.ceil(written.bytes.length / 4096) * 4096);
  flash.program(0, written.bytes);
  const opened = openPack(flash, 0);
  if (!opened.ok) throw new Error(opened.reason);
  const { pack } = opened;
  const result = createLook(zones.length);
  const active = new Uint8Array(zones.length).fill(1);
  const at = (latE7: number, lonE7: number, nearM = 0) => {
    look(pack, latE7, lonE7, nearM, active, result);
    return result;
  };
  return {
    pack,
    zones: zones.map((_, i) => zones.find((zone) => zone.id === zoneId(pack, i)) as Zone),
    bytes: written.bytes.length,
    look: result,
    at,
    inside(latE7, lonE7) {
      at(latE7, lonE7);
      const found: number[] = [];
      for (let i = 0; i < result.count; i++) if (result.signedM[i] < 0) found.push(result.zone[i]);
      return found;
    },
  };
}
