"""A derivation with numbers put in, and its comparison with a function in code."""

import ast
import copy
import inspect
import re

import mpmath
import numpy as np
from mpmath import mp

from . import show
from .points import Array, Example, number
from .probe import RATIONAL, Numbers, TooLong, Undefined, accuracy, decimal, rational
from .syntax import DERIVATIVES, call_name, heads, indices, names, parse, scoped
from .witness import fits

PLACES, DIGITS = 12, 6
NEARLY = {*DERIVATIVES, "prime", "Limit", "Integral"}  # what the probe does not compute exactly


class Worked:
    """The lines of a derivation at one point, each with its value; made by `Derivation.at`."""

    expect, remark = "", ""

    def __init__(self, derivation, values):
        declarations = derivation.domain.declarations
        if wrong := sorted(values.keys() ^ declarations.keys()):
            raise ValueError(f"{derivation.name}: at() takes {', '.join(declarations) or 'nothing'}; "
                             f"missing or unknown: {', '.join(wrong)}")
        values = {name: np.array(value, dtype=object).tolist() for name, value in values.items()}
        self.name, self.title, self.where = derivation.name, derivation.title, {}
        self.label = f"derivation-{derivation.name}-numbers"
        self.scope = ", ".join(f"{name} = {value}" for name, value in values.items())
        tables = derivation.names.matrices
        said = ", ".join(show.formula(f"{name} = Matrix({value})" if name in tables else f"{name} = {value}")
                         for name, value in values.items())
        self.scope_html = f"with {said}" if said else ""
        self.scope_tex = self.scope_html.replace(r"\(", "$").replace(r"\)", "$")
        written = [str(value) for value in values.values()] + [line.expression for line in derivation.lines]
        self.decimals = any(re.search(r"\d\.|\.\d|\de-", text) for text in written)
        point = {}
        for name, declaration in declarations.items():
            point[name] = put_in(declaration, values[name], Numbers(point, {}))
        if not derivation.domain.holds(point, derivation.definitions):
            raise ValueError(f"{derivation.name}: the point lies outside the domain: {derivation.domain.said()}")
        bodies = [body for _, body in derivation.definitions.values()]
        digits, step, tolerance = accuracy(*(line.tree for line in derivation.lines), *bodies)
        try:
            with mp.workdps(digits):
                self._work(derivation, point, Numbers(point, derivation.definitions, step, tolerance, same=True))
        except (Undefined, TooLong) as error:
            raise ValueError(f"{derivation.name}: here a line has no value that could be computed: {error}") from None

    def _work(self, derivation, point, numbers):
        known, self.rows, lines = dict(point), [], derivation.lines
        for name, (formals, body) in derivation.definitions.items():
            if not formals:
                tree, known[name] = Put(known, self.text).visit_line(body), numbers(body)
                shown = ast.Compare(ast.Name(name), [ast.Eq()], [tree])
                self.rows.append(self._row("", shown, tree, known[name], "definition"))
        values = exact_where_proved(lines, [numbers(line.tree) for line in lines])
        for k, (line, value) in enumerate(zip(lines, values, strict=True)):
            single = k and not isinstance(value, list | bool)
            if single and not fits(line.relation, numbers, False, values[k - 1], value, line.tree):
                raise ValueError(f"{derivation.name}: here {line.expression} does not follow from the line before")
            tree = Put(known, self.text).visit_line(line.tree)
            self.rows.append(self._row(line.relation if k else "", tree, tree, value, line.reason))
        self.values = [value if isinstance(value, (*RATIONAL, list)) else float(value) for value in values]

    def _row(self, relation, shown, tree, value, reason):
        result = self.text(value)
        flat = [x for row in value for x in row] if isinstance(value, list) else [value]
        sign = "=" if all(isinstance(x, RATIONAL) for x in flat) else "≈"
        plain = re.sub(r" (\*\*?|/) ", r"\1", ast.unparse(shown)).replace("==", "=")
        known = ast.unparse(tree) == ast.unparse(parse(result))
        return show.Row(relation, shown, plain, reason, "" if known else f"{sign} {result}")

    def text(self, value):
        """A number as an expression: a short decimal where decimals were given, else a fraction, else six digits."""
        if isinstance(value, list):
            return "Matrix([" + ", ".join("[" + ", ".join(map(self.text, row)) + "]" for row in value) + "])"
        if not isinstance(value, RATIONAL):
            return mpmath.nstr(value, DIGITS)
        if value.denominator == 1 or not self.decimals or 10**PLACES % value.denominator:
            return str(value)
        digits = str(abs(value.numerator) * 10**PLACES // value.denominator).rjust(PLACES + 1, "0")
        return f"{'-' if value < 0 else ''}{digits[:-PLACES]}.{digits[-PLACES:].rstrip('0')}"

    def __repr__(self):
        return show.plain(self)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return show.bundle(self)


def exact_where_proved(lines, values):
    """A derivative or limit is computed nearly; where a line proved equal to it is exact, that is its value."""
    nearly = [bool(NEARLY & heads(line.tree)) for line in lines]
    for k in (*range(1, len(lines)), *range(len(lines) - 1, 0, -1)):
        for a, b in ((k, k - 1), (k - 1, k)):
            if lines[k].relation == "=" and nearly[a] and not nearly[b]:
                values[a], nearly[a] = values[b], False
    return [decimal(value) if near else value for near, value in zip(nearly, values, strict=True)]


def put_in(declaration, value, numbers):
    """A value that an author gives, as the probe needs it."""
    name = declaration.name
    if declaration.kind == "function":
        formals = Example(declaration.arity, value)[0]
        if not names(parse(value)) <= set(formals):
            raise ValueError(f"{name}: a function of {', '.join(formals)} was expected, got {value!r}")
        return Example(declaration.arity, value)
    if not declaration.sizes:
        return exact(name, value)
    sizes, given = tuple(numbers(size) for size in declaration.sizes), np.array(value, dtype=object)
    if given.shape != sizes:
        raise ValueError(f"{name}: numbers of size {' × '.join(map(str, sizes))} were expected, got {value!r}")
    entries = {tuple(k + 1 for k in index): exact(name, item) for index, item in np.ndenumerate(given)}
    found = Array(name, sizes, "zero outside" in declaration.flags, entries)
    return found if declaration.kind == "array" else found.table()


def exact(name, value):
    """The rational number that was written: a whole number, a Fraction, "1/10" or 0.1."""
    try:
        return rational(repr(float(value)) if isinstance(value, float) else value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: a number such as 2, '1/10' or 0.1 was expected, got {value!r}") from None


class Put(ast.NodeTransformer):
    """Puts the known numbers in for the names of a line that are not bound in it; a derivative stays as it is."""

    def __init__(self, known, text):
        self.known, self.text = known, text

    def visit_line(self, tree):
        calls = (part for part in ast.walk(tree) if isinstance(part, ast.Call))
        self.bound = set().union(*(bound for call in calls for _, bound in scoped(call)))
        return self.visit(copy.deepcopy(tree))

    def literal(self, value):
        entries = getattr(value, "entry", value)
        if hasattr(entries, "listed"):
            value = [row if isinstance(row, list) else [row] for row in entries.listed()]
        return parse(self.text(value))

    def visit_Name(self, node):
        value = self.known.get(node.id)
        stays = value is None or node.id in self.bound or isinstance(value, Array | Example)
        return node if stays else self.literal(value)

    def visit_Subscript(self, node):
        value = getattr(self.known.get(node.value.id), "entry", self.known.get(node.value.id))
        index = [Numbers(self.known, {})(part) for part in indices(node) if not names(part) & self.bound]
        return self.literal(value(*index)) if isinstance(value, Array) and len(index) == len(indices(node)) else node

    def visit_Call(self, node):
        if call_name(node)[0] not in DERIVATIVES:
            node.args = [self.visit(argument) for argument in node.args]
        return node


class Agreement:
    """Where and how well a function agrees with a derivation."""

    def __init__(self, name, points, worst):
        self.name, self.points, self.worst = name, points, worst

    def __repr__(self):
        bound = next(text for text in ("1e-12", "1e-9", "1e-6", "1e-3", "1") if self.worst <= float(text))
        return f"{self.name} agrees at {self.points} points to within {bound}"


def agrees_with(derivation, function, points, tolerance, names):
    """Compare the last line with `function` at points of the domain; `AssertionError` with the worst one."""
    domain, last = derivation.domain, derivation.lines[-1].tree
    declared = [d.name for d in domain.declarations.values() if d.kind != "function"]
    passed_names, by_name = parameters(function, declared, names)
    label = getattr(function, "__name__", "the function").replace("<lambda>", "the function")
    digits, step, _ = accuracy(last, *(body for _, body in derivation.definitions.values()))
    compared, worst, said = 0, 0.0, ""
    for point in domain.points(derivation.definitions, count=points, tries=20 * points):
        with mp.workdps(digits):
            try:
                algebra = np.array(Numbers(point, derivation.definitions, step)(last), dtype=float).ravel()
            except Undefined:
                continue
        arguments = [passed(point[name], domain.declarations[name]) for name in passed_names]
        code = function(**dict(zip(by_name, arguments, strict=True))) if by_name else function(*arguments)
        code = np.array(code, dtype=float).ravel()
        if len(code) != len(algebra):
            raise AssertionError(f"{derivation.name}: {label} gives {len(code)} numbers, the algebra {len(algebra)}")
        compared += 1
        for a, b in zip(algebra, code, strict=True):
            difference = abs(a - b) / max(abs(a), 1e-6) if b == b else float("inf")
            if difference > worst:
                at = ", ".join(f"{n} = {number(point[n])}" for n in passed_names if isinstance(point[n], RATIONAL))
                worst, said = difference, f"at {at} the algebra gives {a:.12g}, the function {b:.12g}"
    if not compared or worst > tolerance:
        raise AssertionError(f"{derivation.name}: {label} does not agree; worst {said}" if compared else
                             f"{derivation.name}: the last line has a value at none of the points")
    return Agreement(label, compared, worst)


def parameters(function, declared, names):
    """The declared names that are passed, and the parameters that take them (none: in their order).

    A parameter takes the name that `names` gives it, else the declared name that it has itself; where that does not
    serve all parameters without a default, the declared names are passed in their order.
    """
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return declared, ()
    if unknown := names.keys() - {p.name for p in found} or set(names.values()) - set(declared):
        raise ValueError(f"names: {', '.join(sorted(unknown))} is neither a parameter nor declared")
    several = [p for p in found if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    needed = [p.name for p in found if p not in several and p.default is p.empty]
    taken = {p.name: names.get(p.name, p.name) for p in found if names.get(p.name, p.name) in declared}
    if set(needed) <= taken.keys() and not several and not any(p.kind == p.POSITIONAL_ONLY for p in found):
        return list(taken.values()), tuple(taken)
    if len(needed) != len(declared) and not several:
        raise ValueError(f"the function takes {', '.join(needed)}, the derivation declares {', '.join(declared)}")
    return declared, ()


def passed(value, declaration):
    """A value as code expects it: a float, an int, or a NumPy array."""
    if isinstance(value, RATIONAL):
        return int(value) if declaration.kind == "integer" else float(value)
    return np.array(getattr(value, "entry", value).listed(), dtype=float)
