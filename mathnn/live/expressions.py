r"""SymPy expressions as JavaScript: ``to_javascript(sp.sin(x)**2, {"x": "x"})``.

An author writes one SymPy expression. This module prints it once as JavaScript, which the page evaluates whenever a
slider moves. What JavaScript cannot express, and every symbol that was not declared, is refused by name.
"""

import numbers

import sympy as sp
from sympy.printing.codeprinter import PrintMethodNotImplementedError
from sympy.printing.jscode import JavascriptCodePrinter

__all__ = ["to_javascript"]

# functions that the page's own script provides, by their names there
_IN_SCRIPT = {"erf": "erf"}

# functions that JavaScript lacks, through those it has
_THROUGH_OTHERS = {
    sp.sec: lambda z: 1 / sp.cos(z),
    sp.csc: lambda z: 1 / sp.sin(z),
    sp.cot: lambda z: sp.cos(z) / sp.sin(z),
    sp.sech: lambda z: 1 / sp.cosh(z),
    sp.coth: lambda z: sp.cosh(z) / sp.sinh(z),
    sp.erfc: lambda z: 1 - sp.erf(z),
    sp.sinc: lambda z: sp.Piecewise((1, sp.Eq(z, 0)), (sp.sin(z) / z, True)),
}


class _Printer(JavascriptCodePrinter):
    def __init__(self, names):
        super().__init__({"precision": 17})
        self.known_functions = {**self.known_functions, **_IN_SCRIPT}
        self.names = dict(names)

    def _refuse(self, expr):
        raise ValueError(f"expression: {expr} (a {type(expr).__name__}) cannot be written in JavaScript")

    emptyPrinter = _print_not_supported = _print_ImaginaryUnit = _print_ComplexInfinity = _refuse

    def _print_NaN(self, expr):
        return "NaN"

    def _print_BooleanTrue(self, expr):
        return "true"

    def _print_BooleanFalse(self, expr):
        return "false"

    def _print_Symbol(self, expr):
        return self.names[expr.name]

    def _print_Float(self, expr):
        return repr(float(expr)) if abs(expr) < sp.Float("1.7e308") else self._refuse(expr)

    _print_Catalan = _print_EulerGamma = _print_GoldenRatio = _print_TribonacciConstant = _print_Float

    def _print_Integer(self, expr):
        return str(int(expr))

    def _print_Rational(self, expr):
        return f"{expr.p}/{expr.q}"

    def _print_Pow(self, expr):
        base, exponent = expr.as_base_exp()
        if base.is_Symbol and exponent in (2, 3, 4):  # much faster than Math.pow
            return "(" + "*".join([self._print(base)] * int(exponent)) + ")"
        if exponent == sp.Rational(1, 2):
            return f"Math.sqrt({self._print(base)})"
        if exponent == -1:
            return f"(1/({self._print(base)}))"
        return f"Math.pow({self._print(base)}, {self._print(exponent)})"

    def _print_Piecewise(self, expr):
        code = "NaN"  # where no condition holds
        for value, condition in reversed(expr.args):
            code = f"(({self._print(condition)}) ? ({self._print(value)}) : ({code}))"
        return code

    def _print_Heaviside(self, expr):
        argument, at_zero = map(self._print, expr.args)
        return f"(({argument}) > 0 ? 1 : ({argument}) < 0 ? 0 : {at_zero})"

    def _print_Mod(self, expr):
        number, modulus = map(self._print, expr.args)
        return f"((({number}) % ({modulus}) + ({modulus})) % ({modulus}))"

    def _print_Sum(self, expr):
        return self._loop("sum", expr)

    def _print_Product(self, expr):
        return self._loop("product", expr)

    def _loop(self, function, expr):
        code, outer = expr.function, dict(self.names)
        for index, _low, _high in expr.limits:
            self.names[index.name] = f"_{index.name}"
        code = self._print(code)
        for index, low, high in expr.limits:
            if index in low.free_symbols | high.free_symbols:
                self._refuse(expr)
            code = f"{function}({self._print(low)}, {self._print(high)}, (_{index.name}) => {code})"
        self.names = outer
        return code


def _evaluated(expr):
    r"""Carry out what is only announced (derivatives, substitutions, integrals, limits), over the real numbers."""
    real = {symbol: sp.Symbol(symbol.name, real=True) for symbol in expr.free_symbols}
    expr = expr.xreplace(real)
    for function, written_with_others in _THROUGH_OTHERS.items():
        expr = expr.replace(function, written_with_others)
    announced = sorted(expr.atoms(sp.Derivative, sp.Subs, sp.Integral, sp.Limit), key=sp.default_sort_key)
    return expr.xreplace({part: part.doit() for part in announced}) if announced else expr


def to_javascript(expression, names):
    r"""Print an expression as JavaScript.

    Parameters
    ----------
    expression : sympy expression or number
        What is to be evaluated in the page.
    names : dict
        The declared symbols: name to JavaScript.

    Returns
    -------
    float, int or str
        A number where the expression is one, else JavaScript code.

    Raises
    ------
    ValueError
        If the expression holds a symbol that is not declared, or something that JavaScript cannot express, or is not a
        finite number.

    Examples
    --------
    >>> import sympy as sp
    >>> x, a = sp.symbols("x a")
    >>> to_javascript(sp.sin(a * x) ** 2 / 3, {"x": "x", "a": "s.a"})
    '(1/3)*Math.pow(Math.sin(s.a*x), 2)'
    >>> to_javascript(a + x, {"x": "x"})
    Traceback (most recent call last):
    ValueError: expression: a in a + x is neither a slider nor a variable of this figure; declared are x
    """
    if not isinstance(expression, (sp.Basic, numbers.Real)):
        raise ValueError(f"expression: expected a SymPy expression or a number, got {expression!r}")
    expr = sp.sympify(expression)
    if not isinstance(expr, sp.Expr):
        raise ValueError(f"expression: expected a number as its value, got {expr} (a {type(expr).__name__})")
    unknown = sorted(symbol.name for symbol in expr.free_symbols if symbol.name not in names)
    if unknown:
        place = "" if expr.is_Symbol else f" in {expr}"
        raise ValueError(f"expression: {', '.join(unknown)}{place} is neither a slider nor a variable of this "
                         f"figure; declared are {', '.join(sorted(names)) or 'none'}")
    expr = _evaluated(expr)
    if expr.is_number:
        value = complex(expr)
        if value.imag or not sp.Float(value.real).is_finite:
            raise ValueError(f"expression: expected a finite real number, got {expression}")
        return int(expr) if expr.is_Integer else value.real
    try:
        return _Printer(names).doprint(expr)
    except PrintMethodNotImplementedError:
        raise ValueError(f"expression: {expr} cannot be written in JavaScript") from None
