"""Bounds of indexed sums: what a sum of terms that have a sign is worth.

`Bounds.above` shows that an expression with sums is positive, in one of four ways: its sums and elements are numbers
with a sign; one term is at most the sum; each term of it is so; each is so with ln u ≥ 1 - 1/u in the place of ln u.
"""

from collections import defaultdict

import sympy
from sympy import Add, Dummy, Indexed, Mul, S, Symbol

from .signs import above
from .sums import Below, Filled, Total, follows

FACTS = ("positive", "negative", "nonzero", "nonnegative", "nonpositive")


def number(atom, positive=lambda atom: False):
    """A number with what is known of a sum or an element."""
    facts = {fact: True for fact in FACTS if getattr(atom, f"is_{fact}")}
    if not facts and positive(atom):
        facts = {"nonnegative": True}
    return Dummy(real=True, **facts)


def hidden(form, positive=lambda atom: False, kinds=(Below, Total, Indexed)):
    """The sums and the single elements in a normal form as symbols of their own."""
    inner = {atom for total in form.atoms(Total, Below) for atom in total.args[0].atoms(Total)}
    for kind in kinds if not form.has(sympy.Sum) else kinds[:1]:
        atoms = sorted(form.atoms(kind) - inner, key=sympy.default_sort_key)
        form = form.xreplace({atom: number(atom, positive) for atom in atoms})
    return form


