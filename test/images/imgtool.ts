/**
 * Images that MCUboot's own imgtool made (scripts/imgtool of mcu-tools/mcuboot at 2d4bacc3), as they came from it. The payload of both:
 */
export const PAYLOAD = "omamori test payload, made with imgtool";

/** `sign --version 1.2.3+4 --header-size 0x20 --pad-header --align 4 --slot-size 0x1000 --security-counter 9 --load-addr 0x20000` */
export const SIGNED = Buffer.from(
  "3db8f3960000020020000c0027000000200000000102030004000000000000006f6d616d6f72692074657374207061796c6f61642c206d616465207769746820696d67746f6f6c" +
    "08690c0050000400090000000769280010002000ce1592ffc206e77c88e30c1f03e083e8146c0ed05b641068149dfd2db71b189c",
  "hex",
);

const PADDED_BODY = Buffer.from(
  "3db8f3960000000040000a002700000000000000010203000400000000000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" +
    "6f6d616d6f72692074657374207061796c6f61642c206d616465207769746820696d67746f6f6c08690a00a5000200beef" +
    "076928001000200088b7b3cf5f6453333b5ede737a25f2c562abe1cc8aaf163767901458744921a7",
  "hex",
);
const PADDED_END = Buffer.from("01ffffffffffffff77c295f360d2ef7f3552500f2cb67980", "hex");

/** `sign --version 1.2.3+4 --header-size 0x40 --pad-header --align 8 --slot-size 0x800 --pad --confirm -M 8 --custom-tlv 0x00a5 0xbeef` */
export const PADDED = Buffer.concat([
  PADDED_BODY,
  Buffer.alloc(0x800 - PADDED_BODY.length - PADDED_END.length, 0xff),
  PADDED_END,
]);
