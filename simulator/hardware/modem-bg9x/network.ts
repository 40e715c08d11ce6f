/** Where a modem's connections go: real sockets, or a broker inside the simulation. */
export interface ModemNetwork {
  /** Nothing of `events` is called from inside `open`. `later` runs a function after so many milliseconds of the modem's time. */
  open(to: Destination, events: WireEvents, later: (delayMs: number, run: () => void) => void): Wire;
}

export interface Destination {
  host: string;
  port: number;
  /** Absent: plain TCP. */
  tls?: TlsSettings;
}

export interface TlsSettings {
  /** PEM; absent where the modem is not told to check, or has no such file. */
  ca?: Uint8Array;
  certificate?: Uint8Array;
  key?: Uint8Array;
  checksServer: boolean;
  checksHost: boolean;
}

export interface WireEvents {
  opened(): void;
  data(bytes: Uint8Array): void;
  /** It could not be opened, or has ended. `reason` is for people. */
  closed(reason: string): void;
}

/** A connection, seen from the modem. */
export interface Wire {
  send(bytes: Uint8Array): void;
  close(): void;
}
