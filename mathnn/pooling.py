r"""Pooling in one and two dimensions: one number for each window of a signal or an image.

Each window gives its largest entry (max), its mean (average), or an entry drawn by lot (stochastic). `stride` is
`kernel_size` unless given, so windows lie side by side; with a smaller stride they overlap, and an entry in several
windows receives the gradients of all of them. A signal ``(L,)`` or an image ``(H, W)`` may stand for a batch
``(N, C, ...)`` of one with a single channel. Results have the float type of `x`.

==================================  ===================  =====================  =====================
                                    PyTorch              TensorFlow             JAX (Flax)
==================================  ===================  =====================  =====================
several largest entries: the        the first, row by    the first, row by row  the first, row by row
gradient goes to                    row
padding counts in an average        yes, unless          no                     yes, unless
                                    ``count_include_                            ``count_include_
                                    pad=False``                                 pad=False``
==================================  ===================  =====================  =====================

The functions here do as PyTorch does.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mathnn._validation import as_array, as_integer, as_numeric, as_pair, require_generator, require_shape
from mathnn.convolution import output_length

BLOCK_BYTES = 2**19  # of planes worked on at a time: half of a usual second-level cache


def max_pool1d(x, kernel_size, *, stride=None, padding=0, dilation=1, return_indices=False):
    r"""Largest entry of each window of a signal: :func:`max_pool2d` of an image of height 1.

    .. math:: y_i = \max_{0 \le k < K} x_{i s + k d - p}

    Options and errors are those of :func:`max_pool2d`, with integers only.

    Parameters
    ----------
    x : array_like of shape (N, C, L), or (L,)
    kernel_size : int

    Returns
    -------
    ndarray of shape (N, C, L_out), or (L_out,)

    Examples
    --------
    >>> max_pool1d([2, 5, 3, 1, 4, 4], 3)
    array([5., 4.])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=1)
    y, indices = _max_pool(at)
    return (at.give_back(y), at.give_back(indices)) if return_indices else at.give_back(y)


def max_pool1d_backward(grad, x, kernel_size, *, stride=None, padding=0, dilation=1, indices=None):
    r"""Gradient of the loss with respect to `x` of :func:`max_pool1d`.

    .. math:: \frac{\partial L}{\partial x_m} = \sum_{i:\; m \text{ is the first largest entry of window } i} g_i

    Arguments, result and errors are those of :func:`max_pool2d_backward`, with one axis less.

    Examples
    --------
    >>> max_pool1d_backward([1, 10], [2, 5, 3, 1, 4, 4], 3)
    array([ 0.,  1.,  0.,  0., 10.,  0.])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=1)
    grad = at.read_output("grad", grad)
    indices = _max_pool(at)[1] if indices is None else at.read_output("indices", indices)
    return at.give_back(_send_back(grad, at, indices))


def max_pool2d(x, kernel_size, *, stride=None, padding=0, dilation=1, return_indices=False):
    r"""Largest entry of each window of an image.

    .. math:: y_{n,c,i,j} = \max_{k,l} x_{n,\,c,\,i s_h + k d_h - p_h,\,j s_w + l d_w - p_w}

    Parameters
    ----------
    x : array_like of shape (N, C, H, W), or (H, W)
        `N` images with `C` channels, or a bare image. Padding never wins: it counts as minus infinity.
    kernel_size : int or pair of int
        Height and width of the window.
    stride, padding, dilation : int or pair of int, optional
        Step :math:`s` (default: `kernel_size`), rows and columns around the image :math:`p`, distance between the
        entries of a window :math:`d`; a pair is (for the height, for the width).
    return_indices : bool, optional
        Whether to return also where the largest entries were found.

    Returns
    -------
    y : ndarray of shape (N, C, H_out, W_out), or (H_out, W_out)
    indices : ndarray of int of the same shape, if asked for
        The place of the first largest entry, row by row, as ``row * W + column``.

    Raises
    ------
    ValueError
        If `x` has no such shape, the window is larger than the padded image, an option is out of range, or a window
        would hold nothing but padding.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 9.3.

    Examples
    --------
    >>> max_pool2d([[1, 2, 5, 6], [3, 4, 8, 7]], 2, return_indices=True)
    (array([[4., 8.]]), array([[5, 6]]))
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=2)
    y, indices = _max_pool(at)
    return (at.give_back(y), at.give_back(indices)) if return_indices else at.give_back(y)


