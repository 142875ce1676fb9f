"use strict";
// Learning curves: a panel for each metric, a colour for each experiment. A line is the mean over
// the seeds, its band goes from the lowest to the highest, marks are documented figures, and a
// cross is where a run has no number any more. The legend shows and hides experiments.

const COLORS = [
  "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd",
  "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
];
const DASHES = ["none", "7 3", "2 3", "9 3 2 3"];
const MARGIN = { left: 52, right: 12, top: 8, bottom: 34 };
const NEAR = 40; // pixels

function add(parent, name, attributes = {}, text = "") {
  const space = name === "svg" || parent instanceof SVGElement;
  const made = space
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return parent.appendChild(made);
}

const color = (k) => COLORS[k % COLORS.length];
const dash = (k) => DASHES[Math.floor(k / COLORS.length) % DASHES.length];

// A number in four digits.
function said(value) {
  const rounded = Number(value.toPrecision(4));
  const size = Math.abs(rounded);
  const plain = size === 0 || (size >= 1e-4 && size < 1e5);
  return plain ? String(rounded) : rounded.toExponential().replace("e+", "e");
}

// Where values lie on an axis from `start` to `end`, and its ticks.
function makeAxis(low, high, start, end, log) {
  const f = log ? Math.log10 : (v) => v;
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  const place = (v) => start + ((f(v) - f(low)) / (f(high) - f(low))) * (end - start);
  return { place, ticks: log ? logTicks(low, high) : linearTicks(low, high) };
}

function linearTicks(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, k) => (first + k) * step);
}

function logTicks(low, high) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.floor(Math.log10(high))];
  const every = Math.ceil((last - first + 1) / 6);
  const ticks = [];
  for (let k = first; k <= last; k++) {
    for (const m of last - first < 3 ? [1, 2, 5] : [1]) {
      if (k % every === 0 && m * 10 ** k >= low && m * 10 ** k <= high) ticks.push(m * 10 ** k);
    }
  }
  return ticks.length > 1 ? ticks : linearTicks(low, high);
}

// Mean, least and most over the runs at each epoch that all of them reached.
function summarize(runs) {
  const shortest = Math.min(...runs.map((run) => run.epochs.length));
  const points = [];
  for (let k = 0; k < shortest; k++) {
    const values = runs.map((run) => run.values[k]).filter((v) => v !== null);
    if (values.length === 0) continue;
    const mean = values.reduce((a, b) => a + b) / values.length;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    points.push({ epoch: runs[0].epochs[k], mean, low, high });
  }
  return { points, shortest };
}

class Panel {
  constructor(parent, data, group) {
    Object.assign(this, data);
    this.group = group;
    this.box = add(parent, "div", { class: "panel" });
    const header = add(this.box, "header");
    add(header, "b", {}, this.title);
    const pressed = { type: "button", "aria-pressed": this.log };
    const button = add(header, "button", pressed, "log scale");
    button.addEventListener("click", () => {
      this.log = !this.log;
      button.setAttribute("aria-pressed", this.log);
      this.draw();
    });
    this.svg = add(this.box, "svg", { role: "img", "aria-label": `${this.title} by epoch` });
    this.hint = add(this.box, "div", { class: "hint", hidden: "" });
    for (const event of ["pointermove", "pointerdown"]) {
      this.svg.addEventListener(event, (e) => this.point(e));
    }
    this.svg.addEventListener("pointerleave", () => this.leave());
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  // Draw the experiments that are shown.
  draw() {
    this.leave();
    this.svg.replaceChildren();
    this.points = []; // what the pointer can find
    const drawn = this.series.map((series, k) => ({ ...series, k }));
    const shown = drawn.filter((series) => this.group.shown[series.k]);
    const curves = shown.flatMap((series) => [...series.runs, ...series.documented]);
    const usable = (v) => v !== null && (!this.log || v > 0);
    const values = curves.flatMap((curve) => curve.values.filter(usable));
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!values.length || !width) {
      if (width) add(this.svg, "text", { x: MARGIN.left, y: height / 2 }, "nothing to show");
      return;
    }
    const epochs = curves.flatMap((curve) => curve.epochs);
    const least = values.reduce((a, b) => Math.min(a, b));
    const most = values.reduce((a, b) => Math.max(a, b));
    const pad = this.log ? 0 : 0.04 * (most - least);
    const first = epochs.reduce((a, b) => Math.min(a, b));
    const last = epochs.reduce((a, b) => Math.max(a, b));
    const right = width - MARGIN.right;
    const bottom = height - MARGIN.bottom;
    this.x = makeAxis(first, last, MARGIN.left, right, false);
    this.y = makeAxis(least - pad, most + pad, bottom, MARGIN.top, this.log);
    this.drawAxes(right, bottom);
    for (const series of shown) this.drawSeries(series, usable);
    this.top = add(this.svg, "g"); // what the pointer points at
  }

