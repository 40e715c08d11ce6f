/**
 * Where gpsd reports a position and we do not, and why, by file; the test looks into the bytes whether it is so.
 *
 *   gll                   the position stands in a GLL sentence only: it has neither date nor accuracy, and we do not read it
 *   gpsd-rolled-the-week  gpsd adds 1,024 weeks to dates before its own build; the position agrees at the date in the bytes
 *   earth-centred         an old receiver sends NAV-SOL or NAV-POSECEF alone; ours is told to send NAV-PVT, and turning
 *                         earth-centred coordinates into degrees on the device would be trigonometry for nobody
 *   time-only             a timing receiver with a fixed antenna (fixType 5): its position was typed in, not measured
 *   high-rate             HNR-PVT, an extrapolation between fixes at 10 Hz from an inertial unit
 */
export type Difference = "gll" | "gpsd-rolled-the-week" | "earth-centred" | "time-only" | "high-rate";

export const DIFFERENCES: Record<string, { kind: Difference }> = {
  "eXplorist210.log": { kind: "gll" },
  "garmin48.log": { kind: "gll" },
  "humminbird-M37.log": { kind: "gll" },
  "magellan315.log": { kind: "gll" },
  "triton400.log": { kind: "gll" },
  "neo-m8n.log": { kind: "gpsd-rolled-the-week" },
  "rst39.log": { kind: "gpsd-rolled-the-week" },
  "tcp-torture.log": { kind: "gpsd-rolled-the-week" },
  "navisys-gr701w.log": { kind: "earth-centred" },
  "ublox-8-time.log": { kind: "earth-centred" },
  "ublox-aek-4t.log": { kind: "earth-centred" },
  "ublox-lea-4t.log": { kind: "earth-centred" },
  "ublox-neo-m8t-s.log": { kind: "earth-centred" },
  "ublox-neo-m8t.log": { kind: "earth-centred" },
  "u-blox-m8t-time.log": { kind: "time-only" },
  "ublox-zed-f9t-rtcm3.log": { kind: "time-only" },
  "ublox-neo-m8u-hnr.log": { kind: "high-rate" },
};

/**
 * Where we report a fix and gpsd has none like it; which of these holds is told from the bytes, fix by fix.
 *
 *   first-cycles          gpsd reports a cycle of sentences once it has learnt which one ends it: the first three may be missing
 *   last-cycle            the recording ends before the sentence that tells gpsd that the epoch is over; we close it at the end
 *   without-time          gpsd gives the same position without a time: its date came later, ours is of the same epoch
 *   gpsd-rolled-the-week  as above: the same position, 1,024 weeks on
 *   late-gll              a GLL of the next second ends the cycle, and gpsd dates the whole cycle by it
 *   half-epoch            the recording has a hole: RMC came, GGA did not, and gpsd waits for it; ours is marked flat
 *   high-rate             gpsd gives the position that HNR-PVT extrapolates to the same time
 */
export type OursOnly =
  | "first-cycles"
  | "last-cycle"
  | "without-time"
  | "gpsd-rolled-the-week"
  | "late-gll"
  | "half-epoch"
  | "high-rate";
