import itertools

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from mathnn import convolution
from mathnn.calculus import numerical_gradient
from mathnn.convolution import (
    conv1d,
    conv1d_backward,
    conv1d_loops,
    conv2d,
    conv2d_backward,
    conv2d_loops,
    output_length,
)

examples = settings(derandomize=True, deadline=None, max_examples=150, database=None)


def backward_loops(grad, x, w, s, p, d):
    """Send each product of the forward loops back to its two factors."""
    grad_x, grad_w, grad_b = np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    for n, o, i, j in np.ndindex(grad.shape):
        grad_b[o] += grad[n, o, i, j]
        for c, k, l in np.ndindex(w.shape[1:]):
            row, column = i * s[0] + k * d[0] - p[0], j * s[1] + l * d[1] - p[1]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                grad_x[n, c, row, column] += grad[n, o, i, j] * w[o, c, k, l]
                grad_w[o, c, k, l] += grad[n, o, i, j] * x[n, c, row, column]
    return grad_x, grad_w, grad_b


def smallest(kernel_size, padding, dilation):
    """Return the smallest length that the kernel fits."""
    return max(1, dilation * (kernel_size - 1) + 1 - 2 * padding)


GRID = list(itertools.product([1, 2, 3, 4], [1, 2, 3], [0, 1, 2, 3], [1, 2, 3]))  # kernel, stride, padding, dilation


@pytest.mark.parametrize(("kernel_size", "stride", "padding", "dilation"), GRID)
def test_conv1d_agrees_with_the_loops_over_the_whole_grid(kernel_size, stride, padding, dilation):
    rng = np.random.default_rng([kernel_size, stride, padding, dilation])
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    for extra, C in [(0, 1), (1, 3), (4, 2)]:
        x = rng.normal(size=(2, C, smallest(kernel_size, padding, dilation) + extra))
        w, b = rng.normal(size=(2, C, kernel_size)), rng.normal(size=2)
        y = conv1d(x, w, b, **options)
        np.testing.assert_allclose(y, conv1d_loops(x, w, b, **options), atol=1e-13)
        assert y.shape[2] == output_length(x.shape[2], kernel_size, **options)
        grad = rng.normal(size=y.shape)
        s, p, d = (1, stride), (0, padding), (1, dilation)
        loops = backward_loops(grad[:, :, None], x[:, :, None], w[:, :, None], s, p, d)
        for fast, slow in zip(conv1d_backward(grad, x, w, **options), loops, strict=True):
            np.testing.assert_allclose(fast, slow.reshape(fast.shape), atol=1e-13)


@st.composite
def cases_2d(draw):
    """Draw a seed, shapes, and options that differ between height and width."""
    K, s = draw(st.tuples(*[st.integers(1, 4)] * 2)), draw(st.tuples(*[st.integers(1, 3)] * 2))
    p, d = draw(st.tuples(*[st.integers(0, 3)] * 2)), draw(st.tuples(*[st.integers(1, 3)] * 2))
    H, W = (smallest(*args) + draw(st.integers(0, 4)) for args in zip(K, p, d, strict=True))
    N, C, O = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    x, w, b = rng.normal(size=(N, C, H, W)), rng.normal(size=(O, C, *K)), rng.normal(size=O)
    return x, w, b, {"stride": s, "padding": p, "dilation": d}, rng


@examples
@given(cases_2d())
def test_conv2d_and_its_backward_agree_with_the_loops(case):
    x, w, b, options, rng = case
    y = conv2d(x, w, b, **options)
    np.testing.assert_allclose(y, conv2d_loops(x, w, b, **options), atol=1e-12)
    grad = rng.normal(size=y.shape)
    fast_and_slow = conv2d_backward(grad, x, w, **options), backward_loops(grad, x, w, *options.values())
    for fast, slow in zip(*fast_and_slow, strict=True):
        np.testing.assert_allclose(fast, slow, atol=1e-12)


