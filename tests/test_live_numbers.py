"""The numbers of every kind of live figure, over grids of slider states, without a browser.

What the script draws is read back out of its SVG and compared with SymPy, NumPy and mathnn.
"""

import itertools
import re
import xml.etree.ElementTree as ET

import contourpy
import numpy as np
import pytest
import sympy as sp
from traitlets import TraitError

from mathnn.activations import softmax
from mathnn.calculus import riemann_sum, tangent_plane
from mathnn.convolution import conv1d_loops, conv2d_loops
from mathnn.live import Bars, Choice, ImageFilter, Plot, Slider, Surface, Windows
from mathnn.live.engine import call
from mathnn.pooling import avg_pool2d, max_pool2d, stochastic_pool2d

x, y, a, b, n, k, eta, x0, y0 = sp.symbols("x y a b n k eta x0 y0")
SVG = "{http://www.w3.org/2000/svg}"
WIDTH = 640


def draw(fig, width=WIDTH, **state):
    spec = fig.spec()
    drawn = call("render", spec, call("startState", spec) | state, width)
    return ET.fromstring(drawn["svg"]), drawn


def panels(root):
    """Return, panel by panel, its elements, and maps from pixels to numbers for limits that are given."""
    for group in root.findall(f"{SVG}g"):
        frame = group.find(f"{SVG}svg")
        yield frame, float(frame.get("width")), float(frame.get("height"))


def points(path):
    """Return the corners of a path as an array of shape (n, 2)."""
    return np.array([pair.split() for pair in re.findall(r"[-\d.]+ [-\d.]+", path.get("d"))], float)


def to_numbers(pixels, size, xlim, ylim):
    (width, height), pixels = size, np.asarray(pixels, float)
    return np.stack([xlim[0] + pixels[:, 0] / width * (xlim[1] - xlim[0]),
                     ylim[1] - pixels[:, 1] / height * (ylim[1] - ylim[0])], axis=1)


