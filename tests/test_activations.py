import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mathnn import activations as A
from mathnn.calculus import central_difference, complex_step, numerical_jacobian

examples = settings(derandomize=True, deadline=None, max_examples=50, database=None)
X = sympy.Symbol("x", real=True)

SMOOTH = {  # name: definition
    "sigmoid": 1 / (1 + sympy.exp(-X)),
    "tanh": sympy.tanh(X),
    "softplus": sympy.log(1 + sympy.exp(X)),
    "gelu": X * sympy.erfc(-X / sympy.sqrt(2)) / 2,
    "silu": X / (1 + sympy.exp(-X)),
}
KINKED = {  # name: (left of 0, right of 0, slope at 0)
    "relu": (0 * X, X, 0),
    "leaky_relu": (X / 100, X, 0.01),
    "elu": (sympy.exp(X) - 1, X, 1),
}
NAMES = [*SMOOTH, *KINKED]
SIZES = [1e-8, 0.1, 0.75, 1.0, 5.0, 20.0, 36.7, 88.0, 100.0, 700.0, 800.0, 1e4]
GRID = np.array([-s for s in SIZES] + [0.0] + SIZES)


def function_and_derivative(name):
    return getattr(A, name), getattr(A, f"{name}_derivative")


def precisely(expression, x):
    """Evaluate at the float `x` with 400 digits: 1 - tanh(x)**2 then keeps 50 of them where it does not underflow."""
    with mpmath.workdps(400):
        return float(sympy.lambdify(X, expression, "mpmath")(mpmath.mpf(float(x))))


def definition(name, x):
    if name in SMOOTH:
        return SMOOTH[name]
    return KINKED[name][0 if x < 0 else 1]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", NAMES)
def test_value_and_derivative_are_right_to_1e_6_from_minus_10000_to_10000(name, dtype):
    f, f_derivative = function_and_derivative(name)
    x = GRID.astype(dtype)
    tiny = float(np.finfo(dtype).tiny)
    value = [precisely(definition(name, t), t) for t in x]
    rtol = 1e-6 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(f(x), value, rtol=rtol, atol=tiny)
    x = x[x != 0] if name in KINKED else x
    slope = [precisely(definition(name, t).diff(X), t) for t in x]
    np.testing.assert_allclose(f_derivative(x), slope, rtol=rtol, atol=tiny)


