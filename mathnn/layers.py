r"""Layers of a network: each knows its forward step, its backward step, and the parameters it learns.

``layer.forward(x)`` (or ``layer(x)``) computes the output and remembers what the way back needs.
``layer.backward(grad)`` takes the gradient of the loss with respect to the output, adds the gradients of the parameters
to their ``grad``, and returns the gradient with respect to the input. :class:`Sequential` chains layers, and chains
their backward steps in reverse: that is back-propagation.

>>> rng = np.random.default_rng(0)
>>> net = Sequential(Linear(2, 3, rng=rng), Tanh(), Linear(3, 1, rng=rng))
>>> y_hat = net.forward([[0.0, 1.0], [1.0, 1.0]])
>>> grad_x = net.backward(np.ones((2, 1)))
>>> y_hat.shape, grad_x.shape, [p.grad.shape for p in net.parameters()]
((2, 1), (2, 2), [(3, 2), (3,), (1, 3), (1,)])

Names, shapes and defaults are PyTorch's, for batches of examples; so is it that gradients add up until an optimizer's
``zero_grad`` clears them. Options are named, numbers have 64 bits, and gradients are always computed.
"""

import math

import numpy as np

from mathnn._validation import as_integer, as_numeric, as_pair, require_generator, require_shape
from mathnn.activations import relu, relu_derivative, sigmoid, sigmoid_derivative, tanh, tanh_derivative
from mathnn.convolution import conv2d, conv2d_backward
from mathnn.pooling import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward


class Parameter:
    """Numbers that are learned, and the gradient of the loss with respect to them.

    Parameters
    ----------
    data : array_like
        The numbers; they are copied.

    Attributes
    ----------
    data, grad : ndarray
        The numbers, and the sum of all gradients since ``grad`` was last set to 0.
    """

    def __init__(self, data):
        self.data = as_numeric("data", data).copy()
        self.grad = np.zeros_like(self.data)


class Layer:
    """What all layers share: a call is the forward step, and unless said otherwise there is nothing to learn."""

    output_shape = None

    def __call__(self, x):
        """Return ``forward(x)``."""
        return self.forward(x)

    def parameters(self):
        """Return the list of the parameters of the layer."""
        return []

    def _remember(self, x, y):
        self.x, self.output_shape = x, y.shape
        return y

    def _upstream(self, grad):
        """Read an upstream gradient, which must have the shape of the last output."""
        if self.output_shape is None:
            raise RuntimeError(f"backward: expected a forward step of this {type(self).__name__} before, got none")
        grad = as_numeric("grad", grad)
        require_shape("grad", grad, self.output_shape)
        return grad.astype(self.x.dtype, copy=False)


class Linear(Layer):
    r"""A fully connected layer.

    .. math:: z = x\,W^\top + b

    Backward, with the upstream gradient `g`:

    .. math:: \frac{\partial L}{\partial x} = g\,W, \qquad \frac{\partial L}{\partial W} = g^\top x, \qquad
              \frac{\partial L}{\partial b} = \sum_n g_n

    Parameters
    ----------
    in_features, out_features : int
        How many numbers, `d`, come in for each example, and how many, `h`, go out.
    bias : bool, optional
        Whether there is a `b`.
    rng : numpy.random.Generator
        Draws the first weights and biases, evenly between :math:`\pm 1/\sqrt d`.

    Attributes
    ----------
    weight : Parameter of shape (h, d)
    bias : Parameter of shape (h,), or None

    Raises
    ------
    ValueError
        If a number of features is not a positive integer, or `rng` is not a generator.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.5.4.

    Examples
    --------
    >>> layer = Linear(2, 1, rng=np.random.default_rng(0))
    >>> layer.weight.data[...], layer.bias.data[...] = [[0.5, 0.5]], [0.0]
    >>> layer([[40.0, 80.0]])
    array([[60.]])
    >>> layer.backward([[120.0]]), layer.weight.grad, layer.bias.grad
    (array([[60., 60.]]), array([[4800., 9600.]]), array([120.]))
    """

    def __init__(self, in_features, out_features, *, bias=True, rng):
        d = as_integer("in_features", in_features, minimum=1)
        h = as_integer("out_features", out_features, minimum=1)
        self.weight, self.bias = _first_parameters((h, d), bias, rng)

    def forward(self, x):
        """Return `z` of shape (n, h) for `x` of shape (n, d)."""
        x = as_numeric("x", x)
        h, d = self.weight.data.shape
        if x.ndim != 2 or x.shape[1] != d:
            raise ValueError(f"x: expected shape (n, {d}), got {x.shape}")
        z = x @ self.weight.data.T.astype(x.dtype, copy=False)  # (n, h)
        if self.bias is not None:
            z += self.bias.data.astype(x.dtype, copy=False)
        return self._remember(x, z)

    def backward(self, grad):
        """Return the gradient for `x`, of shape (n, d), for `grad` of shape (n, h)."""
        g = self._upstream(grad)
        self.weight.grad += g.T @ self.x  # (h, d)
        if self.bias is not None:
            self.bias.grad += g.sum(axis=0)
        return g @ self.weight.data.astype(g.dtype, copy=False)  # (n, d)

    def parameters(self):
        """Return weight and bias."""
        return [p for p in (self.weight, self.bias) if p is not None]