def read_numbers(text):
    return [float(t) for t in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


def stroked(frame, color, tag="path"):
    """Return the elements drawn in a colour, without the grid lines."""
    return [e for e in frame.iter(f"{SVG}{tag}") if f"--live-{color}," in e.get("stroke", "") + e.get("fill", "")]


# ---- graphs, lines

@pytest.mark.parametrize("at", [-2.0, -0.5, 0.3, 1.7])
@pytest.mark.parametrize("f", [x**3 / 3 - a * x, sp.sin(3 * x + a), sp.exp(-a * x**2), sp.tanh(a * x),
                               sp.Piecewise((x, x > 0), (a * (sp.exp(x) - 1), True))], ids=str)
def test_graph_lies_on_the_function(f, at):
    fig = Plot("f", "f", x, (-3, 3), (-3, 3), sliders={a: Slider(-2, 2, 0)}, description="A graph.").curve(f)
    frame, width, height = next(panels(draw(fig, a=at)[0]))
    [path] = stroked(frame, "c1")
    seen = to_numbers(points(path), (width, height), (-3, 3), (-3, 3))
    inside = seen[np.abs(seen[:, 1]) < 3]
    expected = sp.lambdify(x, f.subs(a, at), "numpy")(inside[:, 0])
    slope = np.abs(sp.lambdify(x, sp.diff(f.subs(a, at), x), "numpy")(inside[:, 0]))
    assert len(inside) > 10
    assert np.abs(inside[:, 1] - expected).max() <= 0.06 * (6 / height) + 0.06 * (6 / width) * slope.max()


def test_graph_has_a_gap_where_it_is_undefined_or_jumps():
    def pieces(f):
        fig = Plot("f", "f", x, (-3, 3), (-3, 3), description="A graph.").curve(f)
        frame, *_ = next(panels(draw(fig)[0]))
        return stroked(frame, "c1")[0].get("d").count("M")

    assert pieces(sp.sin(x)) == 1
    assert pieces(1 / x) == 2
    assert pieces(sp.floor(x)) == 7
    assert pieces(sp.tan(2 * x)) == 5
    assert pieces(20 * sp.tanh(20 * x)) == 1  # steep is not a jump
    assert pieces(sp.log(x * (x - 1))) == 2


@pytest.mark.parametrize("at", np.linspace(-2.5, 2.5, 7))
def test_tangent_runs_through_the_point_with_the_slope(at):
    f = x**3 / 3 - x
    fig = Plot("f", "f", x, (-3, 3), (-3, 3), sliders={a: Slider(-2.5, 2.5, 0)}, description="A tangent.")
    fig.line((a, f.subs(x, a)), sp.diff(f, x).subs(x, a))
    frame, width, height = next(panels(draw(fig, a=at)[0]))
    (x1, y1), (x2, y2) = to_numbers(points(stroked(frame, "c1")[0]), (width, height), (-3, 3), (-3, 3))
    assert (y2 - y1) / (x2 - x1) == pytest.approx(at**2 - 1, abs=0.002)
    assert y1 + (at - x1) * (y2 - y1) / (x2 - x1) == pytest.approx(at**3 / 3 - at, abs=0.005)


# ---- sums and areas

@pytest.mark.parametrize("rule", ["left", "midpoint", "right"])
@pytest.mark.parametrize("count", [1, 7, 60])
@pytest.mark.parametrize("end", [1.0, 5.0])
def test_rectangles_are_those_of_the_riemann_sum(rule, count, end):
    f, at, width = sp.sin(x) + sp.Rational(1, 2), sp.Symbol("at"), b / n
    heights = sp.Sum(f.subs(x, (k + at) * width) * width, (k, 0, n - 1))
    fig = Plot("sum", "Sum", x, (0, 6), (-1, 2), description="Rectangles.", sliders={
        n: Slider(1, 100, 8), b: Slider(0.5, 6, 5),
        at: Choice({"left": 0, "midpoint": sp.Rational(1, 2), "right": 1})})
    fig.riemann(f, (0, b), n, at=at).readout("<<S:9>>", S=heights)
    root, drawn = draw(fig, n=count, b=end, at=rule)
    expected = riemann_sum(lambda t: np.sin(t) + 0.5, 0, end, count, rule=rule)
    assert read_numbers(drawn["readout"][0][0]) == [pytest.approx(expected, abs=1e-9)]
    frame, w, h = next(panels(root))
    areas = [float(r.get("width")) * float(r.get("height")) * (1 if "c1" in r.get("fill") else -1)
             for r in frame.iter(f"{SVG}rect")]
    assert len(areas) == count
    assert sum(areas) * 6 / w * 3 / h == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("end", [1.0, 4.0, 6.0])
def test_shaded_area_is_the_integral(end):
    fig = Plot("area", "Area", x, (0, 7), (-1.5, 1.5), sliders={b: Slider(0, 7, 4)}, description="An area.")
    frame, w, h = next(panels(draw(fig.area(sp.sin(x), (0, b)), b=end)[0]))
    total = 0
    for path in frame.iter(f"{SVG}path"):
        if path.get("fill-opacity"):
            corners = points(path)
            last = float(re.search(r"H([-\d.]+)Z", path.get("d"))[1])
            px, py = np.append(corners[:, 0], last), np.append(corners[:, 1], corners[-1, 1])
            area = abs(np.dot(px, np.roll(py, 1)) - np.dot(py, np.roll(px, 1))) / 2 * (7 / w) * (3 / h)
            total += area if "c1" in path.get("fill") else -area
    assert total == pytest.approx(1 - np.cos(end), abs=0.01)


# ---- iterations

@pytest.mark.parametrize("rate", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("start", [-1.9, 0.4, 2])
@pytest.mark.parametrize("steps", [0, 1, 25])
def test_descent_visits_the_points_that_python_visits(rate, start, steps):
    f = x**4 / 4 - x**2 + x / 4
    fig = Plot("descent", "Descent", x, (-2.2, 2.2), (-1.6, 2.6), description="Descent.", sliders={
        eta: Slider(0.01, 1.2, 0.1), x0: Slider(-2, 2, 1.9), n: Slider(0, 40, 12)})
    path = fig.iterate(x, x0, x - eta * sp.diff(f, x), n)
    fig.orbit(path, on=f, drag=x0).panel(k, (0, 40), (-1.6, 2.6)).history(path, f).readout("<<last:9>>", last=path.last)
    visited = [start]
    for _ in range(steps):
        t = visited[-1]
        visited.append(t - rate * (t**3 - 2 * t + 0.25))
    state = {"eta": rate, "x0": start, "n": steps}
    scene = call("createScene", fig.spec(), state)
    assert [place[0] for place in scene["trails"][path.key]] == pytest.approx(visited, rel=1e-9)
    root, drawn = draw(fig, **state)
    assert read_numbers(drawn["readout"][0][0]) == [pytest.approx(visited[-1], abs=1e-8)]
    (frame, w, h), (_, w2, h2) = panels(root)
    history = root.findall(f"{SVG}g")[1]
    dots = to_numbers([(float(c.get("cx")), float(c.get("cy"))) for c in stroked(frame, "c1", "circle")[::-1]
                       if c.get("fill-opacity") is None], (w, h), (-2.2, 2.2), (-1.6, 2.6))
    assert dots[:, 0] == pytest.approx(visited, abs=0.02)
    drops = to_numbers(points(stroked(history, "c2")[0]), (w2, h2), (0, 40), (-1.6, 2.6))
    values = [t**4 / 4 - t**2 + t / 4 for t in visited]
    assert drops[0] == pytest.approx([0, values[0]], abs=0.03)
    assert drops[-1] == pytest.approx([steps, values[-1]], abs=0.1)
    uncut = [mark for mark in history.findall(f"{SVG}path") if "--live-c2," in mark.get("fill")]
    assert len(uncut) == steps + 1  # whole, also at the edge of the panel


def test_descent_that_runs_away_is_drawn_and_beyond_what_a_computer_holds():
    fig = Plot("away", "Away", x, (-2, 2), (-1, 3), description="Descent.", sliders={n: Slider(0, 400, 10)})
    path = fig.iterate(x, 1.5, x - 2 * x**3, n)
    fig.orbit(path, on=x**4 / 2).panel(k, (0, 40), (0, 3)).history(path, x).readout("<<last>>", last=path.last)
    for steps in (1, 3, 8, 400):
        root, drawn = draw(fig, n=steps)
        assert "NaN" not in drawn["svg"]
        assert "Infinity" not in drawn["svg"]
        assert len(list(root.iter(f"{SVG}circle"))) >= 2
    assert drawn["readout"] == [["beyond\xa010³⁰⁸"]]
    assert drawn["say"] == "beyond\xa010 to the power 308. "


@pytest.mark.parametrize(("expression", "text"), [
    (x0, "beyond\xa010³⁰⁸"), (x0**2 - x0, "beyond\xa010³⁰⁸"), (1 / b, "undefined"), (sp.log(b - 1), "undefined"),
    (sp.exp(-80 * a), "1.80·10⁻³⁵"), (a**40 * 1e30, "1.00·10³⁰"), (sp.sin(sp.pi * a), "0.00"), (a / 5, "0.20"),
    ((a / 10 - sp.Rational(1, 10)) ** 3, "0.00"), (-(a / 1000), "−1.00·10⁻³")], ids=str)
def test_numbers_that_few_digits_do_not_show(expression, text):
    fig = Plot("n", "N", x, (0, 1), (0, 1), sliders={a: Slider(0, 9, 1), b: Slider(0, 1, 0)}, description="Numbers.")
    far = fig.iterate(x, a + 1, x**3 - x, 60)
    fig.readout("<<v>>", v=expression.subs(x0, far.last))
    assert draw(fig)[1]["readout"] == [[text]]


def test_powers_of_ten_are_set_as_powers_and_said_in_words():
    assert call("mathOf", "−1.80·10⁻³⁵") == "<mn>−1.80·</mn><msup><mn>10</mn><mn>−35</mn></msup>"
    assert call("spoken", "x = −1.80·10⁻³⁵.") == "x = −1.80 times 10 to the power −35."


@pytest.mark.parametrize(("text", "said"), [("<<n>> steps", "1 step"), ("<<n:1>> is less", "1.0 is less"),
                                            ("<<n>> times <<k>>, <<m:0>> windows", "1 times 0.5, 21 windows")])
def test_sentences_count_and_show_a_slider_with_its_digits(text, said):
    sliders = {n: Slider(0, 9, 1), k: Slider(0, 1, 0.5, 0.1)}
    fig = Plot("n", "N", x, (0, 1), (0, 1), sliders=sliders, description="Numbers.").say(text, m=21)
    assert draw(fig)[1]["say"] == said


def test_iteration_may_use_several_numbers_and_the_step():
    v = sp.Symbol("v")
    fig = Plot("momentum", "Momentum", x, (-1, 1), (-1, 1), sliders={n: Slider(0, 9, 9)}, description="Momentum.")
    path = fig.iterate((x, v), (1, 0), (x + v, sp.Rational(9, 10) * v - x / (k + 1)), n, index=k)
    fig.readout("<<p:9>> <<q:9>>", p=path.last[0], q=path.last[1])
    place, speed = 1.0, 0.0
    for step in range(9):
        place, speed = place + speed, 0.9 * speed - place / (step + 1)
    assert [float(t.replace("−", "-")) for t in draw(fig)[1]["readout"][0]] == pytest.approx([place, speed], abs=1e-9)


# ---- contour lines

@pytest.mark.parametrize("f", [x**2 / 2 + a * y**2, x * y + a, sp.sin(x) * sp.cos(2 * y) + a * x / 9,
                               (1 - x) ** 2 + a * (y - x**2) ** 2, 1 / (x**2 + y**2 + a)], ids=str)
@pytest.mark.parametrize("at", [0.5, 3.0])
def test_contours_lie_on_their_levels_and_miss_nothing(f, at):
    fig = Plot("contour", "Contour", x, (-2, 3), (-1.5, 2), sliders={a: Slider(0.1, 4, 1)}, description="Contours.")
    spec = fig.contour(f, (x, y)).spec()
    mark = spec["panels"][0]["marks"][0]
    trace = """((mark, s, xlim, ylim) =>
        contourLines(mark, { s, xlim, ylim, graph: (code) => (x, y) => evaluate(code, s, x, y) }))"""
    lines = call(trace, mark, {"a": at}, [-2, 3], [-1.5, 2])
    function = sp.lambdify((x, y), f.subs(a, at), "numpy")
    grid = np.meshgrid(np.linspace(-2, 3, 57), np.linspace(-1.5, 2, 57))
    oracle = contourpy.contour_generator(*grid, function(*grid))
    assert len(mark["levels"]) >= 8

    def length(curves):
        return sum(np.hypot(*np.diff(np.asarray(c), axis=0).T).sum() for c in curves)

    for level, drawn in zip(mark["levels"], lines, strict=True):
        assert length(drawn) == pytest.approx(length(oracle.lines(level)), rel=0.02, abs=0.02)
        for line in drawn:
            px, py = np.array(line).T
            steep = np.hypot(*np.gradient(function(*grid), 5 / 56, 3.5 / 56)).max()
            assert np.abs(function(px, py) - level).max() < 0.02 * steep + 1e-9


# ---- bars

@pytest.mark.parametrize("temperature", [0.2, 1.0, 4.0])
@pytest.mark.parametrize("scores", [(2, 3, 0), (-4, 4, 1), (0, 0, 0)])
def test_bars_are_the_softmax(scores, temperature):
    z, t = sp.symbols("z1:4"), sp.Symbol("T")
    total = sum(sp.exp(v / t) for v in z)
    fig = Bars("softmax", "Softmax", [sp.exp(v / t) / total for v in z], ["a", "b", "c"], (0, 1), digits=6,
               sliders={**{v: Slider(-4, 4, 0) for v in z}, t: Slider(0.1, 5, 1)}, description="Bars.")
    root, _ = draw(fig, T=temperature, **{f"z{i + 1}": v for i, v in enumerate(scores)})
    bars = list(root.iter(f"{SVG}rect"))
    expected = softmax(np.array(scores) / temperature)
    frame, _, height = next(panels(root))
    assert [float(bar.get("height")) / height for bar in bars] == pytest.approx(expected, abs=0.001)
    texts = ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]
    assert [float(t) for t in texts if re.fullmatch(r"\d\.\d{6}", t)] == pytest.approx(expected, abs=1e-6)


def test_bars_without_words_say_their_values():
    fig = Bars("b", "B", [a, 2], ["cat", "$x_1$"], (0, 3), sliders={a: Slider(0, 3, 1)}, description="Two bars.")
    assert draw(fig, a=2.5)[1]["say"] == "cat = 2.50, x1 = 2.00. "
    fig.panel({"$p$": [a / 4, 1], "aim": [1, 0]}, ["cat", "dog"], (0, 1), title="shares", digits=1)
    assert draw(fig)[1]["say"].endswith("shares p: cat = 0.3, dog = 1.0. shares aim: cat = 1.0, dog = 0.0. ")
    assert draw(fig.say("a is <<a>>"))[1]["say"] == "a is 1.00"


# ---- surface

@pytest.mark.parametrize("f", [sp.sin(x) * sp.cos(y), x**2 / 2 + 3 * y**2, x * y, sp.exp(-(x**2) - y**2)], ids=str)
@pytest.mark.parametrize(("p", "q"), [(0.4, -0.6), (0, 0), (-1.2, 0.9)])
def test_tangent_plane_is_that_of_calculus(f, p, q):
    fig = Surface("plane", "Plane", f, (x, y), (-2, 2), (-2, 2), (-1, 8), description="A plane.",
                  sliders={a: Slider(-2, 2, 0), b: Slider(-2, 2, 0)}).tangent_plane((a, b))
    spec = fig.spec()
    plane = tangent_plane(sp.lambdify((x, y), f, "numpy"), p, q)
    for u, v in itertools.product([-1, 0.2, 1.5], repeat=2):
        got = call("evaluate", spec["plane"]["z"], {"a": p, "b": q}, u, v)
        assert got == pytest.approx(float(plane(u, v)), abs=1e-6)


@pytest.mark.parametrize("turn", [-120, -35, 0, 90])
@pytest.mark.parametrize("tilt", [0, 28, 90])
def test_view_is_a_rotation_of_the_box(turn, tilt):
    look = "((box, state, place) => createView(box, state, 600, 400)(...place))"
    box = {"xlim": [-2, 2], "ylim": [0, 3], "zlim": [-1, 1]}
    unit = {"xlim": [-1, 1], "ylim": [-1, 1], "zlim": [-1, 1]}
    t, e = np.radians(turn), np.radians(tilt)
    turned = np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    scale = min(600 / 3.5, 400 / 3.1)
    for u, v, w in [(-1, -1, -1), (1, 0, 0), (0.3, 0.5, -0.2)]:
        at = call(look, box, {"turn": turn, "tilt": tilt}, [2 * u, 1.5 + 1.5 * v, w])
        assert at == call(look, unit, {"turn": turn, "tilt": tilt}, [u, v, w])
        right, back, up = turned @ [u, v, 0.7 * w]
        assert at[0] == pytest.approx(300 + scale * right)
        assert at[1] == pytest.approx(200 - scale * (up * np.cos(e) + back * np.sin(e)))
        assert at[2] == pytest.approx(back * np.cos(e) - up * np.sin(e))


def test_surface_is_cut_off_at_its_box():
    fig = Surface("bowl", "Bowl", x**2 + y**2, (x, y), (-2, 2), (-2, 2), (1, 4), description="A bowl.")
    mesh = """((spec) => meshFaces((x, y) => evaluate(spec.z, {}, x, y), spec.xlim, spec.ylim, spec.zlim, 20,
        (...place) => place, () => "").flatMap((face) => face.corner.map((place) => place[2])))"""
    heights = call(mesh, fig.spec())
    assert min(heights) == pytest.approx(1)
    assert max(heights) == pytest.approx(4)


# ---- windows

SETTINGS = list(itertools.product([1, 2, 3], [0, 1, 2], [1, 2]))


def last_output(fig, **settings):
    """Return the numbers of the output grid when all windows are done."""
    slide = """((spec, settings) => (({ count, windows }) =>
        ({ count, output: windows.map((w) => w.result) }))(slideWindows(spec, settings)))"""
    drawn = call(slide, fig.spec(), settings)
    return np.array(drawn["output"]).reshape(drawn["count"])


@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
@pytest.mark.parametrize("kernel", [[1, 0, 1], [0.2, 0.5, 0.3], [2.0], [1, -1, 2, 0.5]], ids=str)
def test_windows_in_a_row_convolve(kernel, stride, padding, dilation):
    data = [1, 2, 3, 4, 5, -2, 0.5]
    fig = Windows("w", "W", data, kernel, stride=(1, 3), padding=(0, 2), dilation=(1, 2), description="Windows.")
    got = last_output(fig, stride=stride, padding=padding, dilation=dilation)
    want = conv1d_loops(np.array(data), np.array(kernel, float), stride=stride, padding=padding, dilation=dilation)
    assert got.shape == (1, len(want))
    assert got[0] == pytest.approx(want)


@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
@pytest.mark.parametrize("shape", [(3, 3), (2, 3), (1, 2)])
def test_windows_in_a_square_convolve(shape, stride, padding, dilation):
    rng = np.random.default_rng(0)
    data, kernel = rng.integers(-3, 4, (6, 7)).astype(float), rng.integers(-2, 3, shape).astype(float)
    fig = Windows("w", "W", data, kernel, stride=(1, 3), padding=(0, 2), dilation=(1, 2), description="Windows.")
    got = last_output(fig, stride=stride, padding=padding, dilation=dilation)
    want = conv2d_loops(data, kernel, stride=stride, padding=padding, dilation=dilation)
    assert got.shape == want.shape
    assert got == pytest.approx(want)


def test_filling_in_shows_the_outputs_so_far():
    fig = Windows("w", "W", [1, 2, 3, 4, 5], [1, 0, 1], stride=(1, 2), padding=(0, 1), description="Windows.")
    seen = {}
    for step in (1, 2, 3):
        root, drawn = draw(fig, step=step)
        seen[step] = (drawn["html"], ["".join(t.itertext()) for t in root.iter(f"{SVG}text")][5 + 3 + 3 + 4 :])
    assert "1·1 + 2·0 + 3·1 = <b>4</b>" in seen[1][0]
    assert [len(read_numbers(" ".join(texts))) for _, texts in seen.values()] == [1, 2, 3]
    assert draw(fig, padding=1, step=5)[1]["say"] == "Output 5 of 5: 4·1 + 5·0 + 0·1 = 4"


def test_the_step_goes_up_to_the_most_windows_that_the_settings_allow():
    fig = Windows("w", "W", [1, 2, 3, 4, 5], [1, 0, 1], stride=(1, 2), padding=(0, 2), description="Windows.")
    fig["step"] = 7
    assert fig["step"] == 7
    with pytest.raises(TraitError, match="not be greater than 7"):
        fig["step"] = 8


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (2, 0), (3, 1)])
@pytest.mark.parametrize("size", [2, 3])
def test_windows_pool(size, stride, padding):
    data = np.array([[1, 3, 2, 1, 0], [4, 6, 5, 0, 0], [7, 2, 1, 8, 0], [0, 9, 3, 4, 0.0]])
    for op, pooled in (("max", max_pool2d), ("average", avg_pool2d)):
        fig = Windows("w", "W", data, op=op, kernel_size=size, stride=(1, 3), padding=(0, 1), description="Pooling.")
        want = pooled(data, size, stride=stride, padding=padding)
        assert last_output(fig, stride=stride, padding=padding, dilation=1) == pytest.approx(want)
    want, _ = stochastic_pool2d(data, size, stride=stride, padding=padding, rng=np.random.default_rng(7))
    spec = fig.spec() | {"op": "stochastic", "draws": np.random.default_rng(7).random(want.size).tolist()}
    got = call("((spec, settings) => slideWindows(spec, settings).windows.map((w) => w.result))", spec,
               {"stride": stride, "padding": padding, "dilation": 1})
    assert got == pytest.approx(want.ravel())


