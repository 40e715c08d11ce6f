/**
 * The head of a Simple Management Protocol message (MCUmgr): eight bytes, then a CBOR map. Version 2 of the protocol says
 * errors as `{err: {group, rc}}`, version 1 as `{rc}`; a server answers in the version it was asked in.
 */
export interface SmpHeader {
  op: number;
  /** 0: version 1; 1: version 2. */
  version: number;
  /** Bytes of CBOR that follow, 0 to 65,535. */
  length: number;
  group: number;
  /** Chosen by the client and returned, 0 to 255. */
  sequence: number;
  /** Of the command within its group, 0 to 255. */
  command: number;
}

export const HEADER_BYTES = 8;

export const OP_READ = 0;
export const OP_READ_ANSWER = 1;
export const OP_WRITE = 2;
export const OP_WRITE_ANSWER = 3;

export const GROUP_OS = 0;
export const GROUP_IMAGE = 1;
export const GROUP_FS = 8;
/** The first group that is free for the maker. */
export const GROUP_OMAMORI = 64;

/** MCUmgr's result codes. */
export const RC_OK = 0;
export const RC_UNKNOWN = 1;
export const RC_NO_MEMORY = 2;
export const RC_INVALID = 3;
export const RC_TIMEOUT = 4;
export const RC_NO_ENTRY = 5;
export const RC_BAD_STATE = 6;
export const RC_TOO_LARGE = 7;
export const RC_NOT_SUPPORTED = 8;
export const RC_CORRUPT = 9;
export const RC_BUSY = 10;
export const RC_ACCESS_DENIED = 11;

/** Reads the head of a message; `undefined` where the bytes are too few for it or for the length it says, or too many. */
export function readHeader(bytes: Uint8Array): SmpHeader | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const length = (bytes[2] << 8) | bytes[3];
  if (bytes.length !== HEADER_BYTES + length) return undefined;
  return {
    op: bytes[0] & 7,
    version: (bytes[0] >> 3) & 3,
    length: length,
    group: (bytes[4] << 8) | bytes[5],
    sequence: bytes[6],
    command: bytes[7],
  };
}

/** A whole message: head, with the body's length, and body. */
export function writeMessage(header: SmpHeader, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes[0] = (header.version << 3) | header.op;
  bytes[2] = body.length >> 8;
  bytes[3] = body.length & 255;
  bytes[4] = header.group >> 8;
  bytes[5] = header.group & 255;
  bytes[6] = header.sequence;
  bytes[7] = header.command;
  for (let i = 0; i < body.length; i++) bytes[HEADER_BYTES + i] = body[i];
  return bytes;
}
