r"""Ways to walk downhill: plain gradient descent on a function, and optimizers for the parameters of a network.

Training is four lines, repeated:

>>> from mathnn.layers import Linear
>>> from mathnn.losses import mean_squared_error, mean_squared_error_gradient
>>> net = Linear(1, 1, rng=np.random.default_rng(0))
>>> optimizer = SGD(net.parameters(), learning_rate=0.1)
>>> x, y = [[0.0], [1.0], [2.0]], [[1.0], [3.0], [5.0]]
>>> for step in range(300):
...     y_hat = net.forward(x)
...     optimizer.zero_grad()
...     grad_x = net.backward(mean_squared_error_gradient(y_hat, y))
...     optimizer.step()
>>> net.weight.data.round(3), net.bias.data.round(3)
(array([[2.]]), array([1.]))
"""

from collections.abc import Iterable

import numpy as np

from mathnn._validation import as_finite, as_integer, as_numeric, as_scalar, require_shape
from mathnn.layers import Parameter


def gradient_descent(gradient, start, *, learning_rate, steps):
    r"""Walk against the gradient, and show every point on the way.

    .. math:: x_{k+1} = x_k - \eta\,\nabla f(x_k)

    Parameters
    ----------
    gradient : callable
        The gradient of the function: takes a point, returns an array of its shape (for a number: the derivative).
    start : float or array_like
        The first point :math:`x_0`.
    learning_rate : float
        The step size :math:`\eta`, positive.
    steps : int
        How many steps to take.

    Yields
    ------
    float or ndarray
        The points :math:`x_0, x_1, \dots`, ``steps + 1`` of them, computed in float64.

    Raises
    ------
    ValueError
        If `start` is not finite, `learning_rate` is not positive, `steps` is negative, or `gradient` returns another
        shape or something that is not finite, as it will when the steps are too large.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), eq. 4.5.

    Examples
    --------
    >>> [float(x) for x in gradient_descent(lambda x: 2 * x, 1.0, learning_rate=0.25, steps=3)]
    [1.0, 0.5, 0.25, 0.125]
    """
    x = as_finite("start", start).astype(np.float64)[()]
    learning_rate = _read_rate(learning_rate)
    return _walk(gradient, x, learning_rate, as_integer("steps", steps, minimum=0))


def _walk(gradient, x, learning_rate, steps):
    yield x
    for _ in range(steps):
        slope = as_finite("gradient", gradient(x))
        require_shape("gradient", slope, x.shape)
        x = x - learning_rate * slope
        yield x


class _Optimizer:
    """What optimizers share: the parameters, the learning rate, and clearing the gradients."""

    def __init__(self, parameters, learning_rate):
        if not isinstance(parameters, Iterable):
            kind = type(parameters).__name__
            raise ValueError(f"parameters: expected Parameter objects, as net.parameters(), got {kind}")
        self.parameters, self.learning_rate = list(parameters), _read_rate(learning_rate)
        for parameter in self.parameters:
            if not isinstance(parameter, Parameter):
                raise ValueError(f"parameters: expected Parameter objects, got {type(parameter).__name__}")
            if (dtype := np.asarray(parameter.data).dtype).kind != "f":  # weights set by hand, as [[1, -1]]
                raise ValueError(f"parameters: expected data of floats, got dtype {dtype}")
        if not self.parameters:
            raise ValueError("parameters: expected at least one parameter, got none")
        if len(set(map(id, self.parameters))) < len(self.parameters):
            raise ValueError("parameters: expected each parameter once, got one twice")

    def _check_gradients(self):
        """Read gradients that were set by hand, and refuse what does not fit its parameter."""
        for parameter in self.parameters:
            parameter.grad = as_numeric("grad", parameter.grad)
            require_shape("grad", parameter.grad, parameter.data.shape)

    def zero_grad(self):
        """Set the gradients of all parameters to 0, before the next backward step adds to them."""
        for parameter in self.parameters:
            parameter.grad = np.zeros_like(parameter.data)  # an array that was set by hand is left alone


