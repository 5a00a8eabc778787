r"""Activation functions, each followed at once by its derivative.

An element-wise function takes numbers of any shape and returns as many, of the same float type; so does its derivative.
:func:`softmax` ties the numbers along one axis together, so what follows it is a matrix, :func:`softmax_jacobian`, and
the product of a gradient with that matrix, :func:`softmax_backward`.

Where a formula has a kink or is cut off, the frameworks choose, and not all alike:

===================================  ==================  ===================  ===================
slope or default                     PyTorch             TensorFlow           JAX
===================================  ==================  ===================  ===================
:math:`\text{relu}'(0)`              0                   0                    0
:math:`\text{leaky\_relu}'(0)`       the negative slope  the negative slope   1
negative slope of leaky_relu         0.01                0.2 (Keras 0.3)      0.01
first slope of prelu                 0.25                0 (Keras)            0.01 (Flax)
gelu                                 exact               exact                tanh formula
softplus                             :math:`x`, if over  the formula          the formula
                                     20
===================================  ==================  ===================  ===================

The functions here do as PyTorch does (softplus: the formula); `at_zero`, `negative_slope` and `approximate` choose.
"""

import math

import numpy as np

from mathnn._validation import as_choice, as_integer, as_numeric, as_scalar, require_shape

ERFC = np.frompyfunc(math.erfc, 1, 1)


def sigmoid(x):
    r"""Squeeze any number into the interval from 0 to 1.

    .. math:: \sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^x}{1 + e^x}

    The first form overflows for large negative `x`, the second for large positive; each is used where it is safe.

    Parameters
    ----------
    x : array_like of any shape

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        If `x` does not hold numbers.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 3.10.

    Examples
    --------
    >>> sigmoid([-1e4, 0.0, 1e4])
    array([0. , 0.5, 1. ])
    """
    x = as_numeric("x", x, allow_complex=True)
    e = np.exp(-_absolute(x))
    return (np.where(x >= 0, 1, e) / (1 + e))[()]


def sigmoid_derivative(x):
    r"""Slope of :func:`sigmoid` at `x` (the input, not the output).

    .. math:: \sigma'(x) = \sigma(x)\,(1 - \sigma(x)) = \sigma(x)\,\sigma(-x)

    The second form keeps its digits where :math:`\sigma(x)` rounds to 1.

    The argument, the shape of the result and the errors are those of :func:`sigmoid`.

    Examples
    --------
    >>> sigmoid_derivative([0.0, 1e4])
    array([0.25, 0.  ])
    """
    x = as_numeric("x", x, allow_complex=True)
    return sigmoid(x) * sigmoid(-x)


def _absolute(x):
    """Return x or -x, whichever lies right of 0; unlike abs it is analytic, so a complex step passes through."""
    return np.where(x >= 0, x, -x)


def tanh(x):
    r"""Hyperbolic tangent: a sigmoid stretched to run from -1 to 1.

    .. math:: \tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2\,\sigma(2x) - 1

    The argument, the shape of the result and the errors are those of :func:`sigmoid`.

    Examples
    --------
    >>> tanh([-1e4, 0.0, 1e4])
    array([-1.,  0.,  1.])
    """
    return np.tanh(as_numeric("x", x, allow_complex=True))[()]


def tanh_derivative(x):
    r"""Slope of :func:`tanh` at `x`.

    .. math:: \tanh' x = 1 - \tanh^2 x = \left(\frac{2}{e^x + e^{-x}}\right)^2
                       = \left(\frac{2e^{-|x|}}{1 + e^{-2|x|}}\right)^2

    The last form neither overflows nor loses its digits where :math:`\tanh x` rounds to 1.

    The argument, the shape of the result and the errors are those of :func:`sigmoid`.

    Examples
    --------
    >>> tanh_derivative([0.0, 1e4])
    array([1., 0.])
    """
    e = np.exp(-_absolute(as_numeric("x", x, allow_complex=True)))
    return ((2 * e / (1 + e * e)) ** 2)[()]


