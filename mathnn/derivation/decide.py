"""The decision: does this line follow from the one before it, everywhere in the domain?

1. **Witness.** Both lines are computed with numbers at points of the domain, simple ones first, and at the points where
   a denominator or a condition vanishes. A point where the values differ, or where one line has a value and the other
   has none, refutes the step. A witness never proves.
2. **Proof.** The difference of the two sympy meanings goes up the ladder (:mod:`.ladder`); indexed sums are first
   brought to a normal form (:mod:`.sums`). If that fails, the bounds of the domain are put in, then every value of a
   whole number in a finite range is tried. An inequality is proved by the sign of the difference (:mod:`.signs`).
3. Else the step is undecided.

*Proved* means: equal, or in the stated order, wherever both lines have a value.
"""

import itertools
import math
from functools import cache, partial

import sympy
from sympy import Dummy, Indexed, KroneckerDelta, S

from . import ladder
from .bounds import Bounds, hidden, number
from .functions import Unreadable
from .ladder import attempt, climb, first, fold, split
from .meaning import Meaning
from .reader import Table
from .signs import above, between_whole_numbers, equivalent, inequalities
from .sums import Sums, cauchy_schwarz
from .syntax import rows
from .witness import Verdict, Witness, half_unit

EPSILON = sympy.Rational(1, 10**20)
MAX_CASES, NEAREST, MAX_SHORT = 64, 4, 12  # values, places, terms


