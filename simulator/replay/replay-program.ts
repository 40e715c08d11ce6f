import { replayDoor } from "./replayer.ts";

/** The entry of the replay program: bundled, it has one global, and text goes in and out of it. */
(globalThis as unknown as { omamoriReplay: typeof replayDoor }).omamoriReplay = replayDoor;
