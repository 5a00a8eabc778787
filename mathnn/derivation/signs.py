"""The sign of an expression, factor by factor: it decides ≤ and <, and whether two statements say the same.

`factored` writes a difference as a product of which only the signs matter, `above` shows that it is positive,
`equivalent` compares two statements in every combination of signs that their factors may have.
"""

import itertools
from collections import Counter
from functools import cache

import sympy
from sympy import Add, Dummy, Mul, S
from sympy.core.relational import Relational
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from .meaning import finite
from .sums import infeasible

RISING = (sympy.tanh, sympy.sinh, sympy.asinh, sympy.atan, sympy.erf, sympy.log)
#: functions with a derivative everywhere
ENTIRE = (sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.tanh, sympy.asinh, sympy.atan, sympy.erf)
MAX_FACTORS, MAX_POWER, DEPTH, SIZE = 6, 4, 4, 150


def peel(u):
    """Something simpler of the same sign, else the same."""
    if isinstance(u, RISING):
        return u.args[0] - (1 if isinstance(u, sympy.log) else 0)
    terms = Add.make_args(u)
    factors = [factor for term in terms for factor in Mul.make_args(term)]
    if any(isinstance(factor, sympy.log) and factor.free_symbols for factor in factors):
        logs = [term for term in terms if term.has(sympy.log)]
        power = sympy.exp(Add(*logs) + sympy.cancel(u - Add(*logs)))
        hard = any(p.exp.free_symbols - p.base.free_symbols or p.exp.is_number and abs(p.exp) > MAX_POWER
                   for p in power.atoms(sympy.Pow))
        return u if hard or power.has(sympy.log) else power - 1
    for one, other in itertools.permutations(terms) if len(terms) == 2 else ():
        if isinstance(one, RISING) and isinstance(-other, one.func):
            return one.args[0] - (-other).args[0]
        (base, power), (below, same) = one.as_base_exp(), (-other).as_base_exp()
        if power == same and power.is_Integer and power > 1 and power % 2:
            return base - below
        if one.is_positive and other.is_negative and any(f.as_base_exp()[1].free_symbols for f in factors):
            levels = sympy.expand_log(sympy.log(one) - sympy.log(-other), force=True)
            return u if any(level.free_symbols for level in levels.atoms(sympy.log)) else levels
    for root in (term for term in terms if any(f.is_Pow and f.exp == S.Half for f in Mul.make_args(term))):
        rest = u - root
        if root.is_nonnegative and rest.is_nonpositive:
            return root**2 - rest**2
        if root.is_nonpositive and rest.is_nonnegative:
            return rest**2 - root**2
    return u


def factored(difference):
    """A difference as its sign and {factor: exponent}; what is positive is left out."""
    simpler = peel(difference)
    if simpler == difference:
        simpler = difference.replace(lambda e: isinstance(e, HyperbolicFunction), lambda e: e.rewrite(sympy.exp))
    sign, found = 1, Counter()
    for way in (sympy.together, sympy.factor):
        simpler = way(simpler) if sympy.count_ops(simpler) <= SIZE else difference
    for factor in Mul.make_args(simpler):
        base, exponent = factor.as_base_exp()
        if not exponent.is_Integer:  # a root has the sign of its radicand
            base, exponent = (base, S.One) if exponent.is_Rational else (factor, S.One)
        if factor.is_positive or factor.is_negative:
            sign *= 1 if factor.is_positive else -1
            continue
        if peel(base) != base:
            turn, inner = factored(base)
        else:
            base = sympy.expand(base).primitive()[1]
            key = max(base, -base, key=sympy.default_sort_key)
            turn, inner = 1 if key == base else -1, Counter({key: 1})
        sign *= turn**exponent
        for key, times in inner.items():
            found[key] += times * int(exponent)
    return sign, found


def above(difference, strict, depth=DEPTH):
    """Whether it is > 0 (or >= 0): each factor has a sign, or gets one as it grows with some number from 0 on."""
    if difference.is_positive or not strict and difference.is_nonnegative:
        return True
    if not depth or not finite(difference) or sympy.count_ops(difference) > SIZE:
        return False
    sign, factors = factored(difference)
    for factor, times in factors.items():
        if times % 2 == 0 and not strict:
            continue
        if not known(factor, strict, depth):
            if not known(-factor, strict, depth):
                return difference.has(sympy.log) and known(difference, strict, depth)  # as it was before `peel`
            sign *= (-1) ** times
    return sign > 0


