export type Lang = "en" | "ja";

const en = {
  lang: "en",
  heading: "Replay report",
  allDetected: "Every stay of {delay} s or longer was detected within {delay} s.",
  noVisits: "No zone was entered.",
  failed: "The promise was broken: {missed} missed, {late} late.",
  account:
    "{visits} visits · longest delay {longest} · {falseAlerts} false alerts · {beyond} beyond the speed model · outside zones {fixes} fixes, one a minute takes {base} ({ratio}×)",
  map: "Map",
  mapHint: "Track, zones, fixes and alerts. Drag to move, wheel or + and − to zoom, 0 for all.",
  distance: "Distance to the nearest boundary",
  distanceHint: "Below zero is inside. Ticks are fixes taken; the scale is logarithmic beyond ±100 m.",
  charge: "Charge used",
  chargeHint: "Against one fix a minute with the same receiver.",
  bracelet: "bracelet",
  baseline: "one fix a minute",
  visits: "Visits",
  zone: "Zone",
  outsideOf: "outside {zone}",
  entry: "Since (UTC)",
  stay: "Stay",
  detected: "Detected (UTC)",
  delay: "Delay",
  verdict: "Verdict",
  inTime: "in time",
  late: "late",
  missed: "missed",
  unseen: "not seen, shorter than D",
  beyond: "beyond the model",
  none: "none",
  track: "track",
  exclusion: "exclusion zone",
  inclusion: "inclusion zone",
  fix: "fix",
  rejected: "rejected fix",
  alert: "alert",
  inside: "inside",
  seconds: "{s} s",
  minutes: "{min} min",
  hours: "{h} h {min} min",
  run: "{points} points over {span} · receiver {receiver} · engine {engine} · seed {seed} · D {delay} s · H {heartbeat} s",
  numbers:
    "{fixes} fixes in {attempts} attempts, receiver on for {on} s, {mah} mAh; one a minute: {baseFixes} fixes, {baseOn} s, {baseMah} mAh",
};

export type Strings = typeof en;

const ja: Strings = {
  lang: "ja",
  heading: "再生報告書",
  allDetected: "{delay} 秒以上の滞在はすべて {delay} 秒以内に検知しました。",
  noVisits: "区域への進入はありませんでした。",
  failed: "約束が守られませんでした: 見逃し {missed}、遅れ {late}。",
  account:
    "進入 {visits} 回 · 最大遅れ {longest} · 誤報 {falseAlerts} · 速度模型の外 {beyond} · 区域外の測位 {fixes} 回、毎分測位では {base} 回({ratio}×)",
  map: "地図",
  mapHint: "軌跡・区域・測位・警報。ドラッグで移動、ホイールか + − で拡大縮小、0 で全体。",
  distance: "最寄りの境界までの距離",
  distanceHint: "0 より下は区域内。目盛りは測位。±100 m より外は対数。",
  charge: "消費電荷",
  chargeHint: "同じ受信機で毎分測位した場合との比較。",
  bracelet: "ブレスレット",
  baseline: "毎分測位",
  visits: "進入",
  zone: "区域",
  outsideOf: "{zone} の外",
  entry: "開始 (UTC)",
  stay: "滞在",
  detected: "検知 (UTC)",
  delay: "遅れ",
  verdict: "判定",
  inTime: "期限内",
  late: "遅れ",
  missed: "見逃し",
  unseen: "未検知(D 未満)",
  beyond: "速度模型の外",
  none: "なし",
  track: "軌跡",
  exclusion: "立入禁止区域",
  inclusion: "指定区域",
  fix: "測位",
  rejected: "棄却した測位",
  alert: "警報",
  inside: "区域内",
  seconds: "{s} 秒",
  minutes: "{min} 分",
  hours: "{h} 時間 {min} 分",
  run: "{points} 点・{span} · 受信機 {receiver} · エンジン {engine} · seed {seed} · D {delay} 秒 · H {heartbeat} 秒",
  numbers:
    "測位 {fixes} 回(試行 {attempts} 回)、受信機 {on} 秒、{mah} mAh。毎分測位: {baseFixes} 回、{baseOn} 秒、{baseMah} mAh",
};

export const STRINGS: Record<Lang, Strings> = { en, ja };

export function fill(template: string, params: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ""));
}

/** Zone ids come from files: nothing of theirs may become markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** `2026-11-24 09:00:00`. */
export function clockText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

/** `49 s`, `12 min`, `3 h 05 min`. */
export function spanText(seconds: number, words: Strings): string {
  if (seconds < 90) return fill(words.seconds, { s: Math.round(seconds) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return fill(words.minutes, { min: minutes });
  return fill(words.hours, { h: Math.floor(minutes / 60), min: String(minutes % 60).padStart(2, "0") });
}