class SGD(_Optimizer):
    r"""Gradient descent on the parameters of a network, with momentum if wanted.

    .. math:: v \leftarrow \mu\,v + g, \qquad w \leftarrow w - \eta\,v

    It is called stochastic where `g` is the gradient for a few examples drawn at random. PyTorch writes momentum so;
    Keras keeps :math:`-\eta\,v` instead of `v`, which is the same as long as :math:`\eta` does not change.

    Parameters
    ----------
    parameters : iterable of Parameter
        What is to be learned, as ``net.parameters()``.
    learning_rate : float
        The step size :math:`\eta`, positive.
    momentum : float, optional
        The share :math:`\mu` of the last velocity that is kept, from 0 up to but not including 1.

    Raises
    ------
    ValueError
        If there are no parameters, one comes twice or is not of floats, or a number is out of range; by ``step``, if a
        gradient does not have the shape of its parameter.

    References
    ----------
    Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).

    Examples
    --------
    >>> w = Parameter([1.0])
    >>> optimizer = SGD([w], learning_rate=0.25, momentum=0.5)
    >>> for step in range(2):
    ...     w.grad[...] = 2 * w.data  # of w²
    ...     optimizer.step()
    ...     print(w.data)
    [0.5]
    [0.]
    """

    def __init__(self, parameters, *, learning_rate, momentum=0.0):
        super().__init__(parameters, learning_rate)
        self.momentum = _read_share("momentum", momentum)
        self.velocities = [np.zeros_like(p.data) for p in self.parameters]

    def step(self):
        """Move every parameter against its gradient."""
        self._check_gradients()
        for p, v in zip(self.parameters, self.velocities, strict=True):
            v[...] = self.momentum * v + p.grad if self.momentum else p.grad  # 0 times an infinite v is NaN
            p.data -= self.learning_rate * v


class Adam(_Optimizer):
    r"""Gradient descent in which every weight has a step size of its own.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1)\,g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\,g^2, \qquad
              w \leftarrow w - \eta\,\frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \varepsilon}

    Parameters
    ----------
    parameters : iterable of Parameter
        What is to be learned, as ``net.parameters()``.
    learning_rate : float, optional
        The step size :math:`\eta`, positive: about how far a weight moves in one step.
    betas : pair of float, optional
        How much of the averages of `g` and of its square is kept, each from 0 up to but not including 1.
    eps : float, optional
        A small positive number against division by 0: 1e-8 as in the article and in PyTorch; Keras takes 1e-7.

    Raises
    ------
    ValueError
        If there are no parameters, one comes twice or is not of floats, or a number is out of range; by ``step``, if a
        gradient does not have the shape of its parameter.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.

    Examples
    --------
    >>> w = Parameter([1.0, 100.0])
    >>> optimizer = Adam([w], learning_rate=0.1)
    >>> w.grad[...] = 2 * w.data  # of w²
    >>> optimizer.step()
    >>> w.data.round(6)
    array([ 0.9, 99.9])
    """

    def __init__(self, parameters, *, learning_rate=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, learning_rate)
        if np.shape(betas) != (2,):
            raise ValueError(f"betas: expected a pair of numbers, got {betas!r}")
        self.betas = tuple(_read_share("betas", beta) for beta in betas)
        self.eps = as_scalar("eps", eps, expected="a positive number", holds=lambda e: e > 0)
        self.averages = [(np.zeros_like(p.data), np.zeros_like(p.data)) for p in self.parameters]
        self.t = 0

    def step(self):
        """Move every parameter against the average of its gradients."""
        self._check_gradients()
        self.t += 1
        beta_1, beta_2 = self.betas
        for p, (m, v) in zip(self.parameters, self.averages, strict=True):
            for average, new, beta in ((m, p.grad, beta_1), (v, p.grad**2, beta_2)):
                average *= beta  # adding (1 - beta) * (new - average) would lose all digits after a very large gradient
                average += (1 - beta) * new
            m_hat, v_hat = m / (1 - beta_1**self.t), v / (1 - beta_2**self.t)
            p.data -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.eps)


def _read_rate(learning_rate):
    return as_scalar("learning_rate", learning_rate, expected="a positive number", holds=lambda rate: rate > 0)


def _read_share(name, value):
    return as_scalar(name, value, expected="a number from 0 up to but not including 1", holds=lambda s: 0 <= s < 1)