def test_draws_of_stochastic_pooling_differ_and_stay():
    fig = Windows("w", "W", [2, 5, 3, 1, 1, 4], op="stochastic", kernel_size=3, description="Pooling.")
    seen = {draw: draw_texts(fig, draw=draw, step=2) for draw in range(1, 7)}
    assert len(set(seen.values())) > 1
    assert seen == {draw: draw_texts(fig, draw=draw, step=2) for draw in range(1, 7)}
    assert "chances 0.167, 0.167, 0.667" in seen[1]


def draw_texts(fig, **state):
    return draw(fig, **state)[1]["say"]


@pytest.mark.parametrize(("row", "column"), [(1, 1), (4, 7), (9, 8)])
@pytest.mark.parametrize("entries", [np.full(9, 1 / 9), np.array([0, -1, 0, -1, 4.0, -1, 0, -1, 0])])
def test_filter_convolves_the_picture(entries, row, column):
    image = np.random.default_rng(1).uniform(size=(9, 8)).round(3)
    fig = ImageFilter("f", "F", image, {"blur": np.full((3, 3), 1 / 9)}, description="A picture.")
    want = conv2d_loops(image, entries.reshape(3, 3), padding=1)
    assert np.array(call("filterImage", image.tolist(), entries.tolist(), 3)) == pytest.approx(want)
    root, drawn = draw(fig, entries=entries.tolist(), row=row, column=column)
    assert read_numbers(drawn["html"])[3] == pytest.approx(want[row - 1, column - 1], rel=1e-3, abs=1e-9)
    for frame in root.iter(f"{SVG}rect"):  # the window as well, where it stands out of the picture
        left, top, w, h = (float(frame.get(key)) for key in ("x", "y", "width", "height"))
        assert min(left, top) >= 1.5
        assert left + w <= WIDTH - 1
        assert top + h <= drawn["height"] - 1.5
    pictures = [g for g in root.iter(f"{SVG}g") if g.get("shape-rendering")]
    for picture, values in zip(pictures, [image, want], strict=True):
        assert read_shades(picture, values.shape) == pytest.approx(np.clip(values, 0, 1), abs=0.5 / 31 + 0.002)


