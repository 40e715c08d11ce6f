export type { Crypto } from "../../protocol/cose/crypto.ts";
