"""A normal form for indexed sums of symbolic length, so that a statement can hold for every n.

A sum is split over its terms; what does not depend on the index is pulled out; a Kronecker delta is removed by solving
it for a bound index; a range that follows from what is known is dropped; the bound indices get standard names. Two sums
that are equal term by term then look the same.
"""

import itertools
from collections import defaultdict

import sympy
from sympy import Add, Dummy, Indexed, KroneckerDelta, Mul, S, Symbol, Tuple, expand, srepr
from sympy.core.cache import cacheit
from sympy.utilities.iterables import connected_components

MAX_ORDERS, MAX_ROWS, MAX_SHIFT = 24, 300, 12


class Total(sympy.Function):
    """A sum in normal form: Total(body, conditions, indices) over all whole numbers where every condition is >= 0."""

    nargs = 3
    _eval_is_real = lambda self: True  # noqa: E731
    _eval_is_nonnegative = lambda self: self.args[0].is_nonnegative  # noqa: E731


class Filled(Total):
    """A sum that has a term, whatever the declared numbers are."""

    _eval_is_positive = lambda self: self.args[0].is_positive  # noqa: E731


class Below(sympy.Function):
    """Below(body, m), formally the sum over all indices below m: a sum from l to h is Below(h + 1) - Below(l)."""

    nargs = 2


class Holds(sympy.Function):
    """1 where its argument is >= 0, else 0."""

    nargs = 1


