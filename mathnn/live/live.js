// Live figures: draws every interactive figure of the book, in a built page and in JupyterLab.
// One file, no dependencies, no network. Its parts:
//   1. Drawing  a figure's spec, its state and a width in pixels become SVG text and numbers. Touches no page, so that
//               Python runs it too: for the still picture, and in the tests.
//   2. Page     sliders, readout, dragging, links to a state.
//   3. Widget   the same figure as an anywidget, with its sliders tied to Python.
// A spec is made by mathnn/live/*.py. In it an expression is a number, or JavaScript text in which `s.a` is the value
// of slider a, and `x`, `y` are the variables of a graph.

// ======================================================================================================= 1. Drawing

// ---- 1.1 SVG

const LIGHT = { // the colours by name; figure and page share them
  fg: "#1f2328", muted: "#59636e", grid: "#e3e7ec", bg: "#ffffff", soft: "#f3f5f8", hot: "#fff0c2",
  c1: "#0b62c4", c2: "#b3480a", c3: "#157f3b", c4: "#8341ba", c5: "#ae2a5c",
};
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const round1 = (value) => Math.round(value * 10) / 10;
const allFinite = (...values) => values.every(Number.isFinite);
const escapeHtml = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// An element: svg("rect", { x: 1.23, fill: "c1", strokeWidth: 2 }). Numbers are rounded, colours are looked up: the
// page's style sheet sets them, light or dark; alone, as a still picture, a figure is light.
function svg(tag, attributes, inside = "") {
  let text = `<${tag}`;
  for (let [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === "" || value === false) continue;
    key = key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    if (LIGHT[value]) value = `var(--live-${value}, ${LIGHT[value]})`;
    text += ` ${key}="${typeof value === "number" ? round1(value) : value}"`;
  }
  return `${text}${inside ? `>${inside}</${tag}>` : "/>"}`;
}

// Lines through pixels, as the text of a path. Points within a tenth of a pixel of the line are left out.
function pathThrough(points, close = "") {
  let path = "";
  let kept = null;
  points.forEach((p, i) => {
    const next = points[i + 1];
    if (kept && next) {
      const [ax, ay] = [next[0] - kept[0], next[1] - kept[1]];
      const length = Math.hypot(ax, ay);
      if (length < 16 && Math.abs(ax * (p[1] - kept[1]) - ay * (p[0] - kept[0])) < 0.1 * length) return;
    }
    path += `${kept ? "L" : "M"}${round1(p[0])} ${round1(p[1])}`;
    kept = p;
  });
  return path + close;
}
const polygon = (points, look) =>
  svg("path", { d: `M${points.map((p) => `${round1(p[0])} ${round1(p[1])}`).join("L")}Z`, ...look });
const circle = (cx, cy, r, look) => svg("circle", { cx, cy, r, ...look });
const outline = (x, y, width, height, stroke, strokeWidth = 3) =>
  svg("rect", { x, y, width, height, fill: "none", stroke, strokeWidth });

// Each colour has its own dashes and its own marker, so that none is told apart by colour alone.
const DASHES = { c2: "9 5", c3: "1.5 4.5", c4: "11 4 2 4", c5: "4 4" };
function strokeOf({ c, w, dash }, width) {
  const strokeDasharray = dash === undefined ? DASHES[c] : dash ? DASHES.c2 : "";
  const strokeLinecap = strokeDasharray === DASHES.c3 && "round";
  return { fill: "none", stroke: c, strokeWidth: w ?? width, strokeLinejoin: "round", strokeDasharray, strokeLinecap };
}
const MARKERS = {
  c2: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  c3: [[0, -1.25], [1.15, 0.9], [-1.15, 0.9]],
  c4: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
};
function drawMarker(x, y, name, r) {
  const look = { fill: name, stroke: "bg", strokeWidth: 1.5 };
  if (!MARKERS[name]) return circle(x, y, r, look);
  return polygon(MARKERS[name].map(([i, j]) => [x + 0.9 * r * i, y + 0.9 * r * j]), look);
}
const drawRing = (x, y, name) => circle(x, y, 12, { fill: name, fillOpacity: ".18" }); // round what can be dragged

function drawArrowHead(x1, y1, x2, y2, name) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 1) return "";
  const size = Math.min(11, length);
  const [ux, uy] = [(size * (x2 - x1)) / length, (size * (y2 - y1)) / length];
  const back = (side) => [x2 - ux + side * uy, y2 - uy - side * ux];
  return polygon([[x2, y2], back(0.42), back(-0.42)], { fill: name });
}

// ---- 1.2 Numbers and text

const UNDEFINED = "undefined";
const OVERFLOW = "beyond\u00a010³⁰⁸"; // what a computer's numbers hold
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// Numbers as a reader sees them, with a true minus sign and without −0: with a fixed number of digits,
function formatFixed(value, digits) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? UNDEFINED : OVERFLOW;
  const text = Math.abs(value).toFixed(digits);
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}
// with a power of ten where those digits would not show it,
function formatNumber(value, digits = 2) {
  const size = Math.abs(value);
  const shows = size === 0 || (size < 1e6 && size >= 0.5 * 10 ** -digits);
  if (shows || !Number.isFinite(value)) return formatFixed(value, digits);
  const [mantissa, exponent] = size.toExponential(Math.min(digits, 2)).split("e");
  const raised = exponent.replace("+", "").replace(/./g, (c) => RAISED[c] ?? "⁻");
  return `${value < 0 ? "−" : ""}${mantissa}·10${raised}`;
}
// and with four digits that count, as short as they can be: the numbers of a table, where an infinity is meant.
function formatShort(value) {
  const size = Math.abs(value);
  if (size < 1e-12) return "0"; // what rounding errors leave
  if (size < 1e-4 || (size >= 1e6 && size < Infinity)) return formatNumber(value, 3);
  return Number.isNaN(value) ? UNDEFINED
    : String(Number(value.toPrecision(4))).replace("Infinity", "∞").replace("-", "−");
}
// The same inside a formula, and in a sentence that is spoken, where things are counted: 1 step, 2 steps.
const POWER = /10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g;
const lowered = (power) => power.replace(/./g, (c) => RAISED.indexOf(c)).replace("-1", "−");
const mathOf = (text) =>
  `<mn>${text.replace(POWER, (_, power) => `</mn><msup><mn>10</mn><mn>${lowered(power)}</mn></msup><mn>`)}</mn>`
    .replace("<mn></mn>", "");
const spoken = (text) => text.replace(POWER, (_, power) => `10 to the power ${lowered(power)}`)
  .replace(/·(?=10 to)/g, " times ").replace(/(?<![\d.])1 (?!times)([a-z]{2,}[^su\W])s\b/g, "1 $1");

// A text is a string or a list of pieces: "words", ["x", "i"] (italic), ["0", "_"] (below), ["2", "^"] (above),
// ["3", "b"] (bold), and {v: expression, d: digits} for a live number.
const pieceText = (piece, s) =>
  typeof piece === "string" ? piece : Array.isArray(piece) ? piece[0] : formatNumber(measure(piece.v, s), piece.d);
const plainText = (text, s) => [].concat(text).map((piece) => pieceText(piece, s)).join("");

const TAGS = { i: "i", b: "b", _: "sub", "^": "sup" };
const htmlText = (text) => [].concat(text).map((piece) => {
  const [words, style] = [].concat(piece);
  return style ? `<${TAGS[style]}>${escapeHtml(words)}</${TAGS[style]}>` : escapeHtml(words);
}).join("");

const widthOf = (text, size, s) => 0.62 * size * plainText(text, s).length; // about, in pixels
const SHIFT = { _: 0.28, "^": -0.4 };
function drawText(x, y, text, { s, anchor = "middle", fill = "fg", size = 13, bold, halo } = {}) {
  let shift = 0;
  const spans = (typeof text === "string" ? [text] : text).map((piece) => {
    const style = Array.isArray(piece) ? piece[1] : "";
    const target = (SHIFT[style] ?? 0) * size;
    const dy = target === shift ? "" : target - shift;
    shift = target;
    const look = { dy, fontStyle: style === "i" && "italic", fontSize: style in SHIFT && 0.75 * size };
    const words = escapeHtml(pieceText(piece, s));
    return style || dy ? svg("tspan", look, words) : words;
  });
  const edge = halo && { stroke: "bg", strokeWidth: 4, paintOrder: "stroke", strokeLinejoin: "round" };
  const look = { textAnchor: anchor, fill, fontSize: size, fontWeight: bold && "600", ...edge };
  return svg("text", { x, y, ...look }, spans.join(""));
}

// ---- 1.3 Expressions

function erf(x) {
  const z = Math.abs(x);
  let value;
  if (z < 2.5) { // the power series
    let term = z;
    let total = z;
    for (let n = 1; n < 60; n++) {
      term *= (-z * z) / n;
      total += term / (2 * n + 1);
    }
    value = (2 / Math.sqrt(Math.PI)) * total;
  } else { // the continued fraction of the tail
    let tail = 0;
    for (let n = 60; n > 0; n--) tail = n / 2 / (z + tail);
    value = 1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + tail);
  }
  return x < 0 ? -value : value;
}

const MOST_TERMS = 1e5; // a runaway slider must not freeze the page
function accumulate(from, to, value, add) {
  if (!(to - from < MOST_TERMS)) return NaN;
  let total = value;
  for (let k = from; k <= to; k++) total = add(total, k);
  return total;
}
const sum = (from, to, term) => accumulate(from, to, 0, (total, k) => total + term(k));
const product = (from, to, factor) => accumulate(from, to, 1, (total, k) => total * factor(k));

const HELPERS = { erf, sum, product };
const compiled = new Map();
function compile(code) {
  if (!compiled.has(code)) {
    const factory = new Function(...Object.keys(HELPERS), `"use strict"; return (s, x, y) => (${code});`);
    compiled.set(code, factory(...Object.values(HELPERS)));
  }
  return compiled.get(code);
}
const evaluate = (expression, s, x, y) => (typeof expression === "number" ? expression : compile(expression)(s, x, y));
const functionOf = (expression, s) => {
  if (typeof expression === "number") return () => expression;
  const f = compile(expression);
  return (x, y) => f(s, x, y);
};
const namesIn = (expression) => [...String(expression).matchAll(/s\.([\p{L}\p{N}_]+)/gu)].map((match) => match[1]);

// A value that is not finite has overflowed (infinity) if it comes from huge numbers, else it is undefined (NaN).
const HUGE = 1e50;
const settle = (value, sources) =>
  Number.isFinite(value) ? value : sources().some((source) => Math.abs(source) > HUGE) ? Infinity : NaN;
const valueOf = (expression, s) => settle(evaluate(expression, s), () => namesIn(expression).map((name) => s[name]));

