"""One figure of every kind, and what holds for all of them: their size, their words, their bundle."""

import html
import json
import re
from importlib.resources import files

import numpy as np
import pytest
import sympy as sp
from matplotlib.colors import to_hex
from test_figures import contrast

from mathnn.layers import Linear, Sequential, Sigmoid
from mathnn.live import Bars, Choice, ImageFilter, Network, Plot, Slider, Surface, Windows
from mathnn.live.engine import LIVE_CSS, LIVE_JS
from mathnn.sphinx.figures import classic_script, without_comments

x, y, a, b, c, h, n, k, u, eta, x0, y0 = sp.symbols("x y a b c h n k u eta x0 y0")
KB = 1000


def tangent():
    f = x**3 / 3 - x
    fa, slope = f.subs(x, a), sp.diff(f, x).subs(x, a)
    secant = (f.subs(x, a + h) - fa) / h
    fig = Plot("tangent", r"From secant to tangent of $f(x)=\tfrac13x^3-x$", x, (-3, 3), (-3, 3),
               sliders={a: Slider(-2.5, 2.5, 0.5, 0.02, link="a"), h: Slider(0.01, 2, 1.2, 0.01)},
               description="A cubic, its tangent at a, and a secant that turns into the tangent as h shrinks.")
    fig.curve(f, "$f$").line((a, fa), secant, "secant through $a$ and $a+h$").line((a, fa), slope, "tangent at $a$")
    fig.point((a + h, f.subs(x, a + h)), "$a+h$", color="c2", drag=h).point((a, fa), "$a$", drag=a)
    return fig.readout(r"$\frac{f(a+h)-f(a)}{h} = <<secant:3>>$", "$f'(a) = <<slope:3>>$", secant=secant, slope=slope)


def chain():
    g, f = x**2 / 2 - 1, sp.sin(u)
    ga, dg, df = g.subs(x, a), sp.diff(g, x).subs(x, a), sp.diff(f, u).subs(u, g.subs(x, a))
    fa = f.subs(u, ga)
    fig = Plot("chain", "Chain rule: slopes multiply", x, (-3, 3), (-2, 4), panel_title="$u=g(x)$",
               sliders={a: Slider(-2.8, 2.8, 1, 0.02, link="a")}, description="Three graphs with their tangents.")
    fig.curve(g, "$g$").line((a, ga), dg, "tangents").point((a, ga), drag=a)
    fig.panel(u, (-2, 4), (-1.6, 1.6), title="$y=f(u)$").curve(f, "$f$").line((ga, fa), df, color="c2")
    fig.panel(x, (-3, 3), (-1.6, 1.6), title="$y=f(g(x))$").curve(f.subs(u, g), "$f(g)$")
    fig.line((a, fa), dg * df, color="c2").point((a, fa), drag=a)
    return fig.readout("$g'(a) = <<p:3>>$", "$f'(g(a)) = <<q:3>>$", "product $<<r:3>>$", p=dg, q=df, r=dg * df)


def integral():
    f, at, w = sp.sin(x) + sp.Rational(1, 2), sp.Symbol("at"), b / n
    total = sp.Sum(f.subs(x, (k + at) * w) * w, (k, 0, n - 1))
    fig = Plot("integral", "An integral as a limit of sums", x, (0, 6), (-1, 2), description="Rectangles.",
               sliders={n: Slider(1, 100, 8, label="$n$ rectangles", play=True), b: Slider(0.5, 6, 5, 0.01),
                        at: Choice({"left": 0, "middle": sp.Rational(1, 2), "right": 1}, label="height at the")})
    fig.area(f, (0, b)).riemann(f, (0, b), n, "rectangles", at=at).curve(f, "$f$")
    return fig.readout("sum $S_n = <<S:4>>$", r"$\int_0^b f(x)\,dx = <<I:4>>$", S=total, I=sp.integrate(f, (x, 0, b)))


def descent():
    f = x**4 / 4 - x**2 + x / 4
    fig = Plot("descent", r"Gradient descent: $x_{k+1} = x_k - \eta f'(x_k)$", x, (-2.2, 2.2), (-1.6, 2.6),
               sliders={eta: Slider(0.01, 1.2, 0.1, 0.01, label=r"learning rate $\eta$"),
                        x0: Slider(-2, 2, 1.9, 0.01, label="start $x_0$"), n: Slider(0, 40, 12, play=True)},
               description="The graph of f, the points visited, and the value of f at each step.")
    path = fig.iterate(x, x0, x - eta * sp.diff(f, x), n)
    fig.curve(f, "$f$").orbit(path, r"$x_0, x_1, \dots$", on=f, drag=x0)
    fig.panel(k, (0, 40), (-1.6, 2.6), title="$f(x_k)$").history(path, f)
    return fig.readout("$x_n = <<last:4>>$", "$f(x_n) = <<f:4>>$", last=path.last, f=f.subs(x, path.last))


