r"""The functions and constants that every line may use: one row gives the look, the sympy function and the number."""

import math
from dataclasses import dataclass
from fractions import Fraction

import mpmath
import sympy

MAX_FACTORIAL = 1000


@dataclass(frozen=True)
class Known:
    """A row of the table."""

    latex: str  # a head such as \sin, or a template with {0}, {1}
    symbolic: object
    numeric: object
    arity: int | None = 1  # None: any number
    jump: object = None  # the nearest place where it jumps
    piece: object = None  # which of its pieces counts
    edges: tuple = ()  # where its domain ends: a rounded number may lie beyond
    swallows: object = None  # how many digits of a number can be lost beside its value, or beside 1 less its value


def _row(name, latex=None, edges=(), swallows=None):
    return Known(latex or rf"\{name}", getattr(sympy, name), getattr(mpmath, name), edges=edges, swallows=swallows)


def _limited(function):
    """A function that sympy writes out however long the number: refused above MAX_FACTORIAL."""
    def limited(*arguments):
        if any(argument.is_number and argument > MAX_FACTORIAL for argument in arguments):
            raise Unreadable(f"{function.__name__}({', '.join(map(str, arguments))}) is too large to be written out")
        return function(*arguments)
    return limited


def nearest(x):
    return int(mpmath.nint(x))


def square_root(x):
    """The root, exact where it is a fraction."""
    if isinstance(x, int | Fraction) and x >= 0:
        parts = [math.isqrt(part) for part in (x.numerator, x.denominator)]
        if Fraction(*parts) ** 2 == x:
            return Fraction(*parts)
    return mpmath.sqrt(x)


class Unreadable(ValueError):
    """A line that cannot mean anything: shapes that do not fit, a number too large to be written out."""


class Misfit(Unreadable):
    """Shapes that do not fit."""


FUNCTIONS = {name: _row(name) for name in ("sin", "cos", "tan", "cot")} | {
    name: _row(name, swallows=abs) for name in ("sinh", "cosh", "tanh")} | {
    "ln": Known(r"\ln", sympy.log, mpmath.log, edges=(0,)),
    "log": Known(r"\log", sympy.log, mpmath.log, None),
    "exp": _row("exp", "e^{{{0}}}", swallows=lambda x: abs(x) / 2),
    "sqrt": Known(r"\sqrt{{{0}}}", sympy.sqrt, square_root, edges=(0,)),
    # 1 - erf(30) is 1e-393; beyond, enough digits take too long
    "erf": _row("erf", r"\operatorname{erf}", swallows=lambda x: 10**9 * (abs(x) > 30)),
    "abs": Known(r"\left|{0}\right|", sympy.Abs, abs, piece=lambda x: x > 0),
    "sign": Known(r"\operatorname{sign}", sympy.sign, lambda x: int(x > 0) - int(x < 0), jump=lambda x: 0,
                  piece=lambda x: x > 0),
    "max": Known(r"\max", sympy.Max, lambda *x: max(x), None, piece=lambda *x: x.index(max(x))),
    "min": Known(r"\min", sympy.Min, lambda *x: min(x), None, piece=lambda *x: x.index(min(x))),
    "floor": Known(r"\left\lfloor {0}\right\rfloor", sympy.floor, lambda x: int(mpmath.floor(x)), jump=nearest,
                   piece=mpmath.floor),
    "ceil": Known(r"\left\lceil {0}\right\rceil", sympy.ceiling, lambda x: int(mpmath.ceil(x)), jump=nearest,
                  piece=mpmath.ceil),
    "factorial": Known("{0}!", _limited(sympy.factorial), mpmath.factorial),
    "binomial": Known(r"\binom{{{0}}}{{{1}}}", _limited(sympy.binomial), mpmath.binomial, 2),
    "KroneckerDelta": Known(r"\delta", sympy.KroneckerDelta, lambda i, j: int(i == j), 2,
                            jump=lambda i, j: j),
}
for _name, _spelt in {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}.items():  # both spellings are read
    FUNCTIONS[_name] = FUNCTIONS[_spelt] = _row(_name, rf"\{_spelt}", (1, -1) if _name != "atan" else ())
for _name, _spelt in {"asinh": "arsinh", "acosh": "arcosh", "atanh": "artanh"}.items():
    FUNCTIONS[_name] = FUNCTIONS[_spelt] = _row(_name, rf"\operatorname{{{_spelt}}}")

CONSTANTS = {
    "pi": Known(r"\pi", lambda: sympy.pi, lambda: +mpmath.pi, 0),
    "e": Known("e", lambda: sympy.E, lambda: +mpmath.e, 0),
    "oo": Known(r"\infty", lambda: sympy.oo, lambda: mpmath.inf, 0),
}