// For a reader: a tiny value that does not survive changes in the fifteenth digit of its sources was left by rounding.
function measure(expression, s) {
  const value = valueOf(expression, s);
  if (!(Math.abs(value) < 1e-9)) return value;
  const nudged = (share) => Object.fromEntries(namesIn(expression).map((name, i) =>
    [name, s[name] + share * (i + 1) * Math.abs(s[name])]));
  const change = (share) => Math.abs(evaluate(expression, { ...s, ...nudged(share) }) - value);
  return [1e-15, 3e-15, 7e-15].some((share) => change(share) > 0.01 * Math.abs(value)) ? 0 : value;
}

// The values that expressions may use (`s`): those of the sliders, then the derived ones in their order.
// An iteration keeps its whole trail: x_0, x_1, ..., x_n.
function createScene(spec, state) {
  const s = {};
  const trails = {};
  for (const p of spec.params) s[p.id] = p.values ? p.values[p.options.indexOf(state[p.id])] : state[p.id];
  for (const def of spec.defs ?? []) {
    if (!def.next) {
      s[def.id] = valueOf(def.value, s);
      continue;
    }
    let at = def.start.map((e) => valueOf(e, s));
    const trail = [at];
    const steps = clamp(Math.round(evaluate(def.steps, s)) || 0, 0, MOST_TERMS);
    for (let k = 0; k < steps; k++) {
      const here = at;
      at = def.next.map((e) => settle(evaluate(e, s, here, k), () => here));
      trail.push(at);
    }
    trails[def.id] = trail;
    at.forEach((value, i) => { s[`${def.id}_${i}`] = value; });
  }
  return { s, trails };
}

// ---- 1.4 Graphs, and the other marks on axes

// Between two samples that are far apart: is there a jump? Returns the places on both sides of it.
function findJump(f, left, right) {
  let [a, b] = [left, right];
  for (let k = 0; k < 14; k++) {
    const middle = (a[0] + b[0]) / 2;
    const value = f(middle);
    if (Math.abs(value - a[1]) > Math.abs(b[1] - value)) b = [middle, value];
    else a = [middle, value];
  }
  return Math.abs(b[1] - a[1]) > 0.1 * Math.abs(right[1] - left[1]) ? [a, b] : null;
}

// A graph as lists of pixels: a new list begins after a gap (a value that is not finite) and after a jump.
function sampleGraph(f, from, to, axes) {
  const [low, high] = [Math.max(from, axes.xlim[0]), Math.min(to, axes.xlim[1])];
  if (!(high > low)) return [];
  const span = axes.ylim[1] - axes.ylim[0];
  const pixel = (x, y) => [axes.x(x), axes.y(clamp(y, axes.ylim[0] - 3 * span, axes.ylim[1] + 3 * span))];
  const count = Math.max(2, Math.ceil((axes.x(high) - axes.x(low)) / 1.75));
  const lines = [];
  let before = null;
  for (let i = 0; i <= count; i++) {
    const x = low + ((high - low) * i) / count;
    const y = f(x);
    if (!Number.isFinite(y)) {
      before = null;
      continue;
    }
    const jump = before && Math.abs(y - before[1]) > 0.04 * span && findJump(f, before, [x, y]);
    if (jump) {
      lines.at(-1).push(pixel(...jump[0]));
      lines.push([pixel(...jump[1])]);
    } else if (!before) {
      lines.push([]);
    }
    lines.at(-1).push(pixel(x, y));
    before = [x, y];
  }
  return lines.filter((line) => line.length > 1);
}

const farAway = (pixels) => pixels.map((v) => clamp(v, -4000, 4000));

// Every mark is drawn by (mark, axes) -> SVG. `axes` holds the scales x and y, the limits, and how to evaluate.
const MARKS = {
  curve(mark, axes) {
    const [low, high] = mark.domain ? mark.domain.map(axes.value) : axes.xlim;
    const lines = sampleGraph(axes.graph(mark.y), low, high, axes);
    return svg("path", { d: lines.map((line) => pathThrough(line)).join(""), ...strokeOf(mark, 2.5) });
  },

  line(mark, axes) { // through a point with a slope, from edge to edge
    const [x, y, slope] = [mark.x, mark.y, mark.slope].map(axes.value);
    const [a, b] = axes.xlim;
    return axes.segment(a, y + slope * (a - x), b, y + slope * (b - x), mark);
  },

  segment(mark, axes) {
    return axes.segment(...[mark.x1, mark.y1, mark.x2, mark.y2].map(axes.value), mark);
  },

  point(mark, axes) {
    const [x, y] = [mark.x, mark.y].map(axes.value);
    const [px, py] = [axes.x(x), axes.y(y)];
    if (!axes.holds(px, py)) return "";
    if (mark.drag) axes.addHandle(x, y, mark);
    const label = mark.text ? axes.label(px, py, mark.text, mark.c) : "";
    return (mark.drag ? drawRing(px, py, mark.c) : "") + drawMarker(px, py, mark.c, mark.drag ? 7 : 5) + label;
  },

  scatter(mark, axes) {
    return mark.points.map(([x, y]) => drawMarker(axes.x(x), axes.y(y), mark.c, 4)).join("");
  },

  text(mark, axes) {
    const [x, y] = [axes.x(axes.value(mark.x)), axes.y(axes.value(mark.y))];
    if (!allFinite(x, y)) return "";
    return drawText(x, y + 4, mark.text, { s: axes.s, halo: true, fill: mark.c, anchor: mark.anchor });
  },

  area(mark, axes) { // between a graph and the axis; what lies below the axis counts as negative
    const [low, high] = mark.domain.map(axes.value).sort((a, b) => a - b);
    const f = axes.graph(mark.y);
    const base = round1(axes.y(0));
    const part = (side, fill) => sampleGraph((x) => side * Math.max(0, side * f(x)), low, high, axes).map((line) => {
      const d = pathThrough(line, `L${round1(line.at(-1)[0])} ${base}H${round1(line[0][0])}Z`);
      return svg("path", { d, fill, fillOpacity: ".22" });
    });
    return [...part(1, mark.c), ...part(-1, "c2")].join("");
  },

  riemann(mark, axes) {
    const [low, high, at] = [...mark.domain, mark.at].map(axes.value);
    const count = clamp(Math.round(axes.value(mark.n)), 1, 2000);
    const f = axes.graph(mark.y);
    return Array.from({ length: count }, (_, i) => {
      const [left, right] = [i, i + 1].map((k) => low + ((high - low) * k) / count);
      const y = f(left + (right - left) * at);
      if (!Number.isFinite(y)) return "";
      const look = { fill: y < 0 ? "c2" : mark.c, stroke: y < 0 ? "c2" : mark.c, fillOpacity: ".25" };
      return axes.box(left, right, y, look);
    }).join("");
  },

  orbit(mark, axes) { // the points of an iteration: on a graph, or in the plane
    const f = mark.on === undefined ? null : axes.graph(mark.on);
    const places = axes.trails[mark.of].map(([x, y]) => [x, f ? f(x) : y]).filter((place) => allFinite(...place));
    if (mark.drag && places.length) axes.addHandle(...places[0], mark);
    const pixels = places.map(([x, y]) => farAway([axes.x(x), axes.y(y)]));
    return drawTrail(pixels, mark, Boolean(mark.drag));
  },

  history(mark, axes) { // an expression of the state against the number of the step
    const places = axes.trails[mark.of].map((state, k) => [k, evaluate(mark.value, axes.s, state, k)]);
    const pixels = places.filter((place) => allFinite(...place)).map(([k, v]) => farAway([axes.x(k), axes.y(v)]));
    const seen = pixels.length > 60 ? [] : pixels.filter((place) => axes.holds(...place));
    const line = svg("path", { d: pathThrough(pixels), ...strokeOf({ c: mark.c, dash: false }, 1.5) });
    return axes.cut(line) + seen.map(([x, y]) => drawMarker(x, y, mark.c, 3.5)).join("");
  },

  contour(mark, axes) {
    const values = namesIn(mark.z).map((name) => axes.s[name]);
    const key = JSON.stringify([axes.xlim, axes.ylim, axes.width, axes.height, values]);
    if (contours.get(mark)?.key !== key) contours.set(mark, { key, drawn: drawContours(mark, axes) });
    return contours.get(mark).drawn;
  },

  bars(mark, axes) { // groups of bars at 1, 2, ...; one series or several side by side
    const count = mark.series.length;
    const width = 0.7 / count;
    return mark.series.flatMap((heights, k) => heights.map((expression, i) => {
      const value = axes.value(expression);
      const [left, right] = [i + 0.65 + k * width, i + 0.65 + (k + 0.94) * width];
      const text = formatFixed(value, mark.d);
      const middle = i + 0.5 + (k + 0.5) / count; // the texts share the room between the groups, too
      const size = clamp((axes.x(1 / count) - axes.x(0) - 4) / (widthOf(text, 1) || 1), 8, 13);
      const end = clamp(axes.y(allFinite(value) ? value : 0), 0, axes.height);
      const over = clamp(value < 0 ? end + size + 2 : end - 6, size - 6, axes.height + 3);
      const look = { fill: mark.c[count > 1 ? k : i % mark.c.length], fillOpacity: ".85" };
      return (allFinite(value) ? axes.box(left, right, value, look) : "")
        + drawText(axes.x(middle), over, text, { halo: true, size });
    })).join("");
  },
};
const UNCUT = new Set(["point", "text", "bars", "history"]); // drawn above the others, and whole at the edge of the panel

// Points joined by a line: the first one hollow, the last one larger.
function drawTrail(pixels, mark, ring) {
  const hollow = { fill: "bg", stroke: mark.c, strokeWidth: 2.5 };
  const dots = pixels.map(([x, y], i) => (i === 0
    ? (ring ? drawRing(x, y, mark.c) : "") + circle(x, y, 5.5, hollow)
    : circle(x, y, i === pixels.length - 1 ? 6 : 3.5, { fill: mark.c, stroke: "bg" })));
  const line = svg("path", { d: pathThrough(pixels), ...strokeOf({ c: mark.c, dash: false }, 1.5) });
  return line + dots.reverse().join("");
}

// ---- 1.5 Contour lines, by marching squares

const CELLS = 48;

function sampleGrid(f, [x0, x1], [y0, y1]) {
  const rows = [];
  for (let j = 0; j <= CELLS; j++) {
    const y = y0 + ((y1 - y0) * j) / CELLS;
    const row = [];
    for (let i = 0; i <= CELLS; i++) row.push(f(x0 + ((x1 - x0) * i) / CELLS, y));
    rows.push(row);
  }
  return rows;
}