@pytest.mark.parametrize("name", KINKED)
def test_slope_at_the_kink_is_the_one_pytorch_takes(name):
    assert function_and_derivative(name)[1](0.0) == KINKED[name][2]
    assert function_and_derivative(name)[1](-0.0) == KINKED[name][2]


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "silu", "relu", "leaky_relu", "elu"])
@examples
@given(st.floats(-1e4, 1e4).filter(lambda x: x != 0))
def test_derivative_agrees_with_the_complex_step(name, x):
    f, f_derivative = function_and_derivative(name)
    assert f_derivative(x) == pytest.approx(complex_step(f, x), rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
@examples
@given(st.floats(-6, 6))
def test_gelu_derivative_agrees_with_the_central_difference(approximate, x):
    slope = central_difference(lambda t: A.gelu(t, approximate=approximate), x)
    assert A.gelu_derivative(x, approximate=approximate) == pytest.approx(slope, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tanh_formula_of_gelu_against_mpmath(dtype):
    u = sympy.sqrt(2 / sympy.pi) * (X + sympy.Rational("0.044715") * X**3)
    formula = X * (1 + sympy.tanh(u)) / 2
    x = GRID[np.abs(GRID) <= 20].astype(dtype)
    value, slope = ([precisely(e, t) for t in x] for e in (formula, formula.diff(X)))
    tiny = float(np.finfo(dtype).tiny)
    # near -20 the exponent is some -600: its rounding error alone is 600 times that of one operation
    np.testing.assert_allclose(A.gelu(x, approximate="tanh"), value, rtol=1e-6, atol=tiny * 1e3)
    np.testing.assert_allclose(A.gelu_derivative(x, approximate="tanh"), slope, rtol=1e-6, atol=tiny * 1e4)
    assert np.abs(A.gelu(GRID, approximate="tanh") - A.gelu(GRID)).max() < 1e-3
    assert np.isfinite(A.gelu_derivative(GRID, approximate="tanh")).all()


@pytest.mark.parametrize("alpha", [-0.5, 0.0, 0.25, 1.0, 3.0])
def test_prelu_holds_for_every_slope(alpha):
    x = np.array([-2.0, -0.5, 0.5, 2.0])
    np.testing.assert_array_equal(A.prelu(x, alpha), [-2 * alpha, -0.5 * alpha, 0.5, 2.0])
    by_x = central_difference(lambda t: A.prelu(t, alpha), x)
    np.testing.assert_allclose(A.prelu_derivative(x, alpha), by_x, atol=1e-9)
    by_alpha = numerical_jacobian(lambda a: A.prelu(x, a), alpha)
    np.testing.assert_allclose(A.prelu_alpha_derivative(x, alpha), by_alpha, atol=1e-9)


def test_prelu_with_one_slope_for_each_channel():
    x = np.array([-1.0, 2.0]) * np.ones((3, 2, 2))
    alpha = np.array([0.1, 0.2, 0.3]).reshape(3, 1, 1)
    np.testing.assert_allclose(A.prelu(x, alpha)[2], [[-0.3, 2.0], [-0.3, 2.0]])
    assert A.prelu_derivative(x, alpha)[1, 0, 0] == 0.2
    np.testing.assert_array_equal(A.prelu_alpha_derivative(x, alpha), np.minimum(x, 0))


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_elu_goes_down_to_minus_alpha(alpha):
    assert A.elu(-1e4, alpha=alpha) == -alpha
    assert A.elu_derivative(0.0, alpha=alpha) == alpha
    slope = central_difference(lambda t: A.elu(t, alpha=alpha), -0.7)
    assert A.elu_derivative(-0.7, alpha=alpha) == pytest.approx(slope, abs=1e-9)


def test_at_zero_is_selectable():
    np.testing.assert_array_equal(A.relu_derivative([0.0, 1.0], at_zero=0.5), [0.5, 1.0])
    np.testing.assert_array_equal(A.leaky_relu_derivative([0.0, -1.0], at_zero=1), [1.0, 0.01])
    assert A.leaky_relu_derivative(0.0, negative_slope=0.2) == 0.2
    assert A.leaky_relu_derivative(0.0, negative_slope=3.0, at_zero=2.0) == 2.0


EVERY = [getattr(A, name) for name in dir(A) if name in NAMES or name.removesuffix("_derivative") in NAMES]


@pytest.mark.parametrize("f", EVERY, ids=lambda f: f.__name__)
def test_shape_and_type_stay_and_the_argument_is_untouched(f):
    for dtype in (np.float32, np.float64):
        x = np.linspace(-2, 2, 6, dtype=dtype).reshape(2, 3)
        before = x.copy()
        x.flags.writeable = False
        assert f(x).dtype == dtype
        assert f(x).shape == (2, 3)
        np.testing.assert_array_equal(x, before)
    assert f(np.arange(3)).dtype == np.float64
    assert f([True, False]).dtype == np.float64
    assert isinstance(f(1), np.float64)
    assert f(np.float32(1)).dtype == np.float32
    assert f(np.zeros((0, 2))).shape == (0, 2)
    np.testing.assert_allclose(f([[1.0], [-1.0]])[1], [f(-1.0)])


@pytest.mark.parametrize("f", EVERY, ids=lambda f: f.__name__)
def test_nan_stays_in_its_place(f):
    np.testing.assert_array_equal(np.isnan(f(np.array([1.0, np.nan, -1.0]))), [False, True, False])


def test_prelu_keeps_float32_beside_a_float64_slope():
    x = np.ones(2, np.float32)
    for f in (A.prelu, A.prelu_derivative, A.prelu_alpha_derivative):
        assert f(x, np.float64(0.1)).dtype == np.float32
    assert np.isnan(A.prelu_derivative(np.nan, 0.1))


# softmax ------------------------------------------------------------------------------------------------------------

scores = hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.floats(-1e4, 1e4))


@examples
@given(scores, st.data())
def test_softmax_adds_up_to_one_along_its_axis(x, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    y = A.softmax(x, axis=axis)
    assert y.shape == x.shape
    np.testing.assert_allclose(y.sum(axis=axis), 1, rtol=1e-14)
    lines = np.apply_along_axis(A.softmax, axis, x)
    np.testing.assert_array_equal(y, lines)
    np.testing.assert_array_equal(A.log_softmax(x, axis=axis), np.apply_along_axis(A.log_softmax, axis, x))


@examples
@given(hnp.arrays(np.int64, 4, elements=st.integers(-1000, 1000)), st.integers(-1000, 1000))
def test_softmax_is_shift_invariant(x, shift):
    np.testing.assert_array_equal(A.softmax(x + shift), A.softmax(x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("spread", [1e-3, 1.0, 30.0, 80.0, 1e4])
def test_softmax_and_its_logarithm_against_mpmath(dtype, spread):
    rng = np.random.default_rng(0)
    for x in (spread * rng.uniform(-1, 1, (5, 4))).astype(dtype):
        with mpmath.workdps(50):
            powers = [mpmath.exp(mpmath.mpf(float(t))) for t in x]
            total = mpmath.fsum(powers)
            y = np.array([float(p / total) for p in powers])
            # ln(p/total) = -log1p(rest/p) keeps its digits where the probability is all but 1
            log_y = np.array([float(-mpmath.log1p((total - p) / p)) for p in powers])
        np.testing.assert_allclose(A.softmax(x), y, rtol=1e-6, atol=float(np.finfo(dtype).tiny))
        np.testing.assert_allclose(A.log_softmax(x), log_y, rtol=1e-6, atol=float(np.finfo(dtype).tiny))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_log_softmax_keeps_digits_of_a_sure_answer(dtype):
    x = np.array([20.0, 0.0, -3.0], dtype)
    exact = -float(mpmath.log1p(mpmath.exp(-20) + mpmath.exp(-23)))
    np.testing.assert_allclose(A.log_softmax(x)[0], exact, rtol=1e-6)


def test_softmax_of_the_notes():
    np.testing.assert_allclose(A.softmax([2, 3]), [0.26894142, 0.73105858], atol=5e-9)


def test_softmax_of_a_masked_score_is_zero():
    np.testing.assert_array_equal(A.softmax([-np.inf, 0.0]), [0.0, 1.0])
    np.testing.assert_array_equal(A.log_softmax([-np.inf, 0.0]), [-np.inf, 0.0])


@examples
@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=1, max_side=5), elements=st.floats(-20, 20)))
def test_softmax_jacobian_agrees_with_the_complex_step(x):
    np.testing.assert_allclose(A.softmax_jacobian(x), numerical_jacobian(A.softmax, x, method=complex_step), atol=1e-15)


def test_softmax_jacobian_agrees_with_sympy():
    z = sympy.symbols("z:3")
    y = [sympy.exp(t) / sum(map(sympy.exp, z)) for t in z]
    exact = sympy.Matrix(y).jacobian(z).subs(dict(zip(z, (1, 2, -1), strict=True))).evalf(20)
    np.testing.assert_allclose(A.softmax_jacobian([1, 2, -1]), np.array(exact, float), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("x", [[17.0, 0.0], [40.0, 0.0, -3.0], [1.0, 2.0, 2.5]])
def test_slopes_of_softmax_keep_their_digits_where_it_rounds_to_1(dtype, x):
    with mpmath.workdps(50):
        powers = [mpmath.exp(t) for t in x]
        y = [p / mpmath.fsum(powers) for p in powers]
        J = np.array([[float(a * ((i == j) - b)) for j, b in enumerate(y)] for i, a in enumerate(y)])
    few = {"rtol": 8 * len(x) * np.finfo(dtype).eps}
    np.testing.assert_allclose(A.softmax_jacobian(dtype(x)), J, **few)
    for g in np.eye(len(x), dtype=dtype):
        np.testing.assert_allclose(A.softmax_backward(g, dtype(x)), J @ g, **few)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_far_out(approximate):
    far = np.array([1e155, 1e200, 1e308])
    with np.errstate(all="raise", under="ignore"):
        for f, left, right in ((A.gelu, 0 * far, far), (A.gelu_derivative, 0, 1)):
            np.testing.assert_array_equal(f(far, approximate=approximate), right)
            np.testing.assert_array_equal(f(-far, approximate=approximate), left)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_softmax_jacobian_has_one_matrix_for_each_line(axis):
    x = np.random.default_rng(1).normal(size=(2, 3, 4))
    J = A.softmax_jacobian(x, axis=axis)
    lines = np.moveaxis(x, axis, -1)
    assert J.shape == lines.shape + lines.shape[-1:]
    np.testing.assert_array_equal(J[1, 1], A.softmax_jacobian(lines[1, 1]))


@pytest.mark.parametrize("f", ["softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [0, 1])
def test_backward_agrees_with_the_complex_step(f, axis):
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=(2, 3, 4))
    J = numerical_jacobian(lambda x: getattr(A, f)(x, axis=axis), x, method=complex_step)
    np.testing.assert_allclose(getattr(A, f"{f}_backward")(g, x, axis=axis), np.tensordot(g, J, 2), atol=1e-15)


@pytest.mark.parametrize("f", [A.softmax, A.log_softmax, A.softmax_jacobian])
def test_softmax_family_keeps_types_and_arguments(f):
    for dtype in (np.float32, np.float64):
        x = np.array([[1.0, 2.0, 3.0]], dtype)
        x.flags.writeable = False
        assert f(x).dtype == dtype
    assert f([1, 2]).dtype == np.float64
    g = np.ones(2, np.float32)
    assert A.softmax_backward(g, g).dtype == A.log_softmax_backward(g, g).dtype == np.float32


REFUSALS = [
    *((lambda f=f: f("two"), r"x: expected (real )?numbers, got an array of dtype <U3") for f in EVERY),
    (lambda: A.relu_derivative(1j), r"x: expected real numbers, got an array of dtype complex128"),
    (lambda: A.relu_derivative(0.0, at_zero=1.5), r"at_zero: expected a number from 0 to 1, got 1\.5"),
    (lambda: A.relu_derivative(0.0, at_zero=np.nan), r"at_zero: expected a number from 0 to 1, got nan"),
    (lambda: A.leaky_relu_derivative(0.0, at_zero=0.0), r"at_zero: expected a number from 0\.01 to 1, got 0\.0"),
    (lambda: A.leaky_relu(0.0, negative_slope=np.inf), r"negative_slope: expected a finite number, got inf"),
    (lambda: A.prelu(np.ones((2, 3)), [1, 2]), r"alpha: expected a shape that fits beside .* \(2, 3\), got \(2,\)"),
    (lambda: A.prelu_derivative(1.0, "a"), r"alpha: expected real numbers"),
    (lambda: A.prelu_alpha_derivative(np.ones(2), np.ones(3)), r"alpha: expected .* \(2,\), got \(3,\)"),
    (lambda: A.elu(1.0, alpha=[1.0]), r"alpha: expected a finite number, got an array of shape \(1,\)"),
    (lambda: A.elu_derivative(1.0, alpha=np.nan), r"alpha: expected a finite number, got nan"),
    (lambda: A.gelu(1.0, approximate="erf"), r"approximate: expected one of 'none', 'tanh', got 'erf'"),
    (lambda: A.gelu_derivative(1.0, approximate=True), r"approximate: expected one of 'none', 'tanh', got True"),
    (lambda: A.softmax(3.0), r"x: expected at least one axis, got shape \(\)"),
    (lambda: A.softmax(np.ones((2, 3)), axis=2), r"axis: expected an axis of x of shape \(2, 3\), got 2"),
    (lambda: A.log_softmax(np.ones(2), axis=-2), r"axis: expected an axis of x of shape \(2,\), got -2"),
    (lambda: A.softmax(np.ones(2), axis=0.5), r"axis: expected an axis of x of shape \(2,\), got 0\.5"),
    (lambda: A.softmax(np.ones(2), axis=0.0), r"axis: expected an integer of at least -1, got 0\.0"),
    (lambda: A.softmax(np.ones((2, 3)), axis=True), r"axis: expected an integer of at least -2, got True"),
    (lambda: A.softmax(np.ones((2, 0))), r"x: expected at least one score along axis -1, got shape \(2, 0\)"),
    (lambda: A.log_softmax([1.0, np.nan]), r"x: expected a finite largest score along axis -1, got nan"),
    (lambda: A.softmax_jacobian([1.0, np.inf]), r"x: expected a finite largest score along axis -1, got inf"),
    (lambda: A.softmax([-np.inf, -np.inf]), r"x: expected a finite largest score along axis -1, got -inf"),
    (lambda: A.softmax_backward(np.ones(2), np.ones(3)), r"grad: expected shape \(3,\), got \(2,\)"),
    (lambda: A.log_softmax_backward(np.ones((3, 1)), np.ones(3)), r"grad: expected shape \(3,\), got \(3, 1\)"),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