def relu(x):
    r"""Rectified linear unit: what is positive passes, the rest is 0.

    .. math:: \text{relu}(x) = \max(0, x)

    The argument, the shape of the result and the errors are those of :func:`sigmoid`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.3.1.

    Examples
    --------
    >>> relu([-2.0, 0.0, 3.0])
    array([0., 0., 3.])
    """
    return np.maximum(as_numeric("x", x, allow_complex=True), 0)


def relu_derivative(x, *, at_zero=0.0):
    r"""Slope of :func:`relu` at `x`.

    .. math:: \text{relu}'(x) = \begin{cases} 0 & x < 0 \\ \texttt{at\_zero} & x = 0 \\ 1 & x > 0 \end{cases}

    At 0 there is no slope; any number from 0 to 1 may stand for it (a subgradient). PyTorch, TensorFlow and JAX take 0.

    Parameters
    ----------
    x : array_like
        Where to take the slope, of any shape.
    at_zero : float, optional
        What to return at exactly 0, from 0 to 1.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        If `x` does not hold real numbers, or `at_zero` is not between 0 and 1.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.3.

    Examples
    --------
    >>> relu_derivative([-2.0, 0.0, 3.0]), relu_derivative(0.0, at_zero=1.0)
    (array([0., 0., 1.]), np.float64(1.0))
    """
    return _piecewise(as_numeric("x", x), 0, _subgradient(at_zero, 0, 1), 1)


def _piecewise(x, negative, zero, positive):
    """Choose by the sign of `x`; NaN stays NaN."""
    left = np.where(x < 0, negative, np.where(x == 0, zero, x))
    return np.where(x > 0, positive, left).astype(x.dtype, copy=False)[()]


def _subgradient(at_zero, left, right):
    """Read the slope to take at a kink: one between the slopes on its two sides."""
    low, high = min(left, right), max(left, right)
    return as_scalar("at_zero", at_zero, expected=f"a number from {low} to {high}", holds=lambda s: low <= s <= high)


def leaky_relu(x, *, negative_slope=0.01):
    r"""A :func:`relu` that lets a little of what is negative through.

    .. math:: \text{leaky\_relu}(x) = \max(0, x) + \alpha \min(0, x)

    Parameters
    ----------
    x : array_like of any shape
    negative_slope : float, optional
        The slope :math:`\alpha` left of 0.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        If `x` does not hold numbers, or `negative_slope` is not one finite number.

    Examples
    --------
    >>> leaky_relu([-2.0, 0.0, 3.0])
    array([-0.02,  0.  ,  3.  ])
    """
    x = as_numeric("x", x, allow_complex=True)
    return np.maximum(0, x) + as_scalar("negative_slope", negative_slope) * np.minimum(0, x)


def leaky_relu_derivative(x, *, negative_slope=0.01, at_zero=None):
    r"""Slope of :func:`leaky_relu` at `x`.

    .. math:: \text{leaky\_relu}'(x) = \begin{cases} \alpha & x < 0 \\ \texttt{at\_zero} & x = 0 \\
              1 & x > 0 \end{cases}

    Parameters
    ----------
    x : array_like
        Where to take the slope, of any shape.
    negative_slope : float, optional
        The slope :math:`\alpha` left of 0.
    at_zero : float, optional
        What to return at exactly 0, between :math:`\alpha` and 1. Default: :math:`\alpha`, as PyTorch and TensorFlow;
        JAX takes 1.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        If `x` does not hold real numbers, `negative_slope` is not finite, or `at_zero` is not between the two slopes.

    Examples
    --------
    >>> leaky_relu_derivative([-2.0, 0.0, 3.0])
    array([0.01, 0.01, 1.  ])
    """
    slope = as_scalar("negative_slope", negative_slope)
    return _piecewise(as_numeric("x", x), slope, _subgradient(slope if at_zero is None else at_zero, slope, 1), 1)


