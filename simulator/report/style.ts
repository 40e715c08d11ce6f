/** Calm colours with enough contrast in light and dark; shape and words carry the meaning too. */
export const STYLE = `
:root{--ink:#1c2430;--soft:#5b6675;--paper:#fbfaf7;--card:#fff;--rule:#e2dfd7;--track:#2f6db5;--zone:#c2410c;--home:#3f7d4e;--fix:#1c2430;--alert:#b00020;--base:#8a7f6d;--good:#1d6b3a;--bad:#b00020;--caveat:#8a5300}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a3adba;--paper:#14181d;--card:#1b2127;--rule:#323a43;--track:#7fb3ee;--zone:#ff9d66;--home:#7cc592;--fix:#e8eaed;--alert:#ff7b86;--base:#b9ac95;--good:#7cc592;--bad:#ff7b86;--caveat:#f0b95c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Hiragino Sans","Noto Sans CJK JP","Noto Sans JP",sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:1.7rem;line-height:1.2;margin:.1em 0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:36px 0 8px}
.kind,.from,.hint{color:var(--soft);margin:.2em 0}
.hint{font-size:.86rem}
.verdict{font-size:1.2rem;font-weight:600;margin:.9em 0 .2em}
.good{color:var(--good)}.bad{color:var(--bad)}.caveat{color:var(--caveat)}
.frame{position:relative;background:var(--card);border:1px solid var(--rule);border-radius:8px;overflow:hidden}
svg{display:block;width:100%}.narrow{display:none}
.map{height:min(72vh,720px);touch-action:pan-y;cursor:grab;--px:1.39;--k:1}
.map:focus-visible{outline:2px solid var(--track);outline-offset:-2px}
.map .spot{transform:scale(calc(var(--px) / var(--k)))}
.zoom{position:absolute;top:8px;right:8px;display:grid;gap:6px}.zoom[hidden]{display:none}
.zoom button{width:44px;height:44px;padding:12px;border:1px solid var(--rule);border-radius:8px;background:var(--card);cursor:pointer}
.zoom path{fill:none;stroke:var(--ink);stroke-width:2}
.track{fill:none;stroke:var(--track);stroke-width:2.2;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.track.filled,.line.filled{stroke-dasharray:2 4;stroke-opacity:.75;stroke-width:1.5}
.zone{fill:var(--zone);fill-opacity:.16;stroke:var(--zone);stroke-width:1.4;vector-effect:non-scaling-stroke}
.zone.inclusion{fill:var(--home);stroke:var(--home);stroke-dasharray:5 4}
.buffer{fill:none;stroke:var(--zone);stroke-opacity:.13;stroke-linejoin:round;pointer-events:none}
.name{font-size:13px;fill:var(--zone);text-anchor:middle;paint-order:stroke;stroke:var(--card);stroke-width:3px;pointer-events:none}.name.inclusion{fill:var(--home)}
.fixes path{stroke:var(--fix);stroke-width:5;stroke-linecap:round;vector-effect:non-scaling-stroke}
.fixes .rejected{stroke-width:6}.fixes .hollow{stroke:var(--card);stroke-width:3.5;pointer-events:none}
.alert{fill:var(--alert);stroke:var(--alert);stroke-width:1.4;paint-order:stroke}.alert.hollow{fill:var(--card);paint-order:normal}
.cursor{fill:none;stroke:var(--ink);stroke-width:2;pointer-events:none}
.scale path{fill:none;stroke:var(--ink);stroke-width:2;vector-effect:non-scaling-stroke}.scale text{font-size:13px;fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:10px 0 0;padding:0;font-size:.88rem}
.legend li{display:flex;align-items:center;gap:6px}.key{flex:none;width:20px;height:20px}
.readout{min-height:1.5em;margin:0 0 6px;font-variant-numeric:tabular-nums;font-size:.9rem;color:var(--soft)}
.line{fill:none;stroke:var(--track);stroke-width:1.8;vector-effect:non-scaling-stroke}
.line.baseline{stroke:var(--base);stroke-dasharray:6 4}
.level{stroke:var(--rule);fill:none}.level.zero{stroke:var(--soft)}
.axis,.note{font-size:14px;fill:var(--soft)}.note{fill:var(--track);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.inside{fill:var(--zone);fill-opacity:.08}.stay{fill:var(--zone);fill-opacity:.17}.idle{fill:var(--soft);fill-opacity:.2}
.tick{stroke:var(--fix);stroke-width:1;fill:none;vector-effect:non-scaling-stroke}.tick.rejected{stroke:var(--soft)}
.when{stroke:var(--ink);stroke-dasharray:2 3}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.92rem}
th{text-align:left;font-weight:600;color:var(--soft)}th,td{padding:7px 10px 7px 0;border-bottom:1px solid var(--rule);vertical-align:top}
.mark.beyond{color:var(--caveat)}.mark.unseen{color:var(--soft)}
summary{cursor:pointer;color:var(--soft);padding:12px 0}
@media(max-width:640px){main{padding:18px 14px 40px}.map{height:96vw;--px:2.67}.broad{display:none}.narrow{display:block}
thead{display:none}tr{display:block;padding:10px 0;border-bottom:1px solid var(--rule)}td{display:flex;justify-content:space-between;gap:14px;border:0;padding:2px 0}td::before{content:attr(data-head);color:var(--soft)}td>span{text-align:right}}
@media print{.zoom{display:none}.map{height:150mm}.hint{color:#444}section{break-inside:avoid}}
`;
