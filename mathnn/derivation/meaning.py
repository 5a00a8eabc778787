"""The meaning of a syntax tree: the sympy expression that is decided.

Every operator is carried out here: a Limit is taken, a Derivative is formed; sums and integrals wait for the ladder.
"""

import ast
from functools import cache, partialmethod
from operator import attrgetter

import sympy
from sympy import Dummy, Indexed, IndexedBase, S

from .functions import Unreadable
from .reader import Reader, Table, scalar
from .syntax import branches, ranges

#: functions with derivatives of every order wherever they are finite
SMOOTH = (sympy.exp, sympy.log, sympy.sin, sympy.cos, sympy.tan, sympy.cot, sympy.sinh, sympy.cosh, sympy.tanh,
          sympy.asin, sympy.acos, sympy.atan, sympy.asinh, sympy.acosh, sympy.atanh, sympy.erf)
COMPARED = {ast.Lt: sympy.Lt, ast.LtE: sympy.Le, ast.Gt: sympy.Gt, ast.GtE: sympy.Ge, ast.Eq: sympy.Eq,
            ast.NotEq: sympy.Ne}
MAX_BITS, MAX_EXPONENT, WRITTEN_OUT = 20000, 100, 12


@cache
def unknown(name, assumptions=(), at=None, slope_of=None, slopes=()):
    """A function of which nothing is known but that it has derivatives, which are functions of the same kind.

    The assumptions are about its value at the arguments `at`.
    """
    def fdiff(self, argindex=1):
        if len(self.args) == 1:
            return unknown(f"{name}'", slope_of=self.func)(*self.args)
        return unknown(name, slopes=tuple(sorted((*slopes, argindex))))(*self.args)

    facts = {f"_eval_is_{fact}": lambda self: True for fact in ("real", "finite")}
    facts |= {f"_eval_is_{fact}": lambda self: True if self.args == at else None for fact in assumptions}
    facts |= {"fdiff": fdiff, "unknown": True, "slope_of": slope_of}
    return type("_".join([name, *map(str, slopes)]), (sympy.Function,), facts)


def array(name, sizes=(), zero_outside=False, **assumptions):
    """The array of a name; a numerical index outside the sizes is an error, or gives 0 where that was declared."""
    base = IndexedBase(name, real=True, **assumptions)

    def element(*index):
        for k, size in zip(index, sizes, strict=False):
            if k.is_Integer and size.is_Integer and not 1 <= k <= size:
                if zero_outside:
                    return S.Zero
                shown, size = ", ".join(map(str, index)), " × ".join(map(str, sizes))
                raise Unreadable(f"{name}[{shown}] lies outside {name}, which is of size {size}")
        return base[index]
    return element


def power(base, exponent):
    if base.is_Rational and exponent.is_Rational and max(abs(base.p), base.q).bit_length() * abs(exponent) > MAX_BITS:
        raise Unreadable(f"the number {base}**{exponent} is too large to be written out")
    if base.is_Add and exponent.is_Integer and abs(exponent) > MAX_EXPONENT:
        raise Unreadable(f"a sum to the power {exponent} is too large to be multiplied out")
    return base**exponent


class Meaning(Reader):
    """Reads trees as sympy expressions."""

    arithmetic = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
                  ast.Div: lambda a, b: S.NaN if b == 0 else a / b, ast.Pow: power}
    one = S.One
    constant, delta, known = map(staticmethod, (sympy.Rational, sympy.KroneckerDelta, attrgetter("symbolic")))
    all, any, same = map(staticmethod, (lambda tests: sympy.And(*tests), lambda tests: sympy.Or(*tests),
                                        lambda m, n: sympy.expand(m - n) == 0))

    def __init__(self, values, definitions, below_one=(), small=()):
        super().__init__(values, definitions)
        self.small = small  # |b| < 1
        self.decay = {b: sympy.exp(-Dummy("s", positive=True)) for b in below_one}  # 0 < b < 1 is b = exp(-s)

    def compare(self, op, a, b):
        return COMPARED[op](a, b)

    def every(self, table):
        """A statement about each entry: one where the sizes are numbers, else a table of them."""
        if not all(size.is_Integer for size in table.shape):
            return table
        rows, cols = (range(1, int(size) + 1) for size in table.shape)
        return sympy.And(*(table.entry(i, j) for i in rows for j in cols))

    def in_order(self, expression, t):
        """Whether the sums in an expression may be carried out; who knows more than the names tells (`Judge`)."""
        return True

    def is_small(self, base):
        """Whether |base| < 1; who knows the domain tells (`Judge`)."""
        return base in self.small

    def __call__(self, node, env=None):
        return scalar(self.read(node, env or {}))

    def total(self, term, size):
        if size.is_Integer and size <= WRITTEN_OUT:
            return sympy.Add(*(term(S(k)) for k in range(1, int(size) + 1)))
        k = Dummy("k", integer=True)
        return sympy.Sum(term(k), (k, 1, size))

    def prime(self, function, times):
        t = Dummy("t", real=True)
        return lambda x, *rest: function(t, *rest).diff(t, times).subs(t, x)

    def differentiate(self, value, here, env, name, target, index, times):
        """By a scalar, or by one element of an array: what depends on it is read with a fresh symbol in its place."""
        if not (env or index) and target.is_Symbol and target is self.values.get(name):
            return here.diff(target, times)
        if not index:
            fresh = Dummy(name, **(target.assumptions0 if target.is_Symbol else {"real": True}))
            return value(env | {name: fresh}).diff(fresh, times).subs(fresh, target)
        base = IndexedBase(Dummy(name, real=True))  # so it stays the same when it is built anew
        entry = target.entry if isinstance(target, Table) else target
        stand_in = Table(*target.shape, lambda *i: base[i]) if isinstance(target, Table) else lambda *i: base[i]
        found = value(env | {name: stand_in}).diff(base[index], times)
        return found.replace(lambda e: isinstance(e, Indexed) and e.base == base, lambda e: entry(*e.indices))

    def limit(self, node, env):
        body, variable, point, *side = node.args
        t, point = Dummy(variable.id, real=True), self.read(point, env)
        here, point = (-t, S.Infinity) if point is S.NegativeInfinity else (t, point)
        value = self.number(body, env | {variable.id: here})
        if not self.in_order(value, t if point is S.Infinity else None):
            raise NotImplementedError("a sum that may run backwards")
        value = value.doit().xreplace({sympy.Eq(b, 1): S.false for b in (*self.small, *self.decay)})
        if point is S.Infinity and (found := without_small_powers(value, self.is_small, t)) is not None:
            return found
        found = limit(value.xreplace(self.decay), t, point, side[0].value if side else "+-")
        return found.subs({-power.args[0]: -sympy.log(b) for b, power in self.decay.items()})

    def ranged(self, node, env, make, **assumptions):
        inner, limits = dict(env), []
        for index, low, high in ranges(node):
            low, high = self.read(low, inner), self.read(high, inner)
            inner[index] = Dummy(index, **assumptions)
            limits.append((inner[index], low, high))
        return make(self.number(node.args[0], inner), *reversed(limits))

    integral = partialmethod(ranged, make=sympy.Integral, real=True)
    sum = partialmethod(ranged, make=sympy.Sum, integer=True)
    product = partialmethod(ranged, make=sympy.Product, integer=True)

    def piecewise(self, node, env):
        pairs = ((self.number(value, env), self.read(test, env)) for value, test in branches(node))
        return sympy.Piecewise(*pairs)


