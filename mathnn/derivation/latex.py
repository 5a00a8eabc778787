r"""The look of a syntax tree: LaTeX that shows what was written, in the order in which it was written.

Nothing is reordered, multiplied out or reduced. Brackets appear where the author's grouping matters, and a product of
numbers gets a dot. Only plain LaTeX and AMS commands are used, no macros.
"""

import ast
import re

from .functions import CONSTANTS, FUNCTIONS
from .syntax import COMPARISONS, FORMS, branches, by, call_name, indices, ranges, rows

GREEK = {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
         "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
         "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "ell"}
INDICES = set("ijklpq")  # w_ij is w with two indices, x_max is x with a word
ACCENTS = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot"}
SUM, TERM, PRODUCT, FACTOR, POWER, ATOM = range(6)  # how tightly a place binds: what is looser needs brackets there
NEW_ROW = r" \\ "
POWERED = {"sin", "cos", "tan", "cot", "sinh", "cosh", "tanh"}  # sin(x)**2 is shown as sin²(x)
SET_APART = ("(", r"\left(", r"\operatorname", r"\ln", r"\log", r"\max", r"\min", r"\arc", r"\sum", r"\prod", r"\int",
             r"\lim", *(rf"\{name}" for name in sorted(POWERED)))  # what TeX sets apart from a factor before it


def symbol(name):
    r"""The look of a name: ``w5`` → w_5, ``w11__1`` → w_{11}^{(1)}, ``y_hat`` → ŷ, ``lam`` → λ, ``x_max``, ``dx``."""
    name, _, layer = name.partition("__")
    base, *marks = name.rstrip("_").split("_")
    letters, digits = re.fullmatch(r"(.*?)(\d*)", base).groups()
    letters = "lambda" if letters == "lam" else letters
    word = len(letters) > 1 and not re.fullmatch("d[a-z]", letters)
    look = rf"\{letters}" if letters in GREEK else rf"\mathrm{{{letters}}}" if word else letters
    while marks and marks[0] in ACCENTS:
        look = f"{ACCENTS[marks.pop(0)]}{{{look}}}"
    below = [mark if mark.isdigit() or set(mark) <= INDICES else symbol(mark) for mark in (digits, *marks) if mark]
    return look + (f"_{{{','.join(below)}}}" if below else "") + (f"^{{({layer})}}" if layer else "")


def brackets(inside):
    """Round brackets, tall only around what is tall (a stretchy pair would set f (x) apart)."""
    tall = any(mark in inside for mark in (r"\frac", r"\sum", r"\int", r"\prod", r"\begin", r"\lim", r"\binom"))
    return rf"\left({inside}\right)" if tall else f"({inside})"


def arguments(nodes):
    return brackets(", ".join(latex(node) for node in nodes))


def latex(node, place=SUM):
    """The LaTeX of a tree that stands at a `place` of the given tightness."""
    text, own = _write(node)
    return brackets(text) if own < place else text


def _write(node):
    """The LaTeX of a tree and how tightly it holds together."""
    match node:
        case ast.Constant():
            return _number(node)
        case ast.Name(id=name):
            return (CONSTANTS[name].latex if name in CONSTANTS else symbol(name)), (POWER if "__" in name else ATOM)
        case ast.UnaryOp(operand=operand):
            return f"-{latex(operand, TERM)}", SUM
        case ast.BinOp(op=ast.Mult() | ast.MatMult() | ast.Div()) if (rest := _without_minus(node, node)) is not None:
            return f"-{latex(rest, TERM)}", SUM
        case ast.BinOp(op=ast.Add() | ast.Sub() as op, left=left, right=right):
            sign = "+" if isinstance(op, ast.Add) else "-"
            return f"{latex(left)} {sign} {latex(right, TERM)}", SUM
        case ast.BinOp(op=ast.Mult() | ast.MatMult()):
            return _product(_factors(node)), PRODUCT
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return rf"\frac{{{latex(left)}}}{{{latex(right)}}}", FACTOR
        case ast.BinOp(op=ast.Pow(), left=ast.Call(func=ast.Name(id=name), args=args), right=ast.Constant() as right) \
                if name in POWERED:  # sin⁻¹(x) would be another function
            return rf"{FUNCTIONS[name].latex}^{{{latex(right)}}}{arguments(args)}", POWER
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            return f"{latex(left, ATOM)}^{{{latex(right)}}}", POWER
        case ast.Attribute(value=value, attr="T"):
            return f"{latex(value, POWER + 1)}^{{\\top}}", POWER
        case ast.Subscript(value=value):
            base = latex(value, ATOM)
            base = f"{{{base}}}" if "_" in base or "^" in base else base
            return f"{base}_{{{','.join(map(latex, indices(node)))}}}", ATOM
        case ast.Compare(left=left, ops=ops, comparators=others):
            terms = (f" {COMPARISONS[type(op)]} {latex(other)}" for op, other in zip(ops, others, strict=True))
            return latex(left) + "".join(terms), SUM
        case ast.BoolOp(op=op, values=values):
            word = "and" if isinstance(op, ast.And) else "or"
            return rf" \text{{ {word} }} ".join(map(latex, values)), SUM
        case ast.Call():
            return _call(node)
    raise ValueError(f"{ast.unparse(node)!r} cannot be shown")


def _number(node):
    mantissa, _, exponent = node.text.lower().partition("e")
    if not exponent:
        return node.text, ATOM
    power = f"10^{{{int(exponent)}}}"
    return (power, POWER) if mantissa == "1" else (rf"{mantissa} \cdot {power}", PRODUCT)


def _without_minus(node, start):
    """The product or quotient `-a*b` without its sign; None where there is none, or the author wrote (-a)*b."""
    if isinstance(node, ast.UnaryOp):
        return node.operand if getattr(node, "col_offset", 0) == getattr(start, "col_offset", 0) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult | ast.Div):
        rest = _without_minus(node.left, start)
        return None if rest is None else ast.BinOp(rest, node.op, node.right)
    return None


