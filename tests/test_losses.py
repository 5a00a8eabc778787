import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mathnn import losses as L
from mathnn.activations import softmax
from mathnn.calculus import numerical_gradient

examples = settings(derandomize=True, deadline=None, max_examples=40, database=None)

A, B = sympy.symbols("a b", positive=True)
TERMS = {  # loss: one term of it, as a sympy expression of prediction a and target b
    "half_squared_error": (A - B) ** 2 / 2,
    "mean_squared_error": (A - B) ** 2,
    "mean_absolute_error": sympy.Abs(A - B),
    "binary_cross_entropy": -B * sympy.log(A) - (1 - B) * sympy.log(1 - A),
    "binary_cross_entropy_with_logits": -B * sympy.log(1 / (1 + sympy.exp(-A)))
    - (1 - B) * sympy.log(1 - 1 / (1 + sympy.exp(-A))),
}
DEFAULTS = dict.fromkeys(TERMS, "mean") | {"half_squared_error": "sum"}
LOSSES = [*TERMS, "cross_entropy"]


def loss_and_gradient(name):
    return getattr(L, name), getattr(L, f"{name}_gradient")


def predictions(name, shape, seed=0):
    """Draw predictions and targets that the loss accepts."""
    rng = np.random.default_rng(seed)
    if name == "binary_cross_entropy":
        return rng.uniform(0.05, 0.95, shape), rng.uniform(0, 1, shape)
    if name == "cross_entropy":
        return rng.normal(size=shape), rng.dirichlet(np.ones(shape[-1]), shape[:-1])
    return rng.normal(size=shape), rng.uniform(0, 1, shape)


@pytest.mark.parametrize("name", TERMS)
def test_sum_and_mean_of_the_terms_that_sympy_computes(name):
    loss, _ = loss_and_gradient(name)
    y_hat, y = predictions(name, (2, 3))
    terms = [float(TERMS[name].subs({A: a, B: b})) for a, b in zip(y_hat.flat, y.flat, strict=True)]
    assert loss(y_hat, y, reduction="sum") == pytest.approx(sum(terms), rel=1e-13)
    assert loss(y_hat, y, reduction="mean") == pytest.approx(sum(terms) / 6, rel=1e-13)
    assert loss(y_hat, y) == loss(y_hat, y, reduction=DEFAULTS[name])


@pytest.mark.parametrize("name", TERMS)
def test_gradient_agrees_with_sympy(name):
    _, gradient = loss_and_gradient(name)
    y_hat, y = predictions(name, 5, seed=1)
    exact = [float(TERMS[name].diff(A).subs({A: a, B: b})) for a, b in zip(y_hat, y, strict=True)]
    np.testing.assert_allclose(gradient(y_hat, y, reduction="sum"), exact, rtol=1e-12)
    np.testing.assert_allclose(gradient(y_hat, y, reduction="mean"), np.divide(exact, 5), rtol=1e-12)
    np.testing.assert_array_equal(gradient(y_hat, y), gradient(y_hat, y, reduction=DEFAULTS[name]))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("shape", [(4,), (3, 2), (2, 2, 3)])
