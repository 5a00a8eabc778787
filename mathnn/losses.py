r"""Losses, each followed at once by its gradient with respect to the prediction.

A loss compares what the network says with what is true and answers with one number. `reduction` tells how the terms
become one: "sum" adds them up, "mean" takes their average. Losses are computed in float64 and given in the type of the
prediction. The frameworks differ in the small print:

==============================  ====================  ==========================  =========================
loss                            PyTorch               TensorFlow (Keras)          JAX (Optax)
==============================  ====================  ==========================  =========================
squared error                   no ½, mean over all   no ½, mean over the last    ``squared_error`` without
                                entries               axis, then over the batch   ½, ``l2_loss`` with ½;
                                                                                  not reduced
slope of :math:`|x|` at 0       0                     0                           1
binary cross-entropy, sure      100: the logarithm    about 16: probabilities     takes logits only
and wrong (:math:`p = 0`)       stops at -100         are clipped at 1e-7
cross-entropy takes             logits                probabilities; logits with  logits
                                                      ``from_logits=True``
==============================  ====================  ==========================  =========================

Here: a ½ where the name says so, "mean" over all entries (over the examples for :func:`cross_entropy`), 0 as the slope
of :math:`|x|` at 0 unless `at_zero` says otherwise, and no clipping: sure and wrong costs infinitely much.
"""

import numpy as np

from mathnn._validation import as_array, as_choice, as_finite, as_integer, as_scalar, require_shape
from mathnn.activations import log_softmax, sigmoid, softplus

REDUCTIONS = ("mean", "sum")


def half_squared_error(y_hat, y, *, reduction="sum"):
    r"""Half the sum of the squared differences; the ½ cancels the 2 of the derivative.

    .. math:: L = \tfrac12 \sum_i (\hat y_i - y_i)^2

    Parameters
    ----------
    y_hat : array_like
        The prediction, of any shape.
    y : array_like
        The target, of the shape of `y_hat`.
    reduction : {"sum", "mean"}, optional
        "mean" divides by the number of entries.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, there is no entry, an entry is not finite, or `reduction` is unknown.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 1.2.

    Examples
    --------
    >>> float(half_squared_error([180.0], [60.0]))
    7200.0
    """
    y_hat, y, dtype = _pair(y_hat, y)
    return _reduce((y_hat - y) ** 2 / 2, reduction, dtype)


def half_squared_error_gradient(y_hat, y, *, reduction="sum"):
    r"""Gradient of :func:`half_squared_error` with respect to `y_hat`; arguments and errors are the same.

    .. math:: \frac{\partial L}{\partial \hat y_i} = \hat y_i - y_i

    Returns
    -------
    ndarray of the shape of `y_hat`

    Examples
    --------
    >>> half_squared_error_gradient([180.0], [60.0])
    array([120.])
    """
    y_hat, y, dtype = _pair(y_hat, y)
    return _share(y_hat - y, reduction, dtype)


def mean_squared_error(y_hat, y, *, reduction="mean"):
    r"""Average of the squared differences.

    .. math:: L = \frac1n \sum_{i=1}^n (\hat y_i - y_i)^2

    Parameters
    ----------
    y_hat : array_like
        The prediction, of any shape, with `n` entries.
    y : array_like
        The target, of the shape of `y_hat`.
    reduction : {"mean", "sum"}, optional
        "sum" leaves out the division by `n`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, there is no entry, an entry is not finite, or `reduction` is unknown.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 5.1.4.

    Examples
    --------
    >>> float(mean_squared_error([1.0, 4.0], [0.0, 1.0]))
    5.0
    """
    y_hat, y, dtype = _pair(y_hat, y)
    return _reduce((y_hat - y) ** 2, reduction, dtype)


def mean_squared_error_gradient(y_hat, y, *, reduction="mean"):
    r"""Gradient of :func:`mean_squared_error` with respect to `y_hat`; arguments and errors are the same.

    .. math:: \frac{\partial L}{\partial \hat y_i} = \frac2n (\hat y_i - y_i)

    Returns
    -------
    ndarray of the shape of `y_hat`

    Examples
    --------
    >>> mean_squared_error_gradient([1.0, 4.0], [0.0, 1.0])
    array([1., 3.])
    """
    y_hat, y, dtype = _pair(y_hat, y)
    return _share(2 * (y_hat - y), reduction, dtype)


