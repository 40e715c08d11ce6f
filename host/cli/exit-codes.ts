/** What a script may rely on. 3 to 10 belong to the commands that talk to devices. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  promiseMissed: 11,
  evidenceAltered: 12,
  evidenceUnproven: 13,
  replayDiffers: 14,
} as const;
