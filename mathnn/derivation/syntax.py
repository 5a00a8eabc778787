r"""From a string to a syntax tree: what may be written in a line, and which names may stand in it.

A line is an expression in Python's syntax, parsed once and never evaluated by Python. Three walks read the tree:
:mod:`.latex` prints it, :mod:`.meaning` gives it to sympy, :mod:`.probe` computes it with numbers.
"""

import ast
import re

from .functions import CONSTANTS, FUNCTIONS

#: what has a meaning of its own in the readers, with the least and greatest number of arguments
MATRIX_FORMS = {"Hadamard": (2, 2), "norm": (1, 1), "tr": (1, 1), "diag": (1, 1), "eye": (1, 1), "ones": (1, 2)}
FORMS = MATRIX_FORMS | {
    "Limit": (3, 4), "Derivative": (2, 9), "Partial": (2, 9), "Integral": (2, 9), "Sum": (2, 9), "Product": (2, 9),
    "At": (3, 4), "Piecewise": (1, 99), "Matrix": (1, 1)}
DERIVATIVES, RANGED = ("Derivative", "Partial"), ("Sum", "Product", "Integral")
COMPARISONS = {ast.Lt: "<", ast.LtE: r"\le", ast.Gt: ">", ast.GtE: r"\ge", ast.Eq: "=", ast.NotEq: r"\ne"}  # in TeX
ALLOWED = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult,
           ast.Name, ast.Load, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.Tuple, ast.List,
           ast.Compare, ast.BoolOp, ast.And, ast.Or, *COMPARISONS)
NUMBER = re.compile(r"\d*\.?\d*([eE][+-]?\d{1,3})?")
MAX_NODES, MAX_DIGITS = 1500, 60


def parse(text):
    """Read `text` as one expression; `ValueError` says what is not allowed in it."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"an expression must be a string that is not empty, got {text!r}")
    text = text.strip()
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = getattr(error, "msg", error)
        raise ValueError(f"{text[:200]!r} is not an expression in Python's syntax: {reason}") from None
    nodes = list(ast.walk(tree))
    if len(nodes) > MAX_NODES:
        raise ValueError(f"the expression {text[:60]!r}… is too long: {len(nodes)} parts, at most {MAX_NODES}")
    for node in nodes:
        _check_node(node, text)
    return tree.body


def _check_node(node, text):
    if not isinstance(node, ALLOWED):
        hint = ": a power is written x**2" if isinstance(node, ast.BitXor) else ""
        raise ValueError(f"{type(node).__name__} is not allowed in {text!r}{hint}")
    if isinstance(node, ast.Attribute) and node.attr not in ("prime", "T"):
        raise ValueError(f"only .prime and .T may follow a dot, got .{node.attr} in {text!r}")
    if isinstance(node, ast.Call) and node.keywords:
        raise ValueError(f"a call takes no keywords, got {node.keywords[0].arg}= in {text!r}")
    if isinstance(node, ast.Constant):
        node.text = ast.get_source_segment(text, node)  # 0.50 is shown and read as it was written
        number = type(node.value) in (int, float) and NUMBER.fullmatch(node.text) and len(node.text) <= MAX_DIGITS
        if not number and node.value not in (True, "+", "-"):
            raise ValueError(f"only numbers of at most {MAX_DIGITS} digits are read (or + - in a Limit), "
                             f"got {node.text} in {text!r}")


# the parts of calls


def call_name(node):
    """The name that is called and the number of primes: `f.prime(x)` gives ("f", 1)."""
    primes, head = 0, node.func
    while isinstance(head, ast.Attribute) and head.attr == "prime":
        primes, head = primes + 1, head.value
    if not isinstance(head, ast.Name):
        raise ValueError(f"only a name can be called, got {ast.unparse(node)!r}")
    return head.id, primes


def heads(node):
    """The names of everything that is called in the tree, and "prime" where there is a prime."""
    calls = {call_name(part)[0] for part in ast.walk(node) if isinstance(part, ast.Call)}
    return calls | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def names(node):
    """All names in the tree."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def ranges(node):
    """The index ranges of a Sum, Product or Integral: (name, lower, upper), the outermost first."""
    for item in node.args[1:]:
        if not (isinstance(item, ast.Tuple) and len(item.elts) == 3 and isinstance(item.elts[0], ast.Name)):
            raise ValueError(f"a range is written (name, from, to), got {ast.unparse(item)!r} in {ast.unparse(node)!r}")
    return [(item.elts[0].id, *item.elts[1:]) for item in node.args[1:]]


def by(node):
    """What a Derivative is taken by: (tree of the variable, how often)."""
    pairs = []
    for item in node.args[1:]:
        if isinstance(item, ast.Constant) and pairs:
            pairs[-1] = (pairs[-1][0], item.value)
        else:
            pairs.append((item, 1))
    for variable, times in pairs:
        if not isinstance(variable, ast.Name | ast.Subscript) or type(times) is not int or not 1 <= times <= 9:
            raise ValueError(f"{ast.unparse(node)!r} must be taken by a declared name, at most 9 times")
    return pairs


