"""The domain of a derivation: what its symbols may be, for sympy and in words."""

import ast
import re
from dataclasses import dataclass

import sympy
from sympy import S
from sympy.core.facts import InconsistentAssumptions

from .functions import FUNCTIONS
from .meaning import Meaning, array, unknown
from .points import ABOVE, BELOW, EXAMPLES, holds, points
from .probe import Numbers
from .reader import Table
from .sums import infeasible
from .syntax import FORMS, Names, names, parse

FLIP = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}
SIGNS = {ast.Gt: "positive", ast.GtE: "nonnegative", ast.Lt: "negative", ast.LtE: "nonpositive", ast.NotEq: "nonzero"}
OR_ZERO = {"positive": "nonnegative", "nonnegative": "nonnegative",
           "negative": "nonpositive", "nonpositive": "nonpositive"}  # what is left of a sign outside an array
TIMES = "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"  # a size stays in one line
FLAGS = {"zero outside": "0 outside it", "sums to 1": "with sum 1"}
KINDS = re.compile(r"(?:(real|integer|function|array|vector|matrix)\b(?: of (\d))?)?\s*"
                   r"(\((?:[^()]|\([^()]*\))*\)(?=\s*(?:$|,)))?\s*,?\s*(.*)")
WORDS = {"real": "real ", "integer": "whole ", "function": "differentiable "}


@dataclass(frozen=True)
class Declaration:
    """One entry of `given`: its kind, its sizes, the conditions on it."""

    name: str
    kind: str  # real, integer, function, array, vector, matrix
    conditions: tuple = ()  # trees of comparisons, as they were written: a < b < c is one
    sizes: tuple = ()
    flags: tuple = ()  # "zero outside", "sums to 1"
    arity: int = 0

    def bounds(self):
        """The conditions of the form name < something, as (operator, tree of the bound)."""
        return (bound for test in self.conditions for bound in self.bounds_by(test))

    def bounds_by(self, test):
        """Those of one condition, which may be of several parts, as in 0 < x < 1."""
        found, terms = [], [test.left, *test.comparators]
        for left, op, right in zip(terms, map(type, test.ops), terms[1:], strict=False):
            left = left.func if isinstance(left, ast.Call) and self.kind == "function" else left
            if isinstance(left, ast.Name) and left.id == self.name:
                found.append((op, right))
            elif isinstance(right, ast.Name) and right.id == self.name:
                found.append((FLIP[op], left))
        return found


def declare(name, text):
    """Read one declaration, ``[kind] [(sizes)] [flags] [condition]``.

    Kinds are real (the default), integer, function, array, vector, matrix; real and integer may also come last:
    "real", "x > 0", "-1 < x < 1", "a > 0 and a != 1", "integer, n >= 1", "n >= 1 integer", "function",
    "function of 2", "function, g(x) != 0", "array (n, m)", "array (n) zero outside", "array (n), p > 0, sums to 1",
    "vector (n)", "matrix (n, d)".
    """
    if not isinstance(text, str) or not name.isidentifier() or name in FORMS or name in FUNCTIONS:
        raise ValueError(f"given: {name!r}: {text!r} is not a declaration (a free name and its domain as a string)")
    if trailing := re.fullmatch(r"(.+?),?\s+(real|integer)", text.strip()):
        text = f"{trailing[2]}, {trailing[1]}"
    flags = tuple(flag for flag in FLAGS if flag in text)
    rest = re.sub(rf"(,|\band\b)?\s*({'|'.join(FLAGS)})", "", text)
    kind, arity, sizes, condition = KINDS.fullmatch(rest.strip()).groups()
    shape = parse(f"({sizes[1:-1]},)").elts if sizes else ()
    if len(shape) not in {"array": range(1, 9), "vector": [1], "matrix": [2]}.get(kind, [0]):
        raise ValueError(f"given: {name!r}: {text!r} does not give the sizes: array (n, …), vector (n), matrix (n, m)")
    if int(arity or 1) not in EXAMPLES:
        raise ValueError(f"given: {name!r}: {text!r} has too many arguments, at most {max(EXAMPLES)} can be tried")
    comparisons = _comparisons(parse(condition), name, text) if condition else ()
    return Declaration(name, kind or "real", tuple(comparisons), tuple(shape), flags if shape else (),
                       int(arity or 1) if kind == "function" else 0)


