/** The little script of the page: move and zoom the map, and one moment shown in both pictures. Works without it too. */
export const SCRIPT = `
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const map = document.getElementById("map"), world = document.getElementById("world");
  const view = { x: 0, y: 0, k: 1 };
  const bar = map.querySelector(".scale"), barPath = bar.querySelector("path"), barText = bar.querySelector("text");
  const barWidth = barPath.getBBox().width, barMetres = Number(bar.dataset.metres);
  const show = () => {
    world.setAttribute("transform", "translate(" + view.x + " " + view.y + ") scale(" + view.k + ")");
    const metres = barMetres / view.k;
    barText.textContent = metres >= 1000 ? (metres / 1000).toPrecision(2) + " km" : Math.round(metres) + " m";
    for (const dot of world.querySelectorAll(".fix")) dot.setAttribute("r", 3 / Math.sqrt(view.k));
    for (const name of world.querySelectorAll(".name")) name.style.fontSize = "calc(var(--name) / " + view.k + ")";
  };
  const zoom = (by, x, y) => {
    const k = Math.min(200, Math.max(0.2, view.k * by));
    view.x = x - ((x - view.x) * k) / view.k; view.y = y - ((y - view.y) * k) / view.k; view.k = k; show();
  };
  const place = (event) => { const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse()); return [p.x, p.y]; };
  map.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.25 : 0.8, ...place(event)); }, { passive: false });
  let held;
  map.addEventListener("pointerdown", (event) => { held = place(event); map.setPointerCapture(event.pointerId); });
  map.addEventListener("pointerup", () => { held = undefined; });
  map.addEventListener("pointermove", (event) => { if (!held) return; const [x, y] = place(event); view.x += x - held[0]; view.y += y - held[1]; held = [x, y]; show(); });
  map.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (event.key === "+" || event.key === "=") zoom(1.4, 500, 500);
    else if (event.key === "-") zoom(1 / 1.4, 500, 500);
    else if (event.key === "0") { view.x = view.y = 0; view.k = 1; show(); }
    else if (step) { view.x += step[0]; view.y += step[1]; show(); }
    else return;
    event.preventDefault();
  });
  const cursor = document.getElementById("cursor"), readout = document.getElementById("readout");
  const rowAt = (rows, ms) => { let low = 0, high = rows.length - 1; while (low < high) { const mid = (low + high + 1) >> 1; if (rows[mid][0] <= ms) low = mid; else high = mid - 1; } return rows[low]; };
  for (const chart of document.querySelectorAll(".distance")) {
    const when = chart.querySelector(".when"), { from, to, left, right } = chart.dataset;
    chart.addEventListener("pointermove", (event) => {
      const x = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse()).x;
      const part = Math.min(1, Math.max(0, (x - left) / (right - left)));
      const ms = Number(from) + part * (to - from);
      when.setAttribute("x1", Number(left) + part * (right - left)); when.setAttribute("x2", when.getAttribute("x1"));
      const body = rowAt(data.track, ms), metres = rowAt(data.distance, ms);
      if (body) { cursor.setAttribute("cx", body[1]); cursor.setAttribute("cy", body[2]); }
      readout.textContent = new Date(ms).toISOString().slice(0, 19).replace("T", " ") + " UTC \\u00b7 " + (metres ? metres[1] + " m" : "");
    });
  }
})();
`;
