"""Live figures without a browser: what the page would compute, compared with SymPy and NumPy."""

import re

import numpy as np
import pytest
import sympy as sp

from mathnn.live import Bars, Plot, Slider
from mathnn.live.engine import call
from mathnn.live.expressions import to_javascript

x, a, h, n = sp.symbols("x a h n")


def evaluate(expression, **values):
    """Evaluate an expression as the page would; NaN and infinity come back as None."""
    code = to_javascript(expression, {name: f"s.{name}" for name in values})
    return call("evaluate", code, values)


def number_line(text):
    """Read numbers out of a text that was written for a reader."""
    return [float(t) for t in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


PRINTABLE = [
    sp.sin(x), sp.cos(x), sp.tan(x), sp.asin(x / 4), sp.acos(x / 4), sp.atan(x), sp.sinh(x), sp.cosh(x), sp.tanh(x),
    sp.asinh(x), sp.exp(x), sp.log(x), sp.sqrt(x), sp.Abs(x), sp.sign(x), sp.floor(x), sp.ceiling(x), sp.erf(x),
    sp.erfc(x), sp.sec(x), sp.csc(x), sp.cot(x), sp.sech(x), sp.sinc(x), sp.Heaviside(x), sp.Max(x, 0.3, a),
    sp.Min(x, a), sp.atan2(x, a), sp.Mod(x, 2), x**a, x ** sp.Rational(2, 3), -(x**2), 1 / (x - a), (x - a) ** -2,
    sp.Rational(-7, 3) * x, 2**x, sp.E**-x, sp.pi * x, x**2 * a**3 / (1 + x**4), sp.log(1 + sp.exp(x)),
    sp.Piecewise((x, x > 0), (a * (sp.exp(x) - 1), True)), sp.Piecewise((1, (x > -1) & (x < 1)), (0, True)),
    sp.Derivative(sp.Abs(x) * x, x), sp.Integral(x**2, (x, 0, a)), sp.Sum(x**n / 2**n, (n, 0, 6)),
    sp.EulerGamma * x, sp.GoldenRatio + sp.Catalan * x, sp.Product(1 + x / n, (n, 1, 4)),
    sp.diff(sp.tanh(x * a), x), sp.diff(x**a, a),
]


@pytest.mark.parametrize("expression", PRINTABLE, ids=str)
@pytest.mark.parametrize("at", [-2.3, -1, -0.4, 0, 0.7, 1.5, 3.2])
def test_javascript_computes_what_sympy_computes(expression, at):
    real = {symbol: sp.Symbol(symbol.name, real=True) for symbol in (x, a)}
    exact = expression.subs(real).doit().subs({real[x]: at, real[a]: sp.Rational(13, 10)})
    value = complex(sp.N(exact, 30)) if exact.is_finite is not False and exact is not sp.nan else complex("nan")
    got = evaluate(expression, x=at, a=1.3)
    if value != value or abs(value.imag) > 1e-12:
        assert got is None
    else:
        assert got == pytest.approx(value.real, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("expression", [sp.gamma(x), sp.I * x, sp.DiracDelta(x), sp.Function("f")(x), sp.zoo * x,
                                        sp.Integral(sp.sin(sp.sin(x)), (x, 0, a)), sp.LambertW(x)], ids=str)
def test_what_javascript_cannot_express_is_refused(expression):
    with pytest.raises(ValueError, match="cannot be written in JavaScript"):
        to_javascript(expression, {"x": "x", "a": "s.a"})


def tangent_figure():
    f = x**3 / 3 - x
    slope = sp.diff(f, x).subs(x, a)
    secant = (f.subs(x, a + h) - f.subs(x, a)) / h
    fig = Plot("tangent", "Tangent of $f$", x, (-3, 3), (-3, 3), description="A curve and its tangent.",
               sliders={a: Slider(-2.5, 2.5, 0.5), h: Slider(0.01, 2, 1.2, step=0.01)})
    fig.curve(f, "$f$").line((a, f.subs(x, a)), slope).point((a, f.subs(x, a)), "$a$", drag=a)
    fig.point((a + h, f.subs(x, a + h)), drag=h)
    return fig.readout("slope $<<slope:6>>$", "secant $<<secant:6>>$", slope=slope, secant=secant)


@pytest.mark.parametrize("at", np.linspace(-2.5, 2.5, 6))
@pytest.mark.parametrize("step", [0.01, 0.5, 2])
def test_readout_shows_the_slopes(at, step):
    drawn = call("render", tangent_figure().spec(), {"a": at, "h": step}, 640)
    [[slope], [secant]] = drawn["readout"]
    assert number_line(slope) == [pytest.approx(at**2 - 1, abs=1e-6)]
    assert number_line(secant) == [pytest.approx(at**2 - 1 + at * step + step**2 / 3, abs=1e-6)]
    assert drawn["say"] == f"slope {slope}. secant {secant}. "


def test_a_bar_keeps_its_colour_in_every_panel_and_many_bars_have_one():
    figure = Bars("b", "B", [1, 2], ["cat", "dog"], (0, 3), description="Two animals.")
    figure.panel([2, 1], ["cat", "dog"], (0, 3)).panel([1, 2], ["dog", "cat"], (0, 3))
    figure.panel([1] * 8, "abcdefgh", (0, 1))
    drawn = call("render", figure.spec(), {}, 640)["svg"]
    colours = re.findall(r'<rect[^>]*fill="var\(--live-(\w+),[^>]*fill-opacity=".85"', drawn)
    assert colours == ["c1", "c2"] * 2 + ["c1"] * 10


def test_contours_follow_a_slider_of_any_letter():
    beta = sp.Symbol("β")
    fig = Plot("c", "C", x, (-1, 1), (-1, 1), sliders={beta: Slider(1, 3, 1, 1)}, description="Contours.")
    draw = """((spec) => [1, 2].map((value) => render(spec, { β: value }, 300).svg))"""
    one, two = call(draw, fig.contour(x**2 + beta * a, (x, a)).spec())
    assert one != two


def test_small_data_keep_their_digits():
    fig = Plot("d", "D", x, (0, 1), (0, 1), description="Data.").scatter([1e-8, 0.123456789], [0, 1])
    assert fig.spec()["panels"][0]["marks"][0]["points"] == [[1e-8, 0], [0.1234568, 1]]