def contour():
    f = x**2 / 2 + c * y**2 / 2
    fig = Plot("contour", r"Descent on $\tfrac12x^2+\tfrac c2y^2$", x, (-4, 4), (-2.4, 2.4), ylabel="$y$", aspect=0.66,
               sliders={eta: Slider(0.01, 0.36, 0.29, 0.005), n: Slider(0, 40, 15, play=True), c: Slider(1, 10, 6, 0.1),
                        x0: Slider(-4, 4, -3.6, 0.05), y0: Slider(-2.4, 2.4, 1.6, 0.05)},
               description="Contour lines and the zigzag path of gradient descent.")
    path = fig.iterate((x, y), (x0, y0), (x - eta * sp.diff(f, x), y - eta * sp.diff(f, y)), n)
    last = dict(zip((x, y), path.last, strict=True))
    fig.contour(f, (x, y)).orbit(path, "path", drag=(x0, y0))
    return fig.readout("$f = <<f:4>>$", f=f.subs(last, simultaneous=True))


def undefined():
    fig = Plot("undefined", r"Where is $\ln(x-b)$?", x, (-1, 4), (-3, 3), sliders={b: Slider(-2, 2, 0, 0.1)},
               description="A logarithm that begins where its argument becomes positive.")
    fig.curve(sp.log(x - b), r"$\ln(x-b)$").point((1, sp.log(1 - b)), drag=None)
    return fig.readout(r"$\ln(1-b) = <<v>>$", r"$\frac1b = <<w>>$", v=sp.log(1 - b), w=1 / b)


def data():
    xs, ys = [0.5, 1, 2, 3, 3.5, 4.5], [1.1, 1.9, 2.2, 3.4, 3.3, 4.9]
    w = sp.Symbol("w")
    loss = sum((w * xi + b - yi) ** 2 for xi, yi in zip(xs, ys, strict=True)) / len(xs)
    fig = Plot("data", "Fit the line by hand", x, (0, 5), (0, 6), description="Six points and a line.",
               sliders={w: Slider(-2, 2, 0.2, 0.01), b: Slider(-1, 5, 2, 0.01)})
    fig.scatter(xs, ys, "data").curve(w * x + b, "$wx+b$").segment((0, 0), (1, w), arrow=True).text((3, 1), "w = <<w>>")
    return fig.point((0, b), drag=b).readout("mean squared error $<<loss:3>>$", loss=loss)


def bars():
    z, t = sp.symbols("z1:4"), sp.Symbol("T")
    total = sum(sp.exp(v / t) for v in z)
    names = ["cat", "dog", "fish"]
    fig = Bars("softmax", "Softmax", list(z), names, (-4, 4), panel_title="scores", description="Scores and shares.",
               sliders={**{v: Slider(-4, 4, i, 0.1) for i, v in enumerate(z)}, t: Slider(0.1, 5, 1, 0.1)})
    shares = [sp.exp(v / t) / total for v in z]
    return fig.panel({"softmax": shares, "target": [1, 0, 0]}, names, (0, 1.1), title="softmax")


def plane():
    z = sp.sin(x) * sp.cos(y)
    fig = Surface("plane", r"Tangent plane of $z=\sin x\cos y$", z, (x, y), (-2, 2), (-2, 2), (-1, 1),
                  sliders={a: Slider(-2, 2, 0.4, 0.02), b: Slider(-2, 2, -0.6, 0.02)},
                  description="A hilly surface with a tangent plane.")
    fig.tangent_plane((a, b), "tangent plane")
    return fig.readout(r"$\frac{\partial z}{\partial x} = <<p>>$", p=sp.cos(a) * sp.cos(b))


def bowl():
    f = x**2 / 2 + 3 * y**2
    fig = Surface("bowl", "Descent on a bowl", f, (x, y), (-2, 2), (-1.5, 1.5), (0, 7), description="A path.",
                  sliders={eta: Slider(0.01, 0.36, 0.29, 0.005), n: Slider(0, 30, 12, play=True)})
    path = fig.iterate((x, y), (-1.8, 1.2), (x - eta * sp.diff(f, x), y - eta * sp.diff(f, y)), n)
    last = dict(zip((x, y), path.last, strict=True))
    return fig.path(path, "path").readout("$f = <<f:4>>$", f=f.subs(last, simultaneous=True))


def row():
    return Windows("row", "Convolution in a row", [1, 2, 3, 4, 5], [1, 0, 1], stride=(1, 2), padding=(0, 2),
                   dilation=(1, 2), description="Three weights slide over five numbers.")


