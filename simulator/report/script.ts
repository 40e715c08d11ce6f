/** The little script of the page: move and zoom the map, and one moment shown in both pictures. Works without it too. */
export const SCRIPT = `
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const map = document.getElementById("map"), world = document.getElementById("world"), zoomBox = document.querySelector(".zoom");
  const view = { x: 0, y: 0, k: 1 };

  const bar = map.querySelector(".scale"), barPath = bar.querySelector("path"), barText = bar.querySelector("text");
  const drawScale = () => {
    const unit = bar.dataset.unit / view.k, wanted = 200 * unit, power = 10 ** Math.floor(Math.log10(wanted));
    const metres = [5, 2, 1].find((n) => n * power <= wanted) * power;
    barPath.setAttribute("d", "M24 966v10h" + metres / unit + "v-10");
    barText.textContent = metres >= 1000 ? metres / 1000 + " km" : Number(metres.toFixed(3)) + " m";
  };

  // The first come stay: zones that were visited stand first.
  const names = [...world.querySelectorAll(".name")];
  const placeNames = () => {
    const frame = map.getBoundingClientRect();
    const taken = [bar, zoomBox].map((thing) => thing.getBoundingClientRect());
    const boxes = names.map((name) => name.getBoundingClientRect());
    names.forEach((name, i) => {
      const box = boxes[i];
      const meets = (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
      const whole = box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
      const free = whole && !taken.some(meets);
      if (free) taken.push(box);
      name.style.visibility = free ? "" : "hidden";
    });
  };

  let asked = false;
  const draw = () => {
    asked = false;
    world.setAttribute("transform", "translate(" + view.x + " " + view.y + ") scale(" + view.k + ")");
    map.style.setProperty("--px", 1 / map.getScreenCTM().a);
    world.style.setProperty("--k", view.k);
    drawScale();
    placeNames();
  };
  const show = () => { if (!asked) requestAnimationFrame(draw); asked = true; };
  const zoom = (by, x, y) => {
    const k = Math.min(500, Math.max(0.05, view.k * by));
    view.x = x - ((x - view.x) * k) / view.k; view.y = y - ((y - view.y) * k) / view.k; view.k = k; show();
  };
  const move = (x, y) => { view.x += x; view.y += y; show(); };
  const press = (key) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[key];
    if (key === "+" || key === "=") zoom(1.4, 500, 500);
    else if (key === "-") zoom(1 / 1.4, 500, 500);
    else if (key === "0") { view.x = view.y = 0; view.k = 1; show(); }
    else if (step) move(...step);
    else return false;
    return true;
  };
  map.addEventListener("keydown", (event) => { if (!event.ctrlKey && !event.metaKey && press(event.key)) event.preventDefault(); });
  for (const button of zoomBox.children) button.addEventListener("click", () => press(button.dataset.key));
  zoomBox.hidden = false;
  new ResizeObserver(show).observe(map);
  draw();

  const place = (event) => { const p = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse()); return [p.x, p.y]; };
  map.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.25 : 0.8, ...place(event)); }, { passive: false });
  // One finger scrolls the page past the map and moves it sideways; two belong to the map.
  for (const kind of ["touchstart", "touchmove"]) map.addEventListener(kind, (event) => { if (event.touches.length > 1) event.preventDefault(); }, { passive: false });
  const held = new Map();
  const middle = () => { const all = [...held.values()]; return [0, 1].map((i) => all.reduce((sum, p) => sum + p[i], 0) / all.length); };
  const spread = () => { const [a, b] = [...held.values()]; return b ? Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1])) : 1; };
  map.addEventListener("pointerdown", (event) => { held.set(event.pointerId, place(event)); map.setPointerCapture(event.pointerId); });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) map.addEventListener(kind, (event) => held.delete(event.pointerId));
  map.addEventListener("pointermove", (event) => {
    if (!held.has(event.pointerId)) return;
    const [x, y] = middle(), apart = spread();
    held.set(event.pointerId, place(event));
    const [toX, toY] = middle();
    move(toX - x, toY - y);
    zoom(spread() / apart, toX, toY);
  });

  const cursor = document.getElementById("cursor"), readout = document.getElementById("readout");
  const rowAt = (ms) => { const { rows } = data; let low = 0, high = rows.length - 1; while (low < high) { const mid = (low + high + 1) >> 1; if (rows[mid][0] <= ms) low = mid; else high = mid - 1; } return rows[low]; };
  for (const chart of document.querySelectorAll(".distance")) {
    const when = chart.querySelector(".when"), { from, to, left, right } = chart.dataset;
    const point = (event) => {
      const x = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse()).x;
      const part = Math.min(1, Math.max(0, (x - left) / (right - left)));
      when.setAttribute("x1", Number(left) + part * (right - left)); when.setAttribute("x2", when.getAttribute("x1"));
      const ms = Number(from) + part * (to - from), row = rowAt(ms - data.fromMs);
      if (!row) return;
      const [sinceMs, metres, mapX, mapY, filled] = row;
      cursor.setAttribute("transform", "translate(" + mapX + " " + mapY + ")");
      // Where nothing was recorded he stands, so the row holds until the next; else the time is the row's own.
      const at = new Date(filled ? ms : data.fromMs + sinceMs).toISOString().slice(0, 19).replace("T", " ");
      readout.textContent = [at + " UTC", metres === null ? data.words.idle : metres + " m", ...(filled ? [data.words.filled] : [])].join(" \\u00b7 ");
    };
    for (const kind of ["pointermove", "pointerdown"]) chart.addEventListener(kind, point);
  }
})();
`;
