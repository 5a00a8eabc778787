"""The checked derivation: `Derivation`, `Refutation`, their record and `check_record`."""

import ast
import itertools
import re
from html import escape

import sympy

from . import show
from .decide import Judge
from .domain import Domain
from .functions import CONSTANTS, FUNCTIONS, Unreadable
from .ladder import FAILURES
from .latex import latex
from .probe import EXACT
from .reader import Definitions
from .syntax import FORMS, by, call_name, indices, names, parse
from .worked import Worked, agrees_with

#: the relations that a step may begin with; the longer ones are looked for first
RELATIONS = {"<=>": "⇔", "~=": "≈", "<=": "≤", ">=": "≥"} | {sign: sign for sign in "⇔=≈≤≥<>"}
MIME = "application/vnd.mathnn.derivation+json"


class DerivationError(Exception):
    """A derivation that does not hold as it stands."""


class WrongStep(DerivationError):
    """A step is refuted: the message holds the line, the point and both values."""


class UndecidedStep(DerivationError):
    """A step was neither proved nor refuted: write a step in between."""


class Line:
    """One line: the tree, the relation to the line before, the reason, and what was decided."""

    def __init__(self, text, reason=""):
        relation = next((sign for sign in RELATIONS if text.lstrip().startswith(sign)), "")
        self.relation = RELATIONS.get(relation, "=")
        self.expression = text.strip().removeprefix(relation).strip()
        if self.expression.startswith("="):
            raise ValueError(f"{text!r}: a step that equals the line before is written without a sign")
        self.tree = parse(self.expression)
        self.is_statement = isinstance(self.tree, ast.Compare | ast.BoolOp)
        self.reason = reason
        self.verdict = None