def square():
    image = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    return Windows("square", "Convolution, one window at a time", image, [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
                   stride=(1, 3), padding=(0, 2), dilation=(1, 2), description="A square of weights slides.")


def pool(op):
    table = [[1, 3, 2, 1], [4, 6, 5, 0], [7, 2, 1, 8], [0, 9, 3, 4]]
    return Windows(f"{op}-pool", f"Pooling: {op}", table, op=op, kernel_size=2, stride=(1, 2), padding=(0, 1),
                   description="Windows of four numbers, one number from each.")


def network():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(2, 2, rng=rng), Sigmoid(), Linear(2, 2, rng=rng), Sigmoid())
    return Network("network", "One step of training", model, [0.05, 0.1], [0.01, 0.99], learning_rate=0.5,
                   names=["i", "h", "y"], description="Two inputs, two hidden nodes, two outputs, and the loss.")


def image():
    rows, columns = np.mgrid[:24, :24]
    picture = 0.25 + 0.5 * (np.hypot(rows - 9, columns - 10) < 7) + 0.25 * (rows + columns > 30)
    kernels = {"blur": np.full((3, 3), 1 / 9), "edges": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
               "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]}
    return ImageFilter("picture", "A kernel over a picture", picture, kernels, description="A disc, filtered.")


MAKERS = {make.__name__: make for make in (
    tangent, chain, integral, descent, contour, undefined, data, bars, plane, bowl, row, square, image, network)}
MAKERS |= {op: lambda op=op: pool(op) for op in ("max", "average", "stochastic")}


def page_files():
    """Return what a page with figures loads, as name to bytes: script, styles, the font of the formulas."""
    static = files("mathnn").joinpath("static")
    return {"live.js": classic_script().encode(), "live.css": without_comments(LIVE_CSS).encode(),
            **{name: static.joinpath(name).read_bytes() for name in ("math.css", "math.woff2")}}


def write_gallery(folder):
    """Write a page with one figure of each kind, as the book would have it; return its path."""
    for name, data in page_files().items():
        (folder / name).write_bytes(data)
    figures = "\n".join(f"<section>{make().html()}</section>" for make in MAKERS.values())
    page = folder / "index.html"
    page.write_text(f"""<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8"><title>Gallery</title>
        <meta name="viewport" content="width=device-width"><script defer src="live.js"></script>
        <link rel="stylesheet" href="math.css"><link rel="stylesheet" href="live.css">
        <style>body {{ max-width: 720px; margin: 0 auto }} html[data-theme=dark] {{ background: #121212 }}</style>
        <main><h1>Gallery</h1>{figures}</main></html>""", encoding="utf-8")
    return page


GALLERY = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@GALLERY
def test_spec_draws_and_says_something(make):
    fig = make()
    page = fig.html()
    spec = json.loads(html.unescape(re.search(r"data-spec='([^']*)'", page)[1]))
    assert spec == json.loads(json.dumps(fig.spec()))
    alt = html.unescape(re.search(r'<img alt="([^"]*)"', page)[1])
    assert alt.startswith(spec["alt"])
    assert not re.search(r"[\\${}<>]", alt)
    assert page.startswith(f'<div class="mathnn-live" id="{fig.name}"')


@GALLERY
def test_output_is_small_and_the_same_twice(make):
    fig = make()
    size = len(json.dumps(fig.html()))  # as it stands in the notebook
    assert size < (50 * KB if fig.kind == "surface" or fig.name == "contour" else 30 * KB)
    assert make().html() == fig.html()
    assert repr(make()) == repr(fig)


@GALLERY
def test_a_figure_takes_at_most_twelve_lines(make):
    import inspect

    source = inspect.getsource(pool if make.__name__ == "<lambda>" else make)
    assert len(source.splitlines()) - 1 <= 12


@GALLERY
def test_static_sessions_get_no_widget(make, monkeypatch):
    monkeypatch.setenv("MATHNN_STATIC", "1")
    assert list(make()._repr_mimebundle_()) == ["text/plain", "text/html"]
    monkeypatch.setenv("MATHNN_STATIC", "0")
    assert set(make()._repr_mimebundle_()) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}


def test_a_page_and_its_first_figure_are_light():
    assert sum(map(len, page_files().values())) <= 150 * KB


def test_names_are_used_once():
    names = [make().name for make in MAKERS.values()]
    assert len(set(names)) == len(names)


def test_script_of_a_page_is_the_script_of_jupyterlab():
    script = classic_script()
    assert "export" not in script
    assert "import " not in script
    assert [line.strip() for line in LIVE_JS.splitlines() if "function " in line and "//" not in line] == [
        line for line in script.splitlines() if "function " in line]


def test_the_texts_of_a_picture_stand_out_from_its_ground():
    """In light, in dark and on paper; axe looks at no text of a picture."""
    palettes = [dict(re.findall(r"--live-(\w+): (#\w+)", block))
                for block in re.findall(r"--live-fg: [^}]*?--live-hot: #\w+", LIVE_CSS)]
    assert len(palettes) == 3
    for colours in palettes:
        ground = to_hex(colours["bg"])
        assert min(contrast(to_hex(colours[name]), ground) for name in ("fg", "muted", "c2") if name in colours) >= 4.5
