import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from mathnn.layers import Linear, Parameter
from mathnn.optimizers import SGD, Adam, gradient_descent

examples = settings(derandomize=True, deadline=None, max_examples=50, database=None)


@examples
@given(st.floats(-5, 5), st.floats(0.01, 1.2), st.integers(0, 20))
def test_gradient_descent_on_a_parabola_follows_its_closed_form(start, rate, steps):
    points = list(gradient_descent(lambda x: 2 * x, start, learning_rate=rate, steps=steps))
    expected = start * (1 - 2 * rate) ** np.arange(steps + 1)
    np.testing.assert_allclose(points, expected, rtol=1e-9, atol=1e-12)


def test_gradient_descent_in_two_dimensions_agrees_with_exact_fractions():
    x, y = sympy.symbols("x y")
    f = x**2 + 3 * y**2 + x * y
    gradient = sympy.lambdify([[x, y]], [f.diff(x), f.diff(y)])
    exact = [sympy.Integer(1), sympy.Integer(-2)]
    rate = sympy.Rational(1, 8)
    for point in gradient_descent(gradient, [1, -2], learning_rate=0.125, steps=6):
        np.testing.assert_array_equal(point, [float(e) for e in exact])
        slopes = [e.subs({x: exact[0], y: exact[1]}) for e in (f.diff(x), f.diff(y))]
        exact = [e - rate * s for e, s in zip(exact, slopes, strict=True)]


def test_gradient_descent_gives_the_start_and_then_a_point_for_each_step():
    start = np.array([1.0, 2.0])
    points = list(gradient_descent(lambda x: x, start, learning_rate=0.5, steps=3))
    assert len(points) == 4
    points[0][...] = 9  # the points are the caller's own
    np.testing.assert_array_equal(start, [1, 2])
    np.testing.assert_array_equal(points[1], [0.5, 1])


def test_gradient_descent_refuses_when_it_runs_away():
    walk = gradient_descent(lambda x: np.inf if abs(x) > 100 else 2 * x, 1.0, learning_rate=3, steps=50)
    with pytest.raises(ValueError, match="gradient: expected finite numbers, got inf"):
        list(walk)


GRADIENTS = np.random.default_rng(0).normal(size=(6, 2, 3))


def run(make, dtype=np.float64):
    """Feed the same gradients, whatever the weights; return the weights after each step."""
    parameters = [Parameter(np.ones((2, 3), dtype)), Parameter(np.zeros(3, dtype))]
    optimizer = make(parameters)
    path = []
    for g in GRADIENTS:
        optimizer.zero_grad()
        parameters[0].grad += g.astype(dtype)
        parameters[1].grad += g[0].astype(dtype)
        optimizer.step()
        path.append([p.data.copy() for p in parameters])
    return path


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_with_momentum_weighs_old_gradients_with_powers(momentum):
    path = run(lambda parameters: SGD(parameters, learning_rate=0.1, momentum=momentum))
    for t, (w, b) in enumerate(path):
        velocities = [sum(momentum ** (s - r) * GRADIENTS[r] for r in range(s + 1)) for s in range(t + 1)]
        np.testing.assert_allclose(w, 1 - 0.1 * sum(velocities), rtol=1e-12)
        np.testing.assert_allclose(b, -0.1 * sum(velocities)[0], rtol=1e-12)


def test_adam_agrees_with_its_averages_written_out():
    beta_1, beta_2, rate, eps = 0.8, 0.95, 0.01, 1e-3
    path = run(lambda parameters: Adam(parameters, learning_rate=rate, betas=(beta_1, beta_2), eps=eps))
    w = np.ones((2, 3))
    for t in range(6):
        weights = [beta ** np.arange(t, -1, -1) for beta in (beta_1, beta_2)]  # newest gradient last, weight 1
        m = np.tensordot(weights[0] / weights[0].sum(), GRADIENTS[: t + 1], 1)
        v = np.tensordot(weights[1] / weights[1].sum(), GRADIENTS[: t + 1] ** 2, 1)
        w = w - rate * m / (np.sqrt(v) + eps)
        np.testing.assert_allclose(path[t][0], w, rtol=1e-12)


def test_first_step_of_adam_has_the_size_of_the_learning_rate():
    w = Parameter([1.0, 1.0, 1.0])
    optimizer = Adam([w])
    w.grad[...] = [1e-3, -1.0, 1e3]
    optimizer.step()
    np.testing.assert_allclose(w.data, 1 - 1e-3 * np.array([1, -1, 1]), rtol=1e-7)


def test_step_without_gradient_moves_nothing():
    for optimizer in (SGD([w := Parameter([2.0])], learning_rate=1), Adam([w])):
        optimizer.step()
        np.testing.assert_array_equal(w.data, 2)