def max_pool2d_backward(grad, x, kernel_size, *, stride=None, padding=0, dilation=1, indices=None):
    r"""Gradient of the loss with respect to `x` of :func:`max_pool2d`.

    .. math:: \frac{\partial L}{\partial x_m} = \sum_{i:\; m \text{ is the first largest entry of window } i} g_i

    Parameters
    ----------
    grad : array_like of shape (N, C, H_out, W_out), or (H_out, W_out)
        The upstream gradient, of the shape of the output.
    x, kernel_size, stride, padding, dilation
        As they were given to :func:`max_pool2d`.
    indices : array_like of int, of the shape of the output, optional
        What :func:`max_pool2d` returned; without them they are found again.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        As for :func:`max_pool2d`, and if `grad` or `indices` does not have the shape of the output.

    Examples
    --------
    >>> max_pool2d_backward([[1, 10]], [[1, 2, 5, 6], [3, 4, 8, 7]], 2)
    array([[ 0.,  0.,  0.,  0.],
           [ 0.,  1., 10.,  0.]])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=2)
    grad = at.read_output("grad", grad)
    indices = _max_pool(at)[1] if indices is None else at.read_output("indices", indices)
    return at.give_back(_send_back(grad, at, indices))


def _max_pool(at):
    """Look at one entry of all windows at a time; keep the largest so far, and where in its window it was."""
    y, indices = np.empty(at.output_shape, at.x.dtype), np.empty(at.output_shape, np.intp)
    for block in at.blocks():
        windows = at.windows(at.padded(at.x[block], -np.inf))  # (K_h, K_w, n, H_out, W_out)
        largest, place = windows[0, 0].copy(), np.zeros(windows.shape[2:], np.intp)
        for k, l in np.ndindex(at.K):
            larger = np.maximum(largest, windows[k, l])
            better = (larger != largest) & ~np.isnan(largest)  # in a tie the first stays, and so does the first NaN
            np.copyto(place, at.place(k, l), where=better)
            largest = larger
        y[block], indices[block] = largest, at.starts() + place
    if any(at.p) and np.isneginf(y).any():
        raise ValueError("x: expected an entry above minus infinity in each padded window, got a window without one")
    return y, indices


def _send_back(grad, at, indices):
    """Add each upstream gradient to the entry that was chosen."""
    size = at.x[0].size
    grad_x = np.zeros(at.x.shape, at.x.dtype)
    for block in at.blocks():
        chosen = indices[block]  # (n, H_out, W_out)
        if chosen.view(np.uintp).max() >= size:  # seen as unsigned, a negative number is huge
            raise ValueError(f"indices: expected integers from 0 to {size - 1}, got {chosen.min()} to {chosen.max()}")
        places = chosen + np.arange(len(chosen))[:, None, None] * size
        np.add.at(grad_x[block].reshape(-1), places.reshape(-1), grad[block].reshape(-1))
    return grad_x


def avg_pool1d(x, kernel_size, *, stride=None, padding=0, dilation=1, count_include_pad=True):
    r"""Mean of each window of a signal: :func:`avg_pool2d` of an image of height 1.

    .. math:: y_i = \frac1K \sum_{k=0}^{K-1} x_{i s + k d - p}

    Options and errors are those of :func:`avg_pool2d`, with integers only.

    Parameters
    ----------
    x : array_like of shape (N, C, L), or (L,)
    kernel_size : int

    Returns
    -------
    ndarray of shape (N, C, L_out), or (L_out,)

    Examples
    --------
    >>> avg_pool1d([2, 5, 3, 1, 4, 4], 3).round(6)
    array([3.333333, 3.      ])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=1)
    return at.give_back(_avg_pool(at, count_include_pad))