class Bounds:
    """Under the facts of `sums`; `element` gives what is known of an array's element, `numbers` of each number."""

    def __init__(self, sums, element, numbers):
        self.sums, self.element, self.numbers = sums, element, numbers

    def above(self, difference, strict):
        """The way in which it was shown to be > 0 (or >= 0), else None."""
        form = self.sums.normal(difference)
        if self.positive(form, strict):
            return "sums with a sign"
        if any(self.positive(apart, strict) for apart in self.one_apart(form)):
            return "one term of a sum"
        if self.each_term(form, strict):
            return "term by term"
        if not strict and (below := self.tangents(form)) is not None and self.positive(self.sums.normal(below), False):
            return "ln u ≤ u - 1"
        return None

    def positive(self, form, strict):
        plain = self.plain(form)
        return any(above(known, strict) for known in dict.fromkeys([plain, sympy.expand_log(plain)]))

    def plain(self, form):
        """The sums and elements as numbers of which the sign is known."""
        form = hidden(form, self.square, (Total,))
        form = form.xreplace({e: self.element(e) for e in sorted(form.atoms(Indexed), key=sympy.default_sort_key)})
        return form.subs(self.numbers, simultaneous=True)

    def square(self, total):
        """Whether a sum is Σ (Σ …)², or has no negative terms."""
        body, conditions, indices = total.args
        if above(self.plain(body), False):
            return True
        for index in indices:
            others, own = [i for i in indices if i != index], {index: Dummy(integer=True)}
            kept = [c.xreplace(own) for c in conditions if others and c.has(*others)]
            if others and self.sums.over(body.xreplace(own), others, kept).is_nonnegative:
                return True
        return False

    def one_apart(self, form):
        """A sum of terms that are not negative, as one of its terms and the rest."""
        for total in sorted(form.atoms(Total), key=sympy.srepr):
            body, conditions, indices = total.args
            if len(indices) > 1 or not above(self.plain(body), False):
                continue
            index, = indices
            others = form.xreplace({total: Dummy()}).atoms(Indexed)
            pattern = [(part, k) for part in body.atoms(Indexed) for k, place in enumerate(part.indices)
                       if place == index]
            values = {other.indices[k] for part, k in pattern for other in others if other.base == part.base}
            for value in sorted(values, key=sympy.srepr):
                if all(follows(c.subs(index, value), self.sums.facts) for c in conditions):
                    two = follows(self.size(total) - 2, self.sums.facts) and above(self.plain(body), True)
                    rest = Dummy(**{"positive" if two else "nonnegative": True})
                    yield form.xreplace({total: body.subs(index, value) + rest})

    def size(self, total):
        """The number of terms."""
        return self.sums.over(S.One, total.args[2], total.args[1])

    def grouped(self, form):
        """The bodies of the sums by what they are summed over; what is no sum; the sums that stand elsewhere."""
        found, rest, nested = defaultdict(lambda: S.Zero), S.Zero, {}
        for term in Add.make_args(form):
            factors = Mul.make_args(term)
            totals = [f for f in factors if isinstance(f, Total)]
            free = term if len(totals) != 1 else Mul(*(f for f in factors if f is not totals[0]))
            nested |= {inner: number(inner, self.square) for inner in free.atoms(Total) if inner not in nested}
            if len(totals) != 1:
                rest += free.xreplace(nested)
                continue
            body, *place = self.aligned(totals[0])
            found[*place, isinstance(totals[0], Filled)] += free.xreplace(nested) * body
        return found, rest, nested

    def aligned(self, total):
        """The body, the conditions and the indices, whose names do not tell how deep the sum is."""
        names = {i: Symbol(f"_at{k}", integer=True) for k, i in enumerate(total.args[2])}
        return [part.xreplace(names) for part in total.args]

    def vanishes(self, form, way):
        """Whether the way shows that all terms are 0."""
        found, rest, _ = self.grouped(form)
        return rest == 0 and found and all(way(hidden(body)) for body in found.values()) and "term by term"

    def one_sum(self, form):
        """The body of a form that is one sum, and what makes a sum of a body; what is no sum is spread over it."""
        found, rest, nested = self.grouped(form)
        if len(found) != 1:
            return None
        ((conditions, indices, filled), body), = found.items()
        if rest != 0:
            units = [body for body, *place in map(self.aligned, self.sums.ones) if place == [conditions, indices]]
            many = self.sums.over(S.One, indices, conditions)
            if units:
                body += rest * units[0]
            elif filled and not many.has(Total):
                body += rest / many
            else:
                return None
        back = {number: inner for inner, number in nested.items()}
        return body, filled, lambda e: self.sums.over(*self.fresh(e, conditions, indices, back))

    def fresh(self, e, conditions, indices, back):
        names = {i: Dummy(i.name, integer=True) for i in indices}
        return (self.sums.normal(sympy.expand(e.xreplace(names).xreplace(back))), [*names.values()],
                [c.xreplace(names) for c in conditions])

    def each_term(self, form, strict):
        """Whether all terms of the only sum are >= 0 (and there is one)."""
        found = self.one_sum(form)
        if not found:
            return False
        body, filled, _ = found
        return (filled or not strict) and above(sympy.factor(self.plain(body)), strict)

    def tangents(self, form):
        """A lower bound without logarithms."""
        if not form.has(sympy.log):
            return None
        found = self.one_sum(sympy.expand(form)) if form.has(Total) else (form, True, lambda e: e)
        if not found:
            return None
        body, _, total = found
        body = sympy.expand(sympy.expand_log(body))
        rest, inside = body, defaultdict(lambda: S.One)
        for log in sorted(body.atoms(sympy.log), key=sympy.srepr):
            factor = sympy.collect(body, log, evaluate=False).get(log, S.Zero)
            factor = sympy.expand(factor)
            if factor.has(sympy.log):
                return None
            rest -= factor * log
            key, power = (-factor, -1) if -factor in inside else (factor, 1)
            inside[key] *= log.args[0] ** power
        rest = sympy.expand(rest)
        if rest.has(sympy.log):
            return None
        for key in list(inside):
            others = sum(k for k in inside if k != key)
            sign = next((sign for sign in (1, -1) if sympy.expand(others - sign * key) == 0), None)
            if len(inside) > 2 and sign:
                u = inside.pop(key)
                inside = {k: other * u**sign for k, other in inside.items()}
        for factor, u in inside.items():
            if above(self.plain(factor), False):
                rest += factor * (1 - 1 / u)
            elif above(self.plain(-factor), False):
                rest += factor * (u - 1)
            else:
                return None
        return total(rest)
