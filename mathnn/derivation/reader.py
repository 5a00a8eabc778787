"""Reading a syntax tree: what every reader does alike, whether it computes with symbols or with numbers.

`Meaning` (sympy) and `Numbers` (the probe) are the two readers. Both know scalars, arrays (a function of whole
indices, counted from 1) and matrices (`Table`). A name stands for what is bound to it in `env`, else for its
definition, else for its declared value; so a line may also be differentiated by a definition, then bound to a variable.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from .functions import CONSTANTS, FUNCTIONS, Misfit, Unreadable
from .syntax import FORMS, MATRIX_FORMS, by, call_name, indices, names, rows


@dataclass(eq=False)
class Table:
    """A matrix: its sizes and its entries as a function of row and column, counted from 1. A vector is one column."""

    rows: Any
    cols: Any
    entry: Callable

    @property
    def shape(self):
        return self.rows, self.cols

    @property
    def T(self):
        return Table(self.cols, self.rows, lambda i, j: self.entry(j, i))

    def map(self, function, *others):
        return Table(self.rows, self.cols, lambda i, j: function(*(t.entry(i, j) for t in (self, *others))))


class Definitions(dict):
    """What `where` defines: the formal parameters and the body of each name, and all names that it depends on."""

    def __init__(self):
        super().__init__()
        self.names = {}

    def add(self, name, formals, body):
        used = names(body).difference(formals)
        self[name], self.names[name] = (formals, body), used.union(*(self.names.get(other, ()) for other in used))


READINGS = {kind: f"read_{kind.__name__}" for kind in (ast.Constant, ast.Name, ast.UnaryOp, ast.BinOp, ast.Compare,
                                                       ast.BoolOp, ast.Attribute, ast.Subscript, ast.Call)}


def scalar(value):
    """A 1×1 matrix is its only entry."""
    return value.entry(1, 1) if isinstance(value, Table) and value.shape == (1, 1) else value


class Reader:
    """Walks a tree. Subclasses give `one`, `constant`, `arithmetic`, `compare`, `total` and the forms Limit, Sum, …"""

    def __init__(self, values, definitions):
        self.values, self.definitions, self.kept = values, definitions, {}

    def read(self, node, env):
        """The value of a tree, by the reading of its kind, such as `read_Name`."""
        return getattr(self, READINGS[type(node)])(node, env)

    def number(self, node, env):
        """The value of a tree that has to be a number."""
        value = scalar(self.read(node, env))
        if isinstance(value, Table):
            raise Unreadable(f"{ast.unparse(node)!r} is a matrix: sums, integrals, limits and cases are of numbers")
        return value

    def read_Constant(self, node, env):
        return True if node.value is True else self.constant(node.text)

    def read_Name(self, node, env):
        return self.name(node.id, env)

    def read_UnaryOp(self, node, env):
        return self.binary(ast.Mult, -self.one, self.read(node.operand, env), node)

    def read_BinOp(self, node, env):
        return self.binary(type(node.op), self.read(node.left, env), self.read(node.right, env), node)

    def read_Compare(self, node, env):
        terms = [scalar(self.read(term, env)) for term in (node.left, *node.comparators)]
        if any(isinstance(term, Table) for term in terms):
            return self.equation(*terms, node)
        return self.all(self.compare(type(op), a, b) for op, a, b in zip(node.ops, terms, terms[1:], strict=False))

    def read_BoolOp(self, node, env):
        return (self.all if isinstance(node.op, ast.And) else self.any)(self.read(value, env) for value in node.values)

    def read_Attribute(self, node, env):
        return self.matrix_like(self.read(node.value, env), node).T

    def read_Subscript(self, node, env):
        return self.element(node.value, [self.read(i, env) for i in indices(node)], env)

    def equation(self, a, b, node, *more):
        """Two matrices, or one and the number 0."""
        if more or not isinstance(node.ops[0], ast.Eq):
            raise Unreadable(f"{ast.unparse(node)!r}: matrices are compared by == alone")
        a, b = (side if isinstance(side, Table) else other.map(lambda x, side=side: side) if side == 0
                else self.matrix_like(side, node) for side, other in ((a, b), (b, a)))
        self.match(a, b, node)
        return self.every(a.map(partial(self.compare, ast.Eq), b))

    def name(self, name, env):
        if name in env:
            return env[name]
        if name in self.definitions:
            formals, body = self.definitions[name]
            if not formals:
                return self.once(name, body, env)
            return lambda *x: self.read(body, env | dict(zip(formals, x, strict=True)))
        return self.values[name] if name in self.values else self.known(CONSTANTS[name])()

    def once(self, name, body, env):
        """The value of an abbreviation, kept for as long as what it depends on is bound to the same."""
        key = name, *((other, env[other]) for other in sorted(self.definitions.names[name] & env.keys()))
        if key not in self.kept:
            self.kept[key] = self.read(body, env)
        return self.kept[key]

    def element(self, node, index, env):
        array = self.read(node, env)
        return array.entry(*(*index, self.one)[:2]) if isinstance(array, Table) else array(*index)

    def read_Call(self, node, env):
        name, primes = call_name(node)
        if name in FORMS and name not in MATRIX_FORMS:
            return getattr(self, name.lower())(node, env)
        values = [self.read(argument, env) for argument in node.args]
        if name in FORMS:
            return getattr(self, name.lower())(node, *(self.matrix_like(value, node) for value in values))
        function = self.known(FUNCTIONS[name]) if name in FUNCTIONS else self.name(name, env)
        function = self.prime(function, primes) if primes else function
        tables = [value for value in values if isinstance(value, Table)]
        if not tables:
            return function(*values)
        for other in tables:
            self.match(tables[0], other, node)
        entries = [v.entry if isinstance(v, Table) else lambda i, j, v=v: v for v in values]
        return Table(*tables[0].shape, lambda i, j: function(*(entry(i, j) for entry in entries)))

    def binary(self, op, a, b, node):
        """Arithmetic on scalars and matrices: `@` is the product of matrices, `*` takes a number with a matrix."""
        if op is not ast.MatMult and not isinstance(a, Table) and not isinstance(b, Table):
            return self.arithmetic[op](a, b)
        if op is ast.MatMult:
            a, b = self.matrix_like(a, node), self.matrix_like(b, node)
            self.fit(a.cols, b.rows, a, b, node)
            times = self.arithmetic[ast.Mult]
            entry = lambda i, j: self.total(lambda k: times(a.entry(i, k), b.entry(k, j)), a.cols)  # noqa: E731
            return Table(a.rows, b.cols, cache(entry))
        if isinstance(a, Table) and isinstance(b, Table) and op in (ast.Add, ast.Sub):
            self.match(a, b, node)
            return a.map(self.arithmetic[op], b)
        a, b = scalar(a), scalar(b)
        if isinstance(b, Table) and op is ast.Mult and not isinstance(a, Table):
            return b.map(lambda y: self.arithmetic[op](a, y))
        if isinstance(a, Table) and op in (ast.Mult, ast.Div) and not isinstance(b, Table):
            return a.map(lambda x: self.arithmetic[op](x, b))
        if isinstance(a, Table) or isinstance(b, Table):
            hint = ("to each entry of a matrix a number is added by ones(n)" if op in (ast.Add, ast.Sub) else
                    "a product of matrices is written A @ B, or Hadamard(A, B); f(A) acts on each entry")
            raise Unreadable(f"{ast.unparse(node)!r}: {hint}")
        return self.arithmetic[op](a, b)

    def fit(self, m, n, a, b, node):
        if not self.same(m, n):
            shapes = " and ".join(f"{t.rows}×{t.cols}" for t in (a, b))
            raise Misfit(f"the shapes {shapes} do not fit in {ast.unparse(node)!r}")

    def match(self, a, b, node):
        self.fit(a.rows, b.rows, a, b, node)
        self.fit(a.cols, b.cols, a, b, node)

    def matrix_like(self, value, node):
        if isinstance(value, Table):
            return value
        if callable(value):
            raise Unreadable(f"{ast.unparse(node)!r} needs a matrix or a vector, got an array")
        return Table(self.one, self.one, lambda i, j: value)

    # matrices

    def matrix(self, node, env):
        grid = [[scalar(self.read(entry, env)) for entry in row] for row in rows(node)]
        sizes = (self.constant(str(len(part))) for part in (grid, grid[0]))
        return Table(*sizes, lambda i, j: grid[int(i) - 1][int(j) - 1])

    def hadamard(self, node, a, b):
        self.match(a, b, node)
        return a.map(self.arithmetic[ast.Mult], b)

    def norm(self, node, a):
        square = a.map(lambda x: self.arithmetic[ast.Mult](x, x)).entry
        total = self.total(lambda i: self.total(lambda j: square(i, j), a.cols), a.rows)
        return self.known(FUNCTIONS["sqrt"])(total)

    def tr(self, node, a):
        self.fit(a.rows, a.cols, a, a, node)
        return self.total(lambda i: a.entry(i, i), a.rows)

    def diag(self, node, a):
        self.fit(a.cols, self.one, a, a, node)
        return Table(a.rows, a.rows, lambda i, j: self.arithmetic[ast.Mult](self.delta(i, j), a.entry(i, 1)))

    def eye(self, node, n):
        return Table(scalar(n), scalar(n), self.delta)

    def ones(self, node, n, m=None):
        return Table(scalar(n), scalar(m) if m else self.one, lambda i, j: self.one)

    # derivatives and values at a point

    def derivative(self, node, env):
        return self.slope(node.args[0], by(node), env)

    partial = derivative

    def slope(self, body, pairs, env):
        """The derivative of `body`, the last pair of (variable, times) taken last."""
        if not pairs:
            return self.read(body, env)
        *rest, (variable, times) = pairs
        array = variable.value if isinstance(variable, ast.Subscript) else variable
        where = tuple(self.read(i, env) for i in indices(variable)) if isinstance(variable, ast.Subscript) else ()
        target, value = self.name(array.id, env), scalar(self.slope(body, rest, env))

        def part(pick, index):
            entry = lambda env: pick(self.slope(body, rest, env))  # noqa: E731
            return self.differentiate(entry, pick(value), env, array.id, target, index, times)

        if isinstance(target, Table) and where:
            where = (*where, self.one)[:2]  # of a vector
        elif isinstance(target, Table) and not isinstance(value, Table):
            return Table(*target.shape, lambda i, j: part(scalar, (i, j)))
        elif isinstance(target, Table):  # the Jacobian of one column by another
            if not (self.same(value.cols, self.one) and self.same(target.cols, self.one)):
                raise Unreadable(f"only a column can be differentiated by a column, a number by a matrix: {array.id}")
            return Table(value.rows, target.rows, lambda i, j: part(lambda v: v.entry(i, self.one), (j, self.one)))
        if isinstance(value, Table):
            return Table(*value.shape, lambda i, j: part(lambda v: v.entry(i, j), where))
        return part(scalar, where)

    def at(self, node, env):
        body, variable, *points = node.args
        ends = [self.read(body, env | {variable.id: self.read(point, env)}) for point in points]
        return ends[0] if len(ends) == 1 else self.binary(ast.Sub, ends[1], ends[0], node)
