"""Random expressions: the readers agree, the look fixes the meaning, no identity is refuted, no false one proved."""

import ast
import itertools
import re

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

from mathnn.derivation import Derivation, UndecidedStep, WrongStep
from mathnn.derivation.domain import Domain
from mathnn.derivation.latex import latex
from mathnn.derivation.meaning import Meaning
from mathnn.derivation.probe import Numbers, TooLong, Undefined, near, rational
from mathnn.derivation.syntax import parse

FEW = settings(max_examples=60, deadline=None, derandomize=True)
NAMES = ("x", "y")
SYMBOLS = {name: sympy.Symbol(name, real=True) for name in NAMES}
POINT = {"x": rational("3/7"), "y": rational("-5/4")}


def trees(leaves, functions=("sin", "exp", "abs", "tanh")):
    """Texts of random expressions."""

    def grow(inner):
        pair = st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda t: f"({t[0]}){t[1]}({t[2]})")
        power = st.tuples(inner, st.integers(0, 3)).map(lambda t: f"({t[0]})**{t[1]}")
        call = st.tuples(st.sampled_from(functions), inner).map(lambda t: f"{t[0]}({t[1]})")
        return st.one_of(pair, pair, power, call, inner.map(lambda t: f"-({t})"))

    return st.recursive(st.sampled_from(leaves), grow, max_leaves=8).map(lambda text: ast.unparse(ast.parse(text)))


EXPRESSIONS = trees([*NAMES, "1", "2", "3", "0.5"])
POLYNOMIALS = trees([*NAMES, "1", "2", "3"], functions=("Neg",)).filter(
    lambda text: "Neg" not in text and "/" not in text
)


def number(text, point=POINT):
    with mp.workdps(40):
        try:
            return Numbers(point, {})(parse(text))
        except (Undefined, TooLong):
            return None


@FEW
@given(EXPRESSIONS)
def test_numbers_agree_with_sympy(text):
    value = number(text)
    try:
        exact = Meaning(SYMBOLS, {})(parse(text)).subs({SYMBOLS[n]: sympy.Rational(str(v)) for n, v in POINT.items()})
    except ValueError:  # a number too large to be written out
        assume(False)
    if value is None:
        assert not exact.is_finite or abs(exact) > 10**30
    else:
        with mp.workdps(30):
            assert near(value, mp.mpf(sympy.N(exact, 40)), 1e-25)


class TexReader:
    """Computes the value of the LaTeX that is shown, by its own small grammar."""

    def __init__(self, tex, point):
        tex = (
            tex.replace(r"\left|", " | ")
            .replace(r"\right|", " |) ")
            .replace(r"\left", "")
            .replace(r"\right", "")
            .replace(r"\,", " ")
        )
        self.tokens = re.findall(r"\\[a-z]+|\|\)|[|]|\d+\.?\d*|[a-z]|[-+^{}()]", tex.replace("_", " "))
        self.point = point

    def value(self):
        found = self.sum()
        assert not self.tokens, self.tokens
        return found

    def next(self, token=None):
        found = self.tokens.pop(0)
        assert token is None or found == token, (found, token)
        return found

    def peek(self):
        return self.tokens[0] if self.tokens else ""

    def sum(self):
        sign = -1 if self.peek() == "-" and self.next() else 1
        total = sign * self.product()
        while self.peek() in ("+", "-"):
            total = total + self.product() if self.next() == "+" else total - self.product()
        return total

    def product(self):
        total = self.power()
        while self.peek() and self.peek() not in ("+", "-", ")", "}", "|)"):
            if self.peek() == r"\cdot":
                self.next()
            total = total * self.power()
        return total

    def power(self):
        token = self.next()
        if token in (r"\sin", r"\tanh"):
            exponent = self.group() if self.peek() == "^" and self.next() else 1
            self.next("(")
            inner = self.sum()
            self.next(")")
            base = getattr(mp, token[1:])(inner) ** exponent
        elif token == "e":
            self.next("^")
            return mp.exp(self.group())
        elif token == r"\frac":
            top, bottom = self.group(), self.group()
            if not bottom:
                raise ZeroDivisionError
            base = top / bottom
        elif token in ("(", "|"):
            base = self.sum()
            self.next(")" if token == "(" else "|)")
            base = base if token == "(" else abs(base)
        else:
            base = (
                mp.mpf(token)
                if token[0].isdigit()
                else mp.mpf(self.point[token].numerator) / self.point[token].denominator
            )
        return base ** self.group() if self.peek() == "^" and self.next() else base

    def group(self):
        self.next("{")
        found = self.sum()
        self.next("}")
        return found