def prelu(x, alpha):
    r"""A :func:`leaky_relu` whose slope is learned, often one for each channel.

    .. math:: \text{prelu}(x) = \max(0, x) + \alpha \min(0, x)

    This holds for every :math:`\alpha`; the shorter :math:`\max(\alpha x, x)` holds for :math:`\alpha \le 1` only.

    Parameters
    ----------
    x : array_like of any shape
    alpha : array_like
        The slope left of 0: one number, or an array that fits beside `x`, as ``(C, 1, 1)`` beside ``(N, C, H, W)``.

    Returns
    -------
    ndarray of the common shape of `x` and `alpha`

    Raises
    ------
    ValueError
        If `x` or `alpha` does not hold numbers, or their shapes do not fit together.

    References
    ----------
    He et al., "Delving deep into rectifiers" (2015), section 2.1.

    Examples
    --------
    >>> prelu([-2.0, 3.0], 2.0)
    array([-4.,  3.])
    """
    x, alpha = _slopes_beside(x, alpha)
    return np.maximum(0, x) + alpha * np.minimum(0, x)


def prelu_derivative(x, alpha):
    r"""Slope of :func:`prelu` at `x`: how the output moves with `x`.

    .. math:: \frac{\partial\,\text{prelu}}{\partial x} = \begin{cases} \alpha & x \le 0 \\ 1 & x > 0 \end{cases}

    The arguments, the shape of the result and the errors are those of :func:`prelu`.
    At exactly 0 the slope is :math:`\alpha`, as in PyTorch.

    Examples
    --------
    >>> prelu_derivative([-2.0, 0.0, 3.0], 0.25)
    array([0.25, 0.25, 1.  ])
    """
    x, alpha = _slopes_beside(x, alpha)
    return _piecewise(x, alpha, alpha, 1)


def prelu_alpha_derivative(x, alpha):
    r"""How the output of :func:`prelu` moves with its slope `alpha`.

    .. math:: \frac{\partial\,\text{prelu}}{\partial \alpha} = \min(0, x)

    The arguments, the shape of the result and the errors are those of :func:`prelu`.

    Examples
    --------
    >>> prelu_alpha_derivative([-2.0, 3.0], 0.25)
    array([-2.,  0.])
    """
    x, alpha = _slopes_beside(x, alpha)
    return np.minimum(0, np.broadcast_arrays(x, alpha)[0])


def _slopes_beside(x, alpha):
    x, alpha = as_numeric("x", x), as_numeric("alpha", alpha)
    try:
        np.broadcast_shapes(x.shape, alpha.shape)
    except ValueError:
        raise ValueError(f"alpha: expected a shape that fits beside x of shape {x.shape}, got {alpha.shape}") from None
    return x, alpha.astype(x.dtype)


def elu(x, *, alpha=1.0):
    r"""Exponential linear unit: bends smoothly towards :math:`-\alpha`.

    .. math:: \text{elu}(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}

    Parameters
    ----------
    x : array_like of any shape
    alpha : float, optional
        How deep it goes.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        If `x` does not hold numbers, or `alpha` is not one finite number.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Exponential linear units" (2016), section 3.

    Examples
    --------
    >>> elu([-1e4, 0.0, 3.0])
    array([-1.,  0.,  3.])
    """
    x = as_numeric("x", x, allow_complex=True)
    # expm1(x) is e^x - 1 with all its digits; the minimum keeps it from overflowing where it is not wanted
    return np.maximum(0, x) + as_scalar("alpha", alpha) * np.expm1(np.minimum(0, x))


def elu_derivative(x, *, alpha=1.0):
    r"""Slope of :func:`elu` at `x`.

    .. math:: \text{elu}'(x) = \begin{cases} 1 & x > 0 \\ \alpha\,e^x & x \le 0 \end{cases}

    For :math:`\alpha \ne 1` there is a kink at 0; the slope there is :math:`\alpha`, as in PyTorch and JAX.

    The arguments, the shape of the result and the errors are those of :func:`elu`, but `x` must be real.

    Examples
    --------
    >>> elu_derivative([-1e4, 0.0, 3.0])
    array([0., 1., 1.])
    """
    x = as_numeric("x", x)
    left = as_scalar("alpha", alpha) * np.exp(np.minimum(0, x))
    return _piecewise(x, left, left, 1)