class Conv2d(Layer):
    r"""A layer of convolutions, see :func:`~mathnn.convolution.conv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        How many channels, `C`, come in, and how many, `O`, go out.
    kernel_size : int or pair of int
        Height and width of the kernels.
    stride, padding, dilation : int or pair of int, optional
        As for :func:`~mathnn.convolution.conv2d`.
    bias : bool, optional
        Whether there is a bias.
    rng : numpy.random.Generator
        Draws the first weights and biases, evenly between :math:`\pm 1/\sqrt{C K_h K_w}`.

    Attributes
    ----------
    weight : Parameter of shape (O, C, K_h, K_w)
    bias : Parameter of shape (O,), or None

    Raises
    ------
    ValueError
        If a size is not a positive integer, or `rng` is not a generator; options are read when the layer is used.

    References
    ----------
    LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.

    Examples
    --------
    >>> layer = Conv2d(1, 6, 5, padding=2, rng=np.random.default_rng(0))
    >>> layer(np.zeros((10, 1, 28, 28))).shape
    (10, 6, 28, 28)
    """

    def __init__(self, in_channels, out_channels, kernel_size, *, stride=1, padding=0, dilation=1, bias=True, rng):
        C = as_integer("in_channels", in_channels, minimum=1)
        out_channels = as_integer("out_channels", out_channels, minimum=1)
        K = as_pair("kernel_size", kernel_size, minimum=1)
        self.weight, self.bias = _first_parameters((out_channels, C, *K), bias, rng)
        self.options = {"stride": stride, "padding": padding, "dilation": dilation}

    def forward(self, x):
        """Return the output of shape (N, O, H_out, W_out) for `x` of shape (N, C, H, W)."""
        x = _read_images(x)
        b = None if self.bias is None else self.bias.data
        return self._remember(x, conv2d(x, self.weight.data, b, **self.options))

    def backward(self, grad):
        """Return the gradient for `x`, of shape (N, C, H, W), for `grad` of shape (N, O, H_out, W_out)."""
        grad_x, grad_w, grad_b = conv2d_backward(self._upstream(grad), self.x, self.weight.data, **self.options)
        self.weight.grad += grad_w
        if self.bias is not None:
            self.bias.grad += grad_b
        return grad_x

    def parameters(self):
        """Return weight and bias."""
        return [p for p in (self.weight, self.bias) if p is not None]


class MaxPool2d(Layer):
    """A layer of largest entries, see :func:`~mathnn.pooling.max_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation
        As for :func:`~mathnn.pooling.max_pool2d`, which reads them when the layer is used.

    Examples
    --------
    >>> MaxPool2d(2)(np.zeros((10, 6, 28, 28))).shape
    (10, 6, 14, 14)
    """

    def __init__(self, kernel_size, *, stride=None, padding=0, dilation=1):
        self.options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}

    def forward(self, x):
        """Return the output of shape (N, C, H_out, W_out) for `x` of shape (N, C, H, W)."""
        x = _read_images(x)
        y, self.indices = max_pool2d(x, **self.options, return_indices=True)
        return self._remember(x, y)

    def backward(self, grad):
        """Return the gradient for `x`, of shape (N, C, H, W), for `grad` of the shape of the output."""
        return max_pool2d_backward(self._upstream(grad), self.x, **self.options, indices=self.indices)


class AvgPool2d(Layer):
    """A layer of means, see :func:`~mathnn.pooling.avg_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, count_include_pad
        As for :func:`~mathnn.pooling.avg_pool2d`, which reads them when the layer is used.

    Examples
    --------
    >>> AvgPool2d(2)(np.zeros((10, 6, 28, 28))).shape
    (10, 6, 14, 14)
    """

    def __init__(self, kernel_size, *, stride=None, padding=0, count_include_pad=True):
        self.options = {"kernel_size": kernel_size, "stride": stride, "padding": padding,
                        "count_include_pad": count_include_pad}

    def forward(self, x):
        """Return the output of shape (N, C, H_out, W_out) for `x` of shape (N, C, H, W)."""
        x = _read_images(x)
        return self._remember(x, avg_pool2d(x, **self.options))

    def backward(self, grad):
        """Return the gradient for `x`, of shape (N, C, H, W), for `grad` of the shape of the output."""
        return avg_pool2d_backward(self._upstream(grad), self.x, **self.options)


class Flatten(Layer):
    """Lay all numbers of an example in one row, as a :class:`Linear` layer wants them.

    Examples
    --------
    >>> Flatten()(np.zeros((10, 16, 5, 5))).shape
    (10, 400)
    """

    def forward(self, x):
        """Return the output of shape (n, d) for `x` of shape (n, ...)."""
        x = as_numeric("x", x)
        if x.ndim < 2:
            raise ValueError(f"x: expected shape (n, ...) with at least two axes, got {x.shape}")
        return self._remember(x, x.reshape(len(x), math.prod(x.shape[1:])).copy())

    def backward(self, grad):
        """Return the gradient for `x`, of its shape, for `grad` of shape (n, d)."""
        return self._upstream(grad).reshape(self.x.shape).copy()