class Judge:
    """Decides the steps of one derivation."""

    def __init__(self, domain, definitions):
        self.domain = domain
        self.meaning = Meaning(domain.symbols, definitions, domain.below_one(), domain.below_one(-1))
        self.mean = cache(self.meaning)  # of a line, read once
        self.witness = Witness(domain, definitions, self.meaning)
        self.facts, self.conditions, self.meaning.in_order = domain.facts(), domain.conditions(), self.in_order
        self.meaning.is_small = self.is_small
        self.sums_under = cache(self.sums_under)

    def decide(self, before, after, relation="="):
        """The `Verdict` on ``before relation after``, two syntax trees."""
        if self.domain.arrays:
            self.witness.shaped = attempt(self.check_shapes, before, after)
        found = self.witness.refute(before, after, relation)
        if isinstance(found, Verdict):
            return found
        if not found:
            return Verdict("undecided", "no point was found where both lines could be computed")
        if relation == "≈":
            method = attempt(self.rounded, self.mean(before), after)
        else:
            method = attempt(lambda: self.prove(self.mean(before), self.mean(after), relation))
        return Verdict("proved", method) if method else Verdict("undecided")

    def check_shapes(self, *trees):
        """Both lines are numbers, or matrices of the same sizes; the numbers tried later may hide a misfit."""
        shapes = [mean.shape if isinstance(mean, Table) else (S.One, S.One) for mean in map(self.mean, trees)]
        if not all(self.meaning.same(m, n) for m, n in zip(*shapes, strict=True)):
            said = " and ".join(f"{rows}×{cols}" for rows, cols in shapes)
            raise Unreadable(f"the two lines are of different shapes: {said}")
        return True

    def prove(self, left, right, relation):
        """The method that proves the step, else None."""
        if isinstance(left, Table):
            return isinstance(right, Table) and self.prove_entries(left, right, relation)
        if relation == "⇔":
            same = attempt(equivalent, left, right, inequalities(self.conditions), self.settled)
            return "the same signs" if same else self.same_solutions(left, right)
        if relation == "=":
            return self.zero(left - right)
        if not self.in_order(left - right):
            return None
        larger, strict = right - left if relation in "<≤" else left - right, relation in "<>"

        def way(difference):
            return attempt(above, difference, strict) and "sign of the difference"

        ways = partial(split, known=self.conditions), self.bounded, self.at_ends, self.around
        alone = hopeless(larger) and not larger.has(sympy.Integral)  # no variable of an integral runs in the sums
        plain = larger.xreplace({s: number(s) for s in larger.atoms(sympy.Sum)}) if alone else larger
        ways = way, *(partial(another, way=way) for another in ways)
        forms = dict.fromkeys([plain, between_whole_numbers(plain)])
        method = next((method for form in forms if (method := first(ways, form))), None)
        method = method or not strict and not hopeless(larger) and climb(larger)
        method = method or not strict and cauchy_schwarz(self.sums(), larger)
        return method or self.bounds().above(larger, strict)

    def rounded(self, value, tree):
        """A second witness: sympy finds the same digits."""
        if isinstance(value, Table):
            places = itertools.product(*(range(1, int(size) + 1) for size in value.shape))
            printed = itertools.chain(*rows(tree))
            same = all(self.rounded(value.entry(*map(S, at)), t) for at, t in zip(places, printed, strict=True))
        else:
            value = value if value.is_Rational else sympy.N(self.written_out(value), 30)
            same = value.is_real and abs(value - self.mean(tree)) <= sympy.Rational(half_unit(tree)) * (1 + EPSILON)
        return same and "rounded to the last printed digit"

    def prove_entries(self, left, right, relation):
        """Matrices are equal entry by entry: each one where the sizes are numbers, else the one in row i, column j."""
        choices, facts = [], list(self.facts)
        for size, name in zip(left.shape, "ij", strict=True):
            index = Dummy(name, integer=True)
            choices.append([S(k) for k in range(1, int(size) + 1)] if size.is_Integer else [index])
            self.facts += [index - 1, size - index]
        try:
            methods = [self.prove(left.entry(*at), right.entry(*at), relation) for at in itertools.product(*choices)]
        finally:
            self.facts = facts
        return f"entry by entry: {', '.join(dict.fromkeys(methods))}" if all(methods) else None

    def zero(self, difference):
        """How the difference was shown to be 0, else None."""
        if difference.has(sympy.Product):  # of positive factors: the exponential of a sum of logarithms
            difference = difference.replace(lambda e: isinstance(e, sympy.Product) and e.function.is_positive,
                                            lambda e: e.rewrite(sympy.Sum))
        apart = [part.lhs - part.rhs for part in self.conditions if isinstance(part, sympy.Ne)]
        difference = difference.replace(KroneckerDelta, lambda i, j: (
            S.Zero if i - j in apart or j - i in apart else KroneckerDelta(i, j)))
        difference = difference.replace(sympy.ceiling, as_floor)
        if not difference.has(sympy.Sum, KroneckerDelta, Indexed):
            return self.zero_number(difference) or self.every_index(difference)
        if sympy.expand(difference) == 0:
            return "expand"
        sums, tried = self.sums(), []
        forms = {"indexed sums": sums.normal, "short sums written out": lambda d: sums.normal(short_written_out(d)),
                 "ranges taken apart": lambda d: sums.joined(sums.normal(d)), "sums written out": self.written_out}
        for label, form in forms.items() if difference.has(Indexed, KroneckerDelta) else reversed(forms.items()):
            found = form(difference)
            if found == 0:
                return label
            if found in tried or hopeless(found):
                continue
            terms = self.bounds().vanishes(found, lambda body: climb(body) or split(body))
            if method := terms or self.zero_number(hidden(found)):
                return f"{label}, {method}"
            tried.append(found)
        return self.every_index(difference)

    def zero_number(self, difference):
        """The same where no indexed sum is left."""
        if not self.in_order(difference):
            return None
        ways = [partial(climb, rungs=ladder.QUICK), self.series, partial(split, known=self.conditions), climb,
                self.bounded, self.equated, ladder.termwise, ladder.along, self.on_interval]
        return first(ways, difference)

    def series(self, difference):
        """Carry out the sums and integrals where |b| < 1 is declared."""
        small = {abs(b) < 1: S.true for b in self.meaning.small if difference.has(b)}
        method = small and difference.has(sympy.Sum) and climb(difference.doit().xreplace(small))
        return method and f"|{next(iter(small)).lhs.args[0]}| < 1 put in, {method}"

    def equated(self, difference):
        """Whether nothing is left when multiples of what is declared to be 0 are taken off, as t**2 - 1."""
        known = [part.lhs - part.rhs for part in self.conditions if isinstance(part, sympy.Eq)]
        top = sympy.numer(sympy.together(difference))
        found = known and attempt(lambda: sympy.reduced(top, sympy.groebner(known).exprs))
        return "equations put in" if found and found[1] == 0 else None

    def is_small(self, base):
        """Whether |base| < 1, by the bounds of its numbers."""
        found = self.domain.substitution()
        return above(sympy.factor(1 - base.subs(found, simultaneous=True) ** 2), True)

    def bounded(self, difference, way=climb):
        """Put each bounded symbol as its bound plus or minus something positive, and try again."""
        found = self.domain.substitution()
        if not found or not difference.has(*found):
            return None
        changed = fold(difference.subs(found, simultaneous=True))
        method = way(changed) or split(changed, way, [fact.subs(found, simultaneous=True) for fact in self.conditions])
        return method and f"bounds put in, {method}"

    def in_order(self, expression, t=None):
        """Whether sympy may carry out the sums in an expression."""
        return self.sums().in_order(expression, t)

    def written_out(self, expression):
        """The expression with its sums carried out, where they may be."""
        if hopeless(expression) or not self.in_order(expression):
            return expression
        return self.settle(expression.doit())

    def settled(self, difference):
        """A side of a statement, its sums in their normal form."""
        return self.sums().normal(difference.doit())

    def sums(self):
        """The normal form that knows what is declared."""
        return self.sums_under(tuple(self.facts))

    def sums_under(self, facts):
        arrays = [(name, d.flags, tuple(map(self.meaning, d.sizes))) for name, d in self.domain.arrays.items()]
        supports = {name: sizes for name, flags, sizes in arrays if "zero outside" in flags}
        units = [(self.element(name), sizes) for name, flags, sizes in arrays if "sums to 1" in flags]
        return Sums(facts, supports, units)

    def settle(self, expression):
        """Elements outside an array that is 0 there become 0, elements outside any other are an error."""
        known = self.meaning.values
        return expression.replace(lambda e: isinstance(e, Indexed) and str(e.base) in known,
                                  lambda e: self.element(str(e.base))(*e.indices))

    def element(self, name):
        """An array as a function of its indices; a vector's second one is 1."""
        array = self.meaning.values[name]
        return (lambda *i: array.entry(*(*i, S.One)[:2])) if isinstance(array, Table) else array

    def bounds(self):
        """The ways by signs and bounds of sums, with what is declared."""
        return Bounds(self.sums(), self.any_element, self.domain.substitution())

    def any_element(self, atom):
        """What is known of an element of an array, as an expression in a number of its own."""
        declared = self.domain.declarations[str(atom.base)]
        value = None if "zero outside" in declared.flags else self.domain.within(declared)
        return number(atom) if value is None else value

    def only_number(self, *expressions):
        """The only declared number in the expressions and its interval, which is None if its domain is not one."""
        used = [d for d in self.domain.scalars if any(e.has(self.meaning.values[d.name]) for e in expressions)]
        return (used[0], self.domain.interval(used[0])) if len(used) == 1 else (None, None)

    def same_solutions(self, left, right):
        """Statements about one number of an interval (its ends included) that have the same solutions."""
        d, interval = self.only_number(left, right)
        interval = interval.closure if interval else S.Reals
        return d and ladder.same_solutions(left, right, self.meaning.values[d.name], interval)

    def on_interval(self, difference):
        """Try `ladder.flat`, for one variable in an interval, around the points of the witness."""
        d, interval = self.only_number(difference)
        if interval is None or d.kind != "real":
            return None
        x = self.meaning.values[d.name]
        return first((partial(ladder.flat, x=x, interval=interval, inside=p) for p in self.inside(d)), difference)

    def inside(self, d):
        """A few places where one number may be, by the points of the witness."""
        return dict.fromkeys(sympy.Rational(point[d.name]) for point in self.witness.points[:NEAREST])

    def at_ends(self, difference, way):
        """The way succeeds where a number reaches its two ends, and between them."""
        for d in self.domain.scalars:
            x, ends = self.meaning.values[d.name], self.domain.ends(d)
            if d.kind == "real" and len(ends) == 2 and self.domain.within(d) is None and difference.has(x):
                t = Dummy("t", positive=True)
                cases = (difference.subs(x, at) for at in (*ends.values(), (ends[True] + ends[False] * t) / (1 + t)))
                if all(way(case) or self.bounded(case, way) for case in cases):
                    return f"{sympy.sstr(x)} at its ends and between"
        return None

    def around(self, difference, way):
        """The way succeeds on either side of a place where one number may be."""
        used = [d for d in self.domain.scalars if d.kind == "real" and difference.has(self.meaning.values[d.name])]
        for d in used if len(used) == 1 else ():
            x, interval, left_out = self.meaning.values[d.name], self.domain.interval(d, True), self.domain.left_out(d)
            for place in [*left_out, *self.inside(d)] if interval else ():
                t = Dummy("t", **{"positive" if place in left_out else "nonnegative": True})
                sides = [place + ((end - place) * t / (1 + t) if end.is_finite else sympy.sign(end) * t)
                         for end in interval.args[:2] if end != place] + self.domain.reached(d)
                if all(way(sympy.factor(fold(difference.subs(x, side)), deep=True)) for side in sides):
                    return f"{sympy.sstr(x)} below and above {sympy.sstr(place)}"
        return None

    def every_index(self, difference):
        """Try every value of the declared whole numbers, where their ranges are finite."""
        used = [d for d in self.domain.scalars if d.kind == "integer" and difference.has(self.meaning.values[d.name])]
        choices = [self.domain.whole_numbers(d, MAX_CASES) for d in used]
        if not used or None in choices or math.prod(map(len, choices)) > MAX_CASES:
            return None
        symbols = [self.meaning.values[d.name] for d in used]
        cases = [dict(zip(symbols, values, strict=True)) for values in itertools.product(*choices)]
        written = (self.written_out(difference.subs(case)) for case in cases)
        decided = all(self.in_order(case) and (climb(case) or split(case)) for case in written)
        return f"each of {len(cases)} cases" if decided else None


