"""The witness: both lines computed with numbers, at points where a wrong step would show."""

import ast
import itertools
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache, partial

import mpmath
import sympy
from mpmath import mp

from .functions import Misfit
from .ladder import FAILURES, attempt
from .meaning import SMOOTH, Meaning
from .points import OTHERS, Example, points, where
from .probe import EXACT, MANY, RATIONAL, SUBTRACT, Numbers, TooLong, Undefined, accuracy, decimal, near, rational
from .reader import Table
from .syntax import call_name, heads, names, parse, ranges, rows

ENOUGH, MAX_WORK, MAX_CRITICAL = 5, 5000, 100000  # points; terms that were added up, there and at critical points
FEW, FAR_OUT = 100, 3000  # digits swallowed by large numbers: many are enough; no number is
MEMORY = 500  # how many values are kept for the next step
MAX_SIZE = 30  # of an array that is made for a critical place
CELLS, BESIDE = 20, 0.0123  # where roots are looked for: not at the whole numbers, where many are
FAR = 10.3, 31.7, 101.3, 317.9, 1009.1, 3203.7, 10111.3  # the same beyond, where there is no end
SURE = 1500  # digits that tell e^-1000 and e^-1000 - e^-2000 apart, and most others
FILL = sympy.Symbol("_fill", real=True)  # every element of an array
SHARES = sympy.Rational(1, 2), sympy.Rational(9, 10)  # of the way from one end of an integral to the other


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
        self.points, self.shaped = domain.points(definitions), False
        self.sizes = set().union(*(names(size) for d in domain.arrays.values() for size in d.sizes))
        self.fillable = [d.name for d in domain.arrays.values() if "sums to 1" not in d.flags]
        self.other_functions = [*filter(self.holds, self.points_with_other_functions())]
        self.special = [*self.filled_points(), *filter(self.holds, self.points_at_ends())]
        self.readers, self.fixed = {}, {}
        self.value, self.zeros, self.with_size = map(lru_cache(MEMORY), (self.value, self.zeros, self.with_size))
        self.places = lru_cache(MEMORY)(lambda *of: [*places(*of)])

    def refute(self, before, after, relation):
        """A refuting `Verdict`, or the number of points where both lines have values that fit."""
        agreed, gap, work = 0, None, 0
        precision = accuracy(before, after, *(body for _, body in self.definitions.values()))
        trees = [before, after] if relation in "=⇔≈" else [ast.Compare(before, [ast.Lt()], [after])]
        many = sum(d.kind == "real" for d in self.domain.declarations.values()) > 4  # two share their first values
        last = len(self.points) - 2 * many  # the last ones are tried at any rate
        ordinary = ((point, MAX_WORK if k < last else MAX_CRITICAL) for k, point in enumerate(self.points))
        critical = ((point, MAX_CRITICAL) for point in self.critical_points(*trees))
        special = ((point, MAX_CRITICAL) for point in (*self.special, *self.other_functions))
        for point, most in itertools.chain(ordinary, special, critical):
            if agreed >= ENOUGH and work > most:
                continue
            rough = any(isinstance(x, mpmath.mpf) for x in point.values())  # a rounded root
            more = {"precision": MANY if rough and precision == EXACT else precision, "same": rough}
            found, terms = self.at(point, before, after, relation, **more)
            work += terms
            if found is not None and precision == EXACT and not rough:  # it may be by rounding
                found = self.again(point, before, after, relation)
            if found is None:
                agreed += 1
            elif found is not TooLong and None not in (found.before, found.after):
                return found
            elif found is not TooLong:
                gap = gap if gap and one_sided(gap) else found
        if gap and not one_sided(gap):
            raise ValueError(f"neither line has a value{where(gap.point)}: the domain must leave that out")
        return gap or agreed

    def again(self, point, before, after, relation):
        """The same with many digits; what is still too near is equal only if sympy finds it to be.

        (1 + exp(x)) - exp(x) loses about x/2 digits, its square twice as many: they must be there.
        """
        found, _ = self.at(point, before, after, relation, MANY)
        swallowed = self.numbers(point, MANY, same=False).swallowed
        if found not in (None, TooLong) and swallowed > FEW:
            if swallowed > FAR_OUT:
                return TooLong
            found, _ = self.at(point, before, after, relation, (MANY[0] + 4 * swallowed, *MANY[1:]))
        if found is TooLong and self.equal(point, before, after):
            found, _ = self.at(point, before, after, relation, MANY, same=True)
        return found

    def equal(self, point, before, after):
        """Whether sympy finds two numbers to be the same at a point; of two statements, that only one holds there."""
        try:
            exact = Meaning({name: exactly(value) for name, value in point.items()}, self.definitions)
            left, right = exact(before), exact(after)
            return left - right == 0 if isinstance(left, sympy.Expr) else {left, right} == {sympy.true, sympy.false}
        except FAILURES:
            return False

    def at(self, point, before, after, relation, precision, same=False):
        """What speaks against the step at a point: a `Verdict`, `TooLong` or None; and how many terms were added up."""
        with mp.workdps(precision[0]):
            numbers = self.numbers(point, precision, same)
            try:
                (left, work), (right, more) = (self.value(line, numbers) for line in (before, after))
                found = Verdict("refuted", "counterexample", point, left, right)
                if None not in (left, right):
                    fit = partial(fits, relation, numbers, precision[1:] in (EXACT[1:], MANY[1:]))
                    found = TooLong if TooLong in (left, right) else misfit(found, fit, relation, after)
            except TooLong:
                return TooLong, work + more
            except Misfit:
                if not self.shaped or 1 not in point.values():
                    raise
                return TooLong, 0  # a matrix of one row is read as a row there, or as a number
        return found, work + more

    def value(self, line, numbers):
        """The value of a line, None where it has none, `TooLong` where it cannot be computed; how much work it was."""
        try:
            return numbers(line), numbers.work
        except Undefined:
            return None, numbers.work
        except TooLong:
            return TooLong, numbers.work

    def numbers(self, point, precision, same):
        """The reader of all lines at a point: it keeps what an abbreviation is worth there."""
        key = id(point), precision, same
        if key not in self.readers:
            if len(self.readers) > MEMORY:
                self.readers.clear()
            self.readers[key] = Numbers(point, self.definitions, *precision[1:], same, self.fixed)
        return self.readers[key]

    def holds(self, point):
        """Whether a point lies in the domain."""
        return self.domain.holds(point, self.definitions)

    def points_with_other_functions(self):
        """Points whose unknown functions are negative, or go up and down."""
        functions = [d for d in self.domain.declarations.values() if d.arity]
        for k in (0, 1) if functions else ():
            yield self.points[0] | {d.name: Example(d.arity, OTHERS[d.arity][k]) for d in functions}

    def with_examples(self, line, base):
        """An expression in which the unknown functions are those of a point."""
        for name, example in base.items():
            if isinstance(example, Example):
                line = line.replace(lambda e, name=name: type(e).__name__ == name and getattr(e, "unknown", False),
                                    lambda e, f=example: Meaning(dict(zip(f[0], e.args, strict=True)), {})(parse(f[1])))
        return line

    def filled_points(self):
        """Points where all elements of the arrays are 0, or all 1: a norm, a variance or a determinant is 0 there."""
        for base, x in itertools.product(self.points[:2], (0, 1) if self.fillable else ()):
            yield from self.filled_with(base, self.fillable, x)

    def points_at_ends(self):
        """Points where all numbers that may be 0 are, and where one number has reached an end; in the domain or not."""
        base, numbers = self.points[0], [d for d in self.domain.scalars if d.name not in self.sizes]
        yield base | {d.name: 0 for d in numbers if self.holds(base | {d.name: 0})}
        yield from (base | {d.name: rational(str(end))} for d in numbers
                    for end in self.domain.reached(d) if end.is_Rational)

    def filled_with(self, base, names, x):
        """The point with all elements of some arrays x, if it lies in the domain."""
        filled = {name: getattr(base[name], "entry", base[name]).filled(x) for name in names}
        point = base | {name: array.table() if isinstance(base[name], Table) else array
                        for name, array in filled.items()}
        if self.holds(point) and self.domain.elements_hold(point, names, x):
            yield point

    def filled_where_zero(self, term, symbols):
        """Points where a polynomial in elements is 0, as all those of one array are the same."""
        arrays = {str(e.base) for e in term.atoms(sympy.Indexed)}
        for base, name in itertools.product(self.points[:2], [name for name in self.fillable if name in arrays]):
            there = {other: exactly(base[other]) for other in arrays} | {name: lambda *_: FILL}
            numbers = {x: sympy.Rational(base[other]) for other, x in symbols.items()}
            line = attempt(with_elements, term.xreplace(numbers), there)
            for place in self.places(line, FILL, None, None) if line is not None and line.is_polynomial(FILL) else ():
                if isinstance(place, RATIONAL):
                    yield from self.filled_with(base, [name], place)

    def critical_points(self, *trees):
        """Points where a denominator, a condition or the inside of |…| is 0, and one on either side of each."""
        tried = []
        for point in self.candidates(*trees):
            if point and point not in tried and self.holds(point):
                tried.append(point)
                yield point

    def candidates(self, *trees):
        """The same, in the domain or not. If what is 0 there is the size of an array, others are made for it."""
        symbols = {d.name: self.meaning.values[d.name] for d in self.domain.scalars}
        spans = {d.name: (symbols[d.name], *map(self.domain.ends(d, numerical=True).get, (True, False)))
                 for d in self.domain.scalars}
        slow = any("Integral" in heads(tree) for tree in trees)  # of an unknown function with many places
        for term in sorted(set().union(*map(self.zeros, trees)), key=sympy.default_sort_key):
            free = [name for name, x in symbols.items() if term.has(x)]
            for base, name in itertools.product([*self.points[:3], *([] if slow else self.other_functions)], free):
                others = {symbols[other]: sympy.Rational(base[other]) for other in free if other != name}
                line = attempt(term.xreplace, others) or sympy.S.Zero
                line = line if slow else self.with_examples(line, base)
                for place in self.places(line, *spans[name]) if line.free_symbols == {symbols[name]} else ():
                    yield self.put(base, {name: place}, free)
            yield from self.filled_where_zero(term, symbols)
            if place := touching(term, tuple(symbols[name] for name in free)):
                yield self.put(self.points[0], dict(zip(free, place, strict=True)), free)

    def put(self, base, places, free):
        """The point with other numbers at some places; where one is a size, a new point with the numbers in `free`."""
        point, changed = base | places, self.sizes & places.keys()
        if not changed:
            return point
        fits = all(0 < places[name] <= MAX_SIZE for name in changed)
        return self.with_size(tuple((name, point[name]) for name in free)) if fits else base

    def with_size(self, fixed):
        """A point with the given numbers, of which some are sizes; None if there is none."""
        return next(iter(points(self.domain.declarations.values(), self.definitions, 1, 20, dict(fixed))), None)

    def zeros(self, tree):
        """What may be 0 of the terms whose zeros matter in a line."""
        return {side for term in self.critical(tree, {}) for side in both_sides(term) if not side.is_nonzero}

    def critical(self, node, env):
        """The terms whose zeros matter: what is divided by, compared, or stands in |…|, max, a logarithm, a root."""
        match node:
            case (ast.BinOp(op=ast.Div(), right=inside)
                  | ast.Call(func=ast.Name(id="abs" | "sign" | "ln" | "log" | "sqrt"), args=[inside])):
                yield from self.terms(env, inside)
            case ast.BinOp(op=ast.Pow(), left=inside, right=power) if not whole(power):
                yield from self.terms(env, inside)
            case (ast.Compare(left=first, comparators=others)
                  | ast.Call(func=ast.Name(id="max" | "min" | "KroneckerDelta"), args=[first, *others])):
                yield from (term for other in others for term in self.terms(env, ast.BinOp(first, ast.Sub(), other)))
            case ast.Call(func=ast.Name(id="Sum" | "Product"), args=[body, *_]):
                inner = dict(env)
                for name, *ends in ranges(node):  # where it has no term, and an end lies beyond
                    yield from (term + 2 for term in self.terms(inner, ast.BinOp(ends[1], ast.Sub(), ends[0])))
                    yield from (term for part in ends for term in self.critical(part, inner))
                    inner |= dict.fromkeys([name], *self.terms(inner, ends[0])[:1] or [sympy.S.One])
                yield from self.critical(body, inner)
                return
            case ast.Call(func=ast.Name(id="At"), args=[body, variable, *places]):
                for place in self.terms(env, *places):
                    yield from self.critical(body, env | {variable.id: place})
                return
            case ast.Call(func=ast.Name(id="Integral"), args=[body, ast.Tuple(elts=[variable, *ends])]):
                low, high = self.terms(env, *ends) or (sympy.oo, sympy.oo)
                for share in SHARES if (high - low).is_finite else ():  # does a gap lie between the ends?
                    yield from self.critical(body, env | {variable.id: low + share * (high - low)})
                return
            case ast.Call(func=ast.Name(id="Limit"), args=[body, variable, *_]):  # where a power of it is lost
                t = sympy.Dummy(variable.id, real=True)
                for term in self.critical(body, env | {variable.id: t}):
                    powers = [p for p in term.atoms(sympy.Pow, sympy.exp) if p.as_base_exp()[1].has(t)]
                    left = term.xreplace(dict.fromkeys(powers, sympy.S.Zero))
                    yield from sympy.Poly(left, t).coeffs() if left.is_polynomial(t) else ()
                return
            case ast.Call(func=ast.Name(id="Integral")):
                return
            case ast.Call(func=ast.Name(id="arcsin" | "asin" | "arccos" | "acos" | "artanh" | "atanh"), args=[inside]):
                yield from (term + end for term in self.terms(env, inside) for end in (1, -1))
            case ast.Call(func=ast.Name(id="tan" | "cot" as name), args=[inside]):
                below = {"tan": sympy.cos, "cot": sympy.sin}[name]
                yield from (below(term) for term in self.terms(env, inside))
            case ast.Call(func=ast.Name(id="log"), args=[_, base]):
                yield from (term - 1 for term in self.terms(env, base))
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


