import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/**
 * X.509 certificates for tests (RFC 5280), ECDSA on P-256, with what a fleet needs of them: an authority, a server's name,
 * a device's. Written out here, since it is seventy lines and the packages that do it bring twenty more.
 */
export interface Identity {
  name: string;
  certificatePem: string;
  keyPem: string;
  key: KeyObject;
}

const ECDSA_SHA256 = "2a8648ce3d040302";
const COMMON_NAME = "550403";
const BASIC_CONSTRAINTS = "551d13";
const KEY_USAGE = "551d0f";
const ALTERNATIVE_NAME = "551d11";
const EXTENDED_USAGE = "551d25";
const SERVER = "2b06010505070301";
const CLIENT = "2b06010505070302";

export function authority(name: string): Identity {
  const isAuthority = extension(BASIC_CONSTRAINTS, sequence(der(0x01, Uint8Array.of(255))));
  return issue(name, undefined, [isAuthority, extension(KEY_USAGE, der(0x03, Uint8Array.of(1, 6)))]);
}

/** `host`: a DNS name, or the four bytes of an address. */
export function server(by: Identity, host: string | Uint8Array): Identity {
  const name = typeof host === "string" ? der(0x82, Buffer.from(host)) : der(0x87, host);
  return issue("server", by, [extension(ALTERNATIVE_NAME, sequence(name)), usage(SERVER)]);
}

export function device(by: Identity, id: string): Identity {
  return issue(id, by, [usage(CLIENT)]);
}

function issue(name: string, by: Identity | undefined, extensions: Uint8Array[]): Identity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(identifier(ECDSA_SHA256));
  const body = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, Uint8Array.of(1, ...randomBytes(8))),
    algorithm,
    named(by?.name ?? name),
    sequence(time(-86_400_000), time(86_400_000)),
    named(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, by?.key ?? privateKey);
  const certificate = sequence(body, algorithm, der(0x03, Uint8Array.of(0), signature));
  return {
    name,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate).toString("base64")}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    key: privateKey,
  };
}

function usage(what: string): Uint8Array {
  return extension(EXTENDED_USAGE, sequence(identifier(what)));
}

function extension(what: string, value: Uint8Array): Uint8Array {
  return sequence(identifier(what), der(0x04, value));
}

function named(name: string): Uint8Array {
  return sequence(der(0x31, sequence(identifier(COMMON_NAME), der(0x0c, Buffer.from(name)))));
}

/** UTCTime, so far from now. */
function time(offsetMs: number): Uint8Array {
  const text = new Date(Date.now() + offsetMs).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return der(0x17, Buffer.from(text.slice(2)));
}

function identifier(hex: string): Uint8Array {
  return der(0x06, Buffer.from(hex, "hex"));
}

function sequence(...parts: Uint8Array[]): Uint8Array {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Uint8Array.from([tag, ...head, ...content]);
}
