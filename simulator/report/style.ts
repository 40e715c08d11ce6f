/** Calm colours with enough contrast in light and dark; shape and words carry the meaning too. */
export const STYLE = `
:root{--ink:#1c2430;--soft:#5b6675;--paper:#fbfaf7;--card:#fff;--rule:#e2dfd7;--track:#2f6db5;--zone:#c2410c;--home:#3f7d4e;--fix:#1c2430;--alert:#b00020;--base:#8a7f6d;--good:#1d6b3a;--bad:#b00020}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a3adba;--paper:#14181d;--card:#1b2127;--rule:#323a43;--track:#7fb3ee;--zone:#ff9d66;--home:#7cc592;--fix:#e8eaed;--alert:#ff7b86;--base:#b9ac95;--good:#7cc592;--bad:#ff7b86}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Hiragino Sans","Noto Sans CJK JP","Noto Sans JP",sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:1.7rem;line-height:1.2;margin:.1em 0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:36px 0 8px}
.kind,.from,.hint{color:var(--soft);margin:.2em 0}
.hint{font-size:.86rem}
.verdict{font-size:1.2rem;font-weight:600;margin:.9em 0 .2em}
.good{color:var(--good)}.bad{color:var(--bad)}
.frame{background:var(--card);border:1px solid var(--rule);border-radius:8px;overflow:hidden}
svg{display:block;width:100%}.narrow{display:none}
.map{height:min(72vh,720px);touch-action:pan-y;cursor:grab}
.map:focus-visible{outline:2px solid var(--track);outline-offset:-2px}
.track{fill:none;stroke:var(--track);stroke-width:2.2;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.zone{fill:var(--zone);fill-opacity:.16;stroke:var(--zone);stroke-width:1.4;vector-effect:non-scaling-stroke}
.zone.inclusion{fill:var(--home);stroke:var(--home);stroke-dasharray:5 4}
.map{--name:20px}.name{font-size:var(--name);fill:var(--zone);text-anchor:middle;paint-order:stroke;stroke:var(--card);stroke-width:3px}.name.inclusion{fill:var(--home)}
.buffer{fill:none;stroke:var(--zone);stroke-dasharray:3 4;vector-effect:non-scaling-stroke}
.fix{fill:var(--fix);stroke:var(--card);stroke-width:.8;vector-effect:non-scaling-stroke}
.fix.rejected{fill:var(--card);stroke:var(--fix);stroke-width:1.2}
.alert{fill:var(--alert);stroke:var(--card);stroke-width:1.2;vector-effect:non-scaling-stroke}
.alert.left,.alert.location-restored{fill:var(--card);stroke:var(--alert)}
.cursor{fill:none;stroke:var(--ink);stroke-width:2;vector-effect:non-scaling-stroke}
.scale path{fill:none;stroke:var(--ink);stroke-width:2}.scale text{font-size:22px;fill:var(--ink)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:10px 0 0;padding:0;font-size:.88rem}
.legend li{display:flex;align-items:center;gap:6px}.key{width:20px;height:20px}
.readout{min-height:1.5em;margin:0 0 6px;font-variant-numeric:tabular-nums;font-size:.9rem;color:var(--soft)}
.line{fill:none;stroke:var(--track);stroke-width:1.8;vector-effect:non-scaling-stroke}
.line.baseline{stroke:var(--base);stroke-dasharray:6 4}
.level{stroke:var(--rule);fill:none}.level.zero{stroke:var(--soft)}
.axis,.note{font-size:14px;fill:var(--soft)}.note{fill:var(--track)}.note.baseline{fill:var(--base)}
.inside{fill:var(--zone);fill-opacity:.1}.visit{fill:var(--zone);fill-opacity:.14}
.tick{stroke:var(--fix);stroke-width:1;fill:none;vector-effect:non-scaling-stroke}.tick.rejected{stroke:var(--soft)}
.when{stroke:var(--ink);stroke-dasharray:2 3}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
th{text-align:left;font-weight:600;color:var(--soft)}th,td{padding:7px 10px 7px 0;border-bottom:1px solid var(--rule);vertical-align:top}
.mark.beyond{color:var(--soft)}
@media(max-width:640px){main{padding:18px 14px 40px}.map{height:96vw}.broad{display:none}.narrow{display:block}.map{--name:34px}.scale text{font-size:34px}
thead{display:none}tr{display:block;padding:10px 0;border-bottom:1px solid var(--rule)}td{display:flex;justify-content:space-between;gap:14px;border:0;padding:2px 0}td::before{content:attr(data-head);color:var(--soft)}td>span{text-align:right}}
@media print{.map{height:150mm}.hint{color:#444}section{break-inside:avoid}}
`;
