"""The ladder: ways to show that the difference of two lines is 0. The first that does is the method of the proof.

Each function takes a sympy expression and returns the method's name, or None. Top to bottom: `climb` rewrites it,
`split` tells the cases of |…|, max, min and Piecewise apart, `flat` shows that its slope is 0.
"""

import itertools

import sympy
from sympy import Dummy, S
from sympy.calculus.util import continuous_domain
from sympy.core.relational import Relational
from sympy.polys.polyerrors import BasePolynomialError

from .functions import Unreadable
from .meaning import finite, smooth
from .signs import above, branch, peel, regular, settled

#: what sympy raises where it gives up
FAILURES = (NotImplementedError, TypeError, ValueError, AttributeError, RecursionError, ZeroDivisionError, IndexError,
            KeyError, OverflowError, BasePolynomialError)
#: functions with whose inverses sympy solves an inequality
SOLVED = (sympy.exp, sympy.log, sympy.Abs, sympy.tanh)
SIZE, DEPTH = 600, 4  # the most operations that the slow rungs are given, the most nested cases
SYMBOLS = 10  # the most that `simplify` is given: its common divisors may not be found in minutes with more


def _over_one_denominator(difference):
    return sympy.expand(sympy.numer(sympy.together(difference)))


QUICK = {
    "carried out": lambda d: d,
    "expand": sympy.expand,
    "common denominator": _over_one_denominator,
}
RUNGS = QUICK | {
    "exponentials": lambda d: _over_one_denominator(d.rewrite(sympy.exp)),
    "simplify": sympy.simplify,
}


def attempt(function, *arguments):
    """The value of a function, None where sympy gives up; what is wrong with the line itself is told."""
    try:
        return function(*arguments)
    except Unreadable:
        raise
    except FAILURES:
        return None


def first(ways, difference):
    """The method of the first of the ways that succeeds."""
    return next((method for way in ways if (method := way(difference))), None)


def climb(difference, rungs=RUNGS):
    """The first rung that turns the difference into 0; integrals and sums are carried out before."""
    if not finite(difference):
        return None
    if difference.has(sympy.Integral, sympy.Sum, sympy.Product):
        done = attempt(difference.doit)
        method = None if done in (None, difference) else climb(done, rungs)
        return method and f"sums and integrals, {method}"
    if sympy.count_ops(difference) > SIZE:
        rungs = QUICK
    few = len(difference.free_symbols) <= SYMBOLS
    return next((name for name, rung in rungs.items()
                 if (few or rung is not sympy.simplify) and attempt(rung, difference) == 0), None)


def along(difference, depth=DEPTH):
    """The difference is 0 where one of its integrals is empty, and so is its slope by that end, wherever it is."""
    t = Dummy("t", real=True)
    for integral in sorted(difference.atoms(sympy.Integral), key=sympy.default_sort_key) if depth else ():
        for end, other in itertools.permutations(integral.limits[0][:0:-1], 2):
            moved = difference.xreplace({end: t})
            single = (end.is_Symbol or end.is_number) and end.is_finite and other.is_finite and not other.has(end)
            if single and regular(moved, t) and all(
                    climb(e) or termwise(e) or along(e, depth - 1) for e in (moved.subs(t, other), moved.diff(t))):
                return f"equal slopes by {end}, and equal where it is {other}"
    return None


def termwise(difference):
    """Integrals of one variable term by term."""
    x = Dummy("x", real=True)

    def area(integral):
        (variable, *ends), = integral.limits
        terms = sympy.Add.make_args(sympy.expand(integral.function.xreplace({variable: x})))
        parts = (term.as_independent(x, as_Add=False) for term in terms)
        return sympy.Add(*(factor * sympy.Integral(rest, (x, *ends)).doit() for factor, rest in parts))

    single = lambda e: isinstance(e, sympy.Integral) and len(e.limits) == 1  # noqa: E731
    method = difference.has(sympy.Integral) and climb(difference.replace(single, area), QUICK)
    return method and f"integrals term by term, {method}"