def avg_pool1d_backward(grad, x, kernel_size, *, stride=None, padding=0, dilation=1, count_include_pad=True):
    r"""Gradient of the loss with respect to `x` of :func:`avg_pool1d`.

    .. math:: \frac{\partial L}{\partial x_m} = \frac1K \sum_{i:\; m \text{ lies in window } i} g_i

    Arguments, result and errors are those of :func:`avg_pool2d_backward`, with one axis less.

    Examples
    --------
    >>> avg_pool1d_backward([3, 6], [2, 5, 3, 1, 4, 4], 3)
    array([1., 1., 1., 2., 2., 2.])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=1)
    return at.give_back(_avg_pool_backward(at.read_output("grad", grad), at, count_include_pad))


def avg_pool2d(x, kernel_size, *, stride=None, padding=0, dilation=1, count_include_pad=True):
    r"""Mean of each window of an image.

    .. math:: y_{n,c,i,j} = \frac1{K_h K_w} \sum_{k,l} x_{n,\,c,\,i s_h + k d_h - p_h,\,j s_w + l d_w - p_w}

    Parameters
    ----------
    x : array_like of shape (N, C, H, W), or (H, W)
        `N` images with `C` channels, or a bare image. Padding counts as zero.
    kernel_size : int or pair of int
        Height and width of the window.
    stride, padding, dilation : int or pair of int, optional
        As for :func:`max_pool2d`.
    count_include_pad : bool, optional
        Whether to divide by the whole size of the window, or by the number of its entries that are not padding.

    Returns
    -------
    ndarray of shape (N, C, H_out, W_out), or (H_out, W_out)

    Raises
    ------
    ValueError
        As for :func:`max_pool2d`.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 3.

    Examples
    --------
    >>> avg_pool2d([[1, 2, 5, 6], [3, 4, 8, 7]], 2)
    array([[2.5, 6.5]])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=2)
    return at.give_back(_avg_pool(at, count_include_pad))


def avg_pool2d_backward(grad, x, kernel_size, *, stride=None, padding=0, dilation=1, count_include_pad=True):
    r"""Gradient of the loss with respect to `x` of :func:`avg_pool2d`.

    .. math:: \frac{\partial L}{\partial x_m} = \frac1{K_h K_w} \sum_{i:\; m \text{ lies in window } i} g_i

    Parameters
    ----------
    grad : array_like of shape (N, C, H_out, W_out), or (H_out, W_out)
        The upstream gradient, of the shape of the output.
    x, kernel_size, stride, padding, dilation, count_include_pad
        As they were given to :func:`avg_pool2d`.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        As for :func:`avg_pool2d`, and if `grad` does not have the shape of the output.

    Examples
    --------
    >>> avg_pool2d_backward([[4, 8]], [[1, 2, 5, 6], [3, 4, 8, 7]], 2)
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=2)
    return at.give_back(_avg_pool_backward(at.read_output("grad", grad), at, count_include_pad))


def _avg_pool(at, count_include_pad):
    y = np.zeros(at.output_shape, np.result_type(at.x, np.float32))  # a sum of many may be too much for float16
    for block in at.blocks():
        windows = at.windows(at.padded(at.x[block], 0))  # (K_h, K_w, n, H_out, W_out)
        for k, l in np.ndindex(at.K):
            y[block] += windows[k, l]
        y[block] /= _count(at, count_include_pad)
    return y.astype(at.x.dtype, copy=False)


def _avg_pool_backward(grad, at, count_include_pad):
    grad_x = np.zeros(at.x.shape, at.x.dtype)
    for block in at.blocks():
        share = grad[block] / _count(at, count_include_pad)
        padded = at.padded(grad_x[block], 0)
        windows = at.windows(padded)
        for k, l in np.ndindex(at.K):  # for one entry of the window no place is met twice, so += is safe
            windows[k, l] += share
        grad_x[block] = at.without_padding(padded)
    return grad_x


def _count(at, count_include_pad):
    """Return by what to divide each sum: the size of a window, or how many of its entries are not padding."""
    count = at.K[0] * at.K[1] if count_include_pad else at.inside().sum(axis=(0, 1))  # (H_out, W_out)
    return np.asarray(count, np.result_type(at.x, np.float32))


def stochastic_pool1d(x, kernel_size, *, rng, stride=None, padding=0, dilation=1):
    r"""An entry of each window of a signal, drawn by lot: :func:`stochastic_pool2d` of an image of height 1.

    Arguments, result and errors are those of :func:`stochastic_pool2d`, with one axis less.

    Examples
    --------
    >>> y, indices = stochastic_pool1d([0, 5, 0, 0, 0, 4], 3, rng=np.random.default_rng(0))
    >>> y, indices
    (array([5., 4.]), array([1, 5]))
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=1)
    y, indices = _stochastic_pool(at, rng)
    return at.give_back(y), at.give_back(indices)