def hopeless(expression):
    """Whether it holds a sum of symbolic length over elements of arrays, which sympy cannot carry out."""
    return any(total.function.has(Indexed) and not all((high - low).is_Integer for _, low, high in total.limits)
               for total in expression.atoms(sympy.Sum))


def short_written_out(expression):
    """The expression with its sums of a few terms written out, also those within a longer one."""
    def written(total):
        indices, lows, highs = zip(*total.limits, strict=True)
        sizes = [high - low + 1 for low, high in zip(lows, highs, strict=True)]
        fixed = all(size.is_Integer and low.is_integer and not low.has(*indices)
                    for low, size in zip(lows, sizes, strict=True))
        if not fixed or math.prod(sizes) > MAX_SHORT:
            return total
        places = itertools.product(*([low + k for k in range(size)] for low, size in zip(lows, sizes, strict=True)))
        return sympy.Add(*(total.function.subs(dict(zip(indices, place, strict=True))) for place in places))

    return expression.replace(lambda e: isinstance(e, sympy.Sum), written)


def as_floor(u):
    """⌈u⌉ in the form that can be compared with ⌊…⌋: ⌈n/s⌉ = ⌊(n - 1)/s⌋ + 1 for whole numbers n and s > 0."""
    n, s = sympy.fraction(sympy.together(u))
    return sympy.floor((n - 1) / s) + 1 if n.is_integer and s.is_integer and s.is_positive else -sympy.floor(-u)