def read_shades(picture, shape):
    """Return the shades of a drawn picture, from 0 to 1."""
    shades = np.full(shape, np.nan)
    for path in picture:
        grey = int(re.search(r"\d+", path.get("fill"))[0])
        for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", path.get("d")):
            shades[int(row), int(column) : int(column) + int(length)] = grey / 255
    return shades


# ---- what the script computes on its way

@pytest.mark.parametrize(("limits", "count", "ticks", "digits"), [
    ((-1, 1), 3, [-1, -0.5, 0, 0.5, 1], 1), ((0, 40), 8, [0, 5, 10, 15, 20, 25, 30, 35, 40], 0),
    ((0, 1), 10, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], 1), ((-2.6, 2.6), 5, [-2, -1, 0, 1, 2], 0)])
def test_ticks_are_round_and_reach_the_ends(limits, count, ticks, digits):
    found = call("chooseTicks", *limits, count)
    assert found["ticks"] == pytest.approx(ticks)
    assert found["digits"] == digits


def test_a_dragged_point_is_solved_for_where_its_place_is_a_curve():
    spec = {"params": [{"id": "a", "min": -3, "max": 3, "value": 1, "step": 0.01}]}
    handle = {"ids": ["a", None], "at": [1, 0], "scale": [0.01, -0.01], "expressions": ["s.a*s.a*s.a", "0"]}
    assert call("dragHandle", spec, {"a": 1}, handle, 237.5, 80) == {"a": 1.5}