def stochastic_pool1d_backward(grad, x, kernel_size, *, indices, stride=None, padding=0, dilation=1):
    r"""Gradient of the loss with respect to `x` of :func:`stochastic_pool1d`: it goes to the entries drawn.

    Arguments, result and errors are those of :func:`stochastic_pool2d_backward`, with one axis less.

    Examples
    --------
    >>> stochastic_pool1d_backward([1, 10], [0, 5, 0, 0, 0, 4], 3, indices=[1, 5])
    array([ 0.,  1.,  0.,  0.,  0., 10.])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=1)
    return at.give_back(_send_back(at.read_output("grad", grad), at, at.read_output("indices", indices)))


def stochastic_pool2d(x, kernel_size, *, rng, stride=None, padding=0, dilation=1):
    r"""An entry of each window of an image, drawn by lot: the larger, the likelier.

    .. math:: P(\text{entry } m) = \frac{x_m}{\sum_{k \in \text{window}} x_k}

    A window of zeros draws any of its entries with the same probability. Padding is never drawn.

    Parameters
    ----------
    x : array_like of shape (N, C, H, W), or (H, W)
        Activations, none of them negative (as after a ReLU).
    kernel_size, stride, padding, dilation
        As for :func:`max_pool2d`.
    rng : numpy.random.Generator
        Draws the lots.

    Returns
    -------
    y, indices : ndarray of shape (N, C, H_out, W_out), or (H_out, W_out)
        The entries drawn, and their places as ``row * W + column``.

    Raises
    ------
    ValueError
        As for :func:`max_pool2d`, and if an activation is negative or not finite, or `rng` is not a generator.

    References
    ----------
    Zeiler and Fergus, "Stochastic pooling for regularization of deep convolutional neural networks" (2013), eq. 4
    and 5.

    Examples
    --------
    >>> y, indices = stochastic_pool2d([[0, 3], [0, 0]], 2, rng=np.random.default_rng(0))
    >>> y, indices
    (array([[3.]]), array([[1]]))
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=2)
    y, indices = _stochastic_pool(at, rng)
    return at.give_back(y), at.give_back(indices)