def without_small_powers(body, is_small, t):
    """The limit at infinity of a body that depends on t in powers b**(a*t + c), |b| < 1 and a > 0, alone, else None."""
    rates = {p: p.exp.diff(t) for p in body.atoms(sympy.Pow) if p.exp.has(t) and not p.base.has(t) and is_small(p.base)}
    powers = [p for p, rate in rates.items() if rate.is_number and rate.is_positive]
    zeros = {p: Dummy(real=True) for p in powers}
    rest = body.xreplace(zeros)
    if not powers or rest.has(t) or not all(smooth(rest, zero, S.Zero) for zero in zeros.values()):
        return None
    gone = dict.fromkeys(zeros.values(), S.Zero)
    if not all(p.exp.is_nonnegative or p.base.subs(gone).is_nonzero for p in rest.atoms(sympy.Pow) if p.has(*gone)):
        return None
    value = rest.subs(gone)
    return value if finite(value) else None


def limit(body, t, point, side):
    """The limit of `body`: by derivatives where numerator and denominator are smooth there, else side by side."""
    if not body.has(t):
        return body
    if not point.is_finite:
        return by_sympy(body, t, point, "-")
    value = quotient_limit(body, t, point)
    if value is not None:
        return value
    body = body.rewrite(sympy.Abs).replace(sympy.Abs, lambda u: sympy.sign(u) * u)
    s = Dummy("s", positive=True)  # what depends on the sign of t - point is decided on either side
    signs = {"+": (1,), "-": (-1,)}.get(side, (1, -1))
    parts = [sympy.piecewise_fold(body.subs(t, point + sign * s)) for sign in signs]
    values = [quotient_limit(part, s, S.Zero) for part in parts]
    values = [by_sympy(part, s, S.Zero, "+") if v is None else v for part, v in zip(parts, values, strict=True)]
    return values[0] if sympy.simplify(values[0] - values[-1]) == 0 else S.NaN


def by_sympy(body, t, point, side):
    if any(getattr(function, "unknown", False) for function in body.atoms(sympy.Function)):
        raise NotImplementedError("a limit with an unknown function")
    value = sympy.limit(body, t, point, side)
    return S.NaN if value.has(sympy.AccumBounds) else value


def quotient_limit(body, t, point, tries=4):
    """The rule N(a) = D(a) = 0 ≠ D'(a): lim N/D = N'(a)/D'(a), which needs nothing but differentiability at a."""
    if not smooth(body, t, point):
        return None
    top, bottom = sympy.fraction(sympy.together(body))
    for _ in range(tries):
        above, below = (sympy.expand(part.subs(t, point)) for part in (top, bottom))
        if not finite(above, below):
            return None
        if below != 0 and sympy.simplify(below) != 0:
            return above / below
        if above != 0 and sympy.simplify(above) != 0:
            return None
        top, bottom = top.diff(t), bottom.diff(t)
    return None


def finite(*values):
    """Whether no value holds an infinite or undefined part (the bounds of an integral may be infinite)."""
    kept = (sympy.Integral, sympy.Sum, sympy.Product)
    hidden = [value.replace(lambda e: isinstance(e, kept), lambda e: Dummy()) for value in values]
    return not any(v.has(S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity, sympy.AccumBounds) for v in hidden)


def smooth(body, t, point):
    """Whether the body is made of functions that have all derivatives near the point."""
    if not body.has(t) or body == t:
        return True
    if body.is_Pow and not body.exp.is_integer and not body.base.subs(t, point).is_positive:
        return False
    known = body.is_Add or body.is_Mul or body.is_Pow or isinstance(body, SMOOTH) or getattr(body, "unknown", False)
    return known and all(smooth(part, t, point) for part in body.args)
