import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathnn import pooling as P
from mathnn.calculus import numerical_gradient
from mathnn.convolution import conv2d, output_length

examples = settings(derandomize=True, deadline=None, max_examples=120, database=None)


def windows_by_loops(x, K, s, p, d):
    """Yield for each window its index and the indices in x of its entries, row by row, without the padding."""
    H, W = x.shape[2:]
    H_out = output_length(H, K[0], stride=s[0], padding=p[0], dilation=d[0])
    W_out = output_length(W, K[1], stride=s[1], padding=p[1], dilation=d[1])
    for n, c, i, j in np.ndindex(*x.shape[:2], H_out, W_out):
        rows = [i * s[0] + k * d[0] - p[0] for k in range(K[0])]
        columns = [j * s[1] + l * d[1] - p[1] for l in range(K[1])]
        yield (n, c, i, j), [(n, c, r, q) for r in rows for q in columns if 0 <= r < H and 0 <= q < W]


def pool_by_loops(f, x, *window):
    """Apply `f` to the list of entries of each window."""
    results = {index: f([x[place] for place in places]) for index, places in windows_by_loops(x, *window)}
    return np.array(list(results.values())).reshape(np.add(max(results), 1))


@st.composite
def cases(draw):
    """Draw images with many ties, and a window that never misses them."""
    pair = lambda low, high: draw(st.tuples(st.integers(low, high), st.integers(low, high)))  # noqa: E731
    K, s, d = pair(1, 4), pair(1, 3), pair(1, 3)
    p = tuple(draw(st.integers(0, min(3, k - 1))) for k in K)
    span = [d * (k - 1) + 1 for d, k in zip(d, K, strict=True)]
    H, W = (max(1, e - 2 * p, (d - 1) * 2) + draw(st.integers(0, 4)) for e, p, d in zip(span, p, d, strict=True))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    x = rng.integers(-2, 3, (draw(st.integers(1, 2)), draw(st.integers(1, 3)), H, W)).astype(float)
    if any(len(places) == 0 for _, places in windows_by_loops(x, K, s, p, d)):
        p = (0, 0)
        x = np.resize(x, (*x.shape[:2], max(H, span[0]), max(W, span[1])))
    return x, (K, s, p, d), rng


def options(window):
    return dict(zip(("stride", "padding", "dilation"), window[1:], strict=True))


@examples
@given(cases())
def test_max_pooling_agrees_with_the_loops_and_ties_go_to_the_first(case):
    x, window, rng = case
    y, indices = P.max_pool2d(x, window[0], **options(window), return_indices=True)
    np.testing.assert_array_equal(y, pool_by_loops(max, x, *window))
    np.testing.assert_array_equal(y, P.max_pool2d(x, window[0], **options(window)))
    grad, expected = rng.normal(size=y.shape), np.zeros(x.shape)
    for index, places in windows_by_loops(x, *window):
        first = max(places, key=lambda place: x[place])  # max keeps the first of equals
        assert indices[index] == first[2] * x.shape[3] + first[3]
        expected[first] += grad[index]
    for known in (None, indices):
        backward = P.max_pool2d_backward(grad, x, window[0], **options(window), indices=known)
        np.testing.assert_allclose(backward, expected, atol=1e-14)


@pytest.mark.parametrize("count_include_pad", [True, False])
@examples
@given(cases())
def test_average_pooling_agrees_with_the_loops(count_include_pad, case):
    x, window, rng = case
    extra = {**options(window), "count_include_pad": count_include_pad}
    size = window[0][0] * window[0][1]
    mean = (lambda entries: sum(entries) / size) if count_include_pad else np.mean
    y = P.avg_pool2d(x, window[0], **extra)
    np.testing.assert_allclose(y, pool_by_loops(mean, x, *window), atol=1e-15)
    grad, expected = rng.normal(size=y.shape), np.zeros(x.shape)
    for index, places in windows_by_loops(x, *window):
        for place in places:
            expected[place] += grad[index] / (size if count_include_pad else len(places))
    grad_x = P.avg_pool2d_backward(grad, x, window[0], **extra)
    np.testing.assert_allclose(grad_x, expected, atol=1e-14)
    assert np.vdot(y, grad) == pytest.approx(np.vdot(x, grad_x), abs=1e-11)  # the adjoint


@settings(examples, max_examples=15)
@given(cases())
def test_backward_agrees_with_central_differences_where_there_are_no_ties(case):
    x, window, rng = case
    x = rng.permutation(x.size).reshape(x.shape).astype(float)
    grad = rng.normal(size=P.max_pool2d(x, window[0], **options(window)).shape)
    for pool, backward in [(P.max_pool2d, P.max_pool2d_backward), (P.avg_pool2d, P.avg_pool2d_backward)]:
        numerical = numerical_gradient(lambda x, pool=pool: np.vdot(grad, pool(x, window[0], **options(window))), x)
        np.testing.assert_allclose(backward(grad, x, window[0], **options(window)), numerical, atol=1e-6)