def split(difference, way=climb, known=(), depth=0):
    """The way succeeds whether a thing that the difference branches on is negative, zero or positive, as is `known`."""
    for term in map(peel, _branching(difference)) if depth <= DEPTH else ():
        for x in sorted(term.free_symbols, key=sympy.default_sort_key, reverse=True):
            slope = term.diff(x)
            if slope.free_symbols and not slope.is_nonzero and len(slope.free_symbols) == 1:  # is it 0?
                x, term, slope = *slope.free_symbols, slope, slope.diff(*slope.free_symbols)
            if x.is_integer or slope.has(x) or not slope.is_nonzero:
                continue
            root, t = sympy.expand(x - term / slope), Dummy("t", positive=True)
            excluded = {t: x.is_nonpositive, S.Zero: x.is_nonzero, -t: x.is_nonnegative} if root == 0 else {}
            for beside in (beside for beside in (t, S.Zero, -t) if not excluded.get(beside)):
                turned = beside == -t and root.is_Symbol and root.is_nonnegative and x.is_nonnegative
                moved, place = (root, x + t) if turned else (x, root + beside)
                own = place > 0 if moved.is_positive else place < 0 if moved.is_negative else S.true
                there = [fact.subs(moved, place) for fact in known] + [own]
                case = None if any(map(impossible, there)) else fold(difference.subs(moved, place))
                if case is not None and not way(case) and not split(case, way, there, depth + 1):
                    return None
            return f"cases {said(x)} below, at and above {said(root)}"
    jumps = difference.has(sympy.sign, sympy.Heaviside, Relational)
    inside = branch(difference) if depth <= DEPTH and not jumps else None
    if inside is not None and not inside.has(sympy.Integral, sympy.Sum):
        cases = (settled(difference, inside, turn) for turn in (1, -1))
        if all(way(case) or split(case, way, known, depth + 1) for case in cases):
            return f"cases {said(inside)} ≥ 0 and ≤ 0"
    return None


def said(expression):
    """An expression in a method's name; a number that stands for a sum or an element has no name to be said."""
    return sympy.sstr(expression.xreplace({x: sympy.Symbol("…") for x in expression.atoms(Dummy)}))


def impossible(statement):
    """Whether a comparison is false, as the assumptions of its symbols show."""
    if not isinstance(statement, Relational):
        return statement is S.false
    rest = sympy.expand(statement.lhs - statement.rhs)
    return statement.func(rest, 0) is S.false


def _branching(difference):
    """What Abs, sign, Max, Min and the conditions of a Piecewise depend on."""
    found = [f.args[0] for f in difference.atoms(sympy.Abs, sympy.sign, sympy.Heaviside)]
    choices = [sorted(f.args, key=sympy.default_sort_key) for f in difference.atoms(sympy.Max, sympy.Min)]
    found += [first - other for first, *others in choices for other in others]
    found += [c.lhs - c.rhs for c in difference.atoms(Relational)]
    nested = (sympy.Abs, sympy.Max, sympy.Min)
    return sorted(found, key=lambda u: (u.has(*nested), -len(u.free_symbols), sympy.default_sort_key(u)))


def fold(expression):
    """Carry out what the assumptions decide: the step of u - max(a, b) is the step of u - a times that of u - b."""
    def step(u, at_zero):
        greatest = next((m for m in sympy.Add.make_args(-u) if isinstance(m, sympy.Max)), S.Zero)
        options = greatest.args or (S.Zero,)
        return sympy.Mul(*(sympy.Heaviside(sympy.expand(u + greatest - option), at_zero) for option in options))

    def kept(kind, sign):
        def choose(*parts):
            for a, b in itertools.permutations(parts, 2):
                if b in parts and a in parts and above(sign * (a - b), False):
                    parts = tuple(part for part in parts if part != b)
            return kind(*parts)
        return choose

    expression = expression.replace(sympy.Max, kept(sympy.Max, 1)).replace(sympy.Min, kept(sympy.Min, -1))
    return sympy.piecewise_fold(expression.replace(sympy.Heaviside, step).doit())


def flat(difference, x, interval, inside):
    """On an interval where the difference is smooth: its slope is 0, and it is 0 at the point `inside`."""
    level = smooth_on(difference, x, interval, inside) and climb(difference.diff(x))
    proved = level and climb(difference.subs(x, inside))
    return f"equal slopes, and equal at {inside}" if proved else None


def smooth_on(difference, x, interval, inside):
    """Whether the difference has no gap and no corner on the interval, in which the point `inside` lies."""
    t = Dummy("t", real=True)
    return inside in interval and smooth(difference, x, inside) and (
        attempt(continuous_domain, difference.xreplace({x: t}), t, interval) == interval)


def same_solutions(left, right, x, interval):
    """Whether two statements about one number hold for the same numbers of the interval."""
    if not all(isinstance(function, SOLVED) for s in (left, right) for function in s.atoms(sympy.Function)):
        return None
    t = Dummy("t", real=True)
    first, second = (attempt(lambda s=s: s.xreplace({x: t}).as_set().intersect(interval)) for s in (left, right))
    return "the same solutions" if first is not None and first == second else None