@examples
@given(cases_2d())
def test_backward_is_the_adjoint_of_forward(case):
    x, w, b, options, rng = case
    y = conv2d(x, w, **options)  # linear in x, and in w
    grad = rng.normal(size=y.shape)
    grad_x, grad_w, _ = conv2d_backward(grad, x, w, **options)
    assert np.vdot(y, grad) == pytest.approx(np.vdot(x, grad_x), abs=1e-10)
    assert np.vdot(y, grad) == pytest.approx(np.vdot(w, grad_w), abs=1e-10)


@settings(examples, max_examples=40)
@given(cases_2d())
def test_backward_agrees_with_central_differences(case):
    x, w, b, options, rng = case
    grad = rng.normal(size=conv2d(x, w, b, **options).shape)
    grad_x, grad_w, grad_b = conv2d_backward(grad, x, w, **options)
    loss = [
        (grad_x, lambda x: np.vdot(grad, conv2d(x, w, b, **options)), x),
        (grad_w, lambda w: np.vdot(grad, conv2d(x, w, b, **options)), w),
        (grad_b, lambda b: np.vdot(grad, conv2d(x, w, b, **options)), b),
    ]
    for gradient, f, at in loss:
        np.testing.assert_allclose(gradient, numerical_gradient(f, at), atol=1e-7)


def test_conv1d_backward_agrees_with_sympy():
    x, w, g = sympy.symbols("x:7"), sympy.symbols("w:2"), sympy.symbols("g:3")
    y = [sum(x[2 * i + 3 * k - 1] * w[k] for k in range(2) if 0 <= 2 * i + 3 * k - 1 < 7) for i in range(3)]
    loss = sum(a * b for a, b in zip(g, y, strict=True))
    values = dict(zip((*x, *w, *g), (3, -1, 4, 1, -5, 9, 2, 7, -2, 5, -3, 6), strict=True))
    grad, signal, kernel = ([values[v] for v in group] for group in (g, x, w))
    grad_x, grad_w, grad_b = conv1d_backward(grad, signal, kernel, stride=2, padding=1, dilation=3)
    np.testing.assert_array_equal(grad_x, [float(loss.diff(v).subs(values)) for v in x])
    np.testing.assert_array_equal(grad_w, [float(loss.diff(v).subs(values)) for v in w])
    assert grad_b == sum(grad)


def test_numbers_of_the_notes():
    x = [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(conv1d(x, [1, 0, 1]), [4, 6, 8])
    np.testing.assert_array_equal(conv1d(x, [1, 0, 1], padding=1), [2, 4, 6, 8, 4])
    np.testing.assert_array_equal(conv1d(x, [1, 0, 1], stride=2), [4, 8])
    np.testing.assert_allclose(conv1d(x, [0.2, 0.5, 0.3]), [2.1, 3.1, 4.1], rtol=1e-15)
    image = conv2d([x] * 5, [[1, 0, 1]] * 3, padding=1)
    assert image.shape == (5, 5)
    assert image[1, 1] == 12


def test_conv1d_is_the_correlation_of_numpy_and_not_its_convolution():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=9), rng.normal(size=4)
    np.testing.assert_allclose(conv1d(x, w), np.correlate(x, w, "valid"))
    np.testing.assert_allclose(conv1d(x, w[::-1]), np.convolve(x, w, "valid"))
    np.testing.assert_allclose(conv1d(x, w, padding=3), np.correlate(x, w, "full"))


def test_gradient_of_the_input_is_the_full_correlation_with_the_flipped_kernel():
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(4, 3, 3, 2))
    grad = rng.normal(size=(2, 4, 4, 4))
    flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    np.testing.assert_allclose(conv2d_backward(grad, x, w)[0], conv2d(grad, flipped, padding=(2, 1)), atol=1e-13)


def test_bare_forms_are_a_batch_of_one_with_one_channel():
    rng = np.random.default_rng(2)
    for forward, backward, loops, size, kernel in [
        (conv1d, conv1d_backward, conv1d_loops, (7,), (3,)),
        (conv2d, conv2d_backward, conv2d_loops, (6, 7), (3, 2)),
    ]:
        x, w, b = rng.normal(size=size), rng.normal(size=kernel), 0.5
        y = forward(x, w, b, stride=2, padding=1)
        assert y.ndim == len(size)
        np.testing.assert_array_equal(y, forward(x[None, None], w[None, None], [b], stride=2, padding=1)[0, 0])
        np.testing.assert_allclose(y, loops(x, w, b, stride=2, padding=1))
        np.testing.assert_array_equal(y, forward(x, w, [b], stride=2, padding=1))
        grad_x, grad_w, grad_b = backward(y, x, w, stride=2, padding=1)
        assert (grad_x.shape, grad_w.shape, grad_b.shape) == (size, kernel, ())