// Round levels between the least and the greatest value, with the sliders at their start. Called by Python.
// eslint-disable-next-line no-unused-vars
function chooseLevels(spec, code, xlim, ylim, count) {
  const { s } = createScene(spec, startState(spec));
  const values = sampleGrid(functionOf(code, s), xlim, ylim).flat().filter(Number.isFinite);
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  if (!(low < high)) return [];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [5, 2, 1].map((m) => m * power).find((candidate) => candidate <= rough * 1.001);
  const first = Math.floor(low / step) + 1;
  return Array.from({ length: Math.ceil(high / step) - first }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// The lines on which the values of a grid are at each level, as places in units of cells. First every cell that a line
// crosses joins two of its edges; then the lines are walked from edge to edge. An edge is numbered by its lower left
// corner: even numbers run to the right, odd ones upwards.
const ROW = 2 * (CELLS + 1); // from an edge to the same edge of the cell above

function joinCell([a, b, c, d], level, first, neighbours) {
  const link = (from, to) => {
    if (neighbours.has(from)) neighbours.get(from).push(to);
    else neighbours.set(from, [to]);
  };
  const below = [a < level, b < level, c < level, d < level];
  const edges = [first, first + 3, first + ROW, first + 1]; // below, right, above, left
  const crossed = edges.filter((_, side) => below[side] !== below[(side + 1) % 4]);
  if (crossed.length === 4 && (a + b + c + d) / 4 < level !== below[0]) crossed.push(crossed.shift());
  for (let k = 0; k < crossed.length; k += 2) { // four at a saddle: its middle tells which of them belong together
    link(crossed[k], crossed[k + 1]);
    link(crossed[k + 1], crossed[k]);
  }
}

// For each level: edge -> its neighbours, at most two.
function joinEdges(grid, levels) {
  const joined = levels.map(() => new Map());
  for (let j = 0; j < CELLS; j++) {
    const [lower, upper] = [grid[j], grid[j + 1]];
    for (let i = 0; i < CELLS; i++) {
      const [low, high] = [Math.min(lower[i], lower[i + 1], upper[i], upper[i + 1]),
        Math.max(lower[i], lower[i + 1], upper[i], upper[i + 1])];
      if (!(high - low < Infinity)) continue;
      for (let k = 0; levels[k] <= high; k++) {
        if (levels[k] <= low) continue;
        joinCell([lower[i], lower[i + 1], upper[i + 1], upper[i]], levels[k], j * ROW + 2 * i, joined[k]);
      }
    }
  }
  return joined;
}

function traceLevels(grid, levels) {
  const place = (edge, level) => {
    const [i, j, up] = [(edge % ROW) >> 1, Math.floor(edge / ROW), edge & 1];
    const [from, to] = [grid[j][i], up ? grid[j + 1][i] : grid[j][i + 1]];
    const t = (level - from) / (to - from);
    return up ? [i, j + t] : [i + t, j];
  };
  return joinEdges(grid, levels).map((neighbours, k) => {
    const seen = new Set();
    const walk = (start) => {
      const line = [];
      let last = start;
      for (let edge = start; edge !== undefined; edge = neighbours.get(edge).find((next) => !seen.has(next))) {
        seen.add(edge);
        line.push(place(edge, levels[k]));
        last = edge;
      }
      if (line.length > 2 && neighbours.get(last).includes(start)) line.push(line[0]);
      return line;
    };
    const crossed = [...neighbours.keys()];
    const open = crossed.filter((edge) => neighbours.get(edge).length < 2);
    return [...open, ...crossed].flatMap((edge) => (seen.has(edge) ? [] : [walk(edge)]));
  });
}

function contourLines(mark, axes) {
  const grid = sampleGrid(axes.graph(mark.z), axes.xlim, axes.ylim);
  const [[x0, x1], [y0, y1]] = [axes.xlim, axes.ylim];
  const place = ([i, j]) => [x0 + ((x1 - x0) * i) / CELLS, y0 + ((y1 - y0) * j) / CELLS];
  return traceLevels(grid, mark.levels).map((lines) => lines.map((line) => line.map(place)));
}

const contours = new WeakMap(); // mark -> what was drawn last, and from which values
function drawContours(mark, axes) {
  const pixels = (line) => line.map(([x, y]) => [axes.x(x), axes.y(y)]);
  const levels = contourLines(mark, axes).map((lines) => lines.map(pixels));
  const paths = levels.map((lines, i) => svg("path", { d: lines.map((line) => pathThrough(line)).join(""), fill: "none",
    stroke: mark.c, strokeWidth: 1.2, strokeOpacity: (0.3 + (0.5 * (i + 1)) / levels.length).toFixed(2) }));
  const labels = levels.map((lines, i) => (i % 2 ? "" : labelLevel(mark.levels[i], lines, axes)));
  return paths.concat(levels.length > 1 ? labels : []).join(""); // a single line needs no number
}

// The level's number on its line, where that comes closest to the upper right corner.
function labelLevel(level, lines, axes) {
  const inside = ([x, y]) => x > 24 && x < axes.width - 24 && y > 14 && y < axes.height - 14;
  const places = lines.flat().filter(inside);
  if (!places.length) return "";
  const near = ([x, y]) => x / axes.width - y / axes.height;
  const [x, y] = places.reduce((a, b) => (near(b) > near(a) ? b : a));
  return drawText(x, y + 4, formatShort(level), { halo: true, size: 11, fill: "muted" });
}

// ---- 1.6 Plot: panels with axes

const MARGIN = 12; // pixels at the right of a panel
const NARROW = 520; // pixels; below this the panels stand under each other

function chooseTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((candidate) => candidate >= rough * 0.74);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return { ticks, digits };
}

function createAxes(panel, { s, trails }, width, height) {
  const value = (e) => valueOf(e, s);
  const [xlim, ylim] = [panel.xlim.map(value), panel.ylim.map(value)];
  const axes = {
    s, trails, value, xlim, ylim, width, height, handles: [],
    x: (x) => ((x - xlim[0]) / (xlim[1] - xlim[0])) * width,
    y: (y) => height - ((y - ylim[0]) / (ylim[1] - ylim[0])) * height,
    graph: (e) => functionOf(e, s),
    holds: (px, py) => px >= -1 && px <= width + 1 && py >= -1 && py <= height + 1,

    cut: (drawn) => svg("svg", { width, height, overflow: "hidden" }, drawn), // at the edge of the panel
    segment(x1, y1, x2, y2, mark) {
      if (!allFinite(x1, y1, x2, y2)) return "";
      const ends = [[axes.x(x1), axes.y(y1)], [axes.x(x2), axes.y(y2)]].map((p) => p.map((v) => clamp(v, -1e5, 1e5)));
      return svg("path", { d: pathThrough(ends), ...strokeOf(mark, 2) })
        + (mark.arrow ? drawArrowHead(...ends[0], ...ends[1], mark.c) : "");
    },
    box(left, right, y, look) { // between the axis and y
      const [top, bottom] = [Math.max(y, 0), Math.min(y, 0)].map((v) => clamp(axes.y(v), -height, 2 * height));
      const [x, end] = [axes.x(left), axes.x(right)];
      return svg("rect", { x, y: top, width: end - x, height: bottom - top, ...look });
    },
    label(px, py, text, fill) { // beside a point, on the side that has room
      const right = px + 11 + widthOf(text, 13, s) < width + MARGIN;
      const look = { s, halo: true, fill, anchor: right ? "start" : "end" };
      return drawText(px + (right ? 11 : -11), py + (py > 26 ? -10 : 20), text, look);
    },
    addHandle(x, y, mark) {
      const [px, py] = [axes.x(x), axes.y(y)];
      if (!axes.holds(px, py)) return;
      const scale = [(xlim[1] - xlim[0]) / width, (ylim[0] - ylim[1]) / height];
      axes.handles.push({ x: px, y: py, at: [x, y], ids: mark.drag, scale, expressions: [mark.x, mark.y] });
    },
  };
  return axes;
}

function drawGrid(panel, { width, height, x, y }, xTicks, yTicks) {
  const stroke = (v) => (v === 0 ? "muted" : "grid");
  const columns = panel.labels ? []
    : xTicks.ticks.map((v) => svg("path", { d: `M${round1(x(v))} 0V${height}`, stroke: stroke(v) }));
  const rows = yTicks.ticks.map((v) => svg("path", { d: `M0 ${round1(y(v))}H${width}`, stroke: stroke(v) }));
  return columns.concat(rows).join("");
}

function drawTickLabels(panel, axes, xTicks, yTicks) {
  const look = { fill: "muted", size: 12 };
  const below = panel.labels
    ? panel.labels.map((text, i) => drawText(axes.x(i + 1), axes.height + 19, text))
    : xTicks.ticks.map((v) => {
      const text = formatFixed(v, xTicks.digits);
      return drawText(Math.min(axes.x(v), axes.width + MARGIN - widthOf(text, 12) / 2), axes.height + 17, text, look);
    });
  const beside = yTicks.ticks.map((v) =>
    drawText(-7, axes.y(v) + 4, formatFixed(v, yTicks.digits), { ...look, anchor: "end" }));
  return below.concat(beside).join("");
}

function drawPanel(panel, scene, left, top, width, height, row) {
  const has = (part) => row.some((neighbour) => neighbour[part]); // so that the panels of a row line up
  const wide = panel.ylabel || panel.ylim.some((limit) => typeof limit === "string"); // its numbers may become long
  const margin = { left: wide ? 58 : 44, top: has("title") ? 30 : 12, bottom: has("xlabel") ? 42 : 28 };
  const [w, h] = [Math.round(width - margin.left - MARGIN), height - margin.top - margin.bottom];
  const axes = createAxes(panel, scene, w, h);
  if (!(axes.xlim[1] > axes.xlim[0] && axes.ylim[1] > axes.ylim[0] && allFinite(...axes.xlim, ...axes.ylim))) {
    return { body: drawText(left + width / 2, top + height / 2, UNDEFINED), handles: [] };
  }
  const xTicks = chooseTicks(...axes.xlim, Math.max(3, w / 70));
  const yTicks = chooseTicks(...axes.ylim, Math.max(3, h / 48));
  const [x, y] = [round1(left + margin.left), round1(top + margin.top)];
  const marks = (uncut) =>
    panel.marks.filter((mark) => UNCUT.has(mark.t) === uncut).map((mark) => MARKS[mark.t](mark, axes));
  const within = drawGrid(panel, axes, xTicks, yTicks) + marks(false).join("");
  const body = svg("g", { transform: `translate(${x} ${y})` }, [
    axes.cut(within),
    drawTickLabels(panel, axes, xTicks, yTicks), ...marks(true),
    panel.title ? drawText(w / 2, -11, panel.title, { size: 14, bold: true }) : "",
    panel.xlabel ? drawText(w / 2, h + 37, panel.xlabel) : "",
    panel.ylabel ? svg("g", { transform: `translate(-43 ${h / 2}) rotate(-90)` }, drawText(0, 0, panel.ylabel)) : "",
  ].join(""));
  return { body, handles: axes.handles.map((handle) => ({ ...handle, x: handle.x + x, y: handle.y + y })) };
}

function drawPlot(spec, scene, width) {
  const [gap, least] = [20, 194]; // pixels between panels, and for one of several beside each other
  const fit = width < NARROW ? 1 : Math.floor((width + gap) / (least + gap));
  const columns = Math.min(fit, spec.panels.length, spec.columns ?? spec.panels.length);
  const panelWidth = (width - gap * (columns - 1)) / columns;
  const heightOf = ({ aspect, height = 380 }) =>
    Math.round(aspect ? panelWidth * aspect : Math.min(height, Math.max(240, panelWidth * 0.72)));
  const drawn = [];
  let top = -gap;
  for (let first = 0; first < spec.panels.length; first += columns) {
    const row = spec.panels.slice(first, first + columns);
    row.forEach((panel, i) =>
      drawn.push(drawPanel(panel, scene, i * (panelWidth + gap), top + gap, panelWidth, heightOf(panel), row)));
    top += gap + Math.max(...row.map(heightOf));
  }
  return { body: drawn.map((part) => part.body).join(""), height: top, handles: drawn.flatMap((part) => part.handles) };
}

// ---- 1.7 Surface: z = f(x, y), seen from any side

const STOPS = [[68, 58, 131], [49, 104, 142], [33, 145, 140], [94, 190, 100], [240, 220, 70]];
const RAMP = Array.from({ length: 65 }, (_, n) => { // 65 colours from low to high
  const i = Math.min(Math.floor(n / 16), 3);
  return `rgb(${STOPS[i].map((from, k) => Math.round(from + (STOPS[i + 1][k] - from) * (n / 16 - i))).join()})`;
});

const [PLANE, FLOOR] = ["c2", "muted"]; // what is not coloured by height

// An orthographic view: (x, y, z) -> [right, down, away] in pixels.
function createView(spec, state, width, height) {
  const [turn, tilt] = [state.turn, state.tilt].map((degrees) => (degrees * Math.PI) / 180);
  const [sinTurn, cosTurn, sinTilt, cosTilt] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
  const scale = Math.min(width / 3.5, height / 3.1);
  const unit = (value, [low, high]) => (2 * (value - low)) / (high - low) - 1;
  return (x, y, z) => {
    const [u, v, w] = [unit(x, spec.xlim), unit(y, spec.ylim), 0.7 * unit(z, spec.zlim)];
    const [a, b] = [u * cosTurn - v * sinTurn, u * sinTurn + v * cosTurn];
    return [width / 2 + a * scale, height / 2 - (w * cosTilt + b * sinTilt) * scale, b * cosTilt - w * sinTilt];
  };
}

// The part of a face (a list of places) on one side of a height: where sign * (z - height) >= 0.
function cutFace(places, height, sign) {
  const above = (place) => sign * (place[2] - height);
  return places.flatMap((place, i) => {
    const next = places[(i + 1) % places.length];
    const kept = above(place) >= 0 ? [place] : [];
    if (above(place) < 0 === above(next) < 0) return kept;
    const t = above(place) / (above(place) - above(next));
    return [...kept, place.map((v, k) => v + t * (next[k] - v))];
  });
}

// A surface over a rectangle as faces in the picture, cut off at the floor and the ceiling of the box. Faces with an
// undefined corner are left out.
function meshFaces(f, [x0, x1], [y0, y1], [low, high], cells, view, paint) {
  const grid = Array.from({ length: cells + 1 }, (_, i) => Array.from({ length: cells + 1 }, (__, j) => {
    const [x, y] = [x0 + ((x1 - x0) * i) / cells, y0 + ((y1 - y0) * j) / cells];
    const z = f(x, y);
    return { place: [x, y, z], seen: view(x, y, z), inside: z >= low && z <= high };
  }));
  const mean = (list, k) => list.reduce((total, p) => total + p[k], 0) / list.length;
  const faces = [];
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      const [a, b, c, d] = [grid[i][j], grid[i + 1][j], grid[i + 1][j + 1], grid[i][j + 1]];
      if (a.inside && b.inside && c.inside && d.inside) {
        const depth = (a.seen[2] + b.seen[2] + c.seen[2] + d.seen[2]) / 4;
        const z = (a.place[2] + b.place[2] + c.place[2] + d.place[2]) / 4;
        faces.push({ corner: [a.seen, b.seen, c.seen, d.seen], depth, fill: paint(z) });
        continue;
      }
      const square = [a.place, b.place, c.place, d.place];
      if (!square.every((place) => Number.isFinite(place[2]))) continue;
      const places = cutFace(cutFace(square, high, -1), low, 1);
      const corner = places.map((place) => view(...place));
      if (places.length > 2) faces.push({ corner, depth: mean(corner, 2), fill: paint(mean(places, 2)) });
    }
  }
  return faces;
}