class Sums:
    """The normal form under known `facts` (expressions >= 0).

    `supports` gives the sizes of the arrays that are 0 outside them, `units` those whose elements sum to 1.
    """

    def __init__(self, facts, supports, units):
        self.facts, self.supports = [expand(fact) for fact in facts], supports
        self.ones, self.known = {}, {}
        for element, (size, *_) in units:
            k = Dummy("k", integer=True)
            self.ones[self.bind(element(k), k, S.One, size)] = S.One

    def normal(self, e):
        """The normal form of an expression."""
        if e not in self.known:
            self.known[e] = self._normal(e) if e.has(sympy.Sum, KroneckerDelta, Indexed) else e
        return self.known[e]

    def _normal(self, e):
        if isinstance(e, sympy.Sum):
            body = self.normal(e.function)
            for index, low, high in e.limits:
                body = self.bind(body, index, low, high)
            return body
        if isinstance(e, Indexed):
            return e.func(e.base, *map(expand, e.indices))
        found = e.func(*map(self.normal, e.args)) if e.args else e
        if isinstance(found, KroneckerDelta):  # 2i = 2u is i = u, and 2i = 2u + 1 never
            constant, rest = expand(found.args[0] - found.args[1]).as_coeff_Add()
            factor, rest = rest.primitive()
            if rest.is_integer and factor != 1:
                return KroneckerDelta(rest, -constant / factor) if (constant / factor).is_integer else S.Zero
        if not isinstance(e, sympy.Expr):  # a condition
            return found
        found = expand(found)
        return Add(*(self.identify(term) for term in Add.make_args(found))).xreplace(self.ones)

    def identify(self, term):
        """Under a factor δ_ij the index j is i everywhere else in the term."""
        for delta in [f for f in Mul.make_args(term) if isinstance(f, KroneckerDelta)]:
            for j in sorted(delta.free_symbols, key=str, reverse=True):
                equation, rest = expand(delta.args[0] - delta.args[1]), term / delta
                if equation.coeff(j) in (1, -1):
                    i = expand(j - equation / equation.coeff(j))
                    return delta * self.normal(rest.xreplace({j: i})) if rest.has(j) else term
        return term

    def bind(self, body, index, low, high):
        """The sum of a normal body over low <= index <= high."""
        return self.over(body, [index], [index - low, high - index])

    def over(self, body, indices, ranges):
        """The sum of a normal body over all indices for which every condition is >= 0."""
        result = S.Zero
        for term in Add.make_args(expand(body)):
            outside, inside, bound, conditions = S.One, [], [*indices], [*ranges]
            for factor in (f for part in Mul.make_args(term) for f in _copies(part)):
                if not factor.has(*indices):
                    outside *= factor
                elif isinstance(factor, Holds):
                    conditions += factor.args
                elif isinstance(factor, Total):
                    fresh = {v: Dummy(v.name, integer=True) for v in factor.args[2]}
                    bound += fresh.values()
                    conditions += factor.args[1].xreplace(fresh)
                    inside += [g for part in Mul.make_args(factor.args[0].xreplace(fresh)) for g in _copies(part)]
                else:
                    inside.append(factor)
            result += outside * self.reduce(inside, bound, conditions)
        return result.xreplace(self.ones)

    def reduce(self, factors, bound, conditions):
        """One term: remove deltas, drop conditions, fall apart into independent sums."""
        factors, bound, conditions = self.solve(factors, bound, conditions)
        support = [c for f in factors if isinstance(f, Indexed) for c in self.support(f)]
        conditions = [expand(c) for c in conditions]
        if infeasible(conditions + support + self.facts):
            return S.Zero
        conditions = self.needed(conditions + support, support)
        result = Mul(*(f for f in factors if not f.has(*bound)), *(Holds(c) for c in conditions if not c.has(*bound)))
        linked = [[v for v in bound if x.has(v)] for x in (*factors, *conditions)]
        for group in connected_components((bound, [edge for place in linked for edge in itertools.pairwise(place)])):
            body, kept = Mul(*(f for f in factors if f.has(*group))), [c for c in conditions if c.has(*group)]
            result *= self.closed(body, kept, set(group))
        return result

    def solve(self, factors, bound, conditions):
        """Use each delta that fixes a bound index."""
        for delta in (f for f in factors if isinstance(f, KroneckerDelta)):
            equation = expand(delta.args[0] - delta.args[1])
            index = next((v for v in bound if equation.coeff(v) in (1, -1)), None)
            if index is not None:
                value = expand(index - equation / equation.coeff(index))
                rest = (self.normal(f.xreplace({index: value})) for f in factors if f is not delta)
                return self.solve([g for f in rest for g in Mul.make_args(f)], [v for v in bound if v is not index],
                                  [c.xreplace({index: value}) for c in conditions])
        return factors, bound, conditions

    def support(self, factor):
        sizes = self.supports.get(str(factor.base), ())
        return [c for k, size in zip(factor.indices, sizes, strict=False) for c in (expand(k - 1), expand(size - k))]

    def needed(self, conditions, support=()):
        """The conditions that do not follow from the others, the facts and where the arrays are not 0."""
        kept = sorted(set(conditions), key=sympy.default_sort_key)
        for c in list(kept):
            others = [o for o in kept if o is not c]
            if c in support and c not in others or follows(c, [*others, *support, *self.facts]):
                kept = others
        return kept

    def in_order(self, e, t=None, facts=()):
        """Whether no sum or product in e runs backwards: sympy takes it for a negative one, here it is empty.

        `t` is a number that may be taken as large as need be.
        """
        if not e.has(sympy.Sum, sympy.Product):
            return True
        if not isinstance(e, sympy.Sum | sympy.Product):
            return all(self.in_order(part, t, facts) for part in e.args)
        for index, low, high in reversed(e.limits):
            grows = high is S.Infinity or t is not None and expand(high - low).coeff(t).is_positive
            if not grows and not self.range_in_order(low, high, facts):
                return False
            facts = [*facts, index - low, *([] if high is S.Infinity else [high - index])]
        return self.in_order(e.function, t, facts)

    def range_in_order(self, low, high, facts=()):
        """Whether it is a range of whole numbers, of which there may be none only at high = low - 1."""
        return low.is_integer and high.is_integer and follows(expand(high - low + 1), [*facts, *self.facts])

    def filled(self, conditions, bound):
        """Whether there is a term: where each index has the least value that a condition allows, all must hold."""
        for index in sorted(bound, key=sympy.default_sort_key):
            least = next((expand(index - c) for c in conditions if c.coeff(index) == 1), None)
            if least is None:
                return False
            conditions = [expand(c.xreplace({index: least})) for c in conditions]
        return all(follows(c, self.facts) for c in conditions)

    def closed(self, body, conditions, bound):
        """An independent sum: a number of terms where the body is a polynomial in the index, else a `Total`."""
        if len(bound) == 1 and len(conditions) == 2 and not body.has(Indexed, Total, KroneckerDelta):
            v = next(iter(bound))
            ends = {c.coeff(v): expand(-c + c.coeff(v) * v) for c in conditions}
            if ends.keys() == {1, -1}:
                low, high = ends[1], -ends[-1]
                if body.is_polynomial(v) and self.range_in_order(low, high):
                    return expand(sympy.summation(body, (v, low, high)))
        return self.canonical(body, conditions, bound)

    def joined(self, form):
        """A normal form with its ranges taken apart, so that what two of them share falls out: Below(m + 1) is one more
        term than Below(m)."""
        inner = {atom for total in form.atoms(Total) for atom in total.args[0].atoms(Total)}
        return expand(form.xreplace({total: self.apart(total) for total in form.atoms(Total) - inner}))

    def apart(self, total):
        body, conditions, indices = total.args
        ends = {c.coeff(v): expand(c.coeff(v) * v - c) for v in indices for c in conditions}
        if len(indices) > 1 or len(conditions) != 2 or ends.keys() != {1, -1}:
            return total
        low, high = ends[1], -ends[-1]
        return self.below(total, high + 1) - self.below(total, low) if self.range_in_order(low, high) else total

    def below(self, total, end):
        """Below(body, end) by the one at the end without its number, and by 1 where it is a number."""
        shift, place = expand(end).as_coeff_Add()
        shift, place = (shift - 1, S.One) if place == 0 else (shift, place)
        if not shift.is_Integer or abs(shift) > MAX_SHIFT:
            return Below(total.args[0], end)
        places = [place + k for k in range(min(shift, 0), max(shift, 0))]
        terms = (self.normal(total.args[0].xreplace({total.args[2][0]: p})) for p in places)
        return Below(total.args[0], place) + sympy.sign(shift) * Add(*terms)

    def canonical(self, body, conditions, bound):
        """Name the bound indices by the places where they stand, arrays in alphabetical order."""
        groups = defaultdict(list)
        for atom in sorted(body.atoms(Indexed), key=sympy.default_sort_key):
            if atom.has(*bound):
                groups[str(atom.base)].append(atom)
        orders = itertools.product(*(itertools.permutations(groups[name]) for name in sorted(groups)))
        renamed = {self.rename([a for group in order for a in group], body, conditions, bound)
                   for order in itertools.islice(orders, MAX_ORDERS)}
        body = min({body for body, *_ in renamed}, key=srepr)
        make = Filled if self.filled(conditions, bound) else Total
        totals = {make(body, Tuple(*self.needed(kept)), names) for found, kept, names in renamed if found == body}
        return min(totals, key=srepr)

    def rename(self, atoms, body, conditions, bound):
        """The body, the conditions and the indices, which get their names in the order in which the atoms hold them.

        They are counted on from the indices of the sums inside.
        """
        left, names = sorted(bound, key=sympy.default_sort_key), []
        used = max((int(i.name[1:]) for total in body.atoms(Total) for i in total.args[2]), default=0) + 1
        state = Tuple(body, Tuple(*conditions), Tuple(*(Tuple(*a.indices) for a in atoms)))
        for a, k in ((a, k) for a, atom in enumerate(atoms) for k in range(len(atom.indices))):
            place = expand(state[2][a][k])
            index = next((v for v in left if place.coeff(v) in (1, -1)), None)
            if index is not None:
                names.append(Symbol(f"_{len(names) + used}", integer=True))
                left.remove(index)
                sign = place.coeff(index)
                state = state.xreplace({index: expand((names[-1] - place + sign * index) / sign)})
        for index in left:
            names.append(Symbol(f"_{len(names) + used}", integer=True))
            state = state.xreplace({index: names[-1]})
        return self.normal(state[0]), Tuple(*map(expand, state[1])), Tuple(*names)