def places(line, x, low, high):
    """Where an expression of a number between two ends is 0, and beside it; near 0 or an end also extrema."""
    line = sympy.numer(sympy.together(line)) if line.is_rational_function(x) else line
    found = sympy.Poly(line, x).ground_roots() if line.is_polynomial(x) else {}
    roots = {rational(str(root)): times for root, times in found.items() if root.is_Rational}
    yield from (root + beside for root in roots for beside in (0, -1, 1))
    whole = line.is_polynomial(x) and sum(roots.values()) == sympy.degree(line, x)
    smooth = all(isinstance(f, SMOOTH) for f in line.atoms(sympy.Function))
    if whole or line.is_nonzero or not smooth or line.has(sympy.Product, sympy.zoo, sympy.nan):
        return
    if line.diff(x).has(sympy.Derivative):  # a sum up to x has no slope
        return
    function, slope = (sympy.lambdify(x, side, "mpmath") for side in (line, line.diff(x)))
    start = float((-CELLS / 2 if high is None else high - CELLS) if low is None else low)
    width = 1 if high is None else (float(high) - start) / CELLS
    edges = [start + (k + BESIDE) * width for k in range(CELLS + 1)]
    below, above = [start - far for far in FAR[::-1]], [edges[-1] + far for far in FAR]
    edges = below * (low is None) + edges + above * (high is None)
    for side, most in ((function, 2), (slope, 3)):  # the others are most often alike
        for pair in itertools.islice(crossings(side, edges), most):
            root = attempt(partial(mpmath.findroot, side, pair, solver="illinois", verify=False))
            if root is None:
                continue
            if abs(function(root)) > 1e-9:  # an extremum
                yield Fraction(mpmath.nstr(root, 9))
                continue
            around = [root + sign * BESIDE**5 * (1 + abs(root)) for sign in (-1, 1)]
            with mp.workdps(MANY[0]):
                root = attempt(partial(mpmath.findroot, side, around, solver="illinois", verify=False)) or root
                beside = [side(root + sign * abs(around[0] - around[1])) for sign in (-1, 1)]
                if abs(function(root)) < MANY[2] and beside[0] * beside[1] < 0:
                    yield int(root) if root == int(root) else root
                    yield from (Fraction(mpmath.nstr(mp.mpf(edge), 6)) for edge in pair)


