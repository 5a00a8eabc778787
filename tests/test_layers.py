import numpy as np
import pytest

from mathnn.gradient_check import check_directions, check_gradient
from mathnn.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, Parameter, ReLU, Sequential, Sigmoid, Tanh
from mathnn.losses import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_gradient,
    cross_entropy,
    cross_entropy_gradient,
)
from mathnn.optimizers import SGD


def rng():
    return np.random.default_rng(0)


LAYERS = {  # how to make each, and the shape it takes
    "Linear": (lambda: Linear(3, 4, rng=rng()), (5, 3)),
    "Linear without bias": (lambda: Linear(3, 4, bias=False, rng=rng()), (5, 3)),
    "Conv2d": (lambda: Conv2d(2, 3, (3, 2), stride=(1, 2), padding=1, rng=rng()), (2, 2, 4, 5)),
    "Conv2d without bias": (lambda: Conv2d(2, 3, 2, dilation=2, bias=False, rng=rng()), (2, 2, 4, 5)),
    "MaxPool2d": (lambda: MaxPool2d(2, stride=1, padding=1), (2, 2, 4, 5)),
    "AvgPool2d": (lambda: AvgPool2d((2, 3), stride=1, padding=1, count_include_pad=False), (2, 2, 4, 5)),
    "Flatten": (Flatten, (2, 2, 3)),
    "ReLU": (ReLU, (4, 3)),
    "Sigmoid": (Sigmoid, (4, 3)),
    "Tanh": (Tanh, (4, 3)),
    "Sequential": (lambda: Sequential(Conv2d(1, 2, 3, rng=rng()), Tanh(), MaxPool2d(2), Flatten(),
                                      Linear(8, 3, rng=rng()), Sigmoid()), (2, 1, 6, 6)),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


@every_layer
def test_backward_passes_the_gradient_check(name):
    make, shape = LAYERS[name]
    layer, x = make(), np.random.default_rng(1).normal(size=shape)
    grad = np.random.default_rng(2).normal(size=layer.forward(x).shape)
    check_gradient(lambda x: np.sum(grad * layer.forward(x)), x, _backward(layer, x, grad))
    gradients = [p.grad.copy() for p in layer.parameters()]
    for parameter, gradient in zip(layer.parameters(), gradients, strict=True):
        def loss(data, parameter=parameter):
            parameter.data, kept = data, parameter.data
            value = np.sum(grad * layer.forward(x))
            parameter.data = kept
            return value
        check_gradient(loss, parameter.data, gradient)


def _backward(layer, x, grad):
    layer.forward(x)
    return layer.backward(grad)


@every_layer
def test_gradients_of_parameters_add_up(name):
    make, shape = LAYERS[name]
    layer, x = make(), np.ones(shape)
    for _ in range(2):
        _backward(layer, x, np.ones(layer.forward(x).shape))
    twice = [p.grad.copy() for p in layer.parameters()]
    for p in layer.parameters():
        p.grad[...] = 0
    _backward(layer, x, np.ones(layer.forward(x).shape))
    for once, two in zip(layer.parameters(), twice, strict=True):
        np.testing.assert_allclose(two, 2 * once.grad)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_types_stay_and_arguments_are_untouched(name, dtype):
    make, shape = LAYERS[name]
    layer, x = make(), np.ones(shape, dtype)
    expected = np.float64 if dtype == np.int64 else dtype
    x.flags.writeable = False
    y = layer(x)
    grad = np.ones(y.shape)
    grad.flags.writeable = False
    assert y.dtype == expected
    assert layer.backward(grad).dtype == expected
    assert layer.backward(grad).shape == shape
    y[...] = 0  # the output is the caller's own
    np.testing.assert_array_equal(x, 1)


@every_layer
def test_backward_refuses_what_does_not_fit(name):
    make, shape = LAYERS[name]
    layer = make()
    with pytest.raises(RuntimeError, match=f"backward: expected a forward step of this {type(layer).__name__} before"):
        layer.backward(np.ones(shape))
    y = layer.forward(np.ones(shape))
    with pytest.raises(ValueError, match=r"grad: expected shape \(.*\), got \(7, 7\)") as e:
        layer.backward(np.ones((7, 7)))
    assert f"expected shape {y.shape}" in str(e.value)
    with pytest.raises(ValueError, match="grad: expected real numbers, got an array of dtype complex128"):
        layer.backward(y * 1j)


def test_the_2_3_1_example_of_the_notes():
    net = Sequential(Linear(2, 3, bias=False, rng=rng()), Linear(3, 1, bias=False, rng=rng()))
    first, second = net.parameters()
    first.data[...], second.data[...] = 0.5, 1.0
    optimizer = SGD(net.parameters(), learning_rate=1e-5)
    y_hat = net.forward([[40.0, 80.0]])
    np.testing.assert_array_equal(net.activations[1], [[60, 60, 60]])
    assert y_hat == 180
    net.backward(y_hat - 60)
    np.testing.assert_array_equal(second.grad, [[7200, 7200, 7200]])
    np.testing.assert_array_equal(first.grad, [[4800, 9600]] * 3)
    optimizer.step()
    np.testing.assert_allclose(first.data, [[0.452, 0.404]] * 3, rtol=1e-14)
    np.testing.assert_allclose(second.data, [[0.928] * 3], rtol=1e-14)
    assert net.forward([[40.0, 80.0]]) == pytest.approx(140.3136, rel=1e-14)


def test_sequential_keeps_the_trace_of_both_passes():
    make, shape = LAYERS["Sequential"]
    net = make()
    x = np.random.default_rng(3).normal(size=shape)
    y = net.forward(x)
    grad_x = net.backward(np.ones(y.shape))
    assert len(net.activations) == len(net.gradients) == len(net.layers) + 1
    np.testing.assert_array_equal(net.activations[0], x)
    assert net.activations[-1] is y
    assert net.gradients[0] is grad_x
    for i, layer in enumerate(net.layers):
        np.testing.assert_array_equal(layer.forward(net.activations[i]), net.activations[i + 1])
        np.testing.assert_allclose(layer.backward(net.gradients[i + 1]), net.gradients[i])


def test_first_weights_are_small_and_the_same_with_the_same_seed():
    layer = Linear(100, 50, rng=np.random.default_rng(4))
    assert np.abs(layer.weight.data).max() <= 0.1
    assert layer.weight.data.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.05)
    assert np.abs(layer.bias.data).max() <= 0.1
    np.testing.assert_array_equal(layer.weight.data, Linear(100, 50, rng=np.random.default_rng(4)).weight.data)
    kernels = Conv2d(4, 8, 5, rng=np.random.default_rng(5)).weight.data
    assert 0.095 < np.abs(kernels).max() <= 0.1


