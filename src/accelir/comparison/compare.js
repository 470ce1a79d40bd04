"use strict";
// The viewer. Two pictures lie over each other in a "world" of `width` x `height` pixels, those of the restored picture;
// a small picture is stretched over it. The world is seen at `view.zoom` screen pixels a pixel, its corner at view.x, y.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const stage = at("stage");
const worlds = document.querySelectorAll(".world");
const view = { zoom: 1, x: 0, y: 0, fitted: true };

function fill(select, items, chosen) {
  items.forEach((item, i) => select.add(new Option(item.name, i, false, i === chosen)));
}

function find(name) {
  return data.pictures.findIndex((picture) => picture.name.startsWith(name));
}

function fitZoom() {
  return Math.min(stage.clientWidth / data.width, stage.clientHeight / data.height);
}

// Keeps the world over the stage, or in its middle where it is smaller.
function clamp(offset, world, room) {
  return world <= room ? (room - world) / 2 : Math.min(0, Math.max(room - world, offset));
}

function draw() {
  if (view.fitted) view.zoom = fitZoom();
  view.x = clamp(view.x, data.width * view.zoom, stage.clientWidth);
  view.y = clamp(view.y, data.height * view.zoom, stage.clientHeight);
  for (const world of worlds) world.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
  stage.classList.toggle("near", !view.fitted);
  stage.classList.toggle("smooth", view.zoom < 1);
  for (const button of at("zoom").children) {
    const wanted = button.dataset.zoom === "fit" ? view.fitted : !view.fitted && Number(button.dataset.zoom) === view.zoom;
    button.setAttribute("aria-pressed", wanted);
  }
}

// Zooms so that what is at (x, y) of the stage stays there.
function zoomTo(zoom, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
  zoom = Math.min(32, zoom);
  view.fitted = zoom <= fitZoom();
  view.x = x - ((x - view.x) * zoom) / view.zoom;
  view.y = y - ((y - view.y) * zoom) / view.zoom;
  view.zoom = zoom;
  draw();
}

function pan(dx, dy) {
  view.x += dx;
  view.y += dy;
  draw();
}

function split(percent) {
  percent = Math.min(100, Math.max(0, percent));
  at("split").value = percent;
  at("upper").style.clipPath = `inset(0 0 0 ${percent}%)`;
  at("divider").style.left = `${percent}%`;
}

function show(side) {
  const picture = data.pictures[at(side).value];
  const image = at(`${side}-picture`);
  image.src = picture.source;
  image.alt = picture.name;
}

const COLORS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

function color(share) {
  const place = share * (COLORS.length - 1);
  const i = Math.min(COLORS.length - 2, Math.floor(place));
  return COLORS[i].map((from, c) => Math.round(from + (COLORS[i + 1][c] - from) * (place - i)));
}

function overlay() {
  const map = data.maps[at("overlay").value];
  at("legend").hidden = !map;
  for (const canvas of document.querySelectorAll("canvas")) canvas.hidden = !map;
  if (!map) return;
  const values = map.rows.flat();
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  for (const canvas of document.querySelectorAll("canvas")) {
    canvas.width = map.rows[0].length;
    canvas.height = map.rows.length;
    canvas.style.width = `${canvas.width * data.cell}px`;
    canvas.style.height = `${canvas.height * data.cell}px`;
    const pixels = new ImageData(canvas.width, canvas.height);
    values.forEach((value, i) => {
      pixels.data.set([...color(most > least ? (value - least) / (most - least) : 0.5), 255], 4 * i);
    });
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }
  const [from, ramp, to] = at("legend").children;
  from.textContent = most > least ? least : `${least} everywhere`;
  to.textContent = most > least ? most : "";
  ramp.hidden = most === least;
}

// One finger or the mouse: near the divider, or where all is shown, it moves the divider; else the pictures. Two: zoom.
const fingers = new Map();
let dividing = false;

function place(event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function spread() {
  const [a, b] = fingers.values();
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, size: Math.hypot(a.x - b.x, a.y - b.y) };
}

stage.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, place(event));
  stage.setPointerCapture(event.pointerId);
  dividing = fingers.size === 1 && (view.fitted || event.target === at("divider"));
  if (dividing) split((100 * place(event).x) / stage.clientWidth);
});

stage.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const now = place(event);
  if (fingers.size === 2) {
    const old = spread();
    fingers.set(event.pointerId, now);
    const wide = spread();
    pan(wide.x - old.x, wide.y - old.y);
    zoomTo((view.zoom * wide.size) / Math.max(1, old.size), wide.x, wide.y);
    return;
  }
  fingers.set(event.pointerId, now);
  if (dividing) split((100 * now.x) / stage.clientWidth);
  else pan(now.x - before.x, now.y - before.y);
});

for (const end of ["pointerup", "pointercancel"]) {
  stage.addEventListener(end, (event) => fingers.delete(event.pointerId));
}

// With Ctrl alone, which touchpads send for a pinch, so that the page can be scrolled.
stage.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const { x, y } = place(event);
  zoomTo(view.zoom * Math.exp(-event.deltaY / 200), x, y);
}, { passive: false });

stage.addEventListener("keydown", (event) => {
  const step = 48;
  const moves = {
    ArrowLeft: () => pan(step, 0),
    ArrowRight: () => pan(-step, 0),
    ArrowUp: () => pan(0, step),
    ArrowDown: () => pan(0, -step),
  };
  const slides = {
    ArrowLeft: () => split(Number(at("split").value) - 2),
    ArrowRight: () => split(Number(at("split").value) + 2),
  };
  const keys = {
    ...(view.fitted ? slides : moves),
    "+": () => zoomTo(view.zoom * 2),
    "=": () => zoomTo(view.zoom * 2),
    "-": () => zoomTo(view.zoom / 2),
    0: () => zoomTo(0),
  };
  if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  keys[event.key]();
});

at("zoom").addEventListener("click", (event) => {
  const { zoom } = event.target.dataset;
  if (zoom) zoomTo(zoom === "fit" ? 0 : Number(zoom));
});
at("split").addEventListener("input", () => split(Number(at("split").value)));
at("left").addEventListener("change", () => show("left"));
at("right").addEventListener("change", () => show("right"));
at("overlay").addEventListener("change", overlay);
new ResizeObserver(draw).observe(stage);

for (const world of worlds) {
  world.style.width = `${data.width}px`;
  world.style.height = `${data.height}px`;
}
stage.style.aspectRatio = `${data.width} / ${data.height}`;
fill(at("left"), data.pictures, Math.max(0, find("Pillow JPEG")));
fill(at("right"), data.pictures, Math.max(0, find("accelir JPEG")));
fill(at("overlay"), data.maps, -1);
show("left");
show("right");
overlay();
split(50);
draw();
