/** What images are made for: the board of the bracelet, and the emulated Cortex-M4F that XS runs on. */
export const BOARDS: readonly string[] = ["xiao-ble", "mps2"];