def test_a_state_of_any_words_goes_through_a_link():
    options = ["left, or = right", "50 % / all"]
    spec = {"params": [{"id": "c", "options": options, "value": options[0]},
                       {"id": "a", "min": 0, "max": 1, "value": 0.5, "step": 0.1}]}
    state = {"c": options[1], "a": 0.7}
    assert call("readState", spec, call("writeState", spec, state)) == state
    assert call("readState", spec, "a,c") == {"c": options[0], "a": 0.5}


@pytest.mark.parametrize(("level", "pairs"), [(0.4, [{0, 3}, {1, 98}]), (0.6, [{3, 98}, {0, 1}])])
def test_at_a_saddle_the_middle_tells_which_corners_belong_together(level, pairs):
    join = """((corners, level) => { const found = new Map(); joinCell(corners, level, 0, found);
        return [...found].map(([edge, [next]]) => [edge, next]); })"""
    found = call(join, [1, 0, 1, 0], level)  # edges: 0 below, 3 right, 98 above, 1 left
    assert sorted(map(sorted, found)) == sorted(sorted(pair) for pair in pairs for _ in "ab")


def test_levels_lie_between_the_values_and_their_numbers_at_the_top():
    fig = Plot("c", "C", x, (-2, 3), (-1, 1), description="Contours.").contour(x, (x, y))
    root, _ = draw(fig)
    levels = fig.spec()["panels"][0]["marks"][0]["levels"]
    assert -2 < levels[0] < levels[-1] < 3
    numbers = [text for text in root.iter(f"{SVG}text") if text.get("font-size") == "11"]
    assert numbers
    assert all(float(text.get("y")) < 40 for text in numbers)