class _Elementwise(Layer):
    """A function applied to each number by itself."""

    def forward(self, x):
        """Return the output, of the shape of `x`."""
        x = as_numeric("x", x)
        return self._remember(x, self.function(x))

    def backward(self, grad):
        """Return the gradient for `x`, of its shape: `grad` times the derivative."""
        return self._upstream(grad) * self.derivative(self.x)


class ReLU(_Elementwise):
    """A layer of :func:`~mathnn.activations.relu`; the slope at 0 is 0.

    Examples
    --------
    >>> layer = ReLU()
    >>> layer([[-2.0, 3.0]]), layer.backward([[10.0, 10.0]])
    (array([[0., 3.]]), array([[ 0., 10.]]))
    """

    function, derivative = staticmethod(relu), staticmethod(relu_derivative)


class Sigmoid(_Elementwise):
    """A layer of :func:`~mathnn.activations.sigmoid`.

    Examples
    --------
    >>> layer = Sigmoid()
    >>> layer([[0.0]]), layer.backward([[1.0]])
    (array([[0.5]]), array([[0.25]]))
    """

    function, derivative = staticmethod(sigmoid), staticmethod(sigmoid_derivative)


class Tanh(_Elementwise):
    """A layer of :func:`~mathnn.activations.tanh`.

    Examples
    --------
    >>> layer = Tanh()
    >>> layer([[0.0]]), layer.backward([[3.0]])
    (array([[0.]]), array([[3.]]))
    """

    function, derivative = staticmethod(tanh), staticmethod(tanh_derivative)


class Sequential(Layer):
    r"""Layers one after another.

    .. math:: a_0 = x, \qquad a_i = f_i(a_{i-1}), \qquad
              \frac{\partial L}{\partial a_{i-1}} = \left(\frac{\partial f_i}{\partial a_{i-1}}\right)^{\!\top}
              \frac{\partial L}{\partial a_i}

    Parameters
    ----------
    *layers : Layer
        The layers, first to last.

    Attributes
    ----------
    layers : list of Layer
    activations : list of ndarray
        After ``forward``: the input and then the output of each layer, :math:`a_0, a_1, \dots`
    gradients : list of ndarray
        After ``backward``: the gradient of the loss with respect to each of the activations, in the same order.

    Raises
    ------
    ValueError
        If there is no layer, something is not a layer, or a layer comes twice: it remembers one forward step only.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors" (1986).

    Examples
    --------
    >>> net = Sequential(Tanh(), ReLU())
    >>> y = net([[0.0, -1.0]])
    >>> grad_x = net.backward([[1.0, 1.0]])
    >>> for a, g in zip(net.activations, net.gradients):
    ...     print(a.round(3), g)
    [[ 0. -1.]] [[0. 0.]]
    [[ 0.    -0.762]] [[0. 0.]]
    [[0. 0.]] [[1. 1.]]
    """

    def __init__(self, *layers):
        for layer in layers:
            if not isinstance(layer, Layer):
                raise ValueError(f"layers: expected layers, got {type(layer).__name__}")
        if not layers:
            raise ValueError("layers: expected at least one layer, got none")
        each = [inner for layer in layers for inner in _layers_within(layer)]
        for layer in each:
            if sum(layer is other for other in each) > 1:
                raise ValueError(f"layers: expected each layer once, got the same {type(layer).__name__} twice")
        self.layers, self.activations, self.gradients = list(layers), [], []

    def forward(self, x):
        """Return the output of the last layer."""
        x = as_numeric("x", x)
        self.activations = [x]
        for layer in self.layers:
            self.activations.append(layer.forward(self.activations[-1]))
        return self._remember(x, self.activations[-1])

    def backward(self, grad):
        """Return the gradient for `x`; on the way, every parameter receives its own."""
        self.gradients = [self._upstream(grad)]
        for layer in reversed(self.layers):
            self.gradients.insert(0, layer.backward(self.gradients[0]))
        return self.gradients[0]

    def parameters(self):
        """Return the parameters of all layers, first to last."""
        return [p for layer in self.layers for p in layer.parameters()]


def _layers_within(layer):
    """Return the layer, and if it is a chain, the layers in it too."""
    inside = layer.layers if isinstance(layer, Sequential) else ()
    return [layer, *(each for inner in inside for each in _layers_within(inner))]


def _first_parameters(shape, bias, rng):
    """Draw weights, and biases if there are any, as PyTorch does: evenly, the closer to 0 the more inputs there are."""
    require_generator(rng)
    bound = 1 / np.sqrt(np.prod(shape[1:]))
    weight = Parameter(rng.uniform(-bound, bound, shape))
    return weight, Parameter(rng.uniform(-bound, bound, shape[0])) if bias else None


def _read_images(x):
    x = as_numeric("x", x)
    if x.ndim != 4:
        raise ValueError(f"x: expected shape (N, C, H, W), got {x.shape}")
    return x
