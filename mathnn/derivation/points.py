"""Points of a domain to try: numbers for every declared name, simple ones first, and the same ones every time."""

import ast
import itertools
import math
import random
from fractions import Fraction
from functools import cache

import mpmath

from .functions import Unreadable
from .probe import RATIONAL, Numbers, TooLong, Undefined, accuracy, decimal, near
from .reader import Table
from .syntax import parse

SPECIAL = [0, 1, -1, 2, -2, Fraction(1, 2), Fraction(-1, 2), 3, -3]
MAX_ENTRIES, ABOVE, BELOW = 4000, (ast.Gt, ast.GtE), (ast.Lt, ast.LtE)
#: what is put in for an unknown function to refute a claim about all of them
EXAMPLES = {1: ["t**2 + t + 1", "t**3 - 2*t", "exp(t/2) + t", "2 - sin(t)", "t**2 + 3", "1/(t**2 + 2)", "2"],
            2: ["t1**2*t2 + t2", "t1*t2**2 + sin(t1) + 2", "exp(t1/3)*t2 + t1", "t1*t2 + t1**2 + 2"],
            3: ["t1*t2*t3 + t1**2 + 2", "t1*t2**2 + sin(t3) + 2", "t3**2*t1 + t2 + t3"]}
#: and besides: one that is negative, and one that goes up and down
OTHERS = {1: ["-t**2 - 1", "cos(2*t)"],
          2: ["-t1**2 - t2**2 - 1", "cos(2*t1 - t2)"],
          3: ["-t1**2 - 1", "cos(2*t1 - t3)"]}
#: what goes wrong outside the domain
FAILURES = (Undefined, TooLong, ZeroDivisionError, ValueError)
_parsed, _READER = cache(parse), Numbers({}, {})


class Array(dict):
    """The numbers of an array at one point, by their indices; a vector is a column, whose second index is 1."""

    def __init__(self, name, sizes, zero_outside, entries):
        super().__init__(entries)
        self.name, self.sizes, self.zero_outside = name, sizes, zero_outside

    def __call__(self, *index):
        index = index[:len(self.sizes)]
        if index not in self and not self.zero_outside:
            shown, sizes = ", ".join(map(str, index)), " × ".join(map(str, self.sizes))
            raise Unreadable(f"{self.name}[{shown}] lies outside {self.name}, which is of size {sizes}")
        return self.get(index, 0)

    def filled(self, x):
        """The same array, every number of which is x."""
        return Array(self.name, self.sizes, self.zero_outside, dict.fromkeys(self, x))

    def table(self):
        return Table(*self.sizes, *[1][len(self.sizes) - 1:], self)

    def listed(self):
        """The numbers as lists in lists, one level for each index."""
        numbers = list(self.values())
        for size in self.sizes[:0:-1]:
            numbers = [numbers[k:k + size] for k in range(0, len(numbers), size)]
        return numbers


class Example(tuple):
    """A concrete function put in for an unknown one."""

    def __new__(cls, arity, text):
        return super().__new__(cls, (("t",) if arity == 1 else tuple(f"t{k + 1}" for k in range(arity)), text))

    def __call__(self, *arguments):
        formals, text = self
        return _READER.scalar(_parsed(text), dict(zip(formals, arguments, strict=True)))


def points(declarations, definitions, count=15, tries=400, fixed=()):
    """At most `count` points that satisfy all conditions: values for the declared names, of which some are `fixed`."""
    rng, found = random.Random(0), []
    for attempt in range(tries):
        point = {}
        numbers = Numbers(point, definitions)
        try:
            for place, d in enumerate(declarations):
                known = d.name in fixed
                point[d.name] = fixed[d.name] if known else _value(d, place, attempt, rng, numbers)
        except FAILURES:
            continue
        if point not in found and holds(declarations, point, definitions):
            found.append(point)
            if len(found) == count:
                break
    return found


def holds(declarations, values, definitions):
    """Whether the values lie in the domain."""
    tests = [test for d in declarations for test in d.conditions if not (d.sizes and d.bounds_by(test))]
    digits, step, _ = accuracy(*tests)
    numbers = Numbers(values, definitions, step)
    try:
        with mpmath.workdps(digits):
            whole = all(d.kind != "integer" or values[d.name] % 1 == 0 for d in declarations)
            return whole and all(map(numbers, tests))
    except FAILURES:
        return False