@settings(FEW, max_examples=200)
@given(EXPRESSIONS)
def test_what_is_shown_read_back_has_the_value_of_what_was_written(text):
    value = number(text)
    assume(value is not None)
    with mp.workdps(40):
        assert near(value, TexReader(latex(parse(text)), POINT).value(), 1e-25)


@FEW
@given(POLYNOMIALS)
def test_a_multiplied_out_polynomial_is_proved_and_a_changed_one_refuted(text):
    expanded = str(sympy.expand(Meaning(SYMBOLS, {})(parse(text))))
    domain = dict.fromkeys(NAMES, "real")
    Derivation("identity", "An identity", given=domain, start=text, steps=[(expanded, "multiply out")])
    for wrong in (f"{expanded} + 1", f"{expanded} + x", f"-({expanded}) - 1 - x**2*y**2"):
        if sympy.expand(Meaning(SYMBOLS, {})(parse(wrong)) - Meaning(SYMBOLS, {})(parse(expanded))) != 0:
            try:
                Derivation("identity", "A wrong one", given=domain, start=text, steps=[(wrong, "wrong")])
            except WrongStep:
                continue
            raise AssertionError(f"{text} = {wrong} was proved")


@FEW
@given(EXPRESSIONS, EXPRESSIONS)
def test_two_expressions_are_proved_equal_only_if_they_are(first, second):
    try:
        Derivation("pair", "A pair", given=dict.fromkeys(NAMES, "real"), start=first, steps=[(second, "a guess")])
    except (WrongStep, UndecidedStep, ValueError):
        return
    for x, y in (("11/13", "17/5"), ("-9/11", "23/6"), ("101/7", "-1/13")):
        point = {"x": rational(x), "y": rational(y)}
        a, b = number(first, point), number(second, point)
        assert (a is None and b is None) or near(a, b, 1e-25)


@FEW
@given(
    st.sampled_from(["sin(x)", "exp(x)", "x**3 - x", "tanh(2*x)", "1/(1 + x**2)", "ln(1 + x**2)"]),
    st.sampled_from(["cos(x)", "x**2 + 1", "exp(-x)", "sin(2*x)"]),
)
def test_product_quotient_and_chain_rule_for_concrete_functions(f, g):
    given, where = {"x": "real"}, {"f(x)": f, "g(x)": g}
    Derivation(
        "product",
        "…",
        given=given,
        where=where,
        start="Derivative(f(x)*g(x), x)",
        steps=[("Derivative(f(x), x)*g(x) + f(x)*Derivative(g(x), x)", "product rule")],
    )
    Derivation(
        "chain",
        "…",
        given=given,
        where=where,
        start="Derivative(f(g(x)), x)",
        steps=[("f.prime(g(x))*g.prime(x)", "chain rule")],
    )


def test_at_the_last_points_no_two_names_share_their_values():
    """A network has more names than there are simple numbers; whoever swaps two of them must be seen."""
    names = [f"w{k}" for k in range(30)]
    last = Domain(dict.fromkeys(names, "real")).points({})[-2:]
    assert all(any(point[a] != point[b] for point in last) for a, b in itertools.combinations(names, 2))


def test_two_weights_that_are_swapped_are_seen_in_a_large_network():
    names = ["i1", "i2", "o1", "o2", "b1", "b2", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"]
    where = {"sigma(x)": "1/(1 + exp(-x))", "h1": "w1*i1 + w2*i2 + b1", "h2": "w3*i1 + w4*i2 + b1",
             "out_h1": "sigma(h1)", "out_h2": "sigma(h2)", "y1": "w5*out_h1 + w6*out_h2 + b2",
             "y2": "w7*out_h1 + w8*out_h2 + b2", "E": "(sigma(y1) - o1)**2/2 + (sigma(y2) - o2)**2/2"}
    wrong = "((sigma(y1) - o1)*sigma.prime(y1)*w5 + (sigma(y2) - w7)*sigma.prime(y2)*o2)*sigma.prime(h1)*i1"
    with pytest.raises(WrongStep):
        Derivation("swapped", "Swapped", given=dict.fromkeys(names, "real"), where=where,
                   start="Partial(E, w1)", steps=[(wrong, "o2 and w7 swapped")])