@examples
@given(cases())
def test_stochastic_pooling_draws_entries_of_the_window_that_are_not_zero(case):
    x, window, rng = case
    x = np.maximum(x, 0)
    y, indices = P.stochastic_pool2d(x, window[0], **options(window), rng=rng)
    grad, expected = rng.normal(size=y.shape), np.zeros(x.shape)
    for index, places in windows_by_loops(x, *window):
        drawn = (*index[:2], *divmod(int(indices[index]), x.shape[3]))
        assert drawn in places
        assert y[index] == x[drawn]
        assert y[index] > 0 or all(x[place] == 0 for place in places)
        expected[drawn] += grad[index]
    backward = P.stochastic_pool2d_backward(grad, x, window[0], **options(window), indices=indices)
    np.testing.assert_allclose(backward, expected, atol=1e-14)


@examples
@given(cases())
def test_expectation_of_stochastic_pooling_agrees_with_the_loops(case):
    x, window, _ = case
    x = np.maximum(x, 0)
    weighted = pool_by_loops(lambda v: sum(a * a for a in v) / sum(v) if sum(v) else 0.0, x, *window)
    y = P.stochastic_pool2d_expectation(x, window[0], **options(window))
    np.testing.assert_allclose(y, weighted, atol=1e-15)


def test_frequencies_of_the_draws_are_the_probabilities():
    n = 20_000
    x = np.tile([[1.0, 2.0], [0.0, 5.0]], (n, 1, 1, 1))
    y, indices = P.stochastic_pool2d(x, 2, rng=np.random.default_rng(0))
    frequency = np.bincount(indices.ravel(), minlength=4) / n
    np.testing.assert_allclose(frequency, [1 / 8, 2 / 8, 0, 5 / 8], atol=0.012)  # more than three standard deviations
    assert y.mean() == pytest.approx(P.stochastic_pool2d_expectation(x[0, 0], 2)[0, 0], abs=0.04)
    _, indices = P.stochastic_pool2d(0 * x, 2, rng=np.random.default_rng(1))
    np.testing.assert_allclose(np.bincount(indices.ravel(), minlength=4) / n, 0.25, atol=0.012)