def softplus(x):
    r"""A smooth :func:`relu`.

    .. math:: \text{softplus}(x) = \ln(1 + e^x) = \max(0, x) + \ln\left(1 + e^{-|x|}\right)

    The second form does not overflow.

    The argument, the shape of the result and the errors are those of :func:`sigmoid`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 3.10.

    Examples
    --------
    >>> softplus([-1e4, 0.0, 1e4]).round(6)
    array([0.00000e+00, 6.93147e-01, 1.00000e+04])
    """
    x = as_numeric("x", x, allow_complex=True)
    return np.maximum(0, x) + np.log1p(np.exp(-_absolute(x)))


def softplus_derivative(x):
    r"""Slope of :func:`softplus` at `x`: the sigmoid.

    .. math:: \text{softplus}'(x) = \frac{e^x}{1 + e^x} = \sigma(x)

    The argument, the shape of the result and the errors are those of :func:`sigmoid`.

    Examples
    --------
    >>> softplus_derivative([-1e4, 0.0, 1e4])
    array([0. , 0.5, 1. ])
    """
    return sigmoid(x)


def gelu(x, *, approximate="none"):
    r"""Gaussian error linear unit: `x` times the share of a normal distribution that lies left of `x`.

    .. math:: \text{gelu}(x) = x\,\Phi(x), \qquad \Phi(x) = \tfrac12 \operatorname{erfc}\left(-x/\sqrt2\right)

    The approximation "tanh" is

    .. math:: \Phi(x) \approx \tfrac12 \left(1 + \tanh u\right) = \sigma(2u), \qquad
              u = \sqrt{2/\pi}\,\left(x + 0.044715\,x^3\right)

    Parameters
    ----------
    x : array_like of any shape
    approximate : {"none", "tanh"}, optional
        "none" is the exact function.

    Returns
    -------
    ndarray of the shape of `x`
        Computed in float64, given in the type of `x`.

    Raises
    ------
    ValueError
        If `x` does not hold real numbers, or `approximate` is unknown.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian error linear units" (2016), section 2.

    Examples
    --------
    >>> gelu([-1.0, 0.0, 1.0]).round(6)
    array([-0.158655,  0.      ,  0.841345])
    """
    x, z = _in_double("x", x)
    as_choice("approximate", approximate, ("none", "tanh"))
    share = _normal_cdf(z) if approximate == "none" else sigmoid(2 * _gelu_u(_near_0(z)))
    return (z * share).astype(x.dtype)[()]


def gelu_derivative(x, *, approximate="none"):
    r"""Slope of :func:`gelu` at `x`.

    .. math:: \text{gelu}'(x) = \Phi(x) + x\,\varphi(x), \qquad \varphi(x) = \frac{e^{-x^2/2}}{\sqrt{2\pi}}

    and for the approximation "tanh", with :math:`s = \sigma(2u)`,

    .. math:: s + 2x\,s\,(1 - s)\,u', \qquad u' = \sqrt{2/\pi}\,\left(1 + 3 \cdot 0.044715\,x^2\right)

    The arguments, the shape of the result and the errors are those of :func:`gelu`.

    Examples
    --------
    >>> gelu_derivative([-1.0, 0.0, 1.0]).round(6)
    array([-0.083315,  0.5     ,  1.083315])
    """
    x, z = _in_double("x", x)
    as_choice("approximate", approximate, ("none", "tanh"))
    near = _near_0(z)
    if approximate == "none":
        slope = _normal_cdf(z) + near * np.exp(-near * near / 2) / math.sqrt(2 * math.pi)
    else:
        u, u_derivative = _gelu_u(near), math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * near * near)
        slope = sigmoid(2 * u) + 2 * near * sigmoid_derivative(2 * u) * u_derivative
    return slope.astype(x.dtype)[()]