// Ticks and names along the two edges of the floor that face the reader, and along an upright at the left.
function drawFloorAxes({ xlim, ylim, zlim, names }, view, { tilt }, height) {
  const middle = ([low, high]) => (low + high) / 2;
  const lower = (a, b) => (a[1] > b[1] ? 0 : 1); // of two edges of the floor, the one nearer to the reader
  const y = lower(view(middle(xlim), ylim[0], zlim[0]), view(middle(xlim), ylim[1], zlim[0]));
  const x = lower(view(xlim[0], middle(ylim), zlim[0]), view(xlim[1], middle(ylim), zlim[0]));
  const out = (limits, end, share) => limits[end] + (end ? share : -share) * (limits[1] - limits[0]);
  const put = ([px, py], text, fill, anchor) =>
    drawText(anchor ? Math.max(px, widthOf(text, 12)) : px, Math.min(py + 4, height - 4), text,
      { halo: true, size: 12, fill, anchor });
  const along = (limits, place, anchor) => {
    const [a, b] = limits.map(place);
    if (Math.hypot(a[0] - b[0], a[1] - b[1]) < 36) return ""; // seen from its end
    const { ticks, digits } = chooseTicks(...limits, 3);
    return ticks.map((v) => put(place(v), formatFixed(v, digits), "muted", anchor)).join("");
  };
  const drop = 130 * (1 - Math.sin((tilt * Math.PI) / 180)) ** 2; // seen from low down they would lie on the edge
  const below = ([px, py], share) => [px, py + drop * share];
  const besideX = (share) => (v) => below(view(v, out(ylim, y, share), zlim[0]), share);
  const besideY = (share) => (v) => below(view(out(xlim, x, share), v, zlim[0]), share);
  const floor = along(xlim, besideX(0.09)) + put(besideX(0.22)(middle(xlim)), names[0])
    + along(ylim, besideY(0.09)) + put(besideY(0.22)(middle(ylim)), names[1]);
  if (tilt > 80) return floor; // from above, the upright is a point
  const uprights = xlim.flatMap((a) => ylim.map((b) => [a, b]));
  const [left] = uprights.sort((p, q) => view(...p, 0)[0] - view(...q, 0)[0]);
  const upright = (v) => view(...left, v);
  const besideUpright = (v) => [upright(v)[0] - 6, upright(v)[1]];
  const [px, py] = upright(zlim[1]);
  return svg("path", { d: pathThrough(zlim.map(upright)), stroke: "muted" }) + floor
    + along(zlim, besideUpright, "end") + put([px, py - 16], names[2]);
}

function drawSurface(spec, scene, width, state, onCanvas) {
  const { xlim, ylim, zlim, plane } = spec;
  const height = Math.round(Math.min(430, width * 0.92));
  const view = createView(spec, state, width, height);
  const f = functionOf(spec.z, scene.s);
  const shade = (z) => RAMP[Math.round((64 * (z - zlim[0])) / (zlim[1] - zlim[0]))];
  const faces = meshFaces(f, xlim, ylim, zlim, onCanvas ? 20 : 15, view, shade);
  let over = drawFloorAxes(spec, view, state, height);
  if (plane) {
    const [a, b] = [plane.x, plane.y].map((e) => evaluate(e, scene.s));
    const around = (at, [low, high]) => [at - plane.size * (high - low), at + plane.size * (high - low)];
    const tangent = functionOf(plane.z, scene.s);
    faces.push(...meshFaces(tangent, around(a, xlim), around(b, ylim), zlim, 8, view, () => PLANE));
    const [px, py] = view(a, b, f(a, b));
    if (allFinite(px, py)) over += drawMarker(px, py, "fg", 6);
  }
  for (const path of spec.paths ?? []) {
    const places = scene.trails[path.of].map(([x, y]) => view(x, y, f(x, y))).filter((place) => allFinite(...place));
    const pixels = places.map(([px, py]) => farAway([px, py]));
    over += svg("path", { d: pathThrough(pixels), ...strokeOf({ c: "bg" }, 4) }) + drawTrail(pixels, path, false);
  }
  faces.sort((a, b) => b.depth - a.depth);
  const floor = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([i, j]) => view(xlim[i], ylim[j], zlim[0]));
  faces.unshift({ corner: floor, fill: FLOOR });
  return { body: onCanvas ? over : svg("g", { strokeWidth: 0.6 }, faces.map(drawFace).join("")) + over, height, faces };
}

function drawFace({ corner, fill }) {
  const look = { fill: fill === FLOOR ? "none" : fill, fillOpacity: fill === PLANE && ".6" };
  return polygon(corner, { ...look, stroke: fill });
}

// ---- 1.8 Network: nodes in layers, with numbers that come and go step by step

// What stands at each node and edge at a step: all that the frames up to there have set. What the last frame itself has
// set, or names, is "hot".
function mergeFrames(frames, step) {
  const items = {};
  frames.slice(0, step + 1).forEach(({ set = {}, hot = [] }, i) => {
    for (const [id, change] of Object.entries(set)) {
      const kept = Object.entries({ ...items[id], ...change }).filter(([, value]) => value !== null);
      items[id] = Object.fromEntries(kept); // null takes a number away
    }
    if (i < step || i === 0) return;
    const changed = Object.keys(set).filter((id) => Object.values(set[id]).some((value) => value !== null));
    for (const id of [...changed, ...hot]) items[id] = { ...items[id], hot: true };
  });
  return items;
}

