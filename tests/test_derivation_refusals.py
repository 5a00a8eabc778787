"""Bad input gets an error that names what is wrong; nothing that is written can hang the engine or reach Python."""

import pytest

from mathnn.derivation import Derivation, check_record

REAL = {"x": "real"}
SIZES = {"n": "integer, n >= 1", "d": "integer, d >= 1"}
MATRICES = SIZES | {"A": "matrix (n, d)", "B": "matrix (d, n)", "u": "vector (n)", "a": "array (n)", "f": "function"}
CASES = [
    # names and calls
    (dict(start="x + y", given=REAL), "'y' was never declared"),
    (dict(start="foo(x)", given=REAL), "'foo' is not a known function"),
    (dict(start="sin", given=REAL), "'sin' was never declared"),
    (dict(start="f", given=MATRICES), "'f' stands without its argument"),
    (dict(start="f(1, 2)", given=MATRICES), r"f takes 1 argument\(s\), got 'f\(1, 2\)'"),
    (dict(start="sin(x, 2)", given=REAL), r"sin takes 1 argument\(s\)"),
    (dict(start="Derivative(x**2, y)", given=REAL), "'y' was never declared"),
    (dict(start="Derivative(x**2, 3)", given=REAL), "must be taken by a declared name"),
    (dict(start="Limit(x, h)", given=REAL), r"Limit takes 3 to 4 argument\(s\)"),
    (dict(start="Sum(k, (k, 1))"), r"a range is written \(name, from, to\)"),
    (dict(start="k + Sum(k, (k, 1, 3))"), "'k' was never declared"),
    # Python that is not mathematics
    (dict(start="__import__('os')"), "got 'os'"),
    (dict(start="(lambda: 1)()"), "Lambda is not allowed"),
    (dict(start="x.real", given=REAL), r"got \.real"),
    (dict(start="1 if x else 2", given=REAL), "IfExp is not allowed"),
    (dict(start="[1, 2]"), "cannot stand there"),
    (dict(start="True"), "True cannot stand there"),
    (dict(start="x", given=REAL, step="== x"), "is written without a sign"),
    (dict(start="x +"), "not an expression in Python's syntax"),
    (dict(start=" "), "not empty"),
    (dict(start="sin(x, y=1)", given=REAL), "takes no keywords"),
    # comparisons
    (dict(start="(x < 1) + 1", given=REAL), "the comparison 'x < 1' cannot stand there"),
    (dict(start="x < 1", given=REAL, step="x"), "<=> stands between two comparisons"),
    (dict(start="x", given=REAL, step="<=> x"), "<=> stands between two comparisons"),
    # domains
    (dict(start="x", given={"x": "x > 0 and x < 0"}), "the domain is empty"),
    (dict(start="x", given={"x": "x**2 < 0"}), "the domain is empty"),
    (dict(start="n", given={"n": "integer, 0 < n < 1"}), "the domain is empty"),
    (dict(start="x", given={"x": "banana"}), "'banana' is not a domain of x"),
    (dict(start="x", given={"x": "y > 0"}), "'y > 0' is not a domain of x"),
    (dict(start="x", given={"x": "x > y", "y": "real"}), "'y' was never declared"),
    (dict(start="1/x", given=REAL), "neither line has a value at x = 0"),
    (dict(start="1/(x**3 - x - 1)", given=REAL), "neither line has a value at x = 1.32472"),
    (dict(start="1/0"), "neither line has a value: "),
    (dict(start="x", given=["x"]), "length 1; 2 is required"),
    (dict(start="1", steps=None), "must be an iterable"),
    (dict(start="f.prime" + ".prime" * 9 + "(1)", given={"f": "function"}), "at most 9"),
    (dict(start="a[1]", given={"a": "array (1000000)"}), "no point of it was found"),
    # definitions
    (dict(start="a", where={"a": "b", "b": "1"}), "'b' was never declared"),
    (dict(start="a", where={"a": "a + 1"}), "'a' was never declared"),
    (dict(start="x", given=REAL, where={"x": "1"}), "'x' already has a meaning"),
    (dict(start="1", where={"sin(x)": "x"}), "'sin' already has a meaning"),
    (dict(start="1", where={"f(2)": "1"}), r"'f\(2\)' cannot be defined"),
    # arrays and matrices
    (dict(start="A @ A", given=MATRICES), "the shapes n×d and n×d do not fit in 'A @ A'"),
    (dict(start="A + B", given=MATRICES), "the shapes n×d and d×n do not fit"),
    (dict(start="A*B", given=MATRICES), r"a product of matrices is written A @ B"),
    (dict(start="A + 1", given=MATRICES, step="A"), r"line 1, 'A \+ 1': .* a number is added by ones"),
    (dict(start="A < B.T", given=MATRICES, step="<=> A == B.T"), "matrices are compared by == alone"),
    (dict(start="a[1]", given={"n": "integer, n >= 0", "a": "array (n)"}), "a may be empty"),
    (dict(start="Partial(f(x, y), x)", given={"x": "real", "f": "function of 2"}, where={"y": "x**2"}),
     "holds x and y, which depends on x: for the total derivative write Derivative; to hold y fixed, At"),
    (dict(start="Partial(w*h2, w)", given={"w": "real"}, where={"h1": "tanh(w)", "h2": "h1**2"}), "holds w and h2"),
    (dict(start="A", given=SIZES | {"A": "matrix (n, n), A == A.T"}), "cannot be asked of A"),
    (dict(start="A", given=MATRICES, step="B"), "the two lines are of different shapes: n×d and d×n"),
    (dict(start="tr(A)", given=MATRICES), "the shapes n×d and n×d do not fit"),
    (dict(start="A[1]", given=MATRICES), "has 1 indices, A takes 2"),
    (dict(start="a", given=MATRICES), "'a' stands without its indices"),
    (dict(start="x[1]", given=REAL), "'x' has no indices"),
    (dict(start="X[3]", given={"X": "array (2)"}), r"X\[3\] lies outside X, which is of size 2"),
    (dict(start="a[n + 1]", given=MATRICES), r"lies outside a"),
    (dict(start="Sum(a[i], (i, 0, n))", given=MATRICES), r"a\[0\] lies outside a"),
    (dict(start="Sum(a[i], (i, 0, n - 1))", step="Sum(a[i], (i, 1, n))", given=MATRICES),
     r"line 1, .*a\[0\] lies outside"),
    (dict(start="Sum(k*u, (k, 1, d))", given=MATRICES), "'k \\* u' is a matrix: sums, integrals, limits"),
    (dict(start="Integral(Matrix([[t], [t]]), (t, 0, 1))"), "is a matrix: sums, integrals, limits"),
    (dict(start="Matrix([[1, 2], [3]])"), "rows of a matrix must be of one length"),
    (dict(start="X[1]", given={"X": "array (n)", "n": "integer"}), "the sizes of X need n"),
    (dict(start="X", given={"X": "matrix (2)"}), "does not give the sizes"),
    # numbers that would fill the machine
    (dict(start="10**10**10", step="10**10**10"), "too large to be written out"),
    (dict(start="factorial(10**9)", step="factorial(10**9)"), "too large to be written out"),
    (dict(start="(x + 1)**5000", given=REAL), "too large to be multiplied out"),
    (dict(start="+".join(["x"] * 2000), given=REAL), "is too long"),
    (dict(start="9" * 100), "at most 60 digits"),
    # rounding
    (dict(start="0.5", step="≈ 1/2"), "after ≈ stands a decimal number"),
    # the call itself
    (dict(name="Sigmoid Rule", start="1"), "lower-case letters, digits and hyphens"),
    (dict(start="1", steps=[]), r"pairs \(expression, reason\)"),
    (dict(start="1", steps=["1"]), r"pairs \(expression, reason\)"),
    (dict(start="1", steps=[("< 2", "up"), ("> 0", "down")]), r"the signs of the steps point both ways \(< >\)"),
    (dict(start=3), r"pairs \(expression, reason\)"),
]


@pytest.mark.parametrize(("arguments", "message"), CASES, ids=[message[:40] for _, message in CASES])
def test_is_refused_with_a_message_that_says_why(arguments, message):
    arguments = {"name": "bad-input", "title": "A test", **arguments}
    step = arguments.pop("step", arguments["start"])
    with pytest.raises(ValueError, match=message) as refusal:
        Derivation(**{"steps": [(step, "a reason")], **arguments})
    assert str(refusal.value).startswith(("bad-input", "name:"))


@pytest.mark.parametrize("record", [None, {}, {"name": "a"}, {"name": "a", "expect": "maybe", "lines": []}, [1]])
def test_a_record_that_is_none_is_refused(record):
    with pytest.raises(ValueError, match="is not complete"):
        check_record(record)


def test_two_roundings_in_a_row_are_both_compared_with_the_exact_line():
    steps = [("≈ 0.2449", "round"), ("≈ 0.24", "round")]
    Derivation("rounded", "Rounded", start="0.24493", steps=steps)
    with pytest.raises(Exception, match="the line before is 0.24493, this line is 1/4"):
        Derivation("rounded", "Rounded", start="0.24493", steps=[("≈ 0.245", "round"), ("≈ 0.25", "round again")])