def cauchy_schwarz(sums, difference):
    """Whether it is Σf·Σg - (Σh)² or √Σf·√Σg - Σh, with h² = f·g: never negative.

    Σg may be the number of terms; a sum that is declared to be 1 may be missing.
    """
    form = sums.normal(difference)
    form = form.xreplace({e: e.args[0] for e in form.atoms(sympy.Abs) if e.has(Total)})  # P ≥ |N| where P² ≥ N²
    terms = Add.make_args(form)
    if len(terms) != 2:
        return None
    minus, plus = sorted(terms, key=lambda term: bool(term.could_extract_minus_sign()), reverse=True)
    inner = [total for total in minus.atoms(Total) if minus.has(total)]
    if len(inner) != 1:
        found = [] if inner else [(unit.args, S.One) for unit in sums.ones]
    else:
        found = [(inner[0].args, inner[0])]
        if plus.is_nonnegative and minus.as_powers_dict()[inner[0]] == 1:  # P ≥ |N| where P² ≥ N²
            plus, minus = expand(plus**2), expand(-minus**2)
    for (h, *place), value in found:
        factor = -minus / value**2
        if factor.has(Total) or not factor.is_positive:
            continue
        parts = [g for f in Mul.make_args(plus / factor) for g in _copies(f)]
        bodies = [part.args[0] for part in parts if isinstance(part, Total) and [*part.args[1:]] == place]
        rest = Mul(*(part for part in parts if not isinstance(part, Total) or [*part.args[1:]] != place))
        ones = [(S.One, sums.closed(S.One, list(place[0]), set(place[1])))]
        ones += [(unit.args[0], S.One) for unit in sums.ones if [*unit.args[1:]] == place]
        for one, size in ones if len(bodies) == 1 else [(None, S.One)]:
            both = [*bodies, *([] if one is None else [one])]
            fit = len(both) == 2 and expand(rest - size) == 0 and all(body.is_nonnegative for body in both)
            if fit and expand(Mul(*both) - h**2) == 0:
                return "Cauchy–Schwarz"
    return None


