/** What goes wrong on the modem's line and supply. Bytes are counted from 0 since the modem was made. */
export interface ModemFaults {
  /** When the line has carried so many bytes, both ways together, the supply sags and the modem starts again. Ascending. */
  brownOuts: number[];
  /** Whether it starts by itself after those; else it waits for the key. */
  returns: boolean;
  /** Before the byte `at` of what it says, these come: an unsolicited line, or noise. Ascending by `at`. */
  inserts: { at: number; bytes: Uint8Array }[];
  /** Of what it says and of what it is told, these bytes are lost. */
  saidLost: number[];
  heardLost: number[];
  /** How much later than usual a command is answered. Milliseconds. */
  slowMs(command: string): number;
  /** Whether a command is answered with ERROR for no reason of its own. */
  refuses(command: string): boolean;
}

export function noFaults(): ModemFaults {
  return {
    brownOuts: [],
    returns: true,
    inserts: [],
    saidLost: [],
    heardLost: [],
    slowMs: () => 0,
    refuses: () => false,
  };
}