def known(factor, strict, depth):
    """Whether one factor is above 0."""
    if factor.is_positive or not strict and factor.is_nonnegative:
        return True
    angles = {f.args[0] for f in factor.atoms(sympy.sin, sympy.cos)}
    if angles and not strict:
        halves = {u: Dummy(real=True) for u in angles}  # tan(u/2)
        flat = factor.replace(sympy.cos, lambda u: (1 - halves[u] ** 2) / (1 + halves[u] ** 2))
        if above(flat.replace(sympy.sin, lambda u: 2 * halves[u] / (1 + halves[u] ** 2)), strict, depth - 1):
            return True
    for x in sorted(factor.free_symbols, key=sympy.default_sort_key):
        a, b, c = sympy.Poly(factor, x).all_coeffs() if _degree(factor, x) == 2 else (S.Zero,) * 3
        if a != 0 and above(a, True, depth - 1) and above(4 * a * c - b**2, strict, depth - 1):
            return True
    whole = all(x.is_integer for x in factor.free_symbols)
    growing = (x for x in factor.free_symbols if x.is_nonnegative and (whole or not x.is_integer))
    for x in sorted(growing, key=sympy.default_sort_key):
        t = Dummy(positive=x.is_positive, nonnegative=True) if x.is_integer else x  # whole or not
        grown = factor.xreplace({x: t})
        if regular(grown, t):
            start, slope = grown.subs(t, 0), grown.diff(t)
            open_end = strict and t.is_positive
            if above(start, strict and not open_end, depth - 1) and (
                    above(slope, open_end, depth - 1) or open_end and rises(slope, t, depth - 1)):
                return True
            if x.is_integer:  # its first value apart
                first, later = S(int(bool(x.is_positive))), Dummy(integer=True, nonnegative=True) + 1
                rest = factor.subs(x, first + later)
                if above(factor.subs(x, first), strict, depth - 1) and above(rest, strict, depth - 1):
                    return True
    return False


def between_whole_numbers(e):
    """⌊u⌋ as u - t/(1 + t) and ⌈u⌉ as u + t/(1 + t), each with its own number t ≥ 0; not where u runs."""
    if e.has(sympy.Sum, sympy.Integral, sympy.Product, sympy.Derivative, sympy.Subs):
        return e

    def less(sign):
        return cache(lambda u: u - sign * (t := Dummy("t", nonnegative=True)) / (1 + t))

    return e.replace(sympy.floor, less(1)).replace(sympy.ceiling, less(-1))


def _degree(e, x):
    return sympy.degree(e, x) if e.is_polynomial(x) else 0


def regular(e, t):
    """Whether the expression has a derivative by every t > 0, and no gap at 0."""
    if not e.has(t) or e == t:
        return True
    if e.is_Pow and not (e.exp.is_integer and e.exp.is_nonnegative or e.base.is_positive
                         or e.base.is_nonnegative and e.exp.is_positive or e.exp.is_integer and e.base.is_nonzero):
        return False
    if isinstance(e, sympy.Integral):
        (x, *ends), *more = e.limits
        return not more and all(end.is_finite and regular(end, t) for end in ends) and (
            regular(e.function, t) and regular(e.function, x))
    fine = e.is_Add or e.is_Mul or e.is_Pow or isinstance(e, ENTIRE) or getattr(e, "unknown", False)
    fine = fine or isinstance(e, sympy.log) and e.args[0].is_positive
    return bool(fine) and all(regular(part, t) for part in e.args)


def rises(slope, t, depth):
    """Whether a slope is above 0 but for single places: `regular`, it is analytic in t alone, and not 0 at 1."""
    if slope.free_symbols != {t} or not above(slope, False, depth):
        return False
    analytic = not any(getattr(f, "unknown", False) for f in slope.atoms(sympy.Function)) and all(
        power.exp.is_integer or power.base.is_positive for power in slope.atoms(sympy.Pow))
    return analytic and abs(sympy.N(slope.subs(t, 1))) > 1e-6


# statements


