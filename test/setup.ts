import fc from "fast-check";

/** Property tests draw from a fixed seed, so that a run repeats; OMAMORI_SEED=N explores elsewhere. A failure prints the seed. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.OMAMORI_SEED ?? "20240613") });
