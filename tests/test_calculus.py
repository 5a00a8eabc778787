import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from mathnn.calculus import (
    central_difference,
    complex_step,
    forward_difference,
    numerical_gradient,
    numerical_jacobian,
    riemann_rectangles,
    riemann_sum,
    tangent_line,
    tangent_plane,
)

examples = settings(derandomize=True, deadline=None, max_examples=50, database=None)
X = sympy.Symbol("x")
EXPRESSIONS = ["x**3 - 2*x", "exp(x)*sin(x)", "x/(1 + x**2)", "log(1 + exp(x))", "cosh(x)**2", "5 + 0*x"]
points = st.floats(-3, 3)


@pytest.mark.parametrize("text", EXPRESSIONS)
@examples
@given(points)
def test_three_methods_agree_with_sympy(text, x):
    expression = sympy.sympify(text)
    f = sympy.lambdify(X, expression + 0 * X, "numpy")
    exact = float(expression.diff(X).evalf(30, subs={X: x}))
    size = 1 + abs(exact) + abs(float(expression.diff(X, 2).evalf(30, subs={X: x})))
    assert abs(forward_difference(f, x) - exact) < 1e-6 * size
    assert abs(central_difference(f, x) - exact) < 1e-8 * size
    if text != "5 + 0*x":  # sympy drops the 0*x, and with it the complex step
        assert abs(complex_step(f, x) - exact) < 1e-14 * size


def test_errors_shrink_with_their_orders():
    h = np.array([1e-2, 1e-3])
    forward = np.array([forward_difference(np.exp, 0.0, h=step) - 1 for step in h])
    central = np.array([central_difference(np.exp, 0.0, h=step) - 1 for step in h])
    np.testing.assert_allclose(forward, h / 2, rtol=1e-2)
    np.testing.assert_allclose(central, h**2 / 6, rtol=1e-3)


def test_forward_difference_looks_left_with_a_negative_step():
    assert forward_difference(abs, 0.0, h=0.5) == 1.0
    assert forward_difference(abs, 0.0, h=-0.5) == -1.0


@pytest.mark.parametrize("method", [forward_difference, central_difference, complex_step])
def test_an_array_of_points_gives_an_array_of_slopes(method):
    x = np.array([[0.0, 1.0], [2.0, 300.0]])
    np.testing.assert_allclose(method(lambda x: x**2, x), 2 * x, atol=1e-6)
    assert method(lambda x: x**2, x.astype(np.float32)).dtype == np.float32
    assert method(lambda x: x**2, np.array([1, 2])).dtype == np.float64
    assert isinstance(method(lambda x: x**2, 3), np.float64)


def test_jacobian_of_a_matrix_product_is_the_matrix():
    A = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(numerical_jacobian(lambda x: A @ x, np.ones(3), method=complex_step), A)


def test_jacobian_has_the_shape_of_the_output_then_of_the_input():
    x = np.arange(6.0).reshape(2, 3)
    J = numerical_jacobian(lambda x: x.T**2, x)
    assert J.shape == (3, 2, 2, 3)
    assert J[2, 1, 1, 2] == pytest.approx(10.0)
    assert J[2, 1, 0, 0] == 0


@pytest.mark.parametrize("method", [forward_difference, central_difference, complex_step])
def test_gradient_agrees_with_sympy(method):
    a, b = sympy.symbols("a b")
    expression = a**2 * sympy.sin(b) + a / b
    exact = [float(expression.diff(v).subs({a: 1.5, b: 0.7})) for v in (a, b)]
    f = sympy.lambdify([[a, b]], expression, "numpy")
    gradient = numerical_gradient(f, [1.5, 0.7], method=method)
    np.testing.assert_allclose(gradient, exact, rtol={complex_step: 1e-14}.get(method, 1e-6))


def test_gradient_of_a_scalar_point_is_a_number():
    assert numerical_gradient(lambda x: x**2, 3.0, method=complex_step) == 6.0


def test_gradient_leaves_the_point_alone():
    x = np.array([1.0, 2.0])
    numerical_gradient(lambda x: x @ x, x)
    np.testing.assert_array_equal(x, [1.0, 2.0])


@examples
@given(points)
def test_tangent_line_touches(a):
    line = tangent_line(np.sin, a)
    assert line(a) == np.sin(a)
    assert line(a + 1) - line(a) == pytest.approx(math.cos(a), abs=1e-9)
    assert abs(line(a + 1e-3) - np.sin(a + 1e-3)) < 1e-6
    np.testing.assert_array_equal(line(np.array([a, a + 1])), [line(a), line(a + 1)])


def test_tangent_line_of_the_parabola_at_3():
    line = tangent_line(lambda x: x**2, 3, derivative=lambda x: 2 * x)
    np.testing.assert_array_equal(line([0.0, 3.0]), [-9.0, 9.0])


@examples
@given(points, points)
def test_tangent_plane_leaves_a_gap_of_second_order(a, b):
    plane = tangent_plane(lambda x, y: np.sin(x) * y, a, b)
    assert plane(a, b) == np.sin(a) * b
    assert abs(plane(a + 1e-3, b - 1e-3) - np.sin(a + 1e-3) * (b - 1e-3)) < 5e-6
    assert plane(np.full((2, 3), a), np.full((2, 3), b)).shape == (2, 3)


@pytest.mark.parametrize(("rule", "order"), [("left", 1), ("right", 1), ("midpoint", 2)])
def test_riemann_sums_close_in_on_the_integral(rule, order):
    exact = math.e - 1
    errors = [abs(riemann_sum(math.exp, 0, 1, n, rule=rule) - exact) for n in (100, 200)]
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.01)