def test_windows_of_negative_numbers_pool_none_of_the_padding():
    data = np.array([[-1, -3, -2], [-4, -6, -5], [-7, -2, -1.0]])
    fig = Windows("w", "W", data, op="max", kernel_size=2, padding=(0, 1), description="Pooling.")
    assert last_output(fig, stride=2, padding=1, dilation=1) == pytest.approx(max_pool2d(data, 2, stride=2, padding=1))


def test_padding_has_no_chance_and_the_smallest_lot_draws_none_that_has_none():
    fig = Windows("w", "W", [0, 0, 0, 0], op="stochastic", kernel_size=3, padding=(0, 1), description="Pooling.")
    assert "chances 0.000, 0.500, 0.500" in draw_texts(fig, padding=1, step=1)
    assert call("((at) => WINDOWS.stochastic(at))", {"values": [0, 1], "inside": [True, True], "draw": 0}) == 1


@pytest.mark.parametrize("data", [[1, 2, 3, 4, 5, 6], np.arange(36.0).reshape(6, 6)], ids=["row", "square"])
def test_the_frame_of_a_dilated_window_spans_its_gaps(data):
    kernel = np.ones((3,) * np.ndim(data))
    fig = Windows("w", "W", data, kernel, dilation=(1, 2), description="Windows.")
    root, _ = draw(fig, dilation=2)
    window, cell = (next(float(frame.get("width")) for frame in root.iter(f"{SVG}rect")
                         if f"--live-{colour}," in frame.get("stroke", "")) for colour in ("c2", "c1"))
    assert window == 5 * cell