def _factors(node):
    """The factors of a product in their order; brackets that the author put around the first ones do not matter."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult):
        return [*_factors(node.left), node.right]
    return [node]


def _product(factors):
    """The factors side by side, with a dot before numbers; an open end (a sum sign, a limit) is closed by brackets."""
    text, last = "", len(factors) - 1
    for k, factor in enumerate(factors):
        call, after_number = isinstance(factor, ast.Call), k and isinstance(factors[k - 1], ast.Constant)
        look = latex(factor, PRODUCT if call and k == last or not call and k == 0 else FACTOR)
        dot = _is_number(factor) or look[0].isdigit() or after_number and look.startswith(r"\frac")
        space = r" \cdot " if dot else " " if after_number or look.startswith(SET_APART) else r" \, "
        text += space + look if k else look
    return text


def _is_number(node):
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.Mult | ast.Div):
        node = node.left
    return isinstance(node, ast.Constant)


def _call(node):
    name, primes = call_name(node)
    if name in FORMS:
        return _form(name, node)
    if primes or name not in FUNCTIONS:
        return symbol(name) + "'" * primes + arguments(node.args), ATOM
    look = FUNCTIONS[name].latex
    match name, node.args:
        case "KroneckerDelta", indices:
            comma = "" if all(isinstance(index, ast.Name) for index in indices) else ", "
            return rf"{look}_{{{comma.join(map(latex, indices))}}}", ATOM
        case "log", [inside, base]:
            return rf"{look}_{{{latex(base)}}}{arguments([inside])}", FACTOR
        case "factorial", [inside]:
            return look.format(latex(inside, ATOM)), POWER
    if "{0}" not in look:
        return look + arguments(node.args), POWER
    return look.format(*map(latex, node.args)), (POWER if name == "exp" else ATOM)


def _form(name, node):
    """The look of what the readers have a meaning of their own for."""
    match name, node.args:
        case "Limit", [body, variable, point, *side]:
            side = f"^{{{side[0].value}}}" if side else ""
            return rf"\lim_{{{latex(variable)} \to {latex(point)}{side}}} {latex(body, PRODUCT)}", PRODUCT
        case "Derivative" | "Partial", [body, *_]:
            d, pairs = "d" if name == "Derivative" else r"\partial", by(node)
            order = sum(times for _, times in pairs)
            over = rf"{d}^{{{order}}}" if order > 1 else d
            powers = (f"{latex(v, ATOM)}^{{{times}}}" if times > 1 else latex(v) for v, times in pairs)
            below = r" \, ".join(f"{d} {power}" for power in powers)
            if isinstance(body, ast.Name):
                return rf"\frac{{{over} {latex(body)}}}{{{below}}}", FACTOR
            return rf"\frac{{{over}}}{{{below}}} {latex(body, FACTOR)}", PRODUCT
        case "Sum" | "Product", [body, *_]:
            sign = r"\sum" if name == "Sum" else r"\prod"
            heads = (rf"{sign}_{{{symbol(i)} = {latex(low)}}}^{{{latex(high)}}}" for i, low, high in ranges(node))
            return f"{' '.join(heads)} {latex(body, PRODUCT)}", PRODUCT
        case "Integral", [body, *_]:
            heads = "".join(rf"\int_{{{latex(low)}}}^{{{latex(high)}}} " for _, low, high in ranges(node))
            tails = "".join(rf" \, d{symbol(x)}" for x, *_ in reversed(ranges(node)))
            return f"{heads}{latex(body, PRODUCT)}{tails}", PRODUCT
        case "At", [body, variable, point]:
            return rf"\left.{latex(body, PRODUCT)}\right|_{{{latex(variable)} = {latex(point)}}}", FACTOR
        case "At", [body, _, low, high]:
            return rf"\left[{latex(body)}\right]_{{{latex(low)}}}^{{{latex(high)}}}", ATOM
        case "Piecewise", _:
            otherwise = r"\text{otherwise}"
            looks = ((latex(value), otherwise if isinstance(test, ast.Constant) else rf"\text{{if }} {latex(test)}")
                     for value, test in branches(node))
            lines = [f"{value} & {test}" for value, test in looks]
            return rf"\begin{{cases}} {NEW_ROW.join(lines)} \end{{cases}}", FACTOR
        case "Matrix", _:
            lines = [" & ".join(map(latex, row)) for row in rows(node)]
            return rf"\begin{{bmatrix}} {NEW_ROW.join(lines)} \end{{bmatrix}}", ATOM
        case "Hadamard", [a, b]:
            return rf"{latex(a, FACTOR)} \odot {latex(b, FACTOR)}", TERM
        case "norm", [a]:
            return rf"\left\lVert {latex(a)} \right\rVert", ATOM
        case "tr" | "diag", [a]:
            return rf"\operatorname{{{name}}}({latex(a)})", POWER
        case "eye", [n]:
            return f"I_{{{latex(n)}}}", ATOM
        case "ones", sizes:
            size = r" \times ".join(map(latex, sizes))
            return rf"\mathbf{{1}}_{{{size}}}", ATOM