def branches(node):
    """The (value, condition) pairs of a Piecewise."""
    for item in node.args:
        if not (isinstance(item, ast.Tuple) and len(item.elts) == 2):
            raise ValueError(f"a case is written (value, condition), got {ast.unparse(item)!r}")
    return [tuple(item.elts) for item in node.args]


def rows(node):
    """The rows of a Matrix: a list of lists of trees; a flat list is a column."""
    outer = node.args[0]
    if not isinstance(outer, ast.List) or not outer.elts:
        raise ValueError(f"a matrix is written Matrix([[a, b], [c, d]]), got {ast.unparse(node)!r}")
    found = [row.elts if isinstance(row, ast.List) else [row] for row in outer.elts]
    if len({len(row) for row in found}) > 1 or not found[0]:
        lengths = ", ".join(str(len(row)) for row in found)
        raise ValueError(f"the rows of a matrix must be of one length, got {lengths} in {ast.unparse(node)!r}")
    return found


def indices(node):
    """The indices of `X[i, j]`."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def scoped(call):
    """The parts of a call that are read, each with the names that the call binds in it."""
    name, args = call_name(call)[0], call.args
    if name in RANGED:
        bound = frozenset()
        for index, low, high in ranges(call):
            yield from ((low, bound), (high, bound))
            bound |= {index}
        yield args[0], bound
    elif name in ("Limit", "At"):
        if not isinstance(args[1], ast.Name):
            raise ValueError(f"the second argument of {name} is a name, got {ast.unparse(call)!r}")
        yield args[0], {args[1].id}
        yield from ((part, frozenset()) for part in args[2:] if getattr(part, "value", None) not in ("+", "-"))
    else:
        if name in DERIVATIVES:
            args = [args[0], *(variable for variable, _ in by(call))]
        elif name in ("Matrix", "Piecewise"):
            args = sum(rows(call), []) if name == "Matrix" else [value for value, _ in branches(call)]
        yield from ((part, frozenset()) for part in args)


# the names


class Names:
    """The names that may stand in a line.

    All of them; those that are called, with their number of arguments; those with indices, with how many they may have;
    and those of these that may also stand alone (matrices).
    """

    def __init__(self):
        self.known, self.functions, self.arrays, self.matrices = set(), {}, {}, set()

    def check(self, node, bound=frozenset(), statement=True):
        """Raise `ValueError` for the first thing that cannot stand where it stands."""
        match node:
            case ast.Name(id=name) if name in bound or name in CONSTANTS and name not in self.known:
                return
            case ast.Name(id=name) if name not in self.known:
                raise ValueError(f"{name!r} was never declared: add it to given= or where=")
            case ast.Name(id=name) if name in self.functions or name in self.arrays.keys() - self.matrices:
                raise ValueError(f"{name!r} stands without its {'argument' if name in self.functions else 'indices'}")
            case ast.Constant(value=bool() | str()) | ast.List() | ast.Tuple():
                raise ValueError(f"{ast.unparse(node)} cannot stand there")
            case ast.Compare() | ast.BoolOp() if not statement:
                raise ValueError(f"the comparison {ast.unparse(node)!r} cannot stand there")
            case ast.Attribute(attr="prime"):
                raise ValueError(f"{ast.unparse(node)!r} stands without its argument")
            case ast.Subscript(value=value):
                if not (isinstance(value, ast.Name) and value.id in self.arrays):
                    raise ValueError(f"{ast.unparse(value)!r} has no indices")
                if len(indices(node)) not in self.arrays[value.id]:
                    raise ValueError(f"{ast.unparse(node)!r} has {len(indices(node))} indices, "
                                     f"{value.id} takes {self.arrays[value.id][0]}")
                parts = [(index, bound) for index in indices(node)]
            case ast.Call():
                self.check_call(node, bound)
                parts = [(part, bound | inner) for part, inner in scoped(node)]
            case _:
                parts = [(part, bound) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        for part, inner in parts:
            self.check(part, inner, statement=isinstance(node, ast.BoolOp))

    def check_call(self, call, bound):
        name, primes = call_name(call)
        if name in self.functions:
            low = high = self.functions[name]
        elif name in FORMS:
            low, high = FORMS[name]
        elif name in FUNCTIONS:
            low, high = FUNCTIONS[name].arity or 1, FUNCTIONS[name].arity or 99
        else:
            raise ValueError(f"{name!r} is not a known function: declare or define it")
        if not low <= len(call.args) <= high or primes > (0 if name in FORMS else 9):
            wanted = low if low == high else f"{low} to {high}"
            raise ValueError(f"{name} takes {wanted} argument(s){' and at most 9 primes' * bool(primes)}, "
                             f"got {ast.unparse(call)!r}")
        for _, test in branches(call) if name == "Piecewise" else ():
            if getattr(test, "value", None) is not True:
                if not isinstance(test, ast.Compare | ast.BoolOp):
                    raise ValueError(f"a condition is a comparison, got {ast.unparse(test)!r}")
                self.check(test, bound)
