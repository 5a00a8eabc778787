"""Wrong lines made from right ones: a sign, a factor, an index, two names exchanged, a term or a prime dropped."""

import ast
import itertools
import json
from pathlib import Path

from mathnn.derivation import MIME

ROOT = Path(__file__).parents[1]
OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Lt: ast.Gt, ast.Gt: ast.Lt}


def records():
    """The records of all derivations in the stored notebooks."""
    for path in sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("book/*.ipynb")]):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                if MIME in output.get("data", {}):
                    yield output["data"][MIME]


def bound_names(tree):
    """Names that only stand for an index, a step or a variable of integration."""
    return {
        part.elts[0].id for part in ast.walk(tree) if isinstance(part, ast.Tuple) and isinstance(part.elts[0], ast.Name)
    } | {
        call.args[1].id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("Limit", "At")
    }


def changes(node):
    """The wrong things that may stand in the place of one node."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub() as op, left=left, right=right):
            yield ast.BinOp(left, OTHER[type(op)](), right)
            yield left
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            yield left
            yield ast.BinOp(ast.Constant(2), ast.Mult(), node)
        case ast.BinOp(op=ast.Pow(), left=left, right=ast.Constant(value=int() as n)):
            yield ast.BinOp(left, ast.Pow(), ast.Constant(n + 1))
        case ast.BinOp(op=ast.Div(), left=left):
            yield left
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Subscript(value=value, slice=ast.Tuple(elts=elts)):
            yield ast.Subscript(value, ast.Tuple([*elts[:-1], ast.BinOp(elts[-1], ast.Add(), ast.Constant(1))]))
            yield ast.Subscript(value, ast.Tuple(elts[::-1]))
        case ast.Subscript(value=value, slice=index):
            yield ast.Subscript(value, ast.BinOp(index, ast.Sub(), ast.Constant(1)))
        case ast.Call(func=ast.Attribute(value=function), args=args):
            yield ast.Call(function, args, [])
        case ast.Attribute(value=value, attr="T"):
            yield value
        case ast.Compare(left=left, ops=[op, *ops], comparators=others) if type(op) in OTHER:
            yield ast.Compare(left, [OTHER[type(op)](), *ops], others)


def places(node):
    """Every node below one: the list or the attributes that hold it, its key there, itself."""
    for name, value in ast.iter_fields(node):
        holder, items = (value, enumerate(value)) if isinstance(value, list) else (vars(node), [(name, value)])
        for key, child in items:
            if isinstance(child, ast.AST):
                yield holder, key, child
                yield from places(child)


def mutants(text):
    """All mutants of a line, as strings."""
    whole = ast.parse(text, mode="eval")
    tree, nodes = whole.body, [*ast.walk(whole)]
    for holder, key, node in [*places(whole)]:
        for changed in changes(node):
            holder[key] = changed
            yield ast.unparse(whole)
        holder[key] = node
    names = sorted(
        {n.id for n in nodes if isinstance(n, ast.Name)}
        - bound_names(tree)
        - {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    )
    for a, b in itertools.combinations(names, 2):
        yield ast.unparse(Swap({a: b, b: a}).visit(ast.parse(text, mode="eval")))
    if not isinstance(tree, ast.Compare | ast.BoolOp):
        yield f"-({text})"


class Swap(ast.NodeTransformer):
    """Exchanges names."""

    def __init__(self, names):
        self.names = names

    def visit_Name(self, node):
        return ast.Name(self.names.get(node.id, node.id))