// Where the numbers of edges stand: free of each other and of the nodes, and as far from the other edges as there is
// room, so that none stands on a crossing. Returns id -> [x, y]; an edge whose number has no room is left out.
const SHARES = Array.from({ length: 17 }, (_, i) => 0.5 + 0.04 * (i % 2 ? -1 : 1) * Math.ceil(i / 2)); // the middle first
const ALONG = Array.from({ length: 41 }, (_, i) => i / 40);
function placeLabels(edges, [width, height], isFree) {
  const pointOf = ([a, b], t) => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
  const gap = ([x, y], [a, b]) => Math.max(Math.abs(x - a) / width, Math.abs(y - b) / height); // below 1 two texts meet
  const options = edges.map(({ id, ends }) => {
    const others = edges.filter((edge) => edge.id !== id).flatMap((edge) => ALONG.map((t) => pointOf(edge.ends, t)));
    const free = SHARES.map((t) => pointOf(ends, t)).filter((at) => isFree(at, width, height));
    return { id, places: free.map((at) => ({ at, room: Math.min(1, ...others.map((point) => gap(at, point))) })) };
  }).filter(({ places }) => places.length);
  const attempt = (first) => {
    const chosen = options.map(({ places }, i) => places[(first * (7 * i + 1)) % places.length]);
    const met = ({ at }, i) => chosen.reduce((n, other, j) => n + (j !== i && other && gap(at, other.at) < 1 ? 1 : 0), 0);
    for (let sweep = 0; sweep < 4; sweep++) {
      options.forEach(({ places }, i) => {
        const worth = places.map((place) => place.room - 2 * met(place, i));
        chosen[i] = places[worth.indexOf(Math.max(...worth))];
      });
    }
    chosen.forEach((place, i) => { if (met(place, i)) chosen[i] = null; });
    const rooms = chosen.filter(Boolean).map(({ room }) => room);
    return { chosen, score: rooms.reduce((total, room) => total + 2 + room, 0) + 3 * Math.min(1, ...rooms) };
  };
  const attempts = Array.from({ length: Math.ceil(120 / (options.length + 1)) }, (_, first) => attempt(first));
  const best = attempts.reduce((a, b) => (b.score > a.score ? b : a));
  return new Map(best.chosen.flatMap((place, i) => (place ? [[options[i].id, place.at]] : [])));
}

// Places of nodes, edges and their numbers, the same for all steps. On a phone the layers stand below each other.
function layoutNetwork({ layers, frames }, width) {
  const changes = frames.flatMap((frame) => Object.entries(frame.set ?? {}));
  const most = Math.max(...layers.map((layer) => layer.length));
  const down = width < NARROW;
  const radius = clamp(width / ((down ? most : layers.length) * 3.4), 16, most > 6 ? 20 : 28);
  const size = radius < 22 || down ? 11 : 12;
  const above = changes.some(([, change]) => change.b) ? 28 : 0; // room for a bias and its gradient
  const room = 2 * radius + above + size + 14;
  const least = { 1: 160, 2: 176, 3: 124 }[most] ?? 0; // so that the lines between few nodes have room for their weights
  const height = Math.round(down ? layers.length * (room + 76) : most * Math.max(room, least));
  const places = {};
  layers.forEach((layer, k) => layer.forEach((node, j) => {
    const inLayer = (j + 0.5) / layer.length;
    const x = down ? inLayer * width : radius + 8 + ((width - 2 * radius - 16) * k) / (layers.length - 1);
    places[node.id] = [x, above / 2 + height * (down ? (k + 0.5) / layers.length : inLayer)];
  }));
  const isFree = ([x, y], w, h) => Object.values(places).every(([cx, cy]) => {
    const [dx, dy] = [Math.max(0, Math.abs(x - cx) - w / 2), Math.max(0, Math.abs(y - cy) - h / 2)];
    const aside = dx > 30 || y - cy > radius + size + h / 2 || cy - y > radius + above + h / 2;
    return Math.hypot(dx, dy) > radius + 1 && aside;
  });
  const groups = layers.slice(1).map((targets, k) => {
    const edges = targets.flatMap((b) => layers[k].map((a) =>
      ({ id: `${a.id}>${b.id}`, ends: [places[a.id], places[b.id]] })));
    const ids = new Set(edges.map((edge) => edge.id));
    const ofEdges = changes.filter(([id]) => ids.has(id));
    const longest = (key) => Math.max(0, ...ofEdges.map(([, change]) => change[key]?.length ?? 0));
    const [v, g] = [longest("v"), longest("g")];
    const extent = [0.56 * size * Math.max(v, g) + 6, 1.2 * size * (g ? 2 : 1)];
    const placed = placeLabels(edges, extent, isFree);
    return { edges, extent, off: g ? size * 0.61 : 0, placed: placed.size === edges.length ? placed : null };
  });
  return { width, radius, size, places, groups, height: height + above / 2 + 4 };
}
const layouts = new WeakMap(); // spec -> its last layout

const toneOf = ({ hot, g }) => (hot ? (g === undefined ? "c1" : "c2") : "muted");

// The edges into a layer, and their numbers: v (the weight) above g (its gradient). Where these have no room, only the
// ones in use are shown, if they are few.
function drawEdges({ edges, extent, off, placed }, items, size) {
  const lines = edges.map(({ id, ends }) => {
    const { hot, g } = items[id] ?? {};
    const look = { stroke: toneOf({ hot, g }), strokeWidth: hot ? 3 : 1.2, strokeOpacity: hot ? "1" : ".6" };
    return svg("path", { d: pathThrough(ends), ...look });
  });
  const hot = edges.filter(({ id }) => items[id]?.hot);
  const shown = placed ?? placeLabels(hot.length <= 6 ? hot : [], extent, () => true);
  const labels = [...shown].map(([id, [x, y]]) => {
    const { v, g, hot: bold } = items[id] ?? {};
    const base = y + 0.35 * size;
    return (v === undefined ? "" : drawText(x, base - off, v, { halo: true, size, bold: bold && g === undefined }))
      + (g === undefined ? "" : drawText(x, base + off, g, { halo: true, size, bold, fill: "c2" }));
  });
  return { lines: lines.join(""), labels: labels.join("") };
}

// A node with its value v in it, its bias b above it, and gradients: g below the node, gb above the bias.
function drawNode(node, [x, y], item, radius, size) {
  const { v, g, b, gb, hot } = item;
  const fit = clamp((radius * 2.6) / Math.max(1, v?.length), 9, size);
  const above = y - radius - 5;
  const aside = { size: Math.min(size, 12), halo: true };
  return circle(x, y, radius, { fill: hot ? "hot" : "soft", stroke: toneOf(item), strokeWidth: hot ? 3 : 1.5 })
    + drawText(x, v === undefined ? y + size * 0.35 : y - radius * 0.25, node.label, { size })
    + (v === undefined ? "" : drawText(x, y + radius * 0.5, v, { size: fit, bold: true }))
    + (g === undefined ? "" : drawText(x, y + radius + size, g, { size, fill: "c2", halo: true, bold: hot }))
    + (b === undefined ? "" : drawText(x, above, b, { ...aside, fill: "muted" }))
    + (gb === undefined ? "" : drawText(x, above - 13, gb, { ...aside, fill: "c2", bold: hot }));
}

const frameAt = (spec, { step }) => clamp(Math.round(step), 0, spec.frames.length - 1);

function drawNetwork(spec, scene, width, state) {
  if (layouts.get(spec)?.width !== width) layouts.set(spec, layoutNetwork(spec, width));
  const { radius, size, places, groups, height } = layouts.get(spec);
  const items = mergeFrames(spec.frames, frameAt(spec, state));
  const edges = groups.map((group) => drawEdges(group, items, size));
  const nodes = spec.layers.flat().map((node) => drawNode(node, places[node.id], items[node.id] ?? {}, radius, size));
  const body = [...edges.map((part) => part.lines), ...edges.map((part) => part.labels), ...nodes].join("");
  return { body, height };
}

// ---- 1.9 Windows: a window slides over numbers

// What one window does with its values. `weights` are the kernel's entries; `inside` tells which values are not
// padding; `draw` is a random number from 0 to 1.
const WINDOWS = {
  convolution: ({ values, weights }) => values.reduce((total, value, i) => total + value * weights[i], 0),
  max: ({ values }) => Math.max(...values),
  average: ({ values }) => values.reduce((total, value) => total + value, 0) / values.length,
  stochastic({ values, inside, draw }) { // the larger a value, the likelier it is drawn
    let reached = 0;
    const chances = chancesOf(values, inside);
    const index = chances.findIndex((chance) => (reached += chance) > draw);
    return values[index < 0 ? chances.findLastIndex((chance) => chance > 0) : index];
  },
};
function chancesOf(values, inside) {
  const total = values.reduce((a, b) => a + b, 0);
  const count = inside.filter(Boolean).length;
  return values.map((value, i) => (total > 0 ? value / total : inside[i] / count));
}

// All windows in order: {row, column, cells: [[row, column], ...] in the padded input, values, result}.
function slideWindows({ input, size, op, weights, draws, flat }, { stride, padding, dilation }) {
  const pad = flat ? [0, padding] : [padding, padding];
  const jump = flat ? [1, stride] : [stride, stride];
  const filler = op === "max" ? -Infinity : 0;
  const lengths = [input.length + 2 * pad[0], input[0].length + 2 * pad[1]];
  const isInside = (i, j) => input[i - pad[0]]?.[j - pad[1]] !== undefined;
  const padded = Array.from({ length: lengths[0] }, (_, i) => Array.from({ length: lengths[1] }, (__, j) =>
    input[i - pad[0]]?.[j - pad[1]] ?? filler));
  const count = lengths.map((length, k) =>
    Math.max(0, Math.floor((length - dilation * (size[k] - 1) - 1) / jump[k]) + 1));
  const windows = Array.from({ length: count[0] * count[1] }, (_, step) => {
    const [row, column] = [Math.floor(step / count[1]), step % count[1]];
    const cells = Array.from({ length: size[0] * size[1] }, (__, k) =>
      [row * jump[0] + Math.floor(k / size[1]) * dilation, column * jump[1] + (k % size[1]) * dilation]);
    const values = cells.map(([i, j]) => padded[i][j]);
    const inside = cells.map((cell) => isInside(...cell));
    const at = { row, column, cells, values, inside, weights, draw: draws?.[step % draws.length] };
    return { ...at, result: WINDOWS[op](at) };
  });
  return { padded, isInside, count, windows };
}

// A table of numbers. look(i, j) -> {text, fill, bold, faint, corner}
function drawNumbers(rows, columns, x, y, cell, title, look) {
  const groups = new Map(); // style -> texts that share it
  const add = (style, px, py, text) => {
    const key = JSON.stringify(style);
    groups.set(key, (groups.get(key) ?? "") + svg("text", { x: px, y: py }, text));
  };
  let fills = "";
  let edges = "";
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const { text = "", fill, bold, faint, corner } = look(i, j);
      const [px, py] = [round1(x + j * cell), round1(y + i * cell)];
      if (fill) fills += svg("rect", { x: px, y: py, width: cell, height: cell, fill });
      edges += `M${px} ${py}h${cell}v${cell}h-${cell}z`;
      const fontSize = Math.min(cell * 0.4, 15, (cell * 1.5) / Math.max(1, text.length));
      const style = { fill: faint ? "muted" : "fg", textAnchor: "middle", fontSize, fontWeight: bold && "700" };
      if (text) add(style, px + cell / 2, py + cell * 0.62, text);
      if (!corner) continue;
      const small = clamp((cell * 1.5) / corner.length, Math.min(11, cell * 0.28), 11);
      add({ fill: "c2", textAnchor: "end", fontSize: small }, px + cell * 0.95, py + cell * 0.93, corner);
    }
  }
  return fills + svg("path", { d: edges, fill: "none", stroke: "muted", strokeOpacity: ".55" })
    + [...groups].map(([style, texts]) => svg("g", JSON.parse(style), texts)).join("")
    + (title ? drawText(x + (columns * cell) / 2, y - 8, title, { fill: "muted" }) : "");
}

