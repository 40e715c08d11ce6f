import type { KeyObject } from "node:crypto";
import { RELEASE_SIGNATURE_CONTEXT } from "../../protocol/cose/contexts.ts";
import { sign1 } from "../../protocol/cose/sign1.ts";
import { ToolError } from "../../protocol/errors.ts";
import type { Image } from "../../protocol/image/container.ts";
import {
  decodeReleaseList,
  encodeReleaseList,
  type Release,
  type ReleaseList,
} from "../../protocol/messages/release.ts";
import { type PublicKeys, verifyAny } from "../evidence/public-keys.ts";
import { versionText } from "./version.ts";

export const NO_RELEASES: ReleaseList = { number: 0, atMs: 0, releases: [] };

/** `image.bad-release-list`: not signed with one of the releases keys, or no list. */
export function readReleaseList(bytes: Uint8Array, keys: PublicKeys, file: string): ReleaseList {
  const opened = verifyAny(keys, "releases", bytes, RELEASE_SIGNATURE_CONTEXT);
  if (!opened.ok) throw new ToolError("image.bad-release-list", { file });
  const list = decodeReleaseList(opened.payload);
  if (!list.ok) throw new ToolError("image.bad-release-list", { file });
  return list.value;
}

export function signReleaseList(list: ReleaseList, key: KeyObject): Uint8Array {
  const encoded = encodeReleaseList(list);
  if (!encoded.ok) throw new ToolError("image.full-release-list");
  return sign1(key, encoded.bytes, RELEASE_SIGNATURE_CONTEXT);
}

/**
 * The next list, with the image on it: under the release of its version, or as a new one. One that is on it already changes
 * nothing. `image.other-source`: that version was released from another source bundle; `image.none-of-ours`.
 */
export function addRelease(list: ReleaseList, image: Image, atMs: number): ReleaseList {
  const { info, rollback, header, hash } = image;
  if (info === undefined || rollback === undefined) throw new ToolError("image.none-of-ours");
  const version = versionText(header.version);
  const standing = list.releases.find((release) => versionText(release.version) === version);
  if (standing !== undefined && (!isSame(standing.source, info.source) || standing.rollback !== rollback))
    throw new ToolError("image.other-source", { version });
  const { board, engine, elf } = info;
  const release: Release = standing ?? { version: header.version, source: info.source, rollback, artefacts: [] };
  const isListed = release.artefacts.some((artefact) => isSame(artefact.hash, hash));
  const artefacts = isListed ? release.artefacts : [...release.artefacts, { board, engine, elf, hash }];
  const others = list.releases.filter((one) => one !== standing);
  return { number: list.number + 1, atMs, releases: [...others, { ...release, artefacts }] };
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
