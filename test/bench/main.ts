import { benchDutch } from "./dutch.ts";
import { benchEvidence } from "./evidence.ts";
import { benchJournal } from "./journal.ts";
import { benchMembership } from "./membership.ts";
import { benchReplay } from "./replay.ts";

/** `npm run bench -- [name] [options]`: each benchmark prints its own lines. */
const BENCHES: Record<string, (args: string[]) => Promise<string[]>> = {
  dutch: benchDutch,
  evidence: benchEvidence,
  journal: benchJournal,
  membership: benchMembership,
  replay: benchReplay,
};

const [name, ...args] = process.argv.slice(2);
for (const [key, bench] of Object.entries(BENCHES)) {
  if (name !== undefined && !name.startsWith("--") && name !== key) continue;
  console.log(`== ${key}`);
  for (const line of await bench(args)) console.log(line);
}