class Derivation:
    """A derivation whose every line was proved when it was made.

    `name` is a label such as ``"sigmoid-derivative"`` (lower-case letters, digits and hyphens), `title` the title in
    words, `start` the first line; `steps` are the following lines with their reasons, `given` the declared names with
    their domains, `where` the definitions, which stay folded in the display.

    Raises
    ------
    WrongStep
        If a step is refuted. The message names the point and both values.
    UndecidedStep
        If a step can be neither proved nor refuted.
    ValueError
        If something is not an expression, was never declared, or the domain is empty.

    Examples
    --------
    >>> Derivation("square-derivative", "The derivative of the square", given={"x": "real"},
    ...            start="Derivative(x**2, x)",
    ...            steps=[("Limit(((x + h)**2 - x**2)/h, h, 0)", "definition"),
    ...                   ("Limit(2*x + h, h, 0)", "expand and divide by h"),
    ...                   ("2*x", "let h go to 0")])
    The derivative of the square (proved, for every real x)
        Derivative(x**2, x)
      = Limit(((x + h)**2 - x**2)/h, h, 0)  definition
      = Limit(2*x + h, h, 0)                expand and divide by h
      = 2*x                                 let h go to 0
    """

    expect, remark = "proved", ""

    def __init__(self, name, title, *, start, steps, given=None, where=None):
        if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            raise ValueError(f"name: lower-case letters, digits and hyphens were expected, got {name!r}")
        self.name, self.title = name, title
        try:
            self.given, self.where = dict(given or {}), dict(where or {})
            self.domain = Domain(self.given)
            self.definitions, self.names = Definitions(), self.domain.names
            for head, body in self.where.items():
                self._define(head, parse(head), parse(body))
            self.lines = self._read([(start, ""), *steps])
            self.judge = Judge(self.domain, self.definitions)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: {error}") from None
        self._decide()

    def _define(self, head, tree, body):
        """Read one definition: a name `E`, a function `sigma(x)` or an array `y[i]`; it may use those before it."""
        known, function, array = self.names.known, isinstance(tree, ast.Call), isinstance(tree, ast.Subscript)
        label = tree.func if function else tree.value if array else tree
        parts = tree.args if function else indices(tree) if array else []
        formals = tuple(part.id for part in parts if isinstance(part, ast.Name))
        if not isinstance(label, ast.Name) or len(formals) != len(parts) or len(set(formals)) != len(formals):
            raise ValueError(f"where: {head!r} cannot be defined: write a name, f(x) or y[i] with formal parameters")
        if label.id in {*FUNCTIONS, *FORMS, *CONSTANTS, *known}:
            raise ValueError(f"where: {label.id!r} already has a meaning")
        self._check(body, f"where {head}", frozenset(formals), statement=False)
        self.definitions.add(label.id, formals, body)
        known.add(label.id)
        if function:
            self.names.functions[label.id] = len(formals)
        elif array:
            self.names.arrays[label.id] = [len(formals)]

    def _check(self, tree, place, bound=frozenset(), statement=True):
        try:
            self.names.check(tree, bound, statement)
        except ValueError as error:
            raise ValueError(f"{place}: {error} (in {ast.unparse(tree)!r})") from None
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and call_name(node)[0] == "Partial":
                self._check_partial(node, place)

    def _check_partial(self, node, place):
        """Whether y is held fixed in ∂f(x, y)/∂x, where y depends on x, nobody can know (by an element it never is)."""
        held = names(node.args[0]) & self.definitions.keys() - self.names.functions.keys()
        for name in (variable.id for variable, _ in by(node) if isinstance(variable, ast.Name)):
            if name in names(node.args[0]) - held and (path := [y for y in held if name in self.definitions.names[y]]):
                whole, y = ast.unparse(node), min(path)
                fixed = "" if y in self.names.arrays else f"; to hold {y} fixed, At(Partial(…), t, {y}), t in its place"
                raise ValueError(f"{place}: {whole!r} holds {name} and {y}, which depends on {name}: "
                                 f"for the total derivative write Derivative{fixed}")

    def _read(self, steps):
        """The lines, each of which may stand where it stands."""
        readable = [isinstance(step, list | tuple) and [*map(type, step)] == [str, str] for step in steps]
        if len(steps) < 2 or not all(readable):
            raise ValueError(f"start and steps: a string and pairs (expression, reason) were expected, got {steps!r}")
        lines = [Line(text, reason) for text, reason in steps]
        for k, line in enumerate(lines):
            self._check(line.tree, f"line {k + 1}")
            if line.is_statement != lines[0].is_statement or k and line.is_statement != (line.relation == "⇔"):
                raise ValueError(f"line {k + 1}: {line.expression!r}: <=> stands between two comparisons, only there")
        signs = [line.relation for line in lines[1:]]
        if not {"<", "≤"}.isdisjoint(signs) and not {">", "≥"}.isdisjoint(signs):
            raise ValueError(f"the signs of the steps point both ways ({' '.join(signs)}): make two derivations of it")
        return lines

    def _decide(self):
        for number, line in enumerate(self.lines[1:], start=2):
            before = self.lines[number - 2]
            if line.relation == "≈":  # what was rounded is not rounded again
                before = [*itertools.takewhile(lambda other: other.relation != "≈", self.lines[:number - 1])][-1]
            try:
                line.verdict = self.judge.decide(before.tree, line.tree, line.relation)
            except ValueError as error:
                if number == 2 and self._fault(before.tree):
                    number, line = 1, before
                raise ValueError(f"{self.name}, line {number}, {line.expression!r}: {error}") from None
            if line.verdict.verdict != (self.expect if line is self.lines[-1] else "proved"):
                raise self._complaint(f"{self.name}, line {number}: ", before, line)

    def _fault(self, tree):
        """Whether a line cannot mean anything by itself, or not at the first point."""
        try:
            self.judge.mean(tree)
            self.judge.witness.numbers(self.judge.witness.points[0], EXACT, same=False)(tree)
        except Unreadable:
            return True
        except (*FAILURES, ArithmeticError):
            return False

    def _complaint(self, place, before, line):
        verdict = line.verdict
        if verdict.verdict == "proved":
            return DerivationError(f"{place}{line.expression!r} was to be refuted but is proved")
        claim = f"{place}{before.expression}  {line.relation}  {line.expression}  ({line.reason})"
        if verdict.verdict == "refuted":
            return WrongStep(f"{claim}\n  is wrong{show.counterexample(verdict)}")
        why = f" ({verdict.method})" if verdict.method else ""
        return UndecidedStep(f"{claim}\n  was neither proved nor refuted{why}. Write a step in between.")

    @property
    def scope(self):
        """For what the derivation holds, in words."""
        return self.domain.scope(ast.unparse)

    @property
    def record(self):
        """The derivation as plain data, from which `check_record` proves it again."""
        lines = [{"expression": line.expression, "relation": line.relation if number else "", "reason": line.reason,
                  "verdict": line.verdict.verdict if number else "", "method": line.verdict.method if number else ""}
                 for number, line in enumerate(self.lines)]
        given, where = (list(map(list, pairs.items())) for pairs in (self.given, self.where))  # JSON may sort keys
        return {"name": self.name, "title": self.title, "given": given, "where": where, "lines": lines,
                "scope": self.scope, "expect": self.expect, "sympy": sympy.__version__}

    @property
    def rows(self):
        """The lines as they are shown."""
        return [show.Row(line.relation if k else "", line.tree, line.expression, line.reason,
                         wrong=k > 0 and line.verdict.verdict == "refuted") for k, line in enumerate(self.lines)]

    @property
    def scope_html(self):
        return escape(self.domain.scope(lambda tree: rf"\({latex(tree)}\)"))

    @property
    def scope_tex(self):
        return self.domain.scope(lambda tree: f"${latex(tree)}$")

    @property
    def label(self):
        return f"derivation-{self.name}"

    def at(self, **values):
        """The same lines with numbers put in: ``at(x=2, h="1/10")``; rational arithmetic stays exact.

        Every declared name needs a value: a number, a list (of lists) for an array or matrix, a text such as
        ``"t**2 + 1"`` for a function.

        Examples
        --------
        >>> square = Derivation("difference", "A slope", given={"x": "real", "h": "h != 0"},
        ...                     start="((x + h)**2 - x**2)/h", steps=[("2*x + h", "divide by h")])
        >>> square.at(x=2, h="1/10")
        A slope (x = 2, h = 1/10)
            ((2 + 1/10)**2 - 2**2)/(1/10) = 41/10
          = 2*2 + 1/10 = 41/10                     divide by h
        """
        return Worked(self, values)

    def agrees_with(self, function, *, points=200, tolerance=1e-9, names=None):
        """Compare the last line with a Python or NumPy function at many points of the domain.

        The function's parameters are matched to the declared names by name (``names={"learning_rate": "eta"}`` where
        they differ), else by order. Raises `AssertionError` with the worst point where the relative difference is
        above `tolerance`.

        Examples
        --------
        >>> square = Derivation("square", "A square", given={"x": "real"}, start="x*x", steps=[("x**2", "power")])
        >>> square.agrees_with(lambda x: x * x)
        the function agrees at 200 points to within 1e-12
        """
        return agrees_with(self, function, points, tolerance, names or {})

    def __repr__(self):
        return show.plain(self)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return show.bundle(self) | {MIME: self.record}