def test_riemann_sum_against_exact_fractions():
    f = {"left": 0, "midpoint": sympy.Rational(1, 2), "right": 1}
    for rule, theta in f.items():
        exact = sum(((i + theta) * sympy.Rational(3, 7)) ** 2 * sympy.Rational(3, 7) for i in range(7))
        assert riemann_sum(lambda x: x**2, 0, 3, 7, rule=rule) == pytest.approx(float(exact), rel=1e-14)


def test_riemann_sum_changes_sign_when_the_ends_are_swapped():
    assert riemann_sum(math.exp, 1, 0, 9) == pytest.approx(-riemann_sum(math.exp, 0, 1, 9))


def test_rectangles_cover_the_interval():
    left, width, height = riemann_rectangles(lambda x: 3.0, -1, 2, 4)
    np.testing.assert_allclose(left + width, np.append(left[1:], 2.0))
    np.testing.assert_array_equal(height, 3.0)


REFUSALS = [
    (lambda: forward_difference(np.sin, np.nan), r"x: expected finite numbers, got nan"),
    (lambda: forward_difference(np.sin, "one"), r"x: expected real numbers, got an array of dtype <U3"),
    (lambda: forward_difference(np.sin, 1.0, h=0), r"h: expected a finite number other than 0, got 0\.0"),
    (lambda: central_difference(np.sin, 1.0, h=np.inf), r"h: expected a finite number other than 0, got inf"),
    (lambda: central_difference(np.sin, 1.0, h=[1, 2]), r"h: expected .*, got an array of shape \(2,\)"),
    (lambda: central_difference(np.sum, np.ones(3)), r"f: expected values of shape \(3,\).* got \(\)"),
    (lambda: central_difference(lambda x: None, 1.0), r"f: expected numbers, got None"),
    (lambda: central_difference(lambda x: "x", 1.0), r"f: expected numbers, got 'x'"),
    (lambda: central_difference(lambda x: [x, [x]], 1.0), r"f: expected an array .* got rows of different lengths"),
    (lambda: numerical_gradient(lambda x: None, [1.0, 2.0]), r"f: expected numbers, got None"),
    (lambda: complex_step(np.abs, 2.0), r"f: expected complex values .* got dtype float64"),
    (lambda: complex_step(np.sin, 1j), r"x: expected real numbers, got an array of dtype complex128"),
    (lambda: numerical_jacobian(np.sin, []), r"x: expected at least one entry, got shape \(0,\)"),
    (lambda: numerical_jacobian(np.sin, [[1], [1, 2]]), r"x: expected an array .* got rows of different lengths"),
    (lambda: numerical_gradient(lambda x: x, np.ones((2, 3))), r"f: expected one number, .* got shape \(2, 3\)"),
    (lambda: tangent_line(np.sin, [1.0, 2.0]), r"a: expected a finite number, got an array of shape \(2,\)"),
    (lambda: tangent_plane(np.add, 1.0, np.inf), r"b: expected a finite number, got inf"),
    (lambda: tangent_plane(np.add, 1.0, 1.0, gradient=lambda x, y: 1.0), r"gradient: .* \(2,\), got shape \(\)"),
    (lambda: riemann_sum(np.sin, 0, np.nan, 3), r"b: expected a finite number, got nan"),
    (lambda: riemann_sum(np.sin, 0, 1, 0), r"n: expected an integer of at least 1, got 0"),
    (lambda: riemann_sum(np.sin, 0, 1, 2.0), r"n: expected an integer of at least 1, got 2\.0"),
    (lambda: riemann_sum(np.sin, 0, 1, True), r"n: expected an integer of at least 1, got True"),
    (lambda: riemann_sum(np.sin, 0, 1, 3, rule="upper"), r"rule: expected one of 'left', .*, got 'upper'"),
    (lambda: riemann_sum(np.sin, 0, 1, 3, rule=["left"]), r"rule: expected one of 'left', .*, got \['left'\]"),
    (lambda: riemann_sum(lambda x: None, 0, 1, 3), r"f: expected numbers, got None"),
    (lambda: riemann_sum(lambda x: [x], 0, 1, 3), r"f: expected one real number .* an array of shape \(1,\)"),
    (lambda: riemann_sum(lambda x: x * 1j, 0, 1, 3), r"f: expected real numbers for a real x, got "),
    (lambda: central_difference(lambda x: 1j * x, 1.0), r"f: expected real numbers for a real x, got "),
    (lambda: forward_difference(lambda x: [None], 1.0), r"f: expected numbers, got \[None\]"),
    (lambda: complex_step(np.exp, 2.0, h=None), r"h: expected a finite number other than 0, got None"),
    (lambda: riemann_sum(lambda x: np.inf if x < 0.2 else x, 0, 1, 3), r"f: expected finite values on .*, got inf"),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("library", "method"), [
    (sympy, central_difference), (mpmath, central_difference), (mpmath, complex_step)])
def test_functions_of_other_libraries_have_slopes_too(library, method):
    slope = method(library.sin, 1.0)
    assert slope.dtype == np.float64
    np.testing.assert_allclose(slope, np.cos(1.0), rtol=1e-9)


@pytest.mark.parametrize("method", [forward_difference, central_difference])
def test_the_step_grows_with_the_size_of_x_on_both_sides_of_0(method):
    for x in (1e6, -1e6):
        assert method(lambda t: t**2, x) == pytest.approx(2 * x, rel=1e-6)