@pytest.mark.parametrize("limit", [1, 3000, 7000, 2**30])  # 7000: four or five of the six
def test_result_does_not_depend_on_how_many_images_are_taken_at_a_time(limit, monkeypatch):
    rng = np.random.default_rng(3)
    x, w, grad = rng.normal(size=(6, 2, 5, 5)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=(6, 3, 3, 3))
    expected = conv2d_loops(x, w), *backward_loops(grad, x, w, (1, 1), (0, 0), (1, 1))
    monkeypatch.setattr(convolution, "FORWARD_BYTES", limit)
    monkeypatch.setattr(convolution, "BACKWARD_BYTES", limit)
    for fast, slow in zip((conv2d(x, w), *conv2d_backward(grad, x, w)), expected, strict=True):
        np.testing.assert_allclose(fast, slow, atol=1e-13)


def test_views_in_any_order_are_read_rightly():
    rng = np.random.default_rng(4)
    x, w = rng.normal(size=(5, 6, 2, 3)), np.asfortranarray(rng.normal(size=(2, 3, 2, 2)))
    view = x.transpose(3, 2, 1, 0)[:, ::-1, ::2]  # (3, 2, 3, 5)
    np.testing.assert_allclose(conv2d(view, w[:, :2]), conv2d(view.copy(), w[:, :2].copy()))
    for a, b in zip(conv2d_backward(np.ones((3, 2, 2, 4)), view, w[:, :2]),
                    conv2d_backward(np.ones((3, 2, 2, 4)), view.copy(), w[:, :2].copy()), strict=True):
        np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8])
@pytest.mark.parametrize("axes", [1, 2])
def test_types_stay_and_arguments_are_untouched(axes, dtype):
    functions = {1: (conv1d, conv1d_backward, conv1d_loops), 2: (conv2d, conv2d_backward, conv2d_loops)}
    forward, backward, loops = functions[axes]
    expected = dtype if dtype in (np.float32, np.float64) else np.float64
    x, w = np.full((2, 3, *[5] * axes), 200, dtype), np.full((4, 3, *[2] * axes), 2, dtype)
    b, grad = np.ones(4), np.ones((2, 4, *[4] * axes), dtype)
    copies = [a.copy() for a in (x, w, b, grad)]
    for a in (x, w, b, grad):
        a.flags.writeable = False
    results = [forward(x, w, b), loops(x, w, b), *backward(grad, x, w)]
    assert {a.dtype for a in results} == {np.dtype(expected)}
    assert (results[0] == 200 * 2 * 3 * 2**axes + 1).all()
    for a, copy in zip((x, w, b, grad), copies, strict=True):
        np.testing.assert_array_equal(a, copy)
    results[0][...] = 0  # the results are the caller's own
    results[2][...] = 0


def test_nan_reaches_the_windows_that_hold_it_and_no_other():
    x = np.zeros((5, 5))
    x[0, 4] = np.nan
    y = conv2d(x, np.ones((2, 2)))
    assert np.isnan(y[0, 3])
    assert np.isnan(y).sum() == 1


@examples
@given(*[st.integers(1, 20)] * 3, st.integers(0, 5), st.integers(1, 4))
def test_output_length_counts_the_places(n, kernel_size, stride, padding, dilation):
    span = dilation * (kernel_size - 1) + 1
    places = range(0, n + 2 * padding - span + 1, stride)
    if len(places) == 0:
        with pytest.raises(ValueError, match=f"fits the padded length {n + 2 * padding}, .* which spans {span}"):
            output_length(n, kernel_size, stride=stride, padding=padding, dilation=dilation)
    else:
        assert output_length(n, kernel_size, stride=stride, padding=padding, dilation=dilation) == len(places)


