import type { ImageVersion } from "../../protocol/messages/image.ts";

const LIMITS = [255, 255, 65_535, 4_294_967_295];

/** `1.2.3`, or `1.2.3+4` with a build number, as imgtool reads and writes it. */
export function versionText({ major, minor, revision, build }: ImageVersion): string {
  return `${major}.${minor}.${revision}${build === 0 ? "" : `+${build}`}`;
}

/** `undefined`: no version, or a part of it past MCUboot's bounds. */
export function parseVersion(text: string): ImageVersion | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,5})(?:\+(\d{1,10}))?$/.exec(text);
  if (match === null) return undefined;
  const [major, minor, revision, build] = match.slice(1).map((part) => Number(part ?? 0));
  return [major, minor, revision, build].every((part, i) => part <= LIMITS[i])
    ? { major, minor, revision, build }
    : undefined;
}