def stochastic_pool2d_backward(grad, x, kernel_size, *, indices, stride=None, padding=0, dilation=1):
    r"""Gradient of the loss with respect to `x` of :func:`stochastic_pool2d`: it goes to the entries drawn.

    .. math:: \frac{\partial L}{\partial x_m} = \sum_{i:\; m \text{ was drawn from window } i} g_i

    Parameters
    ----------
    grad : array_like of shape (N, C, H_out, W_out), or (H_out, W_out)
        The upstream gradient, of the shape of the output.
    x, kernel_size, stride, padding, dilation
        As they were given to :func:`stochastic_pool2d`.
    indices : array_like of int, of the shape of the output
        What :func:`stochastic_pool2d` returned.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        As for :func:`max_pool2d_backward`.

    Examples
    --------
    >>> stochastic_pool2d_backward([[7]], [[0, 3], [0, 0]], 2, indices=[[1]])
    array([[0., 7.],
           [0., 0.]])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=2)
    return at.give_back(_send_back(at.read_output("grad", grad), at, at.read_output("indices", indices)))


def stochastic_pool1d_expectation(x, kernel_size, *, stride=None, padding=0, dilation=1):
    r"""What :func:`stochastic_pool1d` draws on average: its deterministic stand-in after training.

    .. math:: y_i = \sum_{m \in \text{window } i} P(m)\,x_m = \frac{\sum_m x_m^2}{\sum_m x_m}

    It is one array, without indices. Arguments and errors are those of :func:`stochastic_pool1d`, without `rng`.

    Examples
    --------
    >>> stochastic_pool1d_expectation([1, 3, 0, 0], 2)
    array([2.5, 0. ])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=1)
    chances, entries = _chances(at)
    y = (chances / chances.sum(axis=(0, 1)) * entries).sum(axis=(0, 1))
    return at.give_back(y.astype(at.x.dtype))


def stochastic_pool2d_expectation(x, kernel_size, *, stride=None, padding=0, dilation=1):
    r"""What :func:`stochastic_pool2d` draws on average: its deterministic stand-in after training.

    .. math:: y_i = \sum_{m \in \text{window } i} P(m)\,x_m = \frac{\sum_m x_m^2}{\sum_m x_m}

    It is one array, without indices. Arguments and errors are those of :func:`stochastic_pool2d`, without `rng`.

    References
    ----------
    Zeiler and Fergus, "Stochastic pooling for regularization of deep convolutional neural networks" (2013), eq. 6.

    Examples
    --------
    >>> stochastic_pool2d_expectation([[1, 3], [0, 0]], 2)
    array([[2.5]])
    """
    at = _Windows(x, kernel_size, stride, padding, dilation, axes=2)
    chances, entries = _chances(at)
    y = (chances / chances.sum(axis=(0, 1)) * entries).sum(axis=(0, 1))
    return at.give_back(y.astype(at.x.dtype))


def _stochastic_pool(at, rng):
    require_generator(rng)
    chances, entries = (a.reshape(-1, *a.shape[2:]) for a in _chances(at))  # (K_h·K_w, N·C, H_out, W_out)
    edges = np.cumsum(chances, axis=0)  # the entries of a window, laid end to end on a line
    lots = np.minimum(rng.random(edges.shape[1:]) * edges[-1], np.nextafter(edges[-1], 0))  # never the very end
    drawn = np.argmax(edges > lots, axis=0)  # the entry that the lot falls on
    places = np.array([at.place(k, l) for k, l in np.ndindex(at.K)])
    y = np.take_along_axis(entries, drawn[None], axis=0)[0]
    return y.astype(at.x.dtype), at.starts() + places[drawn]


def _chances(at):
    """Return the weights with which entries are drawn, and the entries, both (K_h, K_w, N·C, H_out, W_out)."""
    bad = ~((at.x >= 0) & np.isfinite(at.x))
    if bad.any():
        raise ValueError(f"x: expected finite activations of at least 0, got {at.x[bad][0]}")
    entries = at.windows(at.padded(at.x.astype(np.float64), 0))
    inside = at.inside()[:, :, None]  # (K_h, K_w, 1, H_out, W_out)
    largest = entries.max(axis=(0, 1))  # by which the weights are divided: their sum must not overflow
    chances = np.broadcast_to(inside, entries.shape).astype(np.float64)
    return np.divide(entries, largest, where=largest > 0, out=chances), entries