@pytest.mark.parametrize("name", LOSSES)
def test_gradient_agrees_with_the_central_difference(name, shape, reduction):
    loss, gradient = loss_and_gradient(name)
    y_hat, y = predictions(name, shape, seed=2)
    numerical = numerical_gradient(lambda a: loss(a, y, reduction=reduction), y_hat)
    np.testing.assert_allclose(gradient(y_hat, y, reduction=reduction), numerical, atol=2e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_types_stay_and_arguments_are_untouched(name):
    loss, gradient = loss_and_gradient(name)
    for dtype in (np.float32, np.float64):
        y_hat, y = (array.astype(dtype) for array in predictions(name, (3, 2), seed=3))
        y_hat.flags.writeable = y.flags.writeable = False
        assert loss(y_hat, y).dtype == dtype
        assert loss(y_hat, y).shape == ()
        assert gradient(y_hat, y).dtype == dtype
        assert gradient(y_hat, y).shape == y_hat.shape
        assert gradient(y_hat, y.astype(np.float64)).dtype == dtype
    integers = [[1, 0]], [[0, 1]]
    assert loss(*integers).dtype == gradient(*integers).dtype == np.float64


def test_numbers_of_the_worked_example():
    assert L.half_squared_error(180, 60) == 7200
    assert L.half_squared_error_gradient(180, 60) == 120
    assert L.half_squared_error(140.3136, 60) == pytest.approx(3225.13717248, rel=1e-14)


def test_slope_of_the_absolute_value_at_0_is_selectable():
    np.testing.assert_array_equal(L.mean_absolute_error_gradient([1.0, 2.0], [1.0, 3.0]), [0, -0.5])
    np.testing.assert_array_equal(L.mean_absolute_error_gradient([1.0, 2.0], [1.0, 3.0], at_zero=1), [0.5, -0.5])


def test_a_sure_forecast_costs_nothing_if_right_and_everything_if_wrong():
    assert L.binary_cross_entropy([0, 1], [0, 1]) == 0
    np.testing.assert_array_equal(L.binary_cross_entropy_gradient([0, 1], [0, 1], reduction="sum"), [1, -1])
    assert L.binary_cross_entropy([0.0], [1]) == np.inf
    np.testing.assert_array_equal(L.binary_cross_entropy_gradient([0.0, 1.0], [1, 0]), [-np.inf, np.inf])


LOGITS = [-1e4, -745.0, -100.0, -40.0, -20.0, -1.5, 0.0, 1e-3, 1.5, 20.0, 40.0, 100.0, 745.0, 1e4]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("z", LOGITS)
def test_binary_cross_entropy_with_logits_against_50_digits(z, y, dtype):
    z = dtype(z)
    with mpmath.workdps(50):
        m = mpmath.mpf(float(z))
        loss = y * mpmath.log1p(mpmath.exp(-m)) + (1 - y) * mpmath.log1p(mpmath.exp(m))
        slope = (1 - y) / (1 + mpmath.exp(-m)) - y / (1 + mpmath.exp(m))
    tiny = float(np.finfo(dtype).tiny)
    f, gradient = loss_and_gradient("binary_cross_entropy_with_logits")
    np.testing.assert_allclose(f(z, y), float(loss), rtol=1e-6, atol=tiny)
    np.testing.assert_allclose(gradient(z, y), float(slope), rtol=1e-6, atol=tiny)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("row", [[1e4, -1e4, 0], [20, 0, -3], [-40, 40, 39.5], [0.1, 0.2, 0.3], [-1e4, -1e4, -1e4 + 1]])
def test_cross_entropy_against_50_digits(row, dtype):
    z = np.array(row, dtype)
    with mpmath.workdps(50):
        powers = [mpmath.exp(mpmath.mpf(float(t))) for t in z]
        total = mpmath.fsum(powers)
        rest = [(total - p) / p for p in powers]  # 1/p - 1
        losses = [float(mpmath.log1p(r)) for r in rest]
        others = [float(p / total) for p in powers]
        own = [float(-r / (1 + r)) for r in rest]  # p - 1
    tiny = float(np.finfo(dtype).tiny)
    for label in range(3):
        np.testing.assert_allclose(L.cross_entropy(z, label), losses[label], rtol=1e-6, atol=tiny)
        exact = [own[j] if j == label else others[j] for j in range(3)]
        np.testing.assert_allclose(L.cross_entropy_gradient(z, label), exact, rtol=1e-6, atol=tiny)


logits = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-50, 50))


@examples
@given(logits, st.data())
def test_cross_entropy_of_labels_is_that_of_their_one_hot_rows(z, data):
    n, k = z.shape
    labels = data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    rows = np.eye(k)[labels]
    assert L.cross_entropy(z, labels) == L.cross_entropy(z, rows)
    gradient = L.cross_entropy_gradient(z, labels)
    np.testing.assert_array_equal(gradient, L.cross_entropy_gradient(z, rows.astype(int)))
    np.testing.assert_allclose(gradient, (softmax(z) - rows) / n, atol=1e-15)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-14)


def test_cross_entropy_takes_the_mean_over_the_examples():
    z, labels = np.array([[2.0, 3.0], [0.0, 0.0], [1.0, -1.0]]), [1, 0, 0]
    single = [L.cross_entropy(row, label) for row, label in zip(z, labels, strict=True)]
    assert L.cross_entropy(z, labels) == pytest.approx(np.mean(single))
    assert L.cross_entropy(z, labels, reduction="sum") == pytest.approx(np.sum(single))
    np.testing.assert_allclose(L.cross_entropy_gradient(z, labels)[0], L.cross_entropy_gradient(z[0], 1) / 3)


def test_two_classes_are_one_logit():
    z = np.array([-2.0, 0.3, 5.0])
    two = np.stack([np.zeros(3), z], axis=1)
    assert L.cross_entropy(two, [1, 0, 1]) == pytest.approx(L.binary_cross_entropy_with_logits(z, [1, 0, 1]), rel=1e-14)


def test_one_hot_rows():
    np.testing.assert_array_equal(L.one_hot([[0, 2], [1, 1]], 3), [[[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 1, 0]]])
    np.testing.assert_array_equal(L.one_hot(np.uint8(1), 2), [0, 1])
    assert L.one_hot([1], 2).dtype == np.float64


def test_many_classes_need_no_matrix_of_all_of_them():
    labels = np.array([0, 10**6 - 1], np.uint64)  # the square of so many classes would take 8 TB
    assert L.one_hot(labels, 10**6).sum(axis=1).tolist() == [1, 1]
    assert L.cross_entropy(np.zeros((2, 10**6)), labels) == pytest.approx(np.log(10**6), rel=1e-12)