def test_flatten_keeps_the_order_and_leaves_rows_as_they_are():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(Flatten()(x), [np.arange(12), np.arange(12, 24)])
    np.testing.assert_array_equal(Flatten()(x[0]), x[0])
    layer, grad = Flatten(), np.ones((2, 12))
    assert layer(x[:0]).shape == (0, 12)  # no example at all, as for Linear
    layer(x)
    assert not np.shares_memory(layer.backward(grad), grad)


def test_a_parameter_is_a_copy():
    data = np.ones(2, np.float32)
    parameter = Parameter(data)
    parameter.data[...] = 5
    np.testing.assert_array_equal(data, 1)
    assert parameter.grad.dtype == np.float32


def train(net, x, loss_gradient, steps, **options):
    optimizer = SGD(net.parameters(), **options)
    for _ in range(steps):
        y_hat = net.forward(x)
        optimizer.zero_grad()
        net.backward(loss_gradient(y_hat))
        optimizer.step()
    return net.forward(x)


def learn_xor():
    x, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    net = Sequential(Linear(2, 4, rng=np.random.default_rng(0)), Tanh(), Linear(4, 1, rng=np.random.default_rng(1)))
    z = train(net, x, lambda z: binary_cross_entropy_with_logits_gradient(z, y), 500, learning_rate=0.5, momentum=0.9)
    return z, y


def test_xor_is_learned_and_a_seeded_run_is_the_same_twice():
    z, y = learn_xor()
    np.testing.assert_array_equal(z > 0, y > 0.5)
    assert binary_cross_entropy_with_logits(z, y) < 0.01
    np.testing.assert_array_equal(z, learn_xor()[0])


