"""The witness: both lines computed with numbers, at points where a wrong step would show."""

import ast
import itertools
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy
from mpmath import mp

from .functions import Unreadable
from .ladder import FAILURES
from .points import where
from .probe import MAX_TERMS, SUBTRACT, Numbers, TooLong, Undefined, accuracy, decimal, near, rational
from .syntax import call_name, names, ranges, rows

ENOUGH, MAX_WORK = 5, 5000  # points, and terms that were added up


@dataclass(frozen=True)
class Verdict:
    """What was decided: "proved" by a method, "refuted" by a point with the two values, or "undecided"."""

    verdict: str
    method: str = ""
    point: dict | None = None
    before: object = None
    after: object = None
    place: str = ""  # the entry of a matrix


class Witness:
    """Looks for a point of the domain where a step is wrong."""

    def __init__(self, domain, definitions, meaning):
        self.domain, self.definitions, self.meaning = domain, definitions, meaning
        self.points = domain.points(definitions)

    def refute(self, before, after, relation):
        """A refuting `Verdict`, or the number of points where both lines have values that fit."""
        agreed, gap, work = 0, None, 0
        digits, step, tolerance = accuracy(before, after, *(body for _, body in self.definitions.values()))
        with mp.workdps(digits):
            for point in itertools.chain(self.points, self.critical_points(before, after)):
                numbers = Numbers(point, self.definitions, step)
                values = []
                for tree in (before, after):
                    values.append(value(numbers, tree))
                    work += MAX_TERMS - numbers.terms_left
                found = Verdict("refuted", "counterexample", point, *values)
                if None in (found.before, found.after):
                    gap = gap if gap and one_sided(gap) else found
                elif TooLong not in (found.before, found.after):
                    if (found := misfit(found, relation, tolerance, after)) is not None:
                        return found
                    agreed += 1
                if agreed >= ENOUGH and work > MAX_WORK:
                    break
        if gap and not one_sided(gap):
            raise ValueError(f"neither line has a value {where(gap.point)}: the domain must leave that out")
        return gap or agreed

    def critical_points(self, *trees):
        """Points where a denominator, a condition or the inside of |…| is 0, and one on either side of each.

        The sizes of arrays stay as they are: the arrays were made for them.
        """
        sizes = set().union(*(names(size) for d in self.domain.arrays.values() for size in d.sizes))
        symbols = {d.name: self.meaning.values[d.name] for d in self.domain.scalars if d.name not in sizes}
        terms = {term for tree in trees for term in self.critical(tree, {}) if term.is_polynomial(*symbols.values())}
        for term in sorted(terms, key=sympy.default_sort_key):
            free = [name for name, x in symbols.items() if term.has(x)]
            for base, name in itertools.product(self.points[:3], free):
                line = term.xreplace({symbols[other]: sympy.Rational(base[other]) for other in free if other != name})
                roots = sympy.Poly(line, symbols[name]).ground_roots() if line.free_symbols == {symbols[name]} else ()
                for root, beside in itertools.product((r for r in roots if r.is_Rational), (0, -1, 1)):
                    point = base | {name: rational(f"{root.p}/{root.q}") + beside}
                    if self.domain.holds(point, self.definitions):
                        yield point

    def critical(self, node, env):
        """The terms whose zeros matter: what is divided by, compared, or stands in |…|, max, a logarithm, a root."""
        match node:
            case (ast.BinOp(op=ast.Div(), right=inside)
                  | ast.Call(func=ast.Name(id="abs" | "sign" | "ln" | "log" | "sqrt"), args=[inside, *_])):
                yield from self.terms(env, inside)
            case ast.BinOp(op=ast.Pow(), left=inside, right=power) if not isinstance(power, ast.Constant):
                yield from self.terms(env, inside)
            case (ast.Compare(left=first, comparators=others)
                  | ast.Call(func=ast.Name(id="max" | "min"), args=[first, *others])):
                yield from (term for other in others for term in self.terms(env, ast.BinOp(first, ast.Sub(), other)))
            case ast.Call(func=ast.Name(id="Sum" | "Product")):  # where it has no term, and an end lies beyond
                for _, low, high in ranges(node):
                    yield from (term + 2 for term in self.terms(env, ast.BinOp(high, ast.Sub(), low)))
                return
            case ast.Call(func=ast.Name(id="Limit" | "Integral" | "At")):
                return
            case ast.Call(func=ast.Name(id="floor" | "ceil"), args=[inside]):
                yield from (term - 1 for term in self.terms(env, inside))
            case ast.Call() if (name := call_name(node)[0]) in self.definitions:
                formals, body = self.definitions[name]
                values = self.terms(env, *node.args)
                if len(values) == len(formals):
                    yield from self.critical(body, env | dict(zip(formals, values, strict=True)))
            case ast.Name(id=name) if name in self.definitions and not self.definitions[name][0]:
                yield from self.critical(self.definitions[name][1], env)
        for child in ast.iter_child_nodes(node):
            yield from self.critical(child, env)

    def terms(self, env, *nodes):
        try:
            return [term for term in (self.meaning(node, env) for node in nodes) if isinstance(term, sympy.Expr)]
        except FAILURES:
            return []


def value(numbers, tree):
    """The value of a line; None where it has none, `TooLong` where it cannot be computed."""
    try:
        return numbers(tree)
    except Undefined:
        return None
    except TooLong:
        return TooLong


def one_sided(gap):
    """Whether one of the two lines has a value where the other has none."""
    return any(found is not None and found is not TooLong for found in (gap.before, gap.after))


def misfit(verdict, relation, tolerance, tree):
    """The verdict with the values that do not stand in the relation; None where all do."""
    before, after = verdict.before, verdict.after
    if isinstance(before, bool):
        return None if before is after else verdict
    shapes = [f"{len(found)}×{len(found[0])}" if isinstance(found, list) else "a number" for found in (before, after)]
    if shapes[0] != shapes[1]:
        raise Unreadable(f"the two lines are of different shapes: {shapes[0]} and {shapes[1]}")
    if not isinstance(before, list):
        return None if fits(relation, before, after, tolerance, tree) else verdict
    printed = rows(tree) if relation == "≈" else [[tree] * len(row) for row in before]
    for i, j in itertools.product(range(len(before)), range(len(before[0]))):
        if not fits(relation, before[i][j], after[i][j], tolerance, printed[i][j]):
            return replace(verdict, before=before[i][j], after=after[i][j], place=f"row {i + 1}, column {j + 1}")
    return None


def fits(relation, before, after, tolerance, tree):
    """Whether two numbers stand in the relation; `tree` is how the second is printed."""
    if relation == "≈":
        return abs(decimal(SUBTRACT(before, after))) <= decimal(half_unit(tree))
    same = near(before, after, tolerance)
    if relation == "=":
        return same
    rises = SUBTRACT(after, before) > 0 if relation in "<≤" else SUBTRACT(before, after) > 0
    return rises and not same if relation in "<>" else rises or same


def half_unit(tree):
    """Half a unit of the last printed digit of a decimal number."""
    node = tree.operand if isinstance(tree, ast.UnaryOp) else tree
    if not isinstance(node, ast.Constant):
        raise ValueError(f"after ≈ stands a decimal number, or a Matrix of them, got {ast.unparse(tree)!r}")
    mantissa, _, exponent = node.text.lower().partition("e")
    return Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2])) / 2
