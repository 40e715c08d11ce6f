/**
 * The two error classes of the toolkit. Device code returns `{ ok: false, reason }` instead and never throws these.
 */

/** A violation of our CBOR profile or of a message's schema, at a byte of the input. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  constructor(
    /** Stable name, e.g. `cbor.trailing-bytes`; never translated. */
    readonly code: string,
    /** Byte offset into the input at which the violation stands. */
    readonly offset: number,
  ) {
    super(`${code} at byte ${offset}`);
  }
}

/**
 * What a person did or gave that cannot be carried out. The text a person reads is looked up under `code` in the message
 * catalogues of `host/cli`; `params` fill it. Conventional params: `file`, `line`, `feature`, `detail`.
 */
export class ToolError extends Error {
  override readonly name = "ToolError";
  constructor(
    readonly code: string,
    readonly params: Readonly<Record<string, string | number>> = {},
  ) {
    super(`${code} ${JSON.stringify(params)}`);
  }
}
