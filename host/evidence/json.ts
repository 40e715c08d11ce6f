import { BANDS_M } from "../../protocol/evidence/bundle.ts";
import { keyIdOf } from "../vault/signing.ts";
import type { Verification } from "./verify.ts";

/** One line for programs; what is unknown is `null`. Codes are never translated. */
export function evidenceJson(result: Verification): Record<string, unknown> {
  const { outcome, steps, places, bundle, facts, run, notRun } = result;
  const signer = bundle?.header.signer;
  return {
    kind: "evidence",
    outcome,
    steps,
    places: places.map(({ what, section, piece, number, afterMs, from, to }) => ({
      what,
      section: section ?? null,
      piece: piece ?? null,
      record: number ?? null,
      afterMs: afterMs ?? null,
      from,
      to,
    })),
    header: bundle === undefined ? null : { ...bundle.header, signer: signer && keyIdOf(signer) },
    records: bundle?.records.length ?? null,
    alerts:
      facts?.alerts.map(({ number, epoch, alert, band, witnessedMs }) => ({
        record: number,
        epoch: epoch ?? null,
        ...alert,
        band: band === undefined ? null : { leastM: BANDS_M[band - 1] ?? null, mostM: finite(BANDS_M[band]) },
        witnessedMs: witnessedMs ?? null,
      })) ?? null,
    gaps: facts?.gaps ?? null,
    findings: facts?.rewinds.map((rewind) => ({ code: "evidence.numbers-reused", ...rewind })) ?? null,
    heldBack: facts?.heldBack ?? null,
    witnessed: facts?.witnessed ?? null,
    unwitnessed: facts?.unwitnessed ?? null,
    lastHeadMs: facts?.lastHeadMs ?? null,
    replay:
      run === undefined
        ? null
        : {
            segments: run.segments,
            records: run.records,
            alerts: run.alerts,
            checkpoints: run.checkpoints,
            gaps: run.gaps,
            notRun: notRun ?? 0,
            differences: run.differences.map(({ number, kind, what }) => ({ record: number, kind, what })),
          },
  };
}

function finite(metres: number): number | null {
  return Number.isFinite(metres) ? metres : null;
}