def crossings(function, edges):
    """Neighbouring edges of cells, the nearest to 0 first, between which a function changes its sign.

    With many digits, and not near the smallest of them: near e^-1000 two functions may seem to meet by rounding.
    """
    value = lru_cache(None)(lambda edge, digits: function(mp.mpf(edge)))
    for pair in sorted(itertools.pairwise(edges), key=lambda pair: min(map(abs, pair))):
        try:
            if value(pair[0], mp.dps) * value(pair[1], mp.dps) < 0:
                with mp.workdps(SURE):
                    left, right = (value(edge, SURE) for edge in pair)
                    if left * right < 0 and min(abs(left), abs(right)) > mp.mpf(10) ** (-SURE * 9 // 10):
                        yield pair
        except (*FAILURES, ArithmeticError):
            continue


@lru_cache(MEMORY)
def touching(term, xs):
    """Where all slopes of a quadratic in several numbers are 0, if at one place only: it may be 0 there alone."""
    if len(xs) < 2 or not term.is_polynomial(*xs) or sympy.Poly(term, *xs).total_degree() != 2:
        return ()
    place, = sympy.linsolve([term.diff(x) for x in xs], xs) or [()]
    return tuple(rational(str(v)) for v in place) if all(v.is_Rational for v in place) else ()


def with_elements(term, arrays):
    """A term in which the elements of arrays are those of their functions, its sums written out."""
    return term.doit().replace(sympy.Indexed, lambda array, *index: arrays[str(array)](*index))


def exactly(value):
    """A number of a point, or each of an array, for sympy."""
    if isinstance(value, Table):
        return value.map(sympy.Rational)
    return (lambda *i: sympy.Rational(value(*map(int, i)))) if callable(value) else sympy.Rational(value)


def whole(power):
    return isinstance(power, ast.Constant) and Fraction(power.text).denominator == 1


def both_sides(term):
    """A term without its |…|: with the inside, and with the inside turned."""
    return {term.replace(sympy.Abs, lambda u, sign=sign: sign * u) for sign in (1, -1)}


def one_sided(gap):
    """Whether one of the two lines has a value where the other has none."""
    return any(found is not None and found is not TooLong for found in (gap.before, gap.after))


def misfit(verdict, fit, relation, tree):
    """The verdict with the values that do not stand in the relation; None where all do."""
    before, after = verdict.before, verdict.after
    if isinstance(before, bool):
        return None if before is after else verdict
    shapes = [f"{len(found)}×{len(found[0])}" if isinstance(found, list) else "a number" for found in (before, after)]
    if shapes[0] != shapes[1]:
        raise Misfit(f"the two lines are of different shapes: {shapes[0]} and {shapes[1]}")
    if not isinstance(before, list):
        return None if fit(before, after, tree) else verdict
    printed = rows(tree) if relation == "≈" else [[tree] * len(row) for row in before]
    for i, j in itertools.product(range(len(before)), range(len(before[0]))):
        if not fit(before[i][j], after[i][j], printed[i][j]):
            return replace(verdict, before=before[i][j], after=after[i][j], place=f"row {i + 1}, column {j + 1}")
    return None


def fits(relation, numbers, exact, before, after, tree):
    """Whether two numbers stand in the relation; `tree` is how the second is printed; are fractions `exact`?"""
    if relation == "≈":
        unsure = 0 if exact else numbers.tolerance
        return abs(decimal(SUBTRACT(before, after))) <= decimal(half_unit(tree)) + unsure
    if exact and isinstance(before, RATIONAL) and isinstance(after, RATIONAL):
        same = before == after
    else:
        same = near(before, after, numbers.tolerance)
        if same and relation in "<>" and not numbers.equal:
            raise TooLong("too near to be told apart")
    rises = SUBTRACT(after, before) > 0 if relation in "<≤" else SUBTRACT(before, after) > 0
    return same if relation == "=" else rises and not same if relation in "<>" else rises or same


def half_unit(tree):
    """Half a unit of the last printed digit of a decimal number."""
    node = tree.operand if isinstance(tree, ast.UnaryOp) else tree
    if not isinstance(node, ast.Constant):
        raise ValueError(f"after ≈ stands a decimal number, or a Matrix of them, got {ast.unparse(tree)!r}")
    mantissa, _, exponent = node.text.lower().partition("e")
    return Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2])) / 2
