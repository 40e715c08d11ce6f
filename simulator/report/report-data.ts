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
  /** Metres to the nearest boundary that counts, negative inside, of the trace itself. */
  distance: { timeMs: Float64Array; metres: Float64Array };
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
    beyondModel: number;
    wallS: number;
  };
}

export interface ReportZone {
  id: string;
  kind: "exclusion" | "inclusion";
  bufferM: number;
  circle?: { lat: number; lon: number; radiusM: number };
  /** Polygons of rings of [longitude, latitude], without the closing point. */
  polygons?: [number, number][][][];
}

export interface ReportAlert {
  timeMs: number;
  zone: string | undefined;
  about: string;
  state: string | undefined;
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