def test_stochastic_pooling_is_the_same_with_the_same_seed():
    x = np.random.default_rng(0).uniform(size=(3, 2, 6, 6))
    first, again = (P.stochastic_pool2d(x, 3, rng=np.random.default_rng(7))[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first != P.stochastic_pool2d(x, 3, rng=np.random.default_rng(8))[0]).any()


class TopLot(np.random.Generator):
    """A generator whose lots always fall as far to the right as they can."""

    def random(self, size):
        return np.full(size, np.nextafter(1.0, 0))


@pytest.mark.parametrize("scale", [1.0, 1.5, 1e-300, 5e-324, 1e300, 0.1])
def test_the_last_lot_still_draws_an_entry_that_is_not_zero(scale):
    y, _ = P.stochastic_pool1d([scale, scale, 0.0], 3, rng=TopLot(np.random.PCG64(0)))
    assert y == [scale]


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200, 1e308])
def test_stochastic_pooling_does_not_depend_on_the_unit(scale):
    x = np.random.default_rng(0).uniform(0.1, 1, (6, 6))
    y, expected = (P.stochastic_pool2d_expectation(unit * x, 2) for unit in (scale, 1))
    np.testing.assert_allclose(y / scale, expected)
    _, drawn = P.stochastic_pool2d(x * scale, 2, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(drawn, P.stochastic_pool2d(x, 2, rng=np.random.default_rng(1))[1])


def test_an_average_of_many_halves_does_not_overflow():
    y = P.avg_pool2d(np.full((30, 30), 60000, np.float16), 30)
    assert y.dtype == np.float16
    assert y == np.float16(60000)


def test_numbers_of_the_notes():
    assert P.max_pool1d([2, 5, 3], 3) == [5]
    assert P.avg_pool1d([2, 5, 3], 3) == [10 / 3]
    assert P.stochastic_pool1d_expectation([2, 5, 3], 3) == [3.8]


def test_average_pooling_is_a_convolution_with_a_flat_kernel():
    x = np.random.default_rng(0).normal(size=(7, 8))
    for extra in ({"stride": 1}, {"stride": (2, 1), "padding": 1}, {"stride": 1, "dilation": 2}):
        np.testing.assert_allclose(P.avg_pool2d(x, (2, 3), **extra), conv2d(x, np.full((2, 3), 1 / 6), **extra))


def test_stride_is_the_kernel_size_unless_given():
    x = np.arange(36.0).reshape(6, 6)
    np.testing.assert_array_equal(P.max_pool2d(x, (3, 2)), P.max_pool2d(x, (3, 2), stride=(3, 2)))
    np.testing.assert_array_equal(P.avg_pool1d(x[0], 3), P.avg_pool1d(x[0], 3, stride=3))


def test_overlapping_windows_add_up():
    x = [0, 9, 0, 0]
    np.testing.assert_array_equal(P.max_pool1d_backward([1, 10, 100], x, 2, stride=1), [0, 11, 100, 0])
    np.testing.assert_array_equal(P.avg_pool1d_backward([2, 20, 200], x, 2, stride=1), [1, 11, 110, 100])


def test_nan_is_the_largest_and_stays_in_its_window():
    y, indices = P.max_pool1d([1.0, np.nan, 3.0, np.nan, 5.0, 6.0, 7.0, 8.0], 4, return_indices=True)
    np.testing.assert_array_equal(y, [np.nan, 8.0])
    np.testing.assert_array_equal(indices, [1, 7])
    np.testing.assert_array_equal(P.avg_pool1d([1.0, np.nan, 3.0, 5.0], 2), [np.nan, 4.0])


def test_minus_infinity_can_be_the_largest():
    np.testing.assert_array_equal(P.max_pool1d([-np.inf, -np.inf, 3.0, 5.0], 2), [-np.inf, 5.0])


@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_one_dimension_is_two_with_height_1(batch):
    rng = np.random.default_rng(1)
    x = rng.uniform(size=(*batch, 9))
    flat, deep = {"stride": 2, "padding": 1}, {"stride": (1, 2), "padding": (0, 1)}
    row = x[..., None, :]
    y, indices = P.max_pool1d(x, 3, **flat, return_indices=True)
    y2, indices2 = P.max_pool2d(row, (1, 3), **deep, return_indices=True)
    np.testing.assert_array_equal(y, y2[..., 0, :])
    np.testing.assert_array_equal(indices, indices2[..., 0, :])
    grad = rng.normal(size=y.shape)
    for name in ("max", "avg"):
        one, two = getattr(P, f"{name}_pool1d_backward"), getattr(P, f"{name}_pool2d_backward")
        np.testing.assert_array_equal(one(grad, x, 3, **flat), two(grad[..., None, :], row, (1, 3), **deep)[..., 0, :])
    np.testing.assert_array_equal(P.avg_pool1d(x, 3, **flat), P.avg_pool2d(row, (1, 3), **deep)[..., 0, :])
    y, indices = P.stochastic_pool1d(x, 3, **flat, rng=np.random.default_rng(0))
    y2, _ = P.stochastic_pool2d(row, (1, 3), **deep, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(y, y2[..., 0, :])
    assert P.stochastic_pool1d_backward(grad, x, 3, **flat, indices=indices).shape == x.shape
    expectation = P.stochastic_pool2d_expectation(row, (1, 3), **deep)[..., 0, :]
    np.testing.assert_array_equal(P.stochastic_pool1d_expectation(x, 3, **flat), expectation)


def test_result_does_not_depend_on_how_many_planes_are_taken_at_a_time(monkeypatch):
    x = np.random.default_rng(2).normal(size=(3, 4, 6, 6))
    grad = np.random.default_rng(3).normal(size=(3, 4, 3, 3))
    def everything():
        backward = [f(grad, x, 2) for f in (P.max_pool2d_backward, P.avg_pool2d_backward)]
        return [P.max_pool2d(x, 2), P.avg_pool2d(x, 2), *backward]
    together = everything()
    for planes in (1, 5, 11):
        monkeypatch.setattr(P, "BLOCK_BYTES", planes * 36 * 8)
        for a, b in zip(together, everything(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("axes", [1, 2])
def test_types_stay_and_arguments_are_untouched(axes, dtype):
    x = np.arange(2 * 3 * 4**axes).reshape(2, 3, *[4] * axes).astype(dtype)
    grad = np.ones((2, 3, *[2] * axes))
    copies = x.copy(), grad.copy()
    x.flags.writeable = grad.flags.writeable = False
    rng = np.random.default_rng(0)
    def f(name, suffix=""):
        return getattr(P, f"{name}_pool{axes}d{suffix}")
    y, indices = f("stochastic")(x, 2, rng=rng)
    results = [f("max")(x, 2), f("avg")(x, 2), y, f("stochastic", "_expectation")(x, 2),
               f("max", "_backward")(grad, x, 2), f("avg", "_backward")(grad, x, 2),
               f("avg", "_backward")(grad, x, 2, count_include_pad=False),
               f("stochastic", "_backward")(grad, x, 2, indices=indices)]
    assert {a.dtype for a in results} == {np.dtype(np.float64 if dtype == np.int64 else dtype)}
    np.testing.assert_array_equal(x, copies[0])
    np.testing.assert_array_equal(grad, copies[1])
    for a in results:
        a[...] = 0  # the results are the caller's own


RNG = np.random.default_rng(0)
X1, X2 = np.ones((2, 3, 6)), np.ones((2, 3, 6, 6))
G1, G2 = np.ones((2, 3, 3)), np.ones((2, 3, 3, 3))
I1, I2 = np.zeros((2, 3, 3), int), np.zeros((2, 3, 3, 3), int)
REFUSALS = []
for axes, x, grad, indices in [(1, X1, G1, I1), (2, X2, G2, I2)]:
    def f(name, suffix="", axes=axes):
        return getattr(P, f"{name}_pool{axes}d{suffix}")
    forwards = [f("max"), f("avg"), f("stochastic", "_expectation"),
                lambda *a, f=f, **k: f("stochastic")(*a, **k, rng=RNG)]
    backwards = [f("max", "_backward"), f("avg", "_backward"),
                 lambda *a, f=f, i=indices, **k: f("stochastic", "_backward")(*a, **k, indices=i)]
    calls = forwards + [lambda *a, b=b, g=grad, **k: b(g, *a, **k) for b in backwards]
    for call in calls:
        REFUSALS += [
            (call, (x[0], 2), {}, r"x: expected shape \(N, C, .* got \(3, 6"),
            (call, (x[:0], 2), {}, r"x: expected shape .* at least one entry along each axis, got \(0, 3, 6"),
            (call, ("x", 2), {}, r"x: expected real numbers, got an array of dtype <U1"),
            (call, (x, 0), {}, r"kernel_size: expected an integer of at least 1, got 0"),
            (call, (x, 7), {}, r"kernel_size: expected a kernel that fits the padded length 6, got kernel_size 7"),
            (call, (x, 2), {"stride": 0}, r"stride: expected an integer of at least 1, got 0"),
            (call, (x, 2), {"padding": -1}, r"padding: expected an integer of at least 0, got -1"),
            (call, (x, 2), {"dilation": 0}, r"dilation: expected an integer of at least 1, got 0"),
            (call, (x, 2), {"padding": 2}, r"padding: expected padding with which no window misses x, got 2"),
            (call, (x, (2, 2, 2)), {}, r"kernel_size: expected an integer .*, got \(2, 2, 2\)"),
        ]
    for backward in backwards:
        REFUSALS += [
            (backward, (grad[:, :, 1:], x, 2), {}, r"grad: expected shape \(2, 3, 3.*\), got \(2, 3, 2"),
            (backward, (grad[0, 0], x, 2), {}, r"grad: expected shape \(2, 3, 3.*\), got \(3"),
        ]
    for name in ("max", "stochastic"):
        backward = f(name, "_backward")
        REFUSALS += [
            (backward, (grad, x, 2), {"indices": indices[:1]}, r"indices: expected shape \(2, 3.*\), got \(1, 3"),
            (backward, (grad, x, 2), {"indices": indices - 1}, r"indices: .* from 0 to \d+, got -1 to -1"),
            (backward, (grad, x, 2), {"indices": indices + 36}, r"indices: .* from 0 to \d+, got 36 to 36"),
            (backward, (grad, x, 2), {"indices": [[1], [1, 2]]}, r"indices: .* got rows of different lengths"),
            (backward, (grad, x, 2), {"indices": indices / 1}, r"indices: expected integers, got .* float64"),
        ]
    for call in forwards[2:]:
        REFUSALS += [
            (call, (-x, 2), {}, r"x: expected finite activations of at least 0, got -1\.0"),
            (call, (x * np.nan, 2), {}, r"x: expected finite activations of at least 0, got nan"),
        ]
    REFUSALS += [
        (f("stochastic"), (x, 2), {"rng": 0}, r"rng: expected a numpy\.random\.Generator, got int"),
        (f("max"), (np.full_like(x, -np.inf), 2), {"padding": 1}, r"x: expected an entry above minus infinity"),
    ]


@pytest.mark.parametrize(("call", "arguments", "extra", "message"), REFUSALS)
def test_refuses(call, arguments, extra, message):
    with pytest.raises(ValueError, match=message):
        call(*arguments, **extra)


def test_an_entry_without_a_chance_is_not_drawn_by_the_smallest_lot():
    class Smallest(np.random.Generator):
        def random(self, size):
            return np.zeros(size)

    y, indices = P.stochastic_pool1d([0.0, 0.0, 3.0], 3, rng=Smallest(np.random.PCG64(0)))
    assert (y.tolist(), indices.tolist()) == ([3.0], [2])
