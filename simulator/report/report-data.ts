/** Everything that the report page draws. Degrees, UTC milliseconds, metres, mAh. */
export interface ReportData {
  title: string;
  traces: string[];
  engine: "node" | "bundle";
  receiver: "ideal" | "realistic" | "raw";
  seed: number;
  delayS: number;
  heartbeatS: number;
  track: { timeMs: Float64Array; lat: Float64Array; lon: Float64Array };
  zones: ReportZone[];
  fixes: {
    timeMs: number;
    lat: number;
    lon: number;
    hAccM: number | undefined;
    accepted: boolean;
    reason: string | undefined;
  }[];
  alerts: ReportAlert[];
  visits: ReportVisit[];
  order: ReportOrder;
  /**
   * Where the body truly was against the zones in force, thinned to what a time line shows: metres to the nearest boundary,
   * negative where he must not be, `Infinity` where no zone is in force.
   */
  distance: { timeMs: Float64Array; metres: Float64Array; lat: Float64Array; lon: Float64Array };
  /** Times without a recorded point, so long that where he was is an assumption; ascending. */
  holes: Span[];
  /** Times without a zone in force; ascending. */
  idle: Span[];
  charge: { timeMs: Float64Array; mAh: Float64Array; baselineMah: Float64Array };
  summary: {
    points: number;
    spanS: number;
    fixes: number;
    fixAttempts: number;
    gnssOnS: number;
    chargeMah: number;
    fixesOutside: number;
    baseline: { fixes: number; fixesOutside: number; gnssOnS: number; chargeMah: number };
    missed: number;
    late: number;
    falseAlerts: number;
    /** By kind, how often something was raised that is about neither a zone nor a lost location. */
    otherAlerts: Record<string, number>;
    beyondModel: number;
    wallS: number;
  };
}

export interface Span {
  fromMs: number;
  toMs: number;
}

/** When the order is in force, and what local time is, which windows are in. */
export interface ReportOrder {
  fromMs: number;
  /** `undefined`: until lifted. */
  toMs: number | undefined;
  utcOffsets: { fromMs: number; minutes: number }[];
}

export interface ReportZone {
  id: string;
  kind: "exclusion" | "inclusion";
  bufferM: number;
  /** Days by bit, Monday first; minutes after local midnight, over midnight where the end is not after the start. `undefined`: always. */
  schedule: { days: number; fromMin: number; toMin: number }[] | undefined;
  circle?: { lat: number; lon: number; radiusM: number };
  /** Polygons of rings of [longitude, latitude], without the closing point. */
  polygons?: [number, number][][][];
}

export interface ReportAlert {
  timeMs: number;
  zone: string | undefined;
  about: "zone" | "location-lost" | "location-restored";
  /** Always there about a `zone`, and only there. Of an inclusion zone, `entered` means that he went out of it. */
  state: "entered" | "unconfirmed" | "left" | undefined;
  lat: number | undefined;
  lon: number | undefined;
  hAccM: number | undefined;
}

export interface ReportVisit {
  zone: string;
  entryMs: number;
  exitMs: number;
  stayS: number;
  detectedMs: number | undefined;
  delayS: number | undefined;
  late: boolean;
  missed: boolean;
  beyondModel: string | undefined;
}