def mean_absolute_error(y_hat, y, *, reduction="mean"):
    r"""Average of the absolute differences, also called the L1 loss.

    .. math:: L = \frac1n \sum_{i=1}^n |\hat y_i - y_i|

    Parameters, result and errors are those of :func:`mean_squared_error`.

    Examples
    --------
    >>> float(mean_absolute_error([1.0, 4.0], [0.0, 1.0]))
    2.0
    """
    y_hat, y, dtype = _pair(y_hat, y)
    return _reduce(np.abs(y_hat - y), reduction, dtype)


def mean_absolute_error_gradient(y_hat, y, *, reduction="mean", at_zero=0.0):
    r"""Gradient of :func:`mean_absolute_error` with respect to `y_hat`; arguments and errors are the same.

    .. math:: \frac{\partial L}{\partial \hat y_i} = \frac1n \operatorname{sign}(\hat y_i - y_i)

    Parameters
    ----------
    y_hat, y, reduction
        As for :func:`mean_absolute_error`.
    at_zero : float, optional
        The slope of :math:`|x|` to take at 0, from -1 to 1.

    Returns
    -------
    ndarray of the shape of `y_hat`

    Examples
    --------
    >>> mean_absolute_error_gradient([1.0, -4.0], [0.0, 1.0])
    array([ 0.5, -0.5])
    """
    y_hat, y, dtype = _pair(y_hat, y)
    at_zero = as_scalar("at_zero", at_zero, expected="a number from -1 to 1", holds=lambda s: -1 <= s <= 1)
    return _share(np.where(y_hat == y, at_zero, np.sign(y_hat - y)), reduction, dtype)


def binary_cross_entropy(p, y, *, reduction="mean"):
    r"""How surprised a forecast `p` of "yes" is by the answers `y`.

    .. math:: L = -\frac1n \sum_{i=1}^n \bigl( y_i \ln p_i + (1 - y_i) \ln (1 - p_i) \bigr), \qquad 0 \ln 0 = 0

    Parameters
    ----------
    p : array_like
        Probabilities, of any shape, with `n` entries.
    y : array_like
        1 for yes, 0 for no, or a probability between; of the shape of `p`.
    reduction : {"mean", "sum"}, optional
        "sum" leaves out the division by `n`.

    Returns
    -------
    float
        Infinite if a forecast was sure and wrong.

    Raises
    ------
    ValueError
        If the shapes differ, there is no entry, an entry is not between 0 and 1, or `reduction` is unknown.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.90.

    Examples
    --------
    >>> round(float(binary_cross_entropy([0.9, 0.2], [1, 0])), 6)  # -(ln 0.9 + ln 0.8)/2
    0.164252
    """
    p, y, dtype = _pair(p, y, names=("p", "y"), probabilities=("p", "y"))
    with np.errstate(divide="ignore", invalid="ignore"):  # ln 0 is minus infinity; 0 ln 0 is put right below
        yes = np.where(y == 0, 0, y * np.log(p))
        no = np.where(y == 1, 0, (1 - y) * np.log1p(-p))
    return _reduce(-(yes + no), reduction, dtype)


def binary_cross_entropy_gradient(p, y, *, reduction="mean"):
    r"""Gradient of :func:`binary_cross_entropy` with respect to `p`; arguments and errors are the same.

    .. math:: \frac{\partial L}{\partial p_i} = \frac1n \left( \frac{1 - y_i}{1 - p_i} - \frac{y_i}{p_i} \right),
              \qquad \tfrac00 = 0

    Returns
    -------
    ndarray of the shape of `p`
        Infinite where a forecast was sure and wrong.

    Examples
    --------
    >>> binary_cross_entropy_gradient([0.5, 0.2], [1, 0])
    array([-1.   ,  0.625])
    """
    p, y, dtype = _pair(p, y, names=("p", "y"), probabilities=("p", "y"))
    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(y == 0, 0, y / p)
        no = np.where(y == 1, 0, (1 - y) / (1 - p))
    return _share(no - yes, reduction, dtype)


