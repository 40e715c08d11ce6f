/**
 * What things cost, in one table with the origin of each figure. Sources differ; these are the ones we stand by until
 * a board has been measured.
 */
export const CHARGES = {
  gnssOnMa: { value: 12, unit: "mA", origin: "u-blox M10 data sheet class, acquisition and tracking; design §13" },
  accelerometerUa: { value: 4, unit: "µA", origin: "2–6 µA at 12.5 Hz with wake-up, ST LIS2DW12 class; design §13" },
  sleepUa: { value: 3, unit: "µA", origin: "nRF52840 System ON with RTC and RAM kept, product specification" },
  psmUa: { value: 2.7, unit: "µA", origin: "LTE-M modem in PSM, nRF9160 modem currents (Nordic); design §13" },
  exchangeMc: { value: 150, unit: "mC", origin: "LTE-M exchange without release assistance; design §13" },
} as const;

/** mAh of a run: GNSS time, the floor of a sleeping board, and an exchange for each message. */
export function chargeMah(gnssOnS: number, spanS: number, messages: number): number {
  const floorMa = (CHARGES.accelerometerUa.value + CHARGES.sleepUa.value + CHARGES.psmUa.value) / 1000;
  const coulombs = (gnssOnS * CHARGES.gnssOnMa.value + spanS * floorMa + messages * CHARGES.exchangeMc.value) / 1000;
  return coulombs / 3.6;
}
