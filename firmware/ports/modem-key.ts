/**
 * The modem's PWRKEY. Contract: `down` holds it low until `false` comes; how long is the core's matter, and what it did with
 * the modem is seen on the modem's line alone.
 */
export interface ModemKey {
  press(down: boolean): void;
}
