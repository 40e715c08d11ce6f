/** Percent at which the wearer must charge, at which he has hours, and at which he has less. */
const THRESHOLDS = [25, 10, 5];
/** It must rise so far above a threshold again: voltage under load moves by some percent. */
const HYSTERESIS = 5;

/** How many thresholds it is below. `level`: how many it was. */
export function batteryLevel(percent: number, level: number): number {
  let now = 0;
  for (let i = 0; i < THRESHOLDS.length; i++) {
    const slack = level > i ? HYSTERESIS : 1;
    if (percent < THRESHOLDS[i] + slack) now = i + 1;
  }
  return now;
}