X, W, G = np.ones((2, 3, 5, 6)), np.ones((4, 3, 2, 2)), np.ones((2, 4, 4, 5))
X1, W1, G1 = X[:, :, 0], W[:, :, 0], np.ones((2, 4, 5))
NAN_STRIDE = r"stride: expected an integer of at least 1, got nan"
REFUSALS = [
    (lambda: output_length(0, 1), r"n: expected an integer of at least 1, got 0"),
    (lambda: output_length(5, 0), r"kernel_size: expected an integer of at least 1, got 0"),
    (lambda: output_length(5, 2, stride=0), r"stride: expected an integer of at least 1, got 0"),
    (lambda: output_length(5, 2, padding=-1), r"padding: expected an integer of at least 0, got -1"),
    (lambda: output_length(5, 2, dilation=1.0), r"dilation: expected an integer of at least 1, got 1\.0"),
]
for f, arguments in [(conv2d, (X, W)), (conv2d_loops, (X, W)), (conv2d_backward, (G, X, W)),
                     (conv1d, (X1, W1)), (conv1d_loops, (X1, W1)), (conv1d_backward, (G1, X1, W1))]:
    def call(x, w, f=f, arguments=arguments, **options):
        return lambda: f(*arguments[:-2], x, w, **options)
    x, w = arguments[-2:]
    REFUSALS += [
        (call(x, w[0]), r"x, w: expected shapes .*, got \(2, 3.*\) and \(3, 2.*\)"),
        (call(x, w[:, :2]), r"w: expected 3 input channels for x of shape \(2, 3, .*, got w of shape \(4, 2, 2"),
        (call(x[:0], w), r"x, w: expected at least one entry along each axis, got shapes \(0, 3"),
        (call(x, w[:0]), r"x, w: expected at least one entry along each axis, .* and \(0, 3"),
        (call("x", w), r"x: expected real numbers, got an array of dtype <U1"),
        (call(x, w * 1j), r"w: expected real numbers, got an array of dtype complex128"),
        (call(x, w, stride=0), r"stride: expected an integer of at least 1, got 0"),
        (call(x, w, stride=np.nan), NAN_STRIDE),
        (call(x, w, padding=-1), r"padding: expected an integer of at least 0, got -1"),
        (call(x, w, dilation=True), r"dilation: expected an integer of at least 1, got True"),
        (call(x, w, dilation=6), r"kernel_size: expected a kernel that fits .* with dilation 6, which spans 7"),
    ]
for f in (conv2d, conv2d_loops, conv1d, conv1d_loops):
    x, w = (X, W) if "2" in f.__name__ else (X1, W1)
    REFUSALS += [
        (lambda f=f, x=x, w=w: f(x, w, np.ones(3)), r"b: expected shape \(4,\), got \(3,\)"),
        (lambda f=f, x=x, w=w: f(x, w, 1.0), r"b: expected shape \(4,\), got \(\)"),
        (lambda f=f, x=x, w=w: f(x, w, ["a"] * 4), r"b: expected real numbers, got an array of dtype <U1"),
    ]
REFUSALS += [
    (lambda: conv2d(X, W, stride=(1, 0)), r"stride: expected an integer of at least 1, got 0"),
    (lambda: conv2d(X, W, padding=(1, 1, 1)), r"padding: expected an integer or a pair of integers, got \(1, 1, 1\)"),
    (lambda: conv1d(X1, W1, stride=(1, 1)), r"stride: expected an integer of at least 1, got \(1, 1\)"),
    (lambda: conv2d_backward(G[:, :3], X, W), r"grad: expected shape \(2, 4, 4, 5\), got \(2, 3, 4, 5\)"),
    (lambda: conv1d_backward(G1[:, :, 1:], X1, W1), r"grad: expected shape \(2, 4, 5\), got \(2, 4, 4\)"),
    (lambda: conv1d_backward([1.0, 2.0], [1, 2, 3], [1]), r"grad: expected shape \(3,\), got \(2,\)"),
    (lambda: conv2d_backward(np.ones((1, 1, 1)), [[1.0]], [[1.0]]), r"grad: expected shape \(1, 1\), got \(1, 1, 1\)"),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