// How the result of a window comes about, as a sentence in HTML.
const inBrackets = (value) => (value < 0 ? `(${formatShort(value)})` : formatShort(value));
const EXPLAIN = {
  convolution: ({ values, weights }) =>
    `${values.map((value, i) => `${inBrackets(value)}·${inBrackets(weights[i])}`).join(" + ")} =`,
  max: ({ values }) => `max(${values.map(formatShort).join(", ")}) =`,
  average: ({ values }) => `(${values.map(inBrackets).join(" + ")}) / ${values.length} =`,
  stochastic({ values, inside, draw }) {
    const chances = chancesOf(values, inside).map((chance) => chance.toFixed(3));
    return `of ${values.map(formatShort).join(", ")} with the chances ${chances.join(", ")} the random number `
      + `${draw.toFixed(3)} draws`;
  },
};

// The windows of a state, and which of them it stands at.
function windowsAt(spec, state) {
  const names = ["stride", "padding", "dilation"];
  const settings = Object.fromEntries(names.map((name) => [name, state[name] ?? spec[name]]));
  const slid = slideWindows({ ...spec, draws: spec.draws?.[state.draw - 1] }, settings);
  const step = clamp(Math.round(state.step), 1, slid.windows.length) - 1;
  return { ...slid, spec, settings, step, at: slid.windows[step], kernel: spec.op === "convolution" };
}

function tellWindow(spec, state) {
  const { windows, count, at } = windowsAt(spec, state);
  if (!windows.length) return "The window does not fit into the input.";
  const where = spec.flat ? `Output ${at.column + 1} of ${count[1]}`
    : `Output, row ${at.row + 1} and column ${at.column + 1} of ${count[0]} × ${count[1]}`;
  return `${where}: ${EXPLAIN[spec.op](at)} <b>${formatShort(at.result)}</b>`;
}

function drawWindows(spec, scene, width, state) {
  const parts = windowsAt(spec, state);
  const { length } = parts.windows;
  if (!length) return { body: "", height: 10, ranges: { step: 1 } };
  return { ...(spec.flat ? drawFlatWindows : drawSquareWindows)(parts, width), ranges: { step: length } };
}

const lookOfInput = ({ padded, isInside, at, kernel }, corner) => (i, j) => {
  const k = at.cells.findIndex(([a, b]) => a === i && b === j);
  const faint = !isInside(i, j);
  return { text: formatShort(padded[i][j]), faint, bold: k >= 0, fill: k >= 0 ? "hot" : faint && "soft",
    corner: corner && kernel && k >= 0 && `×${formatShort(at.weights[k])}` };
};
const lookOfOutput = ({ windows, count, step }) => (i, j) => {
  const k = i * count[1] + j;
  return k > step ? {} : { text: formatShort(windows[k].result), bold: k === step, fill: k === step && "hot" };
};

// Numbers in a row: input, the kernel below its window, products, output.
function drawFlatWindows(parts, width) {
  const { spec, padded, count, at, settings, kernel } = parts;
  const columns = padded[0].length;
  const names = 68;
  const cell = Math.floor(clamp((width - names - 8) / Math.max(columns, count[1]), 16, 46));
  const left = names + Math.max(0, (width - names - 8 - columns * cell) / 2);
  const name = (top, text) => drawText(left - 10, top + cell * 0.62, text, { anchor: "end", fill: "muted" });
  const first = left + at.cells[0][1] * cell;
  const span = ((spec.size[1] - 1) * settings.dilation + 1) * cell;
  let y = 8;
  let body = drawNumbers(1, columns, left, y, cell, "", lookOfInput(parts)) + name(y, "input")
    + outline(first, y, span, cell, "c2");
  const drawBelow = (text, look) => {
    y += cell + 12;
    body += name(y, text)
      + at.cells.map(([, j], k) => drawNumbers(1, 1, left + j * cell, y, cell, "", () => look(k))).join("");
  };
  if (kernel) {
    drawBelow("kernel", (k) => ({ text: formatShort(at.weights[k]), fill: "soft" }));
    drawBelow("products", (k) => ({ text: formatShort(at.values[k] * at.weights[k]) }));
  }
  const start = left + ((columns - count[1]) * cell) / 2;
  const place = start + at.column * cell;
  const arrow = [[first + span / 2, y + cell + 3], [place + cell / 2, y + cell + 23]];
  y += cell + 26;
  body += svg("path", { d: pathThrough(arrow), stroke: "c2", strokeWidth: 2 }) + name(y, "output")
    + drawNumbers(1, count[1], start, y, cell, "", lookOfOutput(parts)) + outline(place, y, cell, cell, "c1");
  return { body, height: y + cell + 8 };
}

// Numbers in a square: input, kernel and output beside each other, or below each other on a phone.
function drawSquareWindows(parts, width) {
  const { spec, padded, count, at, settings, kernel } = parts;
  const [rows, columns] = [padded.length, padded[0].length];
  const [kernelRows, kernelColumns] = kernel ? spec.size : [0, 0];
  const narrow = width < NARROW;
  const gap = 30;
  const gaps = (kernel ? 2 : 1) * gap;
  const across = columns + kernelColumns + count[1];
  const room = narrow ? (width - 8) / Math.max(columns, kernelColumns + count[1] + 1.4) : (width - 8 - gaps) / across;
  const cell = Math.floor(clamp(room, 15, 44));
  const tall = Math.max(rows, kernelRows, count[0]);
  const middle = (length) => (width - length) / 2;
  let [x, y] = [middle(narrow ? columns * cell : across * cell + gaps), 26];
  const centred = (length) => (narrow ? y : y + ((tall - length) * cell) / 2);
  const [top, left] = at.cells[0];
  const span = spec.size.map((length) => ((length - 1) * settings.dilation + 1) * cell);
  let upper = centred(rows);
  const title = settings.padding ? "padded input" : "input";
  let body = drawNumbers(rows, columns, x, upper, cell, title, lookOfInput(parts, cell >= 30))
    + outline(x + left * cell, upper + top * cell, span[1], span[0], "c2");
  if (narrow) [x, y] = [middle((kernelColumns + count[1]) * cell + gaps - gap), y + rows * cell + 34];
  else x += columns * cell + gap;
  if (kernel) {
    const look = (i, j) => ({ text: formatShort(at.weights[i * kernelColumns + j]), fill: "soft" });
    body += drawNumbers(kernelRows, kernelColumns, x, centred(kernelRows), cell, "kernel", look);
    x += kernelColumns * cell + gap;
  }
  upper = centred(count[0]);
  body += drawText(x - gap / 2, upper + (count[0] * cell) / 2 + 6, kernel ? "=" : "→", { size: 20 })
    + drawNumbers(...count, x, upper, cell, "output", lookOfOutput(parts))
    + outline(x + at.column * cell, upper + at.row * cell, cell, cell, "c1");
  return { body, height: y + (narrow ? Math.max(kernelRows, count[0]) : tall) * cell + 6 };
}

// ---- 1.10 Image filter: a kernel over a small grey picture (0 black, 1 white)

const SHOW = { "cut to 0…1": (v) => v, "absolute value": Math.abs, "plus one half": (v) => v + 0.5 };

function filterImage(image, kernel, size) {
  const half = Math.floor(size / 2);
  return image.map((row, i) => row.map((_, j) => {
    let total = 0;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) total += kernel[a * size + b] * (image[i + a - half]?.[j + b - half] ?? 0);
    }
    return total;
  }));
}

// Equal pixels of a row are drawn as one run; 32 shades, one path each.
const SHADES = 31;
function drawImage(image, x, y, cell) {
  const runs = new Map();
  image.forEach((row, i) => {
    const shades = row.map((value) => Math.round(clamp(value, 0, 1) * SHADES));
    for (let j = 0, end; j < row.length; j = end) {
      for (end = j + 1; shades[end] === shades[j]; end++);
      runs.set(shades[j], `${runs.get(shades[j]) ?? ""}M${j} ${i}h${end - j}v1H${j}z`);
    }
  });
  const paths = [...runs].map(([shade, d]) => {
    const grey = Math.round((shade / SHADES) * 255);
    return svg("path", { d, fill: `rgb(${grey},${grey},${grey})` });
  });
  const transform = `translate(${round1(x)} ${round1(y)}) scale(${cell})`;
  return svg("g", { transform, shapeRendering: "crispEdges" }, paths.join(""));
}

function tellPixel({ image, size }, { row, column, entries }) {
  const [there, result] = [image, filterImage(image, entries, size)].map((rows) => formatShort(rows[row - 1][column - 1]));
  return `Sum of the kernel: <b>${formatShort(entries.reduce((a, b) => a + b, 0))}</b>. Output at row ${row}, `
    + `column ${column}: <b>${result}</b> (the input there is ${there}).`;
}

function drawFilter({ image, size }, scene, width, state) {
  const shown = filterImage(image, state.entries, size).map((row) => row.map(SHOW[state.show]));
  const [gap, half] = [36, Math.floor(size / 2)];
  const [rows, columns] = [image.length, image[0].length];
  const room = Math.min(((width - gap) / 2 - 2) / (columns + half), 300 / rows); // at the edge the window stands out
  const cell = Math.max(1, Math.floor(10 * room) / 10);
  const top = 20 + half * cell;
  const [row, column] = [state.row - 1, state.column - 1];
  const drawSide = (left, title, picture, i, j, n, stroke) =>
    drawText(left + (columns * cell) / 2, 14, title, { fill: "muted" }) + drawImage(picture, left, top, cell)
    + outline(left, top, columns * cell, rows * cell, "muted", 1)
    + outline(left + j * cell, top + i * cell, n * cell, n * cell, stroke);
  const body = drawSide((width - gap) / 2 - columns * cell, "input", image, row - half, column - half, size, "c2")
    + drawSide((width + gap) / 2, "output", shown, row, column, 1, "c1")
    + drawText(width / 2, top + (rows * cell) / 2 + 6, "→", { size: 20 });
  return { body, height: top + (rows + half) * cell + 4 };
}

// ---- 1.11 The whole figure, and its state

// What bars say where the author gave them no words: "scores: cat = 0.24, dog = 0.67, ..."
const sayBars = ({ panels = [] }) => panels.filter((panel) => panel.labels).flatMap(({ title = [], labels, marks }) =>
  marks[0].series.flatMap((heights, k) => {
    const of = [...title, ...(marks[0].names ? [" ", marks[0].names[k]] : [])];
    const values = heights.flatMap((v, i) => [i ? ", " : "", ...labels[i], " = ", { v, d: marks[0].d }]);
    return [...of, of.length ? ": " : "", ...values, ". "];
  }));