def _comparisons(tree, name, text):
    """The conditions joined by `and`."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [leaf for part in tree.values for leaf in _comparisons(part, name, text)]
    if not isinstance(tree, ast.Compare) or name not in names(tree):
        raise ValueError(f"given: {text!r} is not a domain of {name}: write 'real', '{name} > 0', 'integer, …', …")
    return [tree]


def constant(tree):
    """The value of a tree without names, else None."""
    return None if names(tree) else Numbers({}, {})(tree)


class Domain:
    """The declarations of a derivation, read from `given`."""

    def __init__(self, given):
        self.declarations, self.names, self.symbols = {}, Names(), {}
        for name, text in given.items():
            self._add(declare(name, text))
        self.arrays = {d.name: d for d in self.declarations.values() if d.sizes}
        self.scalars = [d for d in self.declarations.values() if d.kind in ("real", "integer")]
        try:
            for d in self.declarations.values():
                self.symbols[d.name] = self._symbol(d, Meaning(self.symbols, {}))
        except InconsistentAssumptions:
            raise ValueError(f"the domain is empty: {self.said()}") from None

    def _add(self, d):
        """Take in one declaration, which may speak of itself and of those before it."""
        whole = {name for name, other in self.declarations.items() if other.kind == "integer"}
        if not_whole := set().union(*map(names, d.sizes)) - whole:
            missing = ', '.join(sorted(not_whole))
            raise ValueError(f"given: the sizes of {d.name} need {missing}, declared before it as integer")
        self.declarations[d.name] = d
        self.names.known.add(d.name)
        if d.arity:
            self.names.functions[d.name] = d.arity
        for tree in d.conditions:
            self.names.check(tree)
            equation = any(isinstance(op, ast.Eq) for op in tree.ops)
            if d.sizes and (equation or d.kind == "array" and not d.bounds_by(tree)):
                raise ValueError(f"given: {ast.unparse(tree)!r} cannot be asked of {d.name}: what can is a bound, "
                                 f"such as -1 < {d.name} < 1 for each element, or norm(v) > 0 of a vector")
        if d.sizes:
            self.names.arrays[d.name] = {"vector": [1, 2], "matrix": [2]}.get(d.kind, [len(d.sizes)])
        if d.kind in ("vector", "matrix"):
            self.names.matrices.add(d.name)

    def _symbol(self, d, meaning):
        """What a name is for sympy, with every assumption that its conditions give at once."""
        facts = {}
        for op, tree in d.bounds():
            bound = constant(tree)
            if bound and op in (ABOVE if bound > 0 else BELOW):
                facts["positive" if bound > 0 else "negative"] = True
            elif bound == 0 and op in SIGNS:
                facts[SIGNS[op]] = True
        if d.kind == "function":
            calls = [part for test in d.conditions for part in ast.walk(test) if isinstance(part, ast.Call)]
            at = next((tuple(map(meaning, c.args)) for c in calls if getattr(c.func, "id", None) == d.name), None)
            return unknown(d.name, tuple(facts), at)
        if not d.sizes:
            return sympy.Symbol(d.name, **facts, **{d.kind: True})
        if "zero outside" in d.flags:
            facts = {OR_ZERO[fact]: True for fact in facts if fact in OR_ZERO}
        sizes = [meaning(size) for size in d.sizes]
        element = array(d.name, sizes, "zero outside" in d.flags, **facts)
        if d.kind == "array":
            return element
        return Table(*(*sizes, S.One)[:2], lambda i, j: element(*(i, j)[:len(sizes)]))

    def ends(self, d, numerical=False):
        """The lower and the upper bound of a number, at True and at False."""
        bounds = [(op, tree) for op, tree in d.bounds() if op in ABOVE + BELOW and not (numerical and names(tree))]
        meaning = Meaning(self.symbols, {})
        return {op in ABOVE: meaning(tree) for op, tree in bounds}

    def substitution(self):
        """Each bounded number as its bound plus or minus a positive one, which sympy's assumptions can use."""
        found = {}
        for d in self.scalars:
            if (value := self.within(d)) is not None:
                found[self.symbols[d.name]] = value.subs(found)
        return found

    def within(self, d):
        """The same for a number, or for an element of an array; None where it has no bounds, or both are reached."""
        if equal := [tree for op, tree in d.bounds() if op is ast.Eq]:
            return Meaning(self.symbols, {})(equal[0])
        closed, ends = {op in ABOVE for op, _ in d.bounds() if op in (ast.GtE, ast.LtE)}, self.ends(d)
        if "sums to 1" in d.flags and ends == {True: 0}:
            ends, closed = ends | {False: S.One}, closed | {False}
        whole = d.kind == "integer" and all(end.is_integer for end in ends.values()) or None
        t = sympy.Dummy("t", integer=whole, **{"nonnegative" if closed else "positive": True})
        if len(ends) == 2 and len(closed) < 2 and d.kind != "integer":
            start = False not in closed  # t = 0 is the lower end, or the one that is reached
            return (ends[start] + ends[not start] * t) / (1 + t)
        if len(ends) == 1:
            return ends[True] + t if True in ends else ends[False] - t

    def interval(self, d, holes=False):
        """The domain of one number as an open interval of sympy, which may have holes; None where it is not one."""
        ends = self.ends(d, numerical=True)
        found = len(ends) + holes * sum(op is ast.NotEq and not names(tree) for op, tree in d.bounds())
        if found < sum(len(test.ops) for test in d.conditions):
            return None
        return sympy.Interval.open(ends.get(True, -S.Infinity), ends.get(False, S.Infinity))

    def left_out(self, d):
        """The numbers that one number is declared not to reach: its holes, the open ones of two ends."""
        kinds = (ast.NotEq, ast.Lt, ast.Gt) if len(self.ends(d, numerical=True)) == 2 else (ast.NotEq,)
        return [Meaning({}, {})(tree) for op, tree in d.bounds() if op in kinds and not names(tree)]

    def reached(self, d):
        """The ends that one number is declared to reach."""
        return [Meaning({}, {})(tree) for op, tree in d.bounds() if op in (ast.GtE, ast.LtE) and not names(tree)]

    def whole_numbers(self, d, most):
        """The values of a declared whole number; None where they are not finitely many, or more than `most`."""
        ends = self.ends(d, numerical=True)
        if len(ends) < 2 or ends[False] - ends[True] > most:
            return None
        tests = [test for test in d.conditions if names(test) == {d.name}]
        return [S(k) for k in range(int(ends[True]), int(ends[False]) + 1)
                if all(Numbers({d.name: k}, {})(test) for test in tests)]

    def below_one(self, least=0):
        """The symbols of the numbers between `least` and 1."""
        bounds = {d.name: {op: constant(tree) for op, tree in d.bounds()} for d in self.scalars}
        return [self.symbols[name] for name, found in bounds.items() if found == {ast.Gt: least, ast.Lt: 1}]

    def facts(self):
        """What holds for the whole numbers: expressions that are at least 0."""
        meaning, found = Meaning(self.symbols, {}), []
        for d in (d for d in self.scalars if d.kind == "integer"):
            for op, tree in d.bounds():
                up = sympy.expand(meaning(tree) - self.symbols[d.name]).primitive()[1]
                step = 1 if up.is_integer else 0
                known = {ast.Lt: [up - step], ast.LtE: [up], ast.Gt: [-up - step], ast.GtE: [-up], ast.Eq: [up, -up]}
                found += known.get(op, [])
        sizes = [(d.name, meaning(size)) for d in self.arrays.values() for size in d.sizes]
        for name, size in sizes:
            linear = all(m is S.One or m.is_Symbol for m in sympy.expand(size).as_coefficients_dict())
            if linear and not infeasible([-size, *found]):
                raise ValueError(f"{name} may be empty: declare what makes {size} at least 1")
        return found + [size - 1 for _, size in sizes]

    def conditions(self):
        """The conditions on the numbers, as comparisons of sympy."""
        meaning = Meaning(self.symbols, {})
        return [part for d in self.scalars for test in d.conditions for part in sympy.And.make_args(meaning(test))]

    def points(self, definitions, **more):
        """Points of the domain; `ValueError` if there is none."""
        found = points(self.declarations.values(), definitions, **more)
        if not found:
            raise ValueError(f"the domain is empty, or no point of it was found: {self.said()}")
        return found

    def holds(self, point, definitions):
        return holds(self.declarations.values(), point, definitions)

    def elements_hold(self, point, arrays, x):
        """Whether every element of the arrays may be x."""
        tests = [(name, test) for name in arrays for test in self.arrays[name].conditions
                 if self.arrays[name].bounds_by(test)]
        return all(Numbers(point | {name: x}, {})(test) for name, test in tests)

    def said(self):
        """The declarations in one line, for messages."""
        return "; ".join(f"{d.name}: {' and '.join(map(ast.unparse, d.conditions)) or d.kind}"
                         for d in self.declarations.values())

    def scope(self, show):
        """The scope in words; `show` turns a tree into text."""
        phrases = {}
        for d in self.declarations.values():
            conditions, text = ", ".join(show(tree) for tree in d.conditions), show(ast.Name(d.name))
            if d.sizes:
                sizes = [f"({show(size)})" if len(d.sizes) > 1 and isinstance(size, ast.BinOp) else show(size)
                         for size in d.sizes]
                text += f" of size {TIMES.join(sizes)}" + "".join(f", {FLAGS[flag]}" for flag in d.flags)
            word = WORDS.get(d.kind, f"{d.kind} ")
            if conditions and d in self.scalars and all(map(d.bounds_by, d.conditions)):
                word, text = word.replace("real ", ""), conditions
            elif conditions:
                text += f" with {conditions}"
            phrases.setdefault(word, []).append(text)
        said = " and every ".join(word + ", ".join(texts) for word, texts in phrases.items())
        return f"for every {said}" if said else ""
