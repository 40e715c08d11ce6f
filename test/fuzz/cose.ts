import { createSoftCrypto } from "../../firmware/lib/soft-crypto.ts";
import { UPLINK_CONTEXT } from "../../protocol/cose/contexts.ts";
import { openEncrypt0, sealEncrypt0 } from "../../protocol/cose/encrypt0.ts";
import { openMac0, sealMac0 } from "../../protocol/cose/mac0.ts";
import { createSealer, openMessage, sealMessage } from "../../protocol/cose/message.ts";
import { createMutator, type Fuzz, type FuzzCount } from "./mutate.ts";

const crypto = createSoftCrypto();
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const NONCE = new Uint8Array(13);
const PAYLOADS = [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(40).fill(0x84)];
const SEALER = createSealer(crypto, KEY, KEY.slice(16));

const GOOD = PAYLOADS.flatMap((payload) => {
  const message = sealMessage(SEALER, payload, UPLINK_CONTEXT);
  return [
    sealMac0(crypto, KEY, payload, UPLINK_CONTEXT),
    sealEncrypt0(crypto, KEY.slice(0, 16), NONCE, payload, UPLINK_CONTEXT),
    message.ok ? message.bytes : payload,
  ];
});

/**
 * Every opener of the device, with its own crypto. Nothing opens but what was sealed, to the byte; `accepted` counts what is
 * a seal by its form, whose tag is then looked at.
 */
export const fuzzCose: Fuzz = (runs, seed, onRun) => {
  const next = createMutator(seed, "cose", GOOD);
  const count: FuzzCount = { runs, accepted: 0, refused: {} };
  for (let run = 0; run < runs; run++) {
    const bytes = next();
    const opened = [
      openMac0(crypto, KEY, bytes, UPLINK_CONTEXT),
      openEncrypt0(crypto, KEY.slice(0, 16), NONCE, bytes, UPLINK_CONTEXT),
      openMessage(crypto, KEY, bytes, UPLINK_CONTEXT),
    ];
    if (opened.some(({ ok }) => ok) && !GOOD.some((good) => Buffer.compare(good, bytes) === 0))
      throw new Error(`run ${run}, seed ${seed}: opened ${Buffer.from(bytes).toString("hex")}`);
    const reasons = opened.map((one) => (one.ok ? "opened" : one.reason));
    if (reasons.some((reason) => reason === "opened" || reason === "seal.forged")) count.accepted += 1;
    else {
      const reason = reasons.includes("seal.malformed") ? "seal.malformed" : "seal.wrong-algorithm";
      count.refused[reason] = (count.refused[reason] ?? 0) + 1;
    }
    onRun?.(run);
  }
  return count;
};