NAN = np.array([0.5, np.nan])
PREDICTIONS = dict.fromkeys(TERMS, "y_hat") | {"binary_cross_entropy": "p", "binary_cross_entropy_with_logits": "z"}
REFUSALS = []
for name, prediction in PREDICTIONS.items():
    for f in loss_and_gradient(name):
        REFUSALS += [
            (f, ([0.5], [[0.5]]), r"^y: expected shape \(1,\), got \(1, 1\)"),
            (f, (NAN, [0.5, 0.5]), rf"^{prediction}: expected finite numbers, got nan"),
            (f, ([0.5, 0.5], NAN), r"^y: expected finite numbers, got nan"),
            (f, ([], []), rf"^{prediction}: expected at least one entry, got shape \(0,\)"),
            (f, ("half", [0.5]), rf"^{prediction}: expected real numbers, got an array of dtype <U4"),
        ]
for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
    REFUSALS += [(f, ([0.5], [2]), r"^y: expected numbers from 0 to 1, got 2\.0") for f in loss_and_gradient(name)]
for f in loss_and_gradient("binary_cross_entropy"):
    REFUSALS += [(f, ([0, -0.1], [0, 0]), r"^p: expected numbers from 0 to 1, got -0\.1")]
for f in loss_and_gradient("cross_entropy"):
    REFUSALS += [
        (f, (np.ones((2, 3)), [0, 3]), r"labels: expected integers from 0 to 2, got 3"),
        (f, (np.ones((2, 3)), [0, -1]), r"labels: expected integers from 0 to 2, got -1"),
        (f, (np.ones((2, 3)), [0.0, 1.0]), r"labels: expected integers from 0 to 2, got an array of dtype float64"),
        (f, (np.ones((2, 3)), [[0], [0, 1]]), r"labels: expected an array of numbers, got rows of different lengths"),
        (f, (np.ones((2, 3)), [0, 1, 2]), r"labels: expected shape \(2,\) or \(2, 3\), got \(3,\)"),
        (f, (np.ones((1, 2)), [[0.5, 0.6]]), r"labels: expected rows of probabilities .* got \[0\.5 0\.6\]"),
        (f, (np.ones((1, 2)), [[0.5, 0.50001]]), r"labels: expected rows of probabilities"),
        (f, (np.ones((1, 2)), [[-0.5, 1.5]]), r"labels: expected rows of probabilities"),
        (f, (np.ones((1, 2)), [[np.nan, 1.0]]), r"labels: expected finite numbers, got nan"),
        (f, ([[np.nan, 1.0]], [1]), r"logits: expected finite numbers, got nan"),
        (f, ([[np.inf, 1.0]], [1]), r"logits: expected finite numbers, got inf"),
        (f, (1.0, 0), r"logits: expected shape \(n, k\) .*, got \(\)"),
        (f, (np.ones((0, 2)), []), r"logits: expected shape \(n, k\) with at least one example .*, got \(0, 2\)"),
    ]
REFUSALS += [
    (L.one_hot, ([0, 5], 3), r"labels: expected integers from 0 to 2, got 5"),
    (L.one_hot, ([True], 3), r"labels: expected integers from 0 to 2, got an array of dtype bool"),
    (L.one_hot, ([[0], [0, 1]], 3), r"labels: expected an array of numbers, got rows of different lengths"),
    (L.one_hot, ([0], 0), r"num_classes: expected an integer of at least 1, got 0"),
]


@pytest.mark.parametrize(("f", "arguments", "message"), REFUSALS)
def test_refuses(f, arguments, message):
    with pytest.raises(ValueError, match=message):
        f(*arguments)


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_an_unknown_reduction(name):
    for f in loss_and_gradient(name):
        with pytest.raises(ValueError, match="reduction: expected one of 'mean', 'sum', got 'none'"):
            f(*predictions(name, (2, 2)), reduction="none")


def test_refuses_a_slope_at_zero_out_of_range():
    with pytest.raises(ValueError, match=r"at_zero: expected a number from -1 to 1, got 2\.0"):
        L.mean_absolute_error_gradient([1.0], [1.0], at_zero=2)


def test_rows_of_a_softmax_in_16_bits_are_probabilities():
    rows = softmax(np.random.default_rng(0).normal(size=(20, 10)).astype(np.float16))
    assert np.abs(rows.astype(float).sum(axis=1) - 1).max() > 1e-6
    assert np.isfinite(L.cross_entropy(np.zeros((20, 10)), rows))


def test_a_forecast_that_is_all_but_sure_keeps_its_digits():
    assert L.binary_cross_entropy([1e-20], [0]) == pytest.approx(1e-20, rel=1e-12, abs=0)
    assert L.cross_entropy_gradient([40.0, 0.0], 0)[0] == pytest.approx(-np.exp(-40.0), rel=1e-12, abs=0)