// What stands below the picture: a sentence in HTML, or the numbers of the readout.
const SENTENCES = {
  network: (spec, state) => spec.frames[frameAt(spec, state)].text.map(htmlText).join("<br>"),
  windows: tellWindow,
  filter: tellPixel,
};
function wordsOf(spec, state, { s } = createScene(spec, state)) {
  const html = SENTENCES[spec.kind]?.(spec, state);
  if (html !== undefined) return { html, say: html.replace(/<[^>]+>/g, "") };
  const readout = (spec.readout ?? []).map((item) => item.v.map((number) => pieceText(number, s)));
  return { readout, say: plainText(spec.say ?? sayBars(spec), s) };
}

// States that need as much room for words as any other: each slider on its way, each option.
function* statesAround(spec) {
  const start = startState(spec);
  for (const p of spec.params) {
    const count = Math.min(40, Math.round((p.max - p.min) / p.step));
    const onTheWay = () => Array.from({ length: count + 1 }, (_, k) => snap(p, p.min + (k / count) * (p.max - p.min)));
    for (const value of p.options ?? (p.shape ? [] : onTheWay())) {
      yield { ...start, [p.id]: value, ...(p.sets?.[value] && { [p.target]: p.sets[value] }) };
    }
  }
}

const KINDS = { plot: drawPlot, surface: drawSurface, network: drawNetwork, windows: drawWindows, filter: drawFilter };

// spec + state + width -> {svg, height, handles, say, and readout: [[text, ...], ...] or html}
// For a page a surface leaves its faces to a canvas.
function render(spec, state, width, onCanvas = false) {
  const scene = createScene(spec, state);
  const drawn = KINDS[spec.kind](spec, scene, width, state, onCanvas);
  const size = `viewBox="0 0 ${width} ${drawn.height}" width="${width}" height="${drawn.height}"`;
  const font = 'font-family="system-ui, DejaVu Sans, sans-serif"';
  const words = wordsOf(spec, state, scene);
  return {
    handles: [],
    ...drawn,
    ...words,
    say: spoken(words.say),
    svg: `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font} aria-hidden="true">${drawn.body}</svg>`,
  };
}

const startState = (spec) => Object.fromEntries(spec.params.map((p) => [p.id, p.value]));

// The nearest value that a parameter can take. Called by Python, too.
function snap(param, value) {
  if (param.options) return param.options.includes(value) ? value : param.value;
  if (param.shape) {
    const fits = Array.isArray(value) && value.length === param.value.length && allFinite(...value);
    return fits ? value.map((entry) => clamp(entry, -1e6, 1e6)) : param.value;
  }
  if (!Number.isFinite(value)) return param.value;
  const stepped = param.min + Math.round((value - param.min) / param.step) * param.step;
  return clamp(Number(stepped.toFixed(10)), param.min, param.max);
}

// A handle was dragged by (dx, dy) pixels: the values that bring its point there. Where a coordinate is an expression
// in the slider, it is solved for by Newton's method.
function dragHandle(spec, state, handle, dx, dy) {
  const changed = {};
  handle.ids.forEach((id, axis) => {
    if (!id) return;
    const param = spec.params.find((p) => p.id === id);
    const target = handle.at[axis] + [dx, dy][axis] * handle.scale[axis];
    const place = (value) => evaluate(handle.expressions[axis], createScene(spec, { ...state, [id]: value }).s);
    const h = (param.max - param.min) * 1e-5;
    let value = state[id];
    for (let k = 0; k < 4; k++) {
      const slope = (place(value + h) - place(value - h)) / (2 * h);
      const next = value + (target - place(value)) / slope;
      if (!Number.isFinite(next)) break;
      value = clamp(next, param.min, param.max);
    }
    changed[id] = snap(param, value);
  });
  return changed;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch { // a link that was cut or mistyped
    return text;
  }
}

// A state as text, for a link: only what differs from the author's start.
function writeState(spec, state) {
  return spec.params.filter((p) => String(state[p.id]) !== String(p.value))
    .map((p) => `${p.id}=${[].concat(state[p.id]).map(encodeURIComponent).join("/")}`).join(",");
}

function readState(spec, text) {
  const state = startState(spec);
  for (const part of text.split(",")) {
    const [id, raw] = part.split("=");
    const param = spec.params.find((p) => p.id === id);
    if (!param || raw === undefined) continue;
    const values = raw.split("/").map(decode);
    state[id] = snap(param, param.options ? values[0] : param.shape ? values.map(Number) : Number(values[0]));
  }
  return state;
}

// ========================================================================================================== 2. Page

function make(tag, className, html = "", attributes = {}) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.innerHTML = html;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function makeButton(html, label, onClick) {
  const button = make("button", "", html, { type: "button", "aria-label": label, title: label });
  button.addEventListener("click", onClick);
  return button;
}

const icon = (path) => `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${path}"/></svg>`;
const ICONS = {
  first: icon("M3 3h2v10H3zM13 3v10L6 8z"), back: icon("M12 3v10L4 8z"), next: icon("M4 3v10l8-5z"),
  play: icon("M4 2v12l10-6z"), pause: icon("M4 3h3v10H4zM9 3h3v10H9z"),
};

// ---- 2.1 Controls: (param, set) -> {elements, show(value)}

const CONTROLS = {
  slider(param, id, set) {
    const label = make("label", "", param.html, { for: id });
    const input = make("input", "", "", {
      type: "range", id, min: param.min, max: param.max, step: param.step, "aria-label": param.say });
    const output = make("output", "", "", { for: id, "aria-live": "off" });
    input.addEventListener("input", () => set(input.valueAsNumber));
    const unit = (param.unit ?? "").replace(/^\p{L}/u, " $&"); // 3 km, but 45° and 2·10⁻⁵
    const words = (value) => formatNumber(value, param.d) + unit;
    output.style.minWidth = `${Math.max(...[param.min, param.max].map((value) => words(value).length))}ch`; // no jumps
    const show = (value, end) => {
      input.max = end;
      input.value = value;
      input.setAttribute("aria-valuetext", words(value));
      input.style.setProperty("--filled", `${((value - param.min) / (end - param.min || 1)) * 100}%`);
      output.textContent = words(value);
    };
    return { elements: [label, input, output], show };
  },

  choice(param, id, set) {
    const label = make("label", "", param.html, { for: id });
    const options = param.options.map((name) => `<option>${escapeHtml(name)}</option>`).join("");
    const select = make("select", "", options, { id, "aria-label": param.say });
    select.addEventListener("change", () => set(select.value));
    return { elements: [label, select], show: (value) => { select.value = value; } };
  },

  matrix(param, id, set) {
    const [rows, columns] = param.shape;
    const label = make("span", "", param.html, { id });
    const table = make("div", "live-matrix", "", { role: "group", "aria-labelledby": id });
    table.style.setProperty("--columns", columns);
    const inputs = Array.from({ length: rows * columns }, (_, k) => make("input", "", "", { type: "number", step: "any",
      "aria-label": `${param.say}, row ${Math.floor(k / columns) + 1}, column ${(k % columns) + 1}` }));
    table.append(...inputs);
    let shown = param.value;
    inputs.forEach((input, k) => input.addEventListener("change", () => {
      set(shown.map((value, i) => (i === k && Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : value)));
      input.value = Number(shown[k].toPrecision(4));
    }));
    const show = (values) => {
      shown = values;
      inputs.forEach((input, k) => { input.value = Number(values[k].toPrecision(4)); });
    };
    return { elements: [label, table], show };
  },
};
const controlOf = (param) => CONTROLS[param.options ? "choice" : param.shape ? "matrix" : "slider"];

// Buttons that step a slider through its range; "play" is left out for a reader who prefers reduced motion.
function makePlayer(param, figure) {
  let timer = 0;
  const go = (value) => figure.set(param.id, value);
  const value = () => figure.state[param.id];
  const end = () => figure.ends[param.id];
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.innerHTML = ICONS.play;
    play.setAttribute("aria-label", "Play");
  };
  const start = () => {
    const count = Math.max(1, (end() - param.min) / param.step);
    if (value() >= end()) go(param.min);
    play.innerHTML = ICONS.pause;
    play.setAttribute("aria-label", "Pause");
    timer = setInterval(() => {
      if (value() >= end() || !figure.element.isConnected) stop();
      else go(value() + param.step);
    }, clamp(900 * count, 4000, 12000) / count);
  };
  const play = makeButton(ICONS.play, "Play", () => (timer ? stop() : start()));
  const step = (html, label, target) => makeButton(html, label, () => {
    stop();
    go(target());
  });
  const buttons = [
    step(ICONS.first, "First step", () => param.min),
    step(ICONS.back, "Previous step", () => value() - param.step),
    step(ICONS.next, "Next step", () => value() + param.step),
  ];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  return { buttons: still ? buttons : [...buttons, play], stop };
}

async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = make("textarea"); // an insecure page has no clipboard
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// ---- 2.2 A figure in the page

const linked = new Map(); // link name -> the setters of the parameters that share it
const figures = new Map(); // name -> figure, for links to a state
let figureCount = 0;

function legendSample(item) {
  const box = (fillOpacity) => svg("rect", { x: 4, width: 22, height: 12, fill: item.c, fillOpacity });
  const samples = { point: () => drawMarker(15, 6, item.c, 5), area: () => box(".3"), bar: () => box(".85") };
  const sample = samples[item.mark]?.() ?? svg("path", { d: "M1 6H29", ...strokeOf(item, 2.5) });
  return `<svg width="30" height="12" aria-hidden="true">${sample}</svg>`;
}

const readColors = (canvas) => Object.fromEntries([PLANE, FLOOR].map((name) =>
  [name, getComputedStyle(canvas).getPropertyValue(`--live-${name}`)]));