def learn_spirals():
    t = np.linspace(0.25, 2, 60)
    arm = np.stack([t * np.cos(np.pi * t), t * np.sin(np.pi * t)], axis=1)  # one full turn
    x, labels = np.concatenate([arm, -arm]), np.repeat([0, 1], 60)
    r = np.random.default_rng(0)
    net = Sequential(Linear(2, 24, rng=r), Tanh(), Linear(24, 24, rng=r), Tanh(), Linear(24, 2, rng=r))
    z = train(net, x, lambda z: cross_entropy_gradient(z, labels), 1500, learning_rate=0.3, momentum=0.9)
    return z, labels


def test_two_spirals_are_learned_and_a_seeded_run_is_the_same_twice():
    z, labels = learn_spirals()
    np.testing.assert_array_equal(z.argmax(axis=1), labels)
    assert cross_entropy(z, labels) < 0.05
    np.testing.assert_array_equal(z, learn_spirals()[0])


def test_loss_of_a_whole_network_passes_the_gradient_check():
    make, shape = LAYERS["Sequential"]
    net, labels = make(), [2, 0]
    x = np.random.default_rng(6).normal(size=shape)
    gradient = _backward(net, x, cross_entropy_gradient(net.forward(x), labels))
    check_directions(lambda x: cross_entropy(net.forward(x), labels), x, gradient, rng=np.random.default_rng(7))


TANH = Tanh()
REFUSALS = [
    (lambda: Linear(0, 1, rng=rng()), r"in_features: expected an integer of at least 1, got 0"),
    (lambda: Linear(1, 2.5, rng=rng()), r"out_features: expected an integer of at least 1, got 2\.5"),
    (lambda: Linear(1, 1, rng=0), r"rng: expected a numpy\.random\.Generator, got int"),
    (lambda: Linear(3, 1, rng=rng())(np.ones((2, 4))), r"x: expected shape \(n, 3\), got \(2, 4\)"),
    (lambda: Linear(3, 1, rng=rng())(np.ones(3)), r"x: expected shape \(n, 3\), got \(3,\)"),
    (lambda: Linear(1, 1, rng=rng())("x"), r"x: expected real numbers, got an array of dtype <U1"),
    (lambda: Conv2d(-1, 1, 3, rng=rng()), r"in_channels: expected an integer of at least 1, got -1"),
    (lambda: Conv2d(1, 0, 3, rng=rng()), r"out_channels: expected an integer of at least 1, got 0"),
    (lambda: Conv2d(1, 1, (3, 0), rng=rng()), r"kernel_size: expected an integer of at least 1, got 0"),
    (lambda: Conv2d(1, 1, 3, rng=None), r"rng: expected a numpy\.random\.Generator, got NoneType"),
    (lambda: Conv2d(2, 1, 3, rng=rng())(np.ones((1, 3, 5, 5))), r"w: expected 3 input channels .* \(1, 2, 3, 3\)"),
    (lambda: Conv2d(1, 1, 3, rng=rng())(np.ones((5, 5))), r"x: expected shape \(N, C, H, W\), got \(5, 5\)"),
    (lambda: Conv2d(1, 1, 3, stride=0, rng=rng())(np.ones((1, 1, 5, 5))), r"stride: expected an integer .*, got 0"),
    (lambda: MaxPool2d(2)(np.ones((5, 5))), r"x: expected shape \(N, C, H, W\), got \(5, 5\)"),
    (lambda: MaxPool2d(6)(np.ones((1, 1, 5, 5))), r"kernel_size: expected a kernel that fits"),
    (lambda: AvgPool2d(2)(np.ones((1, 5, 5))), r"x: expected shape \(N, C, H, W\), got \(1, 5, 5\)"),
    (lambda: Flatten()(np.ones(3)), r"x: expected shape \(n, \.\.\.\) with at least two axes, got \(3,\)"),
    (lambda: ReLU()([[1j]]), r"x: expected real numbers, got an array of dtype complex128"),
    (lambda: Sequential(), r"layers: expected at least one layer, got none"),
    (lambda: Sequential(ReLU), r"layers: expected layers, got type"),
    (lambda: Sequential(Tanh(), TANH, Linear(3, 3, rng=rng()), TANH), r"layers: .* each layer once, got the same Tanh"),
    (lambda: Sequential(TANH, Sequential(Sequential(TANH))), r"layers: .* each layer once, got the same Tanh twice"),
    (lambda: Parameter("w"), r"data: expected real numbers"),
]


@pytest.mark.parametrize(("call", "message"), REFUSALS)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