def test_faces_of_a_surface_are_painted_from_back_to_front_and_cut_at_the_box():
    fig = Surface("bowl", "Bowl", x**2 + y**2, (x, y), (-2, 2), (-2, 2), (1, 4), description="A bowl.")
    spec = fig.spec()
    faces = call("render", spec, call("startState", spec), WIDTH, True)["faces"][1:]
    depths = [face["depth"] for face in faces]
    assert depths == sorted(depths, reverse=True)
    mesh = """((spec) => meshFaces((x, y) => evaluate(spec.z, {}, x, y), spec.xlim, spec.ylim, spec.zlim, 20,
        (...place) => place, () => "").map((face) => face.corner))"""
    area = sum(abs(np.dot(px, np.roll(py, 1)) - np.dot(py, np.roll(px, 1))) / 2
               for px, py, _ in (np.array(corner).T for corner in call(mesh, spec)))
    assert area == pytest.approx(3 * np.pi, rel=0.02)


def test_the_axes_of_a_surface_stand_at_the_edges_in_front_and_at_the_left():
    spec = Surface("s", "S", x * y, (x, y), (-2, 2), (-2, 2), (-4, 4), description="A saddle.").spec()
    look = "((spec, state, height, places) => places.map((place) => createView(spec, state, 640, height)(...place)))"
    for turn in (-140, -35, 60):
        root, drawn = draw_state(spec, turn)
        corners = [(u, v, -4) for u in (-2, 2) for v in (-2, 2)]
        places = call(look, spec, call("startState", spec) | {"turn": turn}, drawn["height"], [*corners, (0, 0, -4)])
        names = {"".join(text.itertext()): text for text in root.iter(f"{SVG}text")}
        assert all(float(names[name].get("y")) > places[-1][1] for name in "xy")
        [upright] = [path for path in root.iter(f"{SVG}path") if path.get("d", "").count("L") == 1
                     and "--live-muted" in path.get("stroke", "")]
        assert points(upright)[0, 0] == pytest.approx(min(place[0] for place in places), abs=0.1)