class _Windows:
    """The windows on a stack of planes: every channel of every image by itself, a signal as a plane of height 1."""

    def __init__(self, x, kernel_size, stride, padding, dilation, *, axes):
        x = as_numeric("x", x)
        if x.ndim not in (axes, axes + 2) or x.size == 0:
            expected = ("(N, C, L) or (L,)", "(N, C, H, W) or (H, W)")[axes - 1]
            raise ValueError(f"x: expected shape {expected} with at least one entry along each axis, got {x.shape}")
        self.leading, self.axes = x.shape[:-axes], axes  # (N, C), or () for a bare input
        self.x = x.reshape(-1, *((1,) * (2 - axes)), *x.shape[-axes:])  # (N·C, H, W)
        self.K = self._pair("kernel_size", kernel_size, 1, minimum=1)
        self.s = self.K if stride is None else self._pair("stride", stride, 1, minimum=1)
        self.p = self._pair("padding", padding, 0, minimum=0)
        self.d = self._pair("dilation", dilation, 1, minimum=1)
        sizes = zip(self.x.shape[1:], self.K, self.s, self.p, self.d, strict=True)
        shape = [output_length(n, k, stride=s, padding=p, dilation=d) for n, k, s, p, d in sizes]
        self.output_shape = (len(self.x), *shape)  # (N·C, H_out, W_out)
        if any(self.p) and not self.inside().any(axis=(0, 1)).all():
            raise ValueError(f"padding: expected padding with which no window misses x, got {padding}")

    def _pair(self, name, value, other, *, minimum):
        if self.axes == 1:
            return other, as_integer(name, value, minimum=minimum)
        return as_pair(name, value, minimum=minimum)

    def blocks(self):
        """Yield slices of the planes, so few at a time that they stay in the cache."""
        n = max(1, BLOCK_BYTES // self.x[0].nbytes)
        return (slice(start, start + n) for start in range(0, len(self.x), n))

    def padded(self, planes, value):
        """Return the planes with `value` around them, (n, H + 2p, W + 2p)."""
        return np.pad(planes, [(0, 0), *((p, p) for p in self.p)], constant_values=value) if any(self.p) else planes

    def without_padding(self, padded):
        """Return what lies inside the padding."""
        (H, W), p = self.x.shape[1:], self.p
        return padded[:, p[0] : p[0] + H, p[1] : p[1] + W]

    def windows(self, padded):
        """Return the view (K_h, K_w, n, H_out, W_out) of all windows."""
        span = [d * (k - 1) + 1 for d, k in zip(self.d, self.K, strict=True)]
        windows = sliding_window_view(padded, span, axis=(1, 2), writeable=padded.flags.writeable)
        (s_h, s_w), (d_h, d_w) = self.s, self.d
        return windows[:, ::s_h, ::s_w, ::d_h, ::d_w].transpose(3, 4, 0, 1, 2)

    def inside(self):
        """Tell for each entry of each window, (K_h, K_w, H_out, W_out), whether it lies inside the plane."""
        return self.windows(self.padded(np.ones((1, *self.x.shape[1:]), bool), False))[:, :, 0]

    def starts(self):
        """Return where each window starts, (H_out, W_out), as row · W + column."""
        rows, columns = (np.arange(n) * s - p for n, s, p in zip(self.output_shape[1:], self.s, self.p, strict=True))
        return rows[:, None] * self.x.shape[2] + columns

    def place(self, k, l):
        """Return how far after the start of its window the entry in row `k` and column `l` of it lies."""
        return k * self.d[0] * self.x.shape[2] + l * self.d[1]

    def read_output(self, name, array):
        """Read an array that must have the shape of the output."""
        read = as_array if name == "indices" else as_numeric
        array = read(name, array)
        if name == "indices" and array.dtype.kind not in "iu":
            raise ValueError(f"indices: expected integers, got an array of dtype {array.dtype}")
        array = array.astype(np.intp if name == "indices" else self.x.dtype, copy=False)
        require_shape(name, array, self.leading + self.output_shape[-self.axes :])
        return array.reshape(self.output_shape)

    def give_back(self, array):
        """Give an array the axes that the caller's `x` had."""
        return array.reshape(self.leading + array.shape[-self.axes :])
