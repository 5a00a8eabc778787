"""What was written is what is shown: order, brackets that matter, fractions, primes, indices, hats."""

import pytest

from mathnn.derivation import Derivation
from mathnn.derivation.latex import latex
from mathnn.derivation.syntax import parse
from mathnn.mathml import to_mathml

FAITHFUL = {
    # order and brackets
    "2*(3*x + 2)*3": r"2 (3 x + 2) \cdot 3",
    "x - t": "x - t",
    "f_xx*dx + rate*dy": r"f_{\mathrm{xx}} \, dx + \mathrm{rate} \, dy",
    "sin(x)**2 + sin(x)**(-1)": r"\sin^{2}(x) + (\sin(x))^{-1}",
    "W1[1, 2]*x_max[3]": r"{W_{1}}_{1,2} \, {x_{\mathrm{max}}}_{3}",
    "Partial(E, w__1, 2)": r"\frac{\partial^{2} E}{\partial (w^{(1)})^{2}}",
    "ones(n, m)": r"\mathbf{1}_{n \times m}",
    "-t + x": "-t + x",
    "a - (b - c)": "a - (b - c)",
    "a + (b + c)": "a + (b + c)",
    "(a + b) + c": "a + b + c",
    "a*(b*c)": r"a (b \, c)",
    "-(y - y_hat)": r"-(y - \hat{y})",
    "a - (-b)": "a - (-b)",
    "a*(-b)": "a (-b)",
    "-x*y": r"-x \, y",
    "(-x)*y": r"(-x) \, y",
    "(60 - 180)**2/2": r"\frac{(60 - 180)^{2}}{2}",
    "0.5*40 + 0.5*80": r"0.5 \cdot 40 + 0.5 \cdot 80",
    "1*w5**0*h1": r"1 w_{5}^{0} \, h_{1}",
    "cos(x**2)*2*x**1": r"\cos(x^{2}) \cdot 2 x^{1}",
    # fractions and powers
    "a/b*c": r"\frac{a}{b} \, c",
    "a/(b*c)": r"\frac{a}{b \, c}",
    "a/b/c": r"\frac{\frac{a}{b}}{c}",
    "-a/b": r"-\frac{a}{b}",
    "(-a)/b": r"\frac{-a}{b}",
    "2*(x/2)": r"2 \cdot \frac{x}{2}",
    "(a/b)**2": r"\left(\frac{a}{b}\right)^{2}",
    "-2**2": "-2^{2}",
    "(-2)**2": "(-2)^{2}",
    "x**2**3": "x^{2^{3}}",
    "(x**2)**3": "(x^{2})^{3}",
    "exp(-x)/(1 + exp(-x))**2": r"\frac{e^{-x}}{(1 + e^{-x})^{2}}",
    "exp(x)**2": "(e^{x})^{2}",
    # numbers
    "2.50": "2.50",
    "1e-5*4800": r"10^{-5} \cdot 4800",
    "1.5e3": r"1.5 \cdot 10^{3}",
    # names
    "w11__1": "w_{11}^{(1)}",
    "w11__1**2": "(w_{11}^{(1)})^{2}",
    "out_y1": r"\mathrm{out}_{y_{1}}",
    "y_hat_1": r"\hat{y}_{1}",
    "w_ij": "w_{ij}",
    "x_max": r"x_{\mathrm{max}}",
    "2*pi*e": r"2 \pi \, e",
    "Integral(e**x, (x, -oo, oo))": r"\int_{-\infty}^{\infty} e^{x} \, dx",
    "lam*x": r"\lambda \, x",
    # functions and primes
    "f.prime(g(x))*g.prime(x)": r"f'(g(x)) \, g'(x)",
    "f.prime.prime(x)": "f''(x)",
    "sin(x)**2 + cos(x)**2": r"\sin^{2}(x) + \cos^{2}(x)",
    "f(x)**2": "f(x)^{2}",
    "log(x, a)": r"\log_{a}(x)",
    "abs(x - 1)": r"\left|x - 1\right|",
    "max(0, x) + alpha*min(0, x)": r"\max(0, x) + \alpha \min(0, x)",
    "floor((n - k)/s) + 1": r"\left\lfloor \frac{n - k}{s}\right\rfloor + 1",
    "factorial(n - 1)": "(n - 1)!",
    # limits, derivatives, sums, integrals
    "Limit((f(x + h) - f(x))/h, h, 0)": r"\lim_{h \to 0} \frac{f(x + h) - f(x)}{h}",
    "Limit(a + b, h, 0, '+')": r"\lim_{h \to 0^{+}} (a + b)",
    "Limit(a, h, 0)*b": r"\left(\lim_{h \to 0} a\right) \, b",
    "Derivative(f(x)*g(x), x)": r"\frac{d}{d x} (f(x) \, g(x))",
    "Derivative(f(x), x)*g(x)": r"\left(\frac{d}{d x} f(x)\right) \, g(x)",
    "Partial(E, w5)": r"\frac{\partial E}{\partial w_{5}}",
    "Partial(f(x, y), x, y)": r"\frac{\partial^{2}}{\partial x \, \partial y} f(x, y)",
    "At(x**3/3, x, 0, 1)": r"\left[\frac{x^{3}}{3}\right]_{0}^{1}",
    "1/n*Sum(x[i], (i, 1, n))": r"\frac{1}{n} \sum_{i = 1}^{n} x_{i}",
    "Sum(x[i] + c, (i, 1, n))": r"\sum_{i = 1}^{n} (x_{i} + c)",
    "Sum(x[i], (i, 1, n))**2": r"\left(\sum_{i = 1}^{n} x_{i}\right)^{2}",
    "Integral(x*y, (x, 0, 1), (y, 0, 2))": r"\int_{0}^{1} \int_{0}^{2} x \, y \, dy \, dx",
    "G[i - p + 1, j]": "G_{i - p + 1,j}",
    "y[i]*(KroneckerDelta(i, j) - y[j])": r"y_{i} (\delta_{ij} - y_{j})",
    # cases, matrices, statements
    "Piecewise((x, x > 0), (0, True))": r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    "Matrix([[a, b], [c, d]])": r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}",
    "X.T @ (X @ w - y)": r"X^{\top} (X \, w - y)",
    "A @ Hadamard(B, C)": r"A (B \odot C)",
    "norm(X @ w - y)**2/2": r"\frac{\left\lVert X \, w - y \right\rVert^{2}}{2}",
    "-1 < 1 - eta*L <= 1": r"-1 < 1 - \eta \, L \le 1",
}


@pytest.mark.parametrize("text", FAITHFUL)
def test_is_shown_as_it_was_written(text):
    assert latex(parse(text)) == FAITHFUL[text]


@pytest.mark.parametrize("text", FAITHFUL)
def test_is_tex_that_the_book_can_typeset(text):
    assert "<math" in to_mathml(latex(parse(text)))


def test_two_strings_that_look_alike_mean_the_same():
    looks = {}
    for text in FAITHFUL:
        assert looks.setdefault(latex(parse(text)), text) == text


def test_html_escapes_what_tex_leaves_open():
    derivation = Derivation(
        "escaped", "a < b & c", given={"x": "x < 0"}, start="abs(x)", steps=[("-x", "as x < 0 & real")]
    )
    html = derivation._repr_mimebundle_()["text/html"]
    assert "a &lt; b &amp; c" in html
    assert "as x &lt; 0 &amp; real" in html
    assert r"\(x &lt; 0\)" in html


def test_a_table_with_headers_names_the_columns():
    html = Derivation("table", "A table", start="1 + 1", steps=[("2", "add")])._repr_mimebundle_()["text/html"]
    assert html.count('<th scope="col">') == 3
    assert 'id="derivation-table"' in html
    assert 'href="#mathnn-ledger-table"' in html
