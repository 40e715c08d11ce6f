import { readImageTrailer } from "../../protocol/image/trailer.ts";
import { ENGINES, imageBytesOf } from "../../protocol/messages/image.ts";
import type { ReleaseList } from "../../protocol/messages/release.ts";
import type { ReadImageFile, SealState } from "../images/read.ts";
import { versionText } from "../images/version.ts";
import { type Lang, print, textOf } from "./output.ts";

const SEALS: Record<SealState, string> = {
  none: "image.seal-none",
  unchecked: "image.seal-unchecked",
  development: "image.seal-development",
  device: "image.seal-device",
};

/** What an image says of itself, all of it verified but a seal that no key was there for. */
export function showImage(read: ReadImageFile, json: boolean, lang: Lang): void {
  const { image, manifest, seal, bytes } = read;
  const { info, header } = image;
  const trailer = readImageTrailer(bytes);
  const about = {
    version: versionText(header.version),
    hash: hex(image.hash),
    board: info?.board ?? null,
    engine: info === undefined ? null : ENGINES[info.engine],
    elf: info === undefined || info.elf.length === 0 ? null : hex(info.elf),
    source: info === undefined ? null : hex(info.source),
    rollback: image.rollback ?? null,
    format: info?.format ?? null,
    formatsBack: info?.formatsBack ?? null,
    loadAddress: header.loadAddress,
    payloadBytes: header.payloadBytes,
    seal,
    device: manifest?.device ?? null,
    coveredBytes: manifest === undefined ? null : imageBytesOf(manifest),
    imageOk: trailer?.imageOk ?? null,
    copyDone: trailer?.copyDone ?? null,
  };
  if (json) {
    print(JSON.stringify({ kind: "image", ...about }));
    return;
  }
  const line = (code: string, params: Record<string, string | number>) => print(textOf(lang, code, params).text);
  line("image.line-version", { version: about.version, bytes: about.payloadBytes });
  line("image.line-hash", { hash: about.hash });
  if (info === undefined) line("image.line-foreign", {});
  else {
    line("image.line-target", { board: info.board, engine: ENGINES[info.engine] });
    if (about.elf !== null) line("image.line-elf", { hash: about.elf });
    line("image.line-source", { hash: about.source ?? "" });
    line("image.line-rollback", { rollback: about.rollback ?? 0 });
    line("image.line-format", { format: info.format, back: Math.max(0, info.format - info.formatsBack) });
  }
  if (trailer !== undefined) line(trailer.imageOk ? "image.line-trailer-ok" : "image.line-trailer", {});
  line(SEALS[seal], { device: about.device ?? "" });
}

export function showReleases(list: ReleaseList, json: boolean, lang: Lang): void {
  if (json) {
    const releases = list.releases.map((release) => ({
      version: versionText(release.version),
      source: hex(release.source),
      rollback: release.rollback,
      artefacts: release.artefacts.map(({ board, engine, elf, hash }) => ({
        board,
        engine: ENGINES[engine],
        elf: elf.length === 0 ? null : hex(elf),
        hash: hex(hash),
      })),
    }));
    print(JSON.stringify({ kind: "release-list", number: list.number, atMs: list.atMs, releases }));
    return;
  }
  const line = (code: string, params: Record<string, string | number>) => print(textOf(lang, code, params).text);
  line("image.releases", { number: list.number, date: new Date(list.atMs).toISOString(), count: list.releases.length });
  for (const release of list.releases) {
    line("image.release", {
      version: versionText(release.version),
      hash: hex(release.source),
      rollback: release.rollback,
    });
    for (const { board, engine, hash } of release.artefacts)
      line("image.artefact", { board, engine: ENGINES[engine], hash: hex(hash) });
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