class Refutation(Derivation):
    """A plausible derivation whose last step is wrong, shown with its counterexample.

    The arguments are those of `Derivation`. The steps before the last must be proved, the last must be refuted; a last
    step that holds, or cannot be decided, raises `DerivationError`.
    """

    expect = "refuted"

    @property
    def counterexample(self):
        """The point and both values, in words."""
        return show.counterexample(self.lines[-1].verdict).lstrip(": ")

    @property
    def remark(self):
        """What stands below the lines."""
        return f"The last line is wrong{show.counterexample(self.lines[-1].verdict)}."

    @property
    def remark_html(self):
        """The same, with formulas."""
        return f"The last line is wrong{show.counterexample(self.lines[-1].verdict, show.formula)}."


def rebuild(record):
    """Make the derivation of a record anew from its plain strings, and so decide all its lines anew."""
    try:
        kind = {"proved": Derivation, "refuted": Refutation}[record["expect"]]
        first, *others = record["lines"]
        steps = [(f"{line['relation']} {line['expression']}", line["reason"]) for line in others]
        return kind(record["name"], record["title"], given=dict(record["given"]), where=dict(record["where"]),
                    start=first["expression"], steps=steps)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        name = record.get("name") if isinstance(record, dict) else record
        raise ValueError(f"the record of {name!r} is not complete: {error!r}") from None


def check_record(record):
    """Prove a stored derivation again from its plain strings (or refute it again, where a refutation was expected).

    Returns one dict per line with its verdict and method. Raises `WrongStep`, `UndecidedStep` or `ValueError`, naming
    the derivation and the line; also where the stored record does not fit what comes out.
    """
    found = rebuild(record).record
    for key in found.keys() | record.keys():
        if key not in ("lines", "sympy") and found.get(key) != record.get(key):
            raise ValueError(f"{record['name']}: the record's {key} is {record.get(key)!r}, not {found.get(key)!r}")
    for number, (stored, line) in enumerate(zip(record["lines"], found["lines"], strict=True), start=1):
        if stored["verdict"] != line["verdict"] or stored != line and record["sympy"] == sympy.__version__:
            raise ValueError(f"{record['name']}, line {number}: the record says {stored!r}, it comes out {line!r}")
    return [{"verdict": line["verdict"], "method": line["method"]} for line in found["lines"]]