def binary_cross_entropy_with_logits(z, y, *, reduction="mean"):
    r"""The :func:`binary_cross_entropy` of :math:`p = \sigma(z)`, without ever forming `p`.

    .. math:: L = \frac1n \sum_{i=1}^n \bigl( y_i \ln (1 + e^{-z_i}) + (1 - y_i) \ln (1 + e^{z_i}) \bigr)

    Both logarithms are values of :func:`~mathnn.activations.softplus`: nothing overflows, nothing cancels.

    Parameters
    ----------
    z : array_like
        Logits, of any shape, with `n` entries.
    y : array_like
        1 for yes, 0 for no, or a probability between; of the shape of `z`.
    reduction : {"mean", "sum"}, optional
        "sum" leaves out the division by `n`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, there is no entry, a logit is not finite, a target is not between 0 and 1, or `reduction`
        is unknown.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.90.

    Examples
    --------
    >>> float(binary_cross_entropy_with_logits([1e4, -1e4], [1, 1]))
    5000.0
    """
    z, y, dtype = _pair(z, y, names=("z", "y"), probabilities=("y",))
    return _reduce(y * softplus(-z) + (1 - y) * softplus(z), reduction, dtype)


def binary_cross_entropy_with_logits_gradient(z, y, *, reduction="mean"):
    r"""Gradient of :func:`binary_cross_entropy_with_logits` with respect to `z`; arguments and errors are the same.

    .. math:: \frac{\partial L}{\partial z_i} = \frac1n \bigl( \sigma(z_i) - y_i \bigr)
              = \frac1n \bigl( (1 - y_i)\,\sigma(z_i) - y_i\,\sigma(-z_i) \bigr)

    The second form keeps its digits where :math:`\sigma(z)` is all but 1.

    Returns
    -------
    ndarray of the shape of `z`

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.91.

    Examples
    --------
    >>> binary_cross_entropy_with_logits_gradient([0.0, 1e4], [1, 0])
    array([-0.25,  0.5 ])
    """
    z, y, dtype = _pair(z, y, names=("z", "y"), probabilities=("y",))
    return _share((1 - y) * sigmoid(z) - y * sigmoid(-z), reduction, dtype)


