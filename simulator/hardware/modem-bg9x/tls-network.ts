import net from "node:net";
import tls from "node:tls";
import type { Destination, ModemNetwork, TlsSettings, WireEvents } from "./network.ts";

/** A connection that does not come about ends by itself; the modem's own limit is 75 s. Milliseconds. */
const OPEN_MS = 30_000;

/** Real connections of this computer, TLS 1.2 as the modem speaks it. */
export function realNetwork(): ModemNetwork {
  return {
    open(to, events) {
      let ended = false;
      const end = (reason: string) => {
        if (!ended) events.closed(reason);
        ended = true;
      };
      const socket = connect(to, events, end);
      socket.setTimeout(OPEN_MS, () => socket.destroy(new Error("timeout")));
      socket.on("data", (bytes) => events.data(Uint8Array.from(bytes)));
      socket.on("error", (error) => end(error.message));
      socket.on("close", () => end("closed"));
      return {
        send: (bytes) => void socket.write(bytes),
        close() {
          ended = true;
          socket.destroy();
        },
      };
    },
  };
}

function connect(to: Destination, events: WireEvents, end: (reason: string) => void): net.Socket {
  const opened = () => {
    socket.setTimeout(0);
    events.opened();
  };
  if (to.tls === undefined) {
    const socket = net.connect(to.port, to.host, opened);
    return socket;
  }
  const socket: net.Socket = startTls(to, to.tls, opened, end);
  return socket;
}

function startTls(to: Destination, settings: TlsSettings, opened: () => void, end: (reason: string) => void) {
  try {
    return tls.connect(
      {
        host: to.host,
        port: to.port,
        servername: net.isIP(to.host) === 0 ? to.host : undefined,
        ca: pem(settings.ca),
        cert: pem(settings.certificate),
        key: pem(settings.key),
        rejectUnauthorized: settings.checksServer,
        checkServerIdentity: settings.checksHost ? tls.checkServerIdentity : () => undefined,
        minVersion: "TLSv1.2",
        maxVersion: "TLSv1.2",
      },
      opened,
    );
  } catch (error) {
    // A file that is no certificate: the modem says so when it connects, as any other failure.
    setImmediate(() => end(error instanceof Error ? error.message : String(error)));
    return new net.Socket();
  }
}

function pem(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1");
}