  drawAxes(right, bottom) {
    for (const tick of this.y.ticks) {
      const y = this.y.place(tick);
      add(this.svg, "line", { class: "grid", x1: MARGIN.left, x2: right, y1: y, y2: y });
      const where = { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" };
      add(this.svg, "text", where, said(tick));
    }
    for (const tick of this.x.ticks.filter(Number.isInteger)) {
      const where = { x: this.x.place(tick), y: bottom + 15, "text-anchor": "middle" };
      add(this.svg, "text", where, said(tick));
    }
    const middle = (MARGIN.left + right) / 2;
    add(this.svg, "text", { x: middle, y: bottom + 30, "text-anchor": "middle" }, "epoch");
  }

  drawSeries({ k, runs, documented }, usable) {
    const name = this.group.experiments[k].name;
    const stroke = color(k);
    const group = add(this.svg, "g", { stroke, "data-experiment": name });
    const { points, shortest } = runs.length ? summarize(runs) : { points: [], shortest: 0 };
    const means = points.filter((p) => usable(p.low));
    const edge = [
      ...means.map((p) => [p.epoch, p.high]),
      ...means.toReversed().map((p) => [p.epoch, p.low]),
    ];
    add(group, "path", { class: "band", fill: stroke, stroke: "none", d: this.path(edge) });
    const line = this.path(means.map((p) => [p.epoch, p.mean]));
    add(group, "path", { class: "mean", "stroke-dasharray": dash(k), d: line });
    if (means.length === 1) this.dot(group, means[0].epoch, means[0].mean);
    for (const run of runs) {
      const every = run.epochs.map((epoch, i) => [epoch, run.values[i]]);
      const valid = every.filter(([, value]) => usable(value));
      if (every.length > shortest) {
        add(group, "path", { class: "run", d: this.path(valid.slice(shortest - 1)) });
      }
      if (valid.length && run.values.includes(null)) this.cross(group, ...valid.at(-1));
      for (const [epoch, value] of valid) {
        const mean = points.find((p) => p.epoch === epoch)?.mean;
        const of = runs.length > 1 && mean !== undefined ? `\nmean of seeds ${said(mean)}` : "";
        const text = `${name}\nseed ${run.seed}, epoch ${epoch}\n${this.title} ${said(value)}${of}`;
        this.points.push({ epoch, value, text, k, valid });
      }
    }
    for (const { edition, epochs, values } of documented) {
      epochs.forEach((epoch, i) => {
        const value = values[i];
        if (!usable(value)) return;
        this.mark(group, epoch, value, edition);
        const text = `${name}\ndocumented, ${edition}, epoch ${epoch}\n${this.title} ${said(value)}`;
        this.points.push({ epoch, value, text, k, valid: [] });
      });
    }
  }

  path(points) {
    const at = ([x, y]) => `${this.x.place(x).toFixed(1)},${this.y.place(y).toFixed(1)}`;
    return points.length ? `M${points.map(at).join("L")}` : "";
  }

  dot(group, x, y) {
    add(group, "circle", { cx: this.x.place(x), cy: this.y.place(y), r: 2.5 });
  }

  cross(group, x, y) {
    const [a, b] = [this.x.place(x), this.y.place(y)];
    const d = `M${a - 5},${b - 5}l10,10m0,-10l-10,10`;
    add(group, "path", { class: "mean cross", d });
  }

  // A diamond for a figure of TF 2.4, a square for any other edition's.
  mark(group, x, y, edition) {
    const [a, b] = [this.x.place(x), this.y.place(y)];
    const turn = edition === "TF 2.4" ? `rotate(45 ${a} ${b})` : "";
    const box = { x: a - 2.8, y: b - 2.8, width: 5.6, height: 5.6, transform: turn, fill: "none" };
    add(group, "rect", box);
  }

  // Say what the pointer is near to, and draw the run that it belongs to.
  point(event) {
    this.leave();
    const box = this.svg.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let nearest = null;
    let least = NEAR;
    for (const point of this.points ?? []) {
      const far = Math.hypot(this.x.place(point.epoch) - px, this.y.place(point.value) - py);
      if (far < least) [nearest, least] = [point, far];
    }
    if (!nearest) return;
    const { epoch, value, valid, k } = nearest;
    const [x, y] = [this.x.place(epoch), this.y.place(value)];
    add(this.top, "path", { class: "hot", stroke: color(k), d: this.path(valid) });
    add(this.top, "circle", { cx: x, cy: y, r: 4.5, fill: color(k) });
    this.hint.textContent = nearest.text;
    this.hint.hidden = false;
    const left = Math.min(x + 12, box.width - this.hint.offsetWidth);
    const above = box.top - this.box.getBoundingClientRect().top + y - this.hint.offsetHeight - 12;
    this.hint.style.left = `${Math.max(left, 0)}px`;
    this.hint.style.top = `${Math.max(above, 0)}px`;
  }

  leave() {
    this.hint.hidden = true;
    this.top?.replaceChildren();
  }
}

class Curves {
  constructor(parent) {
    const data = JSON.parse(parent.querySelector("script").textContent);
    this.experiments = data.experiments;
    this.shown = this.experiments.map((experiment) => experiment.shown);
    this.makeLegend(parent);
    const documented = data.panels.some((p) => p.series.some((s) => s.documented.length));
    const marks = documented ? " Marks: documented, diamonds TF 2.4, squares other editions." : "";
    const text = "Lines: mean over the seeds; bands: lowest to highest; crosses: the last epoch before";
    const end = `${text} a run diverged.${marks} Click a name to show or hide it.`;
    add(parent, "p", { class: "small" }, end);
    const panels = add(parent, "div", { class: "panels" });
    this.panels = data.panels.map((panel) => new Panel(panels, panel, this));
  }

  makeLegend(parent) {
    const legend = add(parent, "div", { class: "legend", role: "group", "aria-label": "legend" });
    for (const [text, all] of this.experiments.length > 1 ? [["all", true], ["none", false]] : []) {
      const button = add(legend, "button", { type: "button" }, text);
      button.addEventListener("click", () => this.show(() => all));
    }
    this.buttons = this.experiments.map(({ name }, k) => {
      const button = add(legend, "button", { type: "button" });
      const swatch = add(button, "svg", { width: 22, height: 8 });
      const line = { x1: 0, x2: 22, y1: 4, y2: 4, stroke: color(k), "stroke-width": 3 };
      add(swatch, "line", { ...line, "stroke-dasharray": dash(k) });
      add(button, "span", {}, name);
      button.addEventListener("click", () => this.show((i) => this.shown[i] !== (i === k)));
      return button;
    });
    this.say();
  }

  show(which) {
    this.shown = this.shown.map((_, k) => which(k));
    this.say();
    this.panels.forEach((panel) => panel.draw());
  }

  say() {
    this.buttons.forEach((button, k) => button.setAttribute("aria-pressed", this.shown[k]));
  }
}

for (const place of document.querySelectorAll(".curves")) new Curves(place);