def _value(d, place, attempt, rng, numbers):
    if d.kind == "function":
        pool = EXAMPLES[d.arity]
        return Example(d.arity, pool[(attempt + place) % len(pool)])
    if not d.sizes:
        return _number(d, attempt * (place + 1) + place, attempt, rng, numbers)
    sizes = tuple(int(numbers(size)) for size in d.sizes)
    if min(sizes) < 1 or math.prod(sizes) > MAX_ENTRIES:
        raise Undefined(f"{d.name} has no entry, or too many")
    every = itertools.product(*(range(1, size + 1) for size in sizes))
    entries = {i: _number(d, 0, MAX_ENTRIES, rng, numbers) if [*d.bounds()] else rng.randint(-4, 5) for i in every}
    if "sums to 1" in d.flags:
        total = sum(abs(x) + 1 for x in entries.values())
        entries = {i: Fraction(abs(x) + 1, total) for i, x in entries.items()}
        if not all(Numbers({d.name: x}, {})(test) for x in entries.values() for test in d.conditions):
            raise Undefined(f"{d.name} lies outside its domain")
    found = Array(d.name, sizes, "zero outside" in d.flags, entries)
    return found if d.kind == "array" else found.table()


def _number(d, turn, attempt, rng, numbers):
    """A number within the bounds: first the special ones, then random ones with small denominators."""
    limits = [(op, numbers(tree)) for op, tree in d.bounds() if op is not ast.NotEq]
    if equal := [x for op, x in limits if op is ast.Eq]:
        return equal[0]
    limits = [(op, end if isinstance(end, RATIONAL) else Fraction(mpmath.nstr(end, 6))) for op, end in limits]
    low = max((bound for op, bound in limits if op in ABOVE), default=None)
    high = min((bound for op, bound in limits if op in BELOW), default=None)
    whole = d.kind == "integer"
    above, below = low if low is not None else -1000, high if high is not None else 1000
    special = [s for s in SPECIAL if above <= s <= below and not (whole and s % 1)]
    special += [bound for op, bound in limits if op in (ast.GtE, ast.LtE) and bound not in special]
    if attempt < len(special):
        return special[turn % len(special)]
    if whole:
        start = int(low) if low is not None else int(high) - 4 if high is not None else -3
        return rng.randint(start, min(start + 4, int(high)) if high is not None else start + 4)
    if low is not None and high is not None:
        return low + (high - low) * Fraction(rng.randint(1, 19), 20)
    away = Fraction(rng.randint(1, 40), rng.choice((4, 5, 8))) / (10 if attempt % 2 and attempt > 40 else 1)
    return low + away if low is not None else high - away if high is not None else away * rng.choice((1, -1))


# in words


def number(value, digits=6):
    """A value in short: a fraction with a small denominator, a decimal of at most 12 digits, else rounded."""
    if isinstance(value, list):
        return "[" + ", ".join(number(entry, digits) for entry in value) + "]"
    if isinstance(value, bool) or isinstance(value, RATIONAL) and value.denominator <= 60:
        return str(value)
    exact = isinstance(value, RATIONAL) and 10**12 % value.denominator == 0
    with mpmath.workdps(60):
        return mpmath.nstr(decimal(value), max(digits, 12) if exact else digits).removesuffix(".0")


def apart(a, b, digits=6):
    """With how many digits two values are clearly apart."""
    with mpmath.workdps(60):
        while digits < 40 and None not in (a, b) and near(a, b, 10 ** (2 - digits)):
            digits *= 2
    return digits


def pairs(point):
    """A point as (name, value) texts: ("x", "1/2"), ("f(t)", "t**2")."""
    for name, value in point.items():
        if isinstance(value, Example):
            yield f"{name}({', '.join(value[0])})", value[1]
        else:
            single = isinstance(value, (*RATIONAL, mpmath.mpf))
            yield name, number(value if single else getattr(value, "entry", value).listed())


def where(point):
    """A point in words: " at x = 2"."""
    said = ", ".join(f"{name} = {value}" for name, value in pairs(point))
    return f" at {said}" if said else ""
