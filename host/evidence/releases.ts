import type { KeyObject } from "node:crypto";
import { RELEASE_SIGNATURE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { sign1 } from "../../protocol/cose/sign1.ts";
import { ToolError } from "../../protocol/errors.ts";
import {
  decodeReleaseList,
  encodeReleaseList,
  type Release,
  type ReleaseList,
} from "../../protocol/messages/release.ts";
import { type PublicKeys, verifyAny } from "./public-keys.ts";

/** What the agency stands for having released; `undefined` where its key has not signed this, or it is no list. */
export function releasesIn(keys: PublicKeys, bytes: Uint8Array): Release[] | undefined {
  const opened = verifyAny(keys, "releases", bytes, RELEASE_SIGNATURE_CONTEXT);
  const list = opened.ok ? decodeReleaseList(opened.payload) : undefined;
  return list?.ok ? list.value.releases : undefined;
}

export function signReleaseList(list: ReleaseList, key: KeyObject): Uint8Array {
  const encoded = encodeReleaseList(list);
  if (!encoded.ok) throw new ToolError("evidence.bad-releases", { detail: encoded.reason });
  return sign1(key, encoded.bytes, RELEASE_SIGNATURE_CONTEXT);
}

export function versionText({ version: { major, minor, revision } }: Release): string {
  return `${major}.${minor}.${revision}`;
}