def _in_double(name, x):
    """Read `x`; return it, and the same in float64: float32 is too short where terms nearly cancel."""
    x = as_numeric(name, x)
    return x, x.astype(np.float64)


def _normal_cdf(z):
    """Return the standard normal distribution function; NumPy has no erfc, so the standard library's is called."""
    return np.asarray(ERFC(-z / math.sqrt(2)), dtype=np.float64) / 2


def _near_0(z):
    """Cut `z` off where the bell curve is 0 in float64 anyhow, before its powers overflow."""
    return np.clip(z, -100, 100)


def _gelu_u(z):
    return math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)


def silu(x):
    r"""Sigmoid linear unit, also called swish.

    .. math:: \text{silu}(x) = x\,\sigma(x)

    The argument, the shape of the result and the errors are those of :func:`sigmoid`.

    References
    ----------
    Ramachandran, Zoph and Le, "Searching for activation functions" (2017), with :math:`\beta = 1`.

    Examples
    --------
    >>> silu([-1e4, 0.0, 1e4])
    array([   -0.,     0., 10000.])
    """
    x = as_numeric("x", x, allow_complex=True)
    return x * sigmoid(x)


def silu_derivative(x):
    r"""Slope of :func:`silu` at `x`.

    .. math:: \text{silu}'(x) = \sigma(x) + x\,\sigma(x)\,(1 - \sigma(x))

    The argument, the shape of the result and the errors are those of :func:`sigmoid`.

    Examples
    --------
    >>> silu_derivative([-1e4, 0.0, 1e4])
    array([0. , 0.5, 1. ])
    """
    x = as_numeric("x", x, allow_complex=True)
    return sigmoid(x) + x * sigmoid_derivative(x)


def softmax(x, *, axis=-1):
    r"""Turn scores into probabilities along one axis.

    .. math:: y_i = \frac{e^{x_i}}{\sum_k e^{x_k}} = \frac{e^{x_i - m}}{\sum_k e^{x_k - m}}, \qquad m = \max_k x_k

    Taking :math:`m` from all scores cancels in the fraction, and the largest power becomes :math:`e^0 = 1`: nothing
    overflows.

    Parameters
    ----------
    x : array_like
        Scores (logits), of any shape with at least one axis.
    axis : int, optional
        The axis along which the probabilities add up to 1.

    Returns
    -------
    ndarray of the shape of `x`
        Computed in float64, given in the type of `x`.

    Raises
    ------
    ValueError
        If `x` has no such axis, nothing along it, NaN, or no finite largest score. A score of minus infinity is allowed
        beside a finite one: its probability is 0.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 6.2.2.3.

    Examples
    --------
    >>> softmax([2.0, 3.0]).round(8)
    array([0.26894142, 0.73105858])
    """
    x, z = _shifted(x, axis)
    e = np.exp(z)
    return (e / e.sum(axis=axis, keepdims=True)).astype(x.dtype)


