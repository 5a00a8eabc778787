r"""Derivations that are proved line by line before they are shown.

>>> from mathnn.derivation import Derivation
>>> Derivation("sigmoid-derivative", "The derivative of the sigmoid", given={"x": "real"},
...            where={"sigma(x)": "1/(1 + exp(-x))"}, start="Derivative(sigma(x), x)",
...            steps=[("exp(-x)/(1 + exp(-x))**2", "quotient rule"),
...                   ("sigma(x)*(1 - sigma(x))", "split the fraction")])
The derivative of the sigmoid (proved, for every real x)
  where sigma(x) = 1/(1 + exp(-x))
    Derivative(sigma(x), x)
  = exp(-x)/(1 + exp(-x))**2  quotient rule
  = sigma(x)*(1 - sigma(x))   split the fraction

A line is an expression in Python's syntax; it is shown as it was written and never evaluated by Python. It may hold

- sin cos tan cot, arcsin arccos arctan, sinh cosh tanh, arsinh arcosh artanh, exp ln sqrt erf, ``log(x, base)``,
  abs sign floor ceil, max min, ``factorial(n)``, ``binomial(n, k)``, ``KroneckerDelta(i, j)``; pi, e; oo as an end;
- ``Derivative(f(x), x)``, ``Derivative(f(x), x, 2)``, ``Partial(E, w)``, ``Partial(E, X[i, j])``, ``f.prime(x)``;
- ``Limit(a, h, 0)``, ``Limit(a, h, 0, "+")``, ``Limit(a, n, oo)``; ``At(f(x), x, a)``, ``At(F(x), x, a, b)``;
- ``Sum(x[i], (i, 1, n))``, ``Product(…)``, ``Integral(f(x), (x, a, b))``, with several ranges the outermost first;
- ``Piecewise((a, x > 0), (b, True))``; comparisons joined by ``and``, ``or``; ``==`` for an equation;
- ``Matrix([[a, b], [c, d]])``, ``A @ B``, ``A.T``, ``Hadamard(A, B)``, ``norm(v)``, ``tr(A)``, ``diag(v)``, ``eye(n)``,
  ``ones(n)``; ``f(A)`` acts on each entry; the derivative of a column by a column is the Jacobian, that of a number by
  a matrix has its shape.

**given** declares every name; a declaration may speak of the names before it. A derivation holds for all that is
declared; a point where neither line has a value must be left out.

- numbers: ``"real"``, ``"x > 0"``, ``"-1 < x < 1"``, ``"x != 0 and x < y"``, ``"integer, 1 <= k <= n"``;
- functions, all differentiable: ``"function"``, ``"function of 2"``, ``"function, g(x) != 0"``;
- ``"array (n, m)"``, whose elements ``X[i, j]`` count from 1; ``"matrix (n, d)"``; ``"vector (n)"``, a column.
  After the sizes: ``"p > 0"`` for every element, ``"norm(v) > 0"``, ``"sums to 1"``, ``"zero outside"`` (else such an
  index is an error).

**where** defines abbreviations ``E``, functions ``sigma(x)`` and arrays ``y[i]``, each by names that stand before it.
A derivative may be taken by an abbreviation: ``Partial(E, y1)*Partial(y1, w5)``; it goes through all that ``E`` holds,
and ``Partial(f(x, y), x)`` where y depends on x is refused. Names look as usual: ``w_ij``,
``y_hat``, ``w11__1`` (layer 1), ``lam``, ``x_max``.

**A step** equals the line before, or begins with its relation. Statements follow from one another by ``<=>``:

>>> Derivation("tangent", "Below the tangent", given={"x": "x > 0"}, start="ln(x)", steps=[("<= x - 1", "concave")])
Below the tangent (proved, for every x > 0)
    ln(x)
  ≤ x - 1  concave
>>> Derivation("rate", "The largest rate", given={"eta": "eta > 0", "L": "L > 0"}, start="abs(1 - eta*L) < 1",
...            steps=[("<=> 0 < eta*L < 2", "both bounds"), ("<=> eta < 2/L", "divide by $L > 0$")])
The largest rate (proved, for every eta > 0, L > 0)
    abs(1 - eta*L) < 1
  ⇔ 0 < eta*L < 2       both bounds
  ⇔ eta < 2/L           divide by $L > 0$

``≈`` (or ``~=``) rounds to the digits that are printed, always from the last exact line; a reason may hold ``$…$``:

>>> Derivation("rounded", "Rounded", start="exp(1)/3", steps=[("≈ 0.906", "round"), ("≈ 0.9", "round")])
Rounded (proved)
    exp(1)/3
  ≈ 0.906     round
  ≈ 0.9       round

For every size: a vector's gradient, and a convolution's input gradient, whose array G is 0 outside it:

>>> n = {"n": "integer, n >= 1"}
>>> _ = Derivation("quadratic", "A quadratic form", given=n | {"A": "matrix (n, n)", "x": "vector (n)"},
...                start="Partial(x.T @ A @ x, x)", steps=[("(A + A.T) @ x", "product rule")])
>>> _ = Derivation("input", "Back to the input",
...                given=n | {"k": "integer, 1 <= k <= n", "X": "array (n)", "K": "array (k)",
...                           "G": "array (n - k + 1) zero outside", "u": "integer, 1 <= u <= n"},
...                where={"Y[i]": "Sum(X[i + m - 1]*K[m], (m, 1, k))", "L": "Sum(G[i]*Y[i], (i, 1, n - k + 1))"},
...                start="Partial(L, X[u])", steps=[("Sum(K[m]*G[u - m + 1], (m, 1, k))", "only i = u - m + 1 counts")])

A wrong step raises `WrongStep` with a counterexample; `Refutation` shows one on purpose. A step that is too long raises
`UndecidedStep`: write one in between. `Derivation.at` puts numbers in, `Derivation.agrees_with` compares with code.

To follow the engine, read the modules in this order:

1. `functions`, `syntax`: what may be written; `latex`: how it looks;
2. `reader`: what a tree says; `meaning`: to sympy; `probe`: in numbers;
3. `domain`, `points`: for what a derivation holds, and where to try it;
4. `decide`: the decision, by `witness` (numbers that refute), `ladder`, `signs`, `sums`, `bounds` (algebra: a proof);
5. `derivation`, `worked`, `show`: the objects, with numbers put in, on paper.
"""

from .derivation import MIME, Derivation, DerivationError, Refutation, UndecidedStep, WrongStep, check_record, rebuild

__all__ = [
    "MIME",
    "Derivation",
    "DerivationError",
    "Refutation",
    "UndecidedStep",
    "WrongStep",
    "check_record",
    "rebuild",
]