def equivalent(left, right, facts, form=lambda difference: difference):
    """Whether two statements hold together, whatever signs the factors of their sides have; `facts`: (what, strict)."""
    inside = branch(left) or branch(right)
    if inside is not None:
        cases = ((sign, [*facts, *_sign_facts(inside, sign)]) for sign in (1, 0, -1))
        return all(equivalent(settled(left, inside, sign), settled(right, inside, sign), more, form)
                   for sign, more in cases if feasible(more))
    forms = {r: factored(form(r.lhs - r.rhs)) for r in {*_relations(left), *_relations(right)}}
    factors = sorted({factor for _, found in forms.values() for factor in found}, key=sympy.default_sort_key)
    if len(factors) > MAX_FACTORS:
        return False
    products = {term.as_coeff_Mul()[1] for factor in factors for term in Add.make_args(factor) if term.is_Mul}
    for signs in _signs(factors, [*facts, *_declared(factors)], products):
        if any(times < 0 and not signs[f] for _, found in forms.values() for f, times in found.items()):
            continue  # no value
        truth = {r: r.func(sign * sympy.prod(signs[f] ** abs(times) for f, times in found.items()), 0)
                 for r, (sign, found) in forms.items()}
        if left.xreplace(truth) != right.xreplace(truth):
            return False
    return True


def inequalities(statements):
    """What is positive, or not negative, and whether it is never 0."""
    return [(part.gts - part.lts, isinstance(part, sympy.StrictLessThan | sympy.StrictGreaterThan))
            for part in statements if hasattr(part, "gts")]


def _relations(statement):
    if isinstance(statement, Relational):
        return [statement]
    return [relation for part in statement.args for relation in _relations(part)]


def branch(statement):
    """What one |…|, max or min in a statement depends on."""
    for f in sorted(statement.atoms(sympy.Abs, sympy.sign, sympy.Max, sympy.Min), key=sympy.default_sort_key):
        first, *others = sorted(f.args, key=sympy.default_sort_key)
        inside = first - others[0] if others else first
        if not inside.has(sympy.Abs, sympy.sign, sympy.Max, sympy.Min):
            return inside
    return None


def settled(statement, inside, sign):
    """The statement or expression where `inside` has that sign."""
    def extremum(kind, larger):
        def choose(*parts):
            pair = [(a, b) for a in parts for b in parts if a - b == inside]
            drop = {b if larger * sign >= 0 else a for a, b in pair[:1]}
            return kind(*(part for part in parts if part not in drop))
        return choose

    chosen = {sympy.Abs: lambda u: u * sign if u == inside else -u * sign if u == -inside else sympy.Abs(u),
              sympy.sign: lambda u: S(sign) if u == inside else sympy.sign(u),
              sympy.Max: extremum(sympy.Max, 1), sympy.Min: extremum(sympy.Min, -1)}
    for kind, choose in chosen.items():
        statement = statement.replace(kind, choose)
    return statement


def _declared(expressions):
    """What the assumptions of their symbols say."""
    symbols = sorted(set().union(*(e.free_symbols for e in expressions)), key=sympy.default_sort_key)
    return [(sign * x, bool((sign * x).is_positive)) for x in symbols for sign in (1, -1) if (sign * x).is_nonnegative]


def _sign_facts(u, sign):
    return [(sign * u, True)] if sign else [(u, False), (-u, False)]


def _signs(factors, facts, products):
    """The signs that the factors may have together; a product has the sign of one factor if the rest is positive."""
    if not factors:
        yield {}
        return
    first, *rest = factors
    excluded = {1: first.is_nonpositive, 0: first.is_nonzero, -1: first.is_nonnegative}
    for sign in (1, 0, -1):
        alike = [first, *(product for product in products if (product / first).is_positive)]
        more = [*facts, *(fact for u in alike for fact in _sign_facts(u, sign))]
        if not excluded[sign] and feasible(more):
            yield from (signs | {first: sign} for signs in _signs(rest, more, products))


def feasible(facts):
    """Whether linear algebra allows them; every number is taken so many times that > 0 is >= 1."""
    one, rows = Dummy("one"), []
    for side, strict in facts:
        constant, rest = sympy.expand(side).as_coeff_Add()
        rows.append(rest + constant * one - int(strict))
    return not infeasible([one - 1, *rows])