def draw_state(spec, turn):
    drawn = call("render", spec, call("startState", spec) | {"turn": turn}, WIDTH)
    return ET.fromstring(drawn["svg"]), drawn


def test_an_arrow_points_to_its_end():
    fig = Plot("arrow", "Arrow", x, (0, 4), (0, 4), description="An arrow.")
    fig.segment((1, 1), (3, 2), color="c4", arrow=True)
    frame, width, height = next(panels(draw(fig)[0]))
    line, head = stroked(frame, "c4")
    assert points(head)[0] == pytest.approx(points(line)[-1], abs=0.1)
    assert to_numbers(points(line)[-1:], (width, height), (0, 4), (0, 4))[0] == pytest.approx([3, 2], abs=0.02)


def test_a_surface_is_yellow_where_it_is_high():
    spec = Surface("s", "S", x, (x, y), (-2, 2), (-2, 2), (-2, 2), description="A slope.").spec()
    faces = call("render", spec, {"turn": 0, "tilt": 20}, WIDTH, True)["faces"][1:]
    left, *_, right = sorted(faces, key=lambda face: face["corner"][0][0])
    reds = [int(re.search(r"\d+", face["fill"])[0]) for face in (left, right)]
    assert reds[0] < 80
    assert reds[1] > 200


def test_a_filter_shows_negative_numbers_around_grey():
    image, kernel = np.random.default_rng(2).uniform(size=(5, 5)).round(3), np.diag([0, -0.4, 0])
    fig = ImageFilter("f", "F", image, {"minus": kernel}, show="plus one half", description="A picture.")
    pictures = [g for g in draw(fig)[0].iter(f"{SVG}g") if g.get("shape-rendering")]
    assert read_shades(pictures[1], (5, 5)) == pytest.approx(0.5 - 0.4 * image, abs=0.5 / 31 + 0.002)


def test_the_number_of_a_negative_bar_stands_below_it():
    fig = Bars("b", "B", [-2, 2], ["a", "b"], (-3, 3), description="Two bars.")
    root, _ = draw(fig)
    texts = {"".join(text.itertext()): float(text.get("y")) for text in root.iter(f"{SVG}text")}
    frame, _, height = next(panels(root))
    assert texts["−2.00"] > height * 5 / 6 > height / 6 > texts["2.00"]
