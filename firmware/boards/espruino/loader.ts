import type { ImageTarget } from "../../../protocol/messages/image.ts";
import { hmacSha256, sha256 } from "../../lib/sha256.ts";
import type { Flash } from "../../ports/flash.ts";
import { openSecrets } from "../../secrets/store.ts";
import { type Booted, bootImage } from "../../update/loader.ts";

/** The loader's one door: what the board's start-up code calls before anything else. It starts what it is told, or nothing. */
declare const global: { omamoriLoader: unknown };

/** Where things lie: the three places for images in the bulk flash, the store of secrets on the chip. */
interface LoaderMap {
  imagesAddress: number;
  secretsAddress: number;
  secretsBytes: number;
}

function boot(bulk: Flash, chip: Flash, map: LoaderMap, target: ImageTarget): Booted {
  const slots = {
    flash: bulk,
    address: map.imagesAddress,
    secrets: openSecrets(chip, map.secretsAddress, map.secretsBytes),
    // In software: what decides whether the device lives must not hang on what a build has of its own.
    crypto: { aesBlock: noCipher, sha256: sha256, hmac: hmacSha256 },
  };
  return bootImage(slots, target);
}

/** Nothing here is enciphered. */
function noCipher(): void {}

global.omamoriLoader = { boot: boot };