function paintFaces(canvas, { faces, height }, width, colors) {
  const ratio = window.devicePixelRatio || 1;
  const size = [width, height].map((length) => Math.round(length * ratio));
  if (canvas.width !== size[0] || canvas.height !== size[1]) {
    [canvas.width, canvas.height] = size;
    [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
    canvas.hidden = false;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.lineWidth = 0.6;
  for (const { corner, fill } of faces) {
    pen.beginPath();
    for (const [x, y] of corner) pen.lineTo(x, y);
    pen.closePath();
    pen.globalAlpha = fill === PLANE ? 0.6 : 1;
    pen.fillStyle = pen.strokeStyle = colors[fill] ?? fill;
    if (fill !== FLOOR) pen.fill();
    pen.stroke();
  }
}

class LiveFigure {
  // host: {get(id), set(id, value), on(id, callback)} ties the sliders to Python; a built page has no host
  constructor(element, spec, host) {
    const ends = Object.fromEntries(spec.params.map((p) => [p.id, p.max])); // how far the sliders go at present
    Object.assign(this, { element, spec, host, ends, state: {}, controls: {}, width: 0, drag: null, handles: [] });
    this.uid = `live-${++figureCount}`;
    this.closing = new AbortController();
    this.stops = [];
    this.build();
    spec.params.forEach((param) => this.addParam(param));
    this.addButtons();
    this.listen();
  }

  build() {
    const { spec, element, uid } = this;
    const legend = (spec.legend ?? []).map((item) => `<li>${legendSample(item)}${item.html}</li>`).join("");
    const readout = (spec.readout ?? []).map((item) => `<div>${item.html}</div>`).join("");
    // the controls are a form so that a browser that comes back to the page does not fill them in
    element.replaceChildren(make("figure", "live-figure", `
      <figcaption class="live-title" id="${uid}-title">${spec.title}</figcaption>
      ${legend ? `<ul class="live-legend">${legend}</ul>` : ""}
      <div class="live-picture">
        <canvas class="live-canvas" hidden></canvas><div class="live-svg" role="img"></div>
      </div>
      <div class="live-readout">${readout}</div>
      <form class="live-controls" autocomplete="off"></form>
      <div class="live-buttons"></div>
      <div class="live-spoken" aria-live="polite"></div>`, { "aria-labelledby": `${uid}-title` }));
    element.classList.add("mathnn-live");
    const part = (name) => element.querySelector(`.live-${name}`);
    const names = ["picture", "canvas", "svg", "readout", "controls", "buttons", "spoken"];
    this.parts = Object.fromEntries(names.map((name) => [name, part(name)]));
    this.parts.controls.addEventListener("submit", (event) => event.preventDefault());
    this.items = [...this.parts.readout.children].map((item) =>
      ({ item, slots: [...item.querySelectorAll(".live-number")], longest: 0 }));
  }

  addParam(param) {
    const { host } = this;
    this.state[param.id] = snap(param, host?.get(param.id) ?? param.value);
    const control = controlOf(param)(param, `${this.uid}-${param.id}`, (value) => this.set(param.id, value));
    const row = make("div", `live-row live-${control.elements.length}`);
    row.append(...control.elements);
    this.parts.controls.append(row);
    this.controls[param.id] = control;
    this.show(param.id);
    host?.on(param.id, (value) => this.set(param.id, value, "host"));
    if (!param.link) return;
    if (!linked.has(param.link)) linked.set(param.link, new Set());
    const setters = linked.get(param.link);
    const setter = (value, from) => from !== this && this.set(param.id, value, "link");
    setters.add(setter);
    this.closing.signal.addEventListener("abort", () => setters.delete(setter));
  }

  addButtons() {
    const { buttons } = this.parts;
    for (const param of this.spec.params.filter((p) => p.play)) {
      const player = makePlayer(param, this);
      const group = make("div", "live-player", "", { role: "group", "aria-label": `Step through ${param.say}` });
      group.append(...player.buttons);
      buttons.append(group);
      this.stops.push(player.stop);
    }
    if (!this.spec.params.length) return;
    buttons.append(makeButton("Reset", "Reset to the start", () => this.restore(startState(this.spec))));
    if (!this.host) buttons.append(makeButton("Copy link", "Copy a link to this state", () => this.copyLink()));
  }

  async copyLink() {
    const state = writeState(this.spec, this.state);
    const hash = `#${this.spec.name}${state ? `:${state}` : ""}`;
    const [button] = [...this.parts.buttons.children].slice(-1);
    let answer = "Copied";
    try {
      await copyText(location.href.split("#")[0] + hash);
    } catch {
      location.hash = hash; // no clipboard here: the link stands in the address bar
      answer = "See address bar";
    }
    button.textContent = answer;
    this.speak(answer);
    setTimeout(() => { button.textContent = "Copy link"; }, 1600);
  }

  restore(state) {
    this.stops.forEach((stop) => stop());
    for (const [id, value] of Object.entries(state)) this.set(id, value);
  }

  set(id, wanted, source = "reader") {
    const param = this.spec.params.find((p) => p.id === id);
    const value = snap(param, wanted);
    if (source === "host" && String(value) !== String(wanted)) this.host.set(id, value); // else Python would, too late
    if (String(this.state[id]) === String(value)) return;
    this.state[id] = value;
    this.show(id);
    if (source !== "host") this.host?.set(id, value);
    if (param.link && source !== "link") for (const setter of linked.get(param.link)) setter(value, this);
    this.setOthers(param, value);
    this.changed = true;
    this.schedule();
  }

  show(id) {
    this.controls[id].show(this.state[id], this.ends[id]);
  }

  // A choice may set another parameter (a named kernel its entries); entries of the reader's own undo the choice.
  setOthers(param, value) {
    if (param.sets?.[value]) this.set(param.target, param.sets[value]);
    const chooser = this.spec.params.find((p) => p.target === param.id);
    if (!chooser) return;
    const match = chooser.options.find((option) => String(chooser.sets[option]) === String(value));
    this.set(chooser.id, match ?? chooser.options.at(-1));
  }

  schedule() {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.queued = false;
    if (!this.width) return;
    const drawn = render(this.spec, this.state, this.width, true);
    if (drawn.faces) paintFaces(this.parts.canvas, drawn, this.width, this.colors ??= readColors(this.parts.canvas));
    this.parts.svg.innerHTML = drawn.svg;
    this.parts.svg.setAttribute("aria-label", `${this.spec.alt} ${drawn.say}`.trim());
    this.showWords(drawn);
    for (const [id, end] of Object.entries(drawn.ranges ?? {})) this.setRange(id, end);
    this.placeHandles(drawn.handles);
    if (this.changed) this.speak(drawn.say);
    this.changed = false;
  }

  // How far a slider goes may depend on the others: a greater stride leaves fewer windows.
  setRange(id, end) {
    this.ends[id] = end;
    this.set(id, Math.min(this.state[id], end));
    this.show(id);
  }

  // An item keeps the greatest width it has had, so that its neighbours do not jump when a digit comes or goes.
  showNumbers({ item, slots, longest }, texts) {
    slots.forEach((slot, k) => {
      if (slot.shown === texts[k]) return;
      slot.shown = texts[k];
      slot.innerHTML = slot.localName === "span" ? texts[k] : mathOf(texts[k]);
    });
    const length = texts.join("").length;
    if (length <= longest) return;
    this.items.find((other) => other.item === item).longest = length;
    item.style.minWidth = "";
    item.style.minWidth = `${item.offsetWidth}px`;
  }

  // The room that words have had stays theirs, so that the sliders below do not move.
  showWords({ html, readout }) {
    const { readout: place } = this.parts;
    if (html !== undefined) place.innerHTML = `<div>${html}</div>`;
    else readout.forEach((texts, i) => this.showNumbers(this.items[i], texts));
    place.style.minHeight = `${place.offsetHeight}px`;
  }

  makeRoom() {
    this.items.forEach((entry) => { entry.longest = 0; });
    this.parts.readout.style.minHeight = "";
    for (const state of statesAround(this.spec)) this.showWords(wordsOf(this.spec, state));
    this.paint();
  }

  placeHandles(handles) {
    handles.forEach((handle, i) => {
      if (!this.handles[i]) {
        this.handles[i] = make("div", "live-handle", "", { "aria-hidden": "true" });
        this.parts.picture.append(this.handles[i]);
      }
      const element = this.handles[i];
      element.handle = handle;
      element.hidden = false;
      element.style.transform = `translate(${handle.x}px, ${handle.y}px)`;
    });
    if (!this.drag) this.handles.slice(handles.length).forEach((element) => { element.hidden = true; });
  }

  speak(text) { // once the reader pauses
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => { this.parts.spoken.textContent = text; }, 700);
  }

  listen() {
    const { picture } = this.parts;
    picture.classList.toggle("live-turns", this.spec.kind === "surface");
    const on = (type, handler) => picture.addEventListener(type, handler, { signal: this.closing.signal });
    on("pointerdown", (event) => {
      const element = event.target.closest(".live-handle");
      if (event.button || !event.isPrimary || (!element && this.spec.kind !== "surface")) return;
      const { turn, tilt } = this.state;
      this.drag = { pointer: event.pointerId, handle: element?.handle, turn, tilt, x: event.clientX, y: event.clientY };
      picture.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    on("pointermove", (event) => {
      if (event.pointerId !== this.drag?.pointer) return;
      const { handle, turn, tilt, x, y } = this.drag;
      const [dx, dy] = [event.clientX - x, event.clientY - y];
      const changed = handle ? dragHandle(this.spec, this.state, handle, dx, dy)
        : { turn: ((((turn + 0.6 * dx + 180) % 360) + 360) % 360) - 180, tilt: tilt + 0.4 * dy };
      for (const [id, value] of Object.entries(changed)) this.set(id, value);
    });
    on("lostpointercapture", () => { this.drag = null; }); // let go, or taken away

    // the lines of a drawing follow the colours of the page by themselves, a canvas does not
    const recolour = new MutationObserver(() => {
      this.colors = null;
      this.schedule();
    });
    for (const root of [document.documentElement, document.body]) {
      recolour.observe(root, { attributeFilter: ["data-theme", "data-jp-theme-light", "data-jp-theme-name"] });
    }
    this.closing.signal.addEventListener("abort", () => recolour.disconnect());

    const resize = new ResizeObserver(() => {
      const width = Math.min(720, Math.floor(picture.clientWidth));
      if (width < 40 || width === this.width) return;
      this.width = width;
      this.makeRoom();
    });
    resize.observe(picture);
    this.closing.signal.addEventListener("abort", () => resize.disconnect());
    const remake = () => this.width && this.makeRoom(); // formulas have other heights in the font that has come
    document.fonts.addEventListener("loadingdone", remake, { signal: this.closing.signal });
  }

  close() {
    this.stops.forEach((stop) => stop());
    this.closing.abort();
  }
}

// ---- 2.3 A built page

// "#figure-name:a=0.5,h=0.1" sets a figure and brings it into view
function followLink() {
  const [, name, state] = /^#([\w-]+)(?::(.*))?$/.exec(location.hash) ?? [];
  const figure = figures.get(name);
  if (!figure) return;
  figure.restore(readState(figure.spec, state ?? ""));
  figure.element.scrollIntoView({ block: "center" });
}

function startPage() {
  for (const element of document.querySelectorAll(".mathnn-live[data-spec]")) {
    const spec = JSON.parse(element.dataset.spec);
    element.removeAttribute("data-spec");
    try {
      figures.set(spec.name, new LiveFigure(element, spec));
    } catch (error) { // the others are drawn all the same
      console.error(`${spec.name}: ${error}`);
    }
  }
  window.addEventListener("hashchange", followLink);
  followLink();
}

// ======================================================================================================== 3. Widget

function renderWidget({ model, el }) {
  const host = {
    get: (id) => model.get(id),
    set(id, value) {
      model.set(id, value);
      model.save_changes();
    },
    on: (id, callback) => model.on(`change:${id}`, () => callback(model.get(id))),
  };
  const figure = new LiveFigure(el, model.get("spec"), host);
  return () => figure.close();
}

export default { render: renderWidget, startPage };