def softmax_jacobian(x, *, axis=-1):
    r"""How each probability moves with each score.

    .. math:: J_{ij} = \frac{\partial y_i}{\partial x_j} = y_i\,(\delta_{ij} - y_j), \qquad
              J = \operatorname{diag}(y) - y\,y^\top

    Parameters
    ----------
    x : array_like
        Scores (logits), as for :func:`softmax`; `n` of them along `axis`.
    axis : int, optional
        The axis along which the probabilities add up to 1.

    Returns
    -------
    ndarray of shape (..., n, n)
        One matrix for each position along the other axes, which stay in order in front: ``(k,)`` gives ``(k, k)``, and
        ``(n, k)`` gives ``(n, k, k)``.

    Raises
    ------
    ValueError
        As for :func:`softmax`.

    Examples
    --------
    >>> softmax_jacobian([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    y = np.moveaxis(softmax(x, axis=axis), axis, -1)
    jacobian = -y[..., :, None] * y[..., None, :]
    places = np.arange(y.shape[-1])
    jacobian[..., places, places] = 0
    jacobian[..., places, places] = -jacobian.sum(axis=-1)  # y (1 - y) in digits that 1 - y would lose
    return jacobian


def softmax_backward(grad, x, *, axis=-1):
    r"""Gradient of the loss with respect to the scores, from the gradient `g` with respect to the probabilities.

    .. math:: \left(J^\top g\right)_j = y_j \left(g_j - \sum_i g_i\,y_i\right)

    Parameters
    ----------
    grad : array_like
        The upstream gradient, of the shape of `x`.
    x : array_like
        Scores (logits), as for :func:`softmax`.
    axis : int, optional
        The axis along which the probabilities add up to 1.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        As for :func:`softmax`, and if `grad` has another shape.

    Examples
    --------
    >>> softmax_backward([1.0, 0.0], [0.0, 0.0])
    array([ 0.25, -0.25])
    """
    y = softmax(x, axis=axis)
    g = _upstream(grad, y)
    # a constant added to g changes nothing; without that of the likeliest class, digits are kept where y rounds to 1
    g = g - np.take_along_axis(g, np.argmax(y, axis=axis, keepdims=True), axis=axis)
    return y * (g - (g * y).sum(axis=axis, keepdims=True))


def log_softmax(x, *, axis=-1):
    r"""Logarithms of the probabilities of :func:`softmax`.

    .. math:: \ln y_i = x_i - m - \ln \sum_k e^{x_k - m}, \qquad m = \max_k x_k

    The largest term of the sum is 1; ``log1p`` of all the others keeps their digits, be they ever so small.

    The arguments, the shape of the result and the errors are those of :func:`softmax`.

    Examples
    --------
    >>> log_softmax([0.0, 1e4])
    array([-10000.,      0.])
    """
    x, z = _shifted(x, axis)
    others = np.exp(z)
    np.put_along_axis(others, np.argmax(z.real, axis=axis, keepdims=True), 0, axis=axis)
    return (z - np.log1p(others.sum(axis=axis, keepdims=True))).astype(x.dtype)


def log_softmax_backward(grad, x, *, axis=-1):
    r"""Gradient of the loss with respect to the scores, from the gradient `g` with respect to the log-probabilities.

    .. math:: \frac{\partial \ln y_i}{\partial x_j} = \delta_{ij} - y_j, \qquad
              \left(J^\top g\right)_j = g_j - y_j \sum_i g_i

    The arguments, the shape of the result and the errors are those of :func:`softmax_backward`.

    Examples
    --------
    >>> log_softmax_backward([-1.0, 0.0], [0.0, 0.0])
    array([-0.5,  0.5])
    """
    y = softmax(x, axis=axis)
    g = _upstream(grad, y)
    return g - y * g.sum(axis=axis, keepdims=True)


def _shifted(x, axis):
    """Read scores; return them, and the same less their largest, in float64."""
    x = as_numeric("x", x, allow_complex=True)
    if x.ndim == 0:
        raise ValueError("x: expected at least one axis, got shape ()")
    if axis not in range(-x.ndim, x.ndim):
        raise ValueError(f"axis: expected an axis of x of shape {x.shape}, got {axis}")
    axis = as_integer("axis", axis, minimum=-x.ndim)  # 0.0 is in the range too
    if x.shape[axis] == 0:
        raise ValueError(f"x: expected at least one score along axis {axis}, got shape {x.shape}")
    x64 = x.astype(np.result_type(x, np.float64))
    largest = np.take_along_axis(x64, np.argmax(x.real, axis=axis, keepdims=True), axis)
    if not np.isfinite(largest).all():
        bad = largest[~np.isfinite(largest)][0]
        raise ValueError(f"x: expected a finite largest score along axis {axis}, got {bad}")
    return x, x64 - largest


def _upstream(grad, y):
    grad = as_numeric("grad", grad)
    require_shape("grad", grad, y.shape)
    return grad.astype(y.dtype)
