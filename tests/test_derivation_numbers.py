"""Numbers put in, line by line; and the algebra against code."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from derivations_proved import EXAMPLE, EXAMPLE_GIVEN, PROVED

from mathnn.derivation import Derivation

POINT = {
    "x1": 40,
    "x2": 80,
    "y": 60,
    **dict.fromkeys(["w11", "w12", "w13", "w21", "w22", "w23"], 0.5),
    "v1": 1,
    "v2": 1,
    "v3": 1,
}


@cache
def derivation(name):
    arguments = PROVED[name]
    return Derivation(name, name, **arguments | {"steps": [(step, "a reason") for step in arguments["steps"]]})


def test_rational_input_stays_exact():
    slope = Derivation("slope", "A slope", given={"x": "real", "h": "h != 0"}, start="((x + h)**2 - x**2)/h",
                       steps=[("2*x + h", "divide by h")])  # fmt: skip
    assert slope.at(x=2, h="1/10").values == [Fraction(41, 10), Fraction(41, 10)]
    assert slope.at(x=2, h=0.1).values == [Fraction(41, 10), Fraction(41, 10)]
    assert "2*2 + 1/10 = 41/10" in repr(slope.at(x=2, h="1/10"))
    assert "2*2 + 0.1 = 4.1" in repr(slope.at(x=2, h=0.1))


def test_the_two_input_example_shows_every_number_of_the_first_pass():
    shown = repr(derivation("example-w11").at(**POINT))
    for text in (
        "z1 = 0.5*40 + 0.5*80 = 60",
        "y_hat = 1*60 + 1*60 + 1*60 = 180",
        "L = (180 - 60)**2/2 = 7200",
        "(180 - 60)*1*40 = 4800",
    ):
        assert text in shown


def test_the_second_pass_is_exact_to_the_last_digit():
    loss = Derivation(
        "loss", "The loss", given=EXAMPLE_GIVEN, where=EXAMPLE, start="L", steps=[("(y_hat - y)**2/2", "definition")]
    )
    updated = POINT | dict.fromkeys(["w11", "w12", "w13"], 0.452) | dict.fromkeys(["w21", "w22", "w23"], 0.404)
    second = loss.at(**updated | dict.fromkeys(["v1", "v2", "v3"], 0.928))
    assert second.values[-1] == Fraction("3225.13717248")
    assert "= 140.3136" in repr(second)
    assert "= 3225.13717248" in repr(second)


def test_a_derivative_takes_the_exact_value_of_the_line_proved_equal_to_it():
    assert derivation("square").at(x="3/7").values == [Fraction(6, 7)] * 5


def test_irrational_values_are_marked_as_rounded():
    shown = derivation("sigmoid").at(x=1)
    assert "sigma(1)*(1 - sigma(1)) ≈ 0.196612" in repr(shown)
    assert shown.values[-1] == pytest.approx(0.19661193324148185)


def test_matrices_and_functions_can_be_put_in():
    least = derivation("least-squares").at(n=2, d=2, X=[[1, 2], [3, 4]], w=["1/2", 1], y=[1, 0])
    x, w, y = np.array([[1, 2], [3, 4]]), np.array([0.5, 1]), np.array([1, 0])
    assert least.values[-1] == (x.T @ (x @ w - y)).reshape(-1, 1).tolist()
    rule = derivation("product-rule").at(x=2, f="t**2", g="3*t")
    assert rule.values[-1] == pytest.approx(4 * 6 + 4 * 3)


def test_latex_and_html_hold_the_numbers():
    bundle = derivation("example-v1").at(**POINT)._repr_mimebundle_()
    assert r"= 7200" in bundle["text/html"]
    assert r"\frac{(180 - 60)^{2}}{2} = 7200" in bundle["text/latex"]


@pytest.mark.parametrize(("values", "message"), [
    ({}, "missing or unknown: x"),
    ({"x": 1, "z": 2}, "missing or unknown: z"),
    ({"x": "one"}, "a number such as 2, '1/10' or 0.1 was expected, got 'one'"),
    ({"x": float("nan")}, "a number such as"),
])  # fmt: skip
def test_a_point_that_does_not_fit_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        derivation("square").at(**values)


def test_a_point_outside_the_domain_or_of_the_wrong_size_is_refused():
    with pytest.raises(ValueError, match="the point lies outside the domain: x: x != 0"):
        derivation("relu").at(x=0)
    with pytest.raises(ValueError, match="numbers of size 2 × 2 were expected"):
        derivation("least-squares").at(n=2, d=2, X=[[1, 2]], w=[1, 1], y=[1, 0])


def sigmoid_derivative(x):
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


def test_code_that_agrees_is_named_with_the_number_of_points():
    found = derivation("sigmoid").agrees_with(sigmoid_derivative)
    assert repr(found) == "sigmoid_derivative agrees at 200 points to within 1e-12"


def test_code_that_differs_is_refused_with_the_worst_point():
    with pytest.raises(AssertionError, match=r"sigmoid: the function does not agree; worst at x = .* gives"):
        derivation("sigmoid").agrees_with(lambda x: sigmoid_derivative(x) * (1 + 1e-6))
    with pytest.raises(AssertionError, match="does not agree"):
        derivation("sigmoid").agrees_with(lambda x: float("nan"))


def test_parameters_are_matched_by_name_else_by_order():
    prelu = derivation("prelu")
    prelu.agrees_with(lambda alpha, x: x if x > 0 else alpha * x)
    prelu.agrees_with(lambda z, slope: z if z > 0 else slope * z)
    with pytest.raises(ValueError, match="the function takes a, the derivation declares x, alpha"):
        prelu.agrees_with(lambda a: a)


def test_a_declared_parameter_with_a_default_is_passed_too():
    prelu = derivation("prelu")
    prelu.agrees_with(lambda x, alpha=0.01: x if x > 0 else alpha * x)
    with pytest.raises(AssertionError, match="does not agree"):
        prelu.agrees_with(lambda x, slope=0.01: x if x > 0 else slope * x)
    prelu.agrees_with(lambda *values: values[0] if values[0] > 0 else values[1] * values[0])


def test_parameters_of_other_names_are_given_by_names():
    prelu = derivation("prelu")
    prelu.agrees_with(lambda slope, z=0: z if z > 0 else slope * z, names={"slope": "alpha", "z": "x"})
    for names in ({"slop": "alpha"}, {"slope": "beta"}):
        with pytest.raises(ValueError, match="is neither a parameter nor declared"):
            prelu.agrees_with(lambda slope, x: slope, names=names)


def test_numbers_of_matrices_are_shown_as_matrices_whatever_they_were_given_as():
    quadratic = derivation("least-squares")
    shown = [
        quadratic.at(n=2, d=1, X=X, w=w, y=y)._repr_mimebundle_()["text/html"]
        for X, w, y in [([[1], [2]], [3], [4, 5]), (np.array([[1], [2]]), np.array([3]), (4, 5))]
    ]
    assert shown[0] == shown[1]
    assert r"\(X = \begin{bmatrix} 1 \\ 2 \end{bmatrix}\)" in shown[0]


def test_arrays_and_matrices_are_compared_with_numpy():
    derivation("least-squares").agrees_with(lambda X, w, y: X.T @ (X @ w - y))
    derivation("convolution-kernel").agrees_with(
        lambda X, G, u: sum(G[i] * X[i + u - 1] for i in range(len(G))), points=20)  # fmt: skip


def test_agrees_with_passes_an_array_of_three_axes_as_one():
    total = Derivation("total", "A sum over three axes", given={"n": "integer, n >= 1", "X": "array (n, 2, 3)"},
                       start="Sum(X[i, j, k], (i, 1, n), (j, 1, 2), (k, 1, 3))",
                       steps=[("Sum(X[i, j, k], (k, 1, 3), (j, 1, 2), (i, 1, n))", "in another order")])
    assert total.agrees_with(lambda X: X.sum(axis=(1, 2)).sum()).points == 200