def test_zero_grad_clears_the_gradients():
    layer = Linear(2, 2, rng=np.random.default_rng(0))
    layer.forward(np.ones((1, 2)))
    layer.backward(np.ones((1, 2)))
    assert layer.weight.grad.any()
    SGD(layer.parameters(), learning_rate=1).zero_grad()
    assert not any(p.grad.any() for p in layer.parameters())


@pytest.mark.parametrize("make", [lambda w: SGD([w], learning_rate=1), lambda w: Adam([w])])
def test_a_gradient_set_by_hand_is_left_alone_and_must_fit(make):
    w = Parameter([1.0, 2.0])
    w.grad = mine = np.array([3.0, 4.0])
    optimizer = make(w)
    optimizer.step()
    optimizer.zero_grad()
    np.testing.assert_array_equal(mine, [3, 4])
    np.testing.assert_array_equal(w.grad, [0, 0])
    kept = w.data.copy()
    for wrong, message in [(5.0, r"grad: expected shape \(2,\), got \(\)"), (None, "grad: expected real numbers"),
                           (np.ones((3, 2)), r"grad: expected shape \(2,\), got \(3, 2\)")]:
        w.grad = wrong
        with pytest.raises(ValueError, match=message):
            optimizer.step()
    np.testing.assert_array_equal(w.data, kept)


@pytest.mark.parametrize(("make", "after"), [
    (lambda w: Adam([w], learning_rate=0.1, betas=(0, 0)), -0.2),
    (lambda w: SGD([w], learning_rate=0.1), -1e16 - 0.1),
])
def test_without_memory_a_very_large_gradient_is_forgotten(make, after):
    w = Parameter([0.0])
    optimizer = make(w)
    for g in (1e17, 1.0):
        w.grad = [g]
        optimizer.step()
    np.testing.assert_allclose(w.data, after)


def test_sgd_without_momentum_forgets_an_infinite_gradient():
    w = Parameter([0.0])
    optimizer = SGD([w], learning_rate=0.1)
    w.grad[...] = np.inf
    optimizer.step()
    w.data[...], w.grad[...] = 1, 1
    optimizer.step()
    assert w.data == 0.9


def test_integers_set_by_hand_are_refused():
    w = Parameter([1.0, 2.0])
    w.data = np.array([1, -1])
    with pytest.raises(ValueError, match="parameters: expected data of floats, got dtype int"):
        SGD([w], learning_rate=1)


def test_types_stay():
    for make in (lambda p: SGD(p, learning_rate=0.1, momentum=0.5), Adam):
        assert {a.dtype for a in run(make, np.float32)[-1]} == {np.dtype(np.float32)}


W = [Parameter([1.0])]
REFUSALS = [
    (lambda: gradient_descent(np.sin, np.nan, learning_rate=1, steps=1), r"start: expected finite numbers, got nan"),
    (lambda: gradient_descent(np.sin, 1.0, learning_rate=0, steps=1), r"learning_rate: expected a positive number"),
    (lambda: gradient_descent(np.sin, 1.0, learning_rate=1, steps=-1), r"steps: expected an integer of .* 0, got -1"),
    (lambda: list(gradient_descent(np.sum, np.ones(2), learning_rate=1, steps=1)), r"gradient: .* \(2,\), got \(\)"),
    (lambda: SGD([], learning_rate=1), r"parameters: expected at least one parameter, got none"),
    (lambda: SGD([np.ones(2)], learning_rate=1), r"parameters: expected Parameter objects, got ndarray"),
    (lambda: SGD(W[0], learning_rate=1), r"parameters: .*, as net\.parameters\(\), got Parameter"),
    (lambda: Adam(Linear(1, 1, rng=np.random.default_rng(0))), r"parameters: .*, as net\.parameters\(\), got Linear"),
    (lambda: SGD(W * 2, learning_rate=1), r"parameters: expected each parameter once, got one twice"),
    (lambda: SGD(W, learning_rate=-0.1), r"learning_rate: expected a positive number, got -0\.1"),
    (lambda: SGD(W, learning_rate=np.nan), r"learning_rate: expected a positive number, got nan"),
    (lambda: SGD(W, learning_rate=1, momentum=1.0), r"momentum: expected a number from 0 up to .* 1, got 1\.0"),
    (lambda: Adam(W, learning_rate=0), r"learning_rate: expected a positive number, got 0\.0"),
    (lambda: Adam(W, betas=(0.9, 1.0)), r"betas: expected a number from 0 up to but not including 1, got 1\.0"),
    (lambda: Adam(W, betas=0.9), r"betas: expected a pair of numbers, got 0\.9"),
    (lambda: Adam(W, eps=0), r"eps: expected a positive number, got 0\.0"),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