def one_hot(labels, num_classes):
    r"""Write each label as a row of zeros with a single 1 in its place.

    .. math:: t_{ij} = \delta_{j, l_i}

    Parameters
    ----------
    labels : array_like of int
        Labels from 0 to ``num_classes - 1``, of any shape.
    num_classes : int
        The length `k` of a row.

    Returns
    -------
    ndarray of shape (..., k)
        float64.

    Raises
    ------
    ValueError
        If a label is not an integer in range, or `num_classes` is not a positive integer.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    k = as_integer("num_classes", num_classes, minimum=1)
    labels = as_array("labels", labels)
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels: expected integers from 0 to {k - 1}, got an array of dtype {labels.dtype}")
    outside = (labels < 0) | (labels >= k)
    if outside.any():
        raise ValueError(f"labels: expected integers from 0 to {k - 1}, got {labels[outside][0]}")
    return (labels[..., None] == np.arange(k)).astype(np.float64)


def cross_entropy(logits, labels, *, reduction="mean"):
    r"""How surprised the forecast softmax(`logits`) is by the `labels`.

    .. math:: L = -\frac1n \sum_{i=1}^n \sum_{j=1}^k t_{ij} \ln \operatorname{softmax}(z_i)_j

    Parameters
    ----------
    logits : array_like of shape (n, k)
        The scores :math:`z`, one row for each example; a single row ``(k,)`` and more axes in front work too. The
        classes lie along the last axis (with more than two axes PyTorch has them along the second).
    labels : array_like of int of shape (n,), or array_like of shape (n, k)
        The number of the right class, from 0 to `k` - 1, or a row of probabilities :math:`t_i`, as of :func:`one_hot`.
    reduction : {"mean", "sum"}, optional
        "sum" leaves out the division by the number `n` of examples.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a logit is not finite, there is no example, `labels` fits neither shape, a label is not an integer in range,
        a row of probabilities is negative somewhere or does not add up to 1, or `reduction` is unknown.

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.108.

    Examples
    --------
    >>> round(float(cross_entropy([[2.0, 3.0]], [1])), 6)  # -ln 0.731059
    0.313262
    >>> float(cross_entropy([[1e4, 0.0], [1e4, 0.0]], [0, 1]))
    5000.0
    """
    z, t, dtype = _logits_and_targets(logits, labels)
    return _reduce(-(t * log_softmax(z)).sum(axis=-1), reduction, dtype)


def cross_entropy_gradient(logits, labels, *, reduction="mean"):
    r"""Gradient of :func:`cross_entropy` with respect to the logits; arguments and errors are the same.

    .. math:: \frac{\partial L}{\partial z_{ij}} = \frac1n (p_{ij} - t_{ij})
              = \frac1n \bigl( (1 - t_{ij})\,p_{ij} - t_{ij}\,(1 - p_{ij}) \bigr),
              \qquad p_i = \operatorname{softmax}(z_i)

    The second form keeps its digits where a probability is all but 1: ``expm1`` of its logarithm is :math:`p - 1`.

    Returns
    -------
    ndarray of the shape of `logits`

    References
    ----------
    Bishop, *Pattern Recognition and Machine Learning* (2006), eq. 4.109.

    Examples
    --------
    >>> cross_entropy_gradient([[2.0, 3.0]], [1]).round(6)
    array([[ 0.268941, -0.268941]])
    """
    z, t, dtype = _logits_and_targets(logits, labels)
    log_p = log_softmax(z)
    return _share((1 - t) * np.exp(log_p) + t * np.expm1(log_p), reduction, dtype, n=z[..., 0].size)


def _pair(prediction, target, *, names=("y_hat", "y"), probabilities=()):
    """Read prediction and target in float64, and the type in which to answer."""
    prediction, target = as_finite(names[0], prediction), as_finite(names[1], target)
    require_shape(names[1], target, prediction.shape)
    if prediction.size == 0:
        raise ValueError(f"{names[0]}: expected at least one entry, got shape {prediction.shape}")
    for name, array in zip(names, (prediction, target), strict=True):
        if name in probabilities and not ((array >= 0) & (array <= 1)).all():
            raise ValueError(f"{name}: expected numbers from 0 to 1, got {array[(array < 0) | (array > 1)][0]}")
    return prediction.astype(np.float64), target.astype(np.float64), prediction.dtype


def _logits_and_targets(logits, labels):
    """Read logits in float64 and labels as rows of probabilities, and the type in which to answer."""
    z, labels = as_finite("logits", logits), as_array("labels", labels)
    if z.ndim == 0 or z.size == 0:
        raise ValueError(f"logits: expected shape (n, k) with at least one example and class, got {z.shape}")
    if labels.shape == z.shape[:-1]:
        t = one_hot(labels, z.shape[-1])
    elif labels.shape == z.shape:
        t = as_finite("labels", labels).astype(np.float64)
        rounding = max(1e-6, z.shape[-1] * np.finfo(as_finite("labels", labels).dtype).eps)
        bad = (t < 0).any(axis=-1) | (np.abs(t.sum(axis=-1) - 1) > rounding)
        if bad.any():
            raise ValueError(f"labels: expected rows of probabilities that add up to 1, got {t[bad][0]}")
    else:
        raise ValueError(f"labels: expected shape {z.shape[:-1]} or {z.shape}, got {labels.shape}")
    return z.astype(np.float64), t, z.dtype


def _reduce(terms, reduction, dtype):
    """Make one number of the terms."""
    as_choice("reduction", reduction, REDUCTIONS)
    return (terms.mean() if reduction == "mean" else terms.sum()).astype(dtype)


def _share(gradient, reduction, dtype, *, n=None):
    """Give each of the `n` terms its share of the gradient: all of it in a sum, the n-th part in a mean."""
    as_choice("reduction", reduction, REDUCTIONS)
    n = gradient.size if n is None else n
    return (gradient / n if reduction == "mean" else gradient).astype(dtype)[()]