def _copies(factor):
    """A power of a sum as separate factors: (Σ …)² = Σ … · Σ …"""
    base, exponent = factor.as_base_exp()
    if isinstance(base, Total) and exponent.is_Integer and 1 < exponent < 5:
        return [base] * int(exponent)
    return [factor]


@cacheit
def _row(condition):
    """The coefficients of a condition by their monomials, as whole numbers."""
    return {m: int(k) for m, k in expand(condition).primitive()[1].as_coefficients_dict().items()}


def follows(condition, known):
    """Whether `condition` >= 0 follows for whole numbers from the `known` ones: it is then never -1 or less."""
    return infeasible([expand(-condition.primitive()[1] - 1), *known])


def infeasible(conditions):
    """Whether no numbers satisfy all the conditions >= 0 (linear in their monomials): Fourier–Motzkin elimination."""
    number = {S.One: 0}  # of each monomial: whole numbers are quicker than expressions
    rows = [{number.setdefault(m, len(number)): k for m, k in _row(c).items()} for c in dict.fromkeys(conditions)]
    while True:
        if any(len(row) == 1 and row.get(0, 0) < 0 for row in rows):
            return True
        above, below = defaultdict(list), defaultdict(list)
        for row in rows:
            for m, k in row.items():
                (above if k > 0 else below)[m].append(row)
        monomials = {*above, *below} - {0}
        if not monomials or len(rows) > MAX_ROWS:
            return False
        m = min(monomials, key=lambda m: len(above[m]) * len(below[m]))
        mixed = ({k: a.get(k, 0) * -b[m] + b.get(k, 0) * a[m] for k in a.keys() | b.keys()}
                 for a in above[m] for b in below[m])
        rows = [row for row in rows if m not in row] + [{k: c for k, c in row.items() if c} for row in mixed]
