r"""Convolution in one and two dimensions, as in the layers of a network, and its gradients.

The kernel slides over the input; at each place the two are multiplied entry by entry and added up. The kernel is not
flipped: mathematicians call this cross-correlation, and PyTorch, TensorFlow and JAX all mean it when they say
convolution. Flip the kernel (``w[..., ::-1, ::-1]``) to have the convolution of mathematics.

:func:`conv1d_loops` and :func:`conv2d_loops` are the definition, written as plain loops: slow, and the oracle for
:func:`conv1d` and :func:`conv2d`. These gather all windows of some images as the columns of a matrix, so that one
matrix product does the work of the loops; their `_backward` runs the same two steps the other way round.

A signal ``(L,)`` with a kernel ``(K,)``, or an image ``(H, W)`` with a kernel ``(K_h, K_w)``, may stand for a batch of
one with a single channel. Results have the float type of `x`.
"""

import numpy as np

from mathnn._validation import as_integer, as_numeric, as_pair, require_shape

FORWARD_BYTES = 2**20  # how much memory the columns may take at a time: a usual second-level cache,
BACKWARD_BYTES = 2**22  # and more where they are also scattered, which is faster over long stretches (both measured)


def output_length(n, kernel_size, *, stride=1, padding=0, dilation=1):
    r"""How many places a kernel can take on a signal of length `n`.

    .. math:: \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1

    Parameters
    ----------
    n, kernel_size : int
        The length of the signal, and of the kernel, :math:`k`.
    stride : int, optional
        The step :math:`s` from one place to the next.
    padding : int, optional
        How many zeros, :math:`p`, are put before the signal and as many after it.
    dilation : int, optional
        The distance :math:`d` between neighbouring entries of the kernel.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If a number is not an integer in its range, or the kernel is longer than the padded signal.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), relationship 6, and section 5.1
    for the dilation.

    Examples
    --------
    >>> output_length(5, 3), output_length(5, 3, padding=1), output_length(5, 3, stride=2)
    (3, 5, 2)
    """
    n, k = as_integer("n", n, minimum=1), as_integer("kernel_size", kernel_size, minimum=1)
    s, p = as_integer("stride", stride, minimum=1), as_integer("padding", padding, minimum=0)
    span = as_integer("dilation", dilation, minimum=1) * (k - 1) + 1
    if span > n + 2 * p:
        raise ValueError(
            f"kernel_size: expected a kernel that fits the padded length {n + 2 * p}, "
            f"got kernel_size {k} with dilation {dilation}, which spans {span}"
        )
    return (n + 2 * p - span) // s + 1


def conv1d_loops(x, w, b=None, *, stride=1, padding=0, dilation=1):
    r"""Convolution of signals as plain loops: the definition.

    .. math:: y_{n,o,i} = b_o + \sum_c \sum_k x_{n,\,c,\,i s + k d - p}\; w_{o,c,k}

    Beyond its ends a signal is zero. Arguments, result and errors are those of :func:`conv1d`.

    Examples
    --------
    >>> conv1d_loops([1, 2, 3, 4, 5], [1, 0, 1])
    array([4., 6., 8.])
    """
    x, w, b, bare = _read(x, w, b, axes=1)
    L_out = output_length(x.shape[2], w.shape[2], stride=stride, padding=padding, dilation=dilation)
    y = np.zeros((len(x), len(w), L_out), x.dtype)
    for n, o, i in np.ndindex(y.shape):
        y[n, o, i] = b[o]
        for c, k in np.ndindex(w.shape[1:]):
            place = i * stride + k * dilation - padding
            if 0 <= place < x.shape[2]:
                y[n, o, i] += x[n, c, place] * w[o, c, k]
    return y[0, 0] if bare else y


def conv1d(x, w, b=None, *, stride=1, padding=0, dilation=1):
    r"""Convolution of signals: a sliding, weighted sum.

    .. math:: y_{n,o,i} = b_o + \sum_c \sum_k x_{n,\,c,\,i s + k d - p}\; w_{o,c,k}

    A signal is an image of height 1, so :func:`conv2d` does it.

    Parameters
    ----------
    x : array_like of shape (N, C, L), or (L,)
        `N` signals with `C` channels, or a bare signal.
    w : array_like of shape (O, C, K), or (K,)
        One kernel for each output and input channel, or a bare kernel.
    b : array_like of shape (O,), or a number, optional
        The bias. Default: none.
    stride, padding, dilation : int, optional
        Step :math:`s`, zeros on either side :math:`p`, distance between the entries of the kernel :math:`d`.

    Returns
    -------
    ndarray of shape (N, O, L_out), or (L_out,)
        ``L_out`` is the :func:`output_length`.

    Raises
    ------
    ValueError
        If shapes do not fit together, the kernel is longer than the padded signal, or an option is out of range.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 9.1.

    Examples
    --------
    >>> conv1d([1, 2, 3, 4, 5], [1, 0, 1], padding=1)
    array([2., 4., 6., 8., 4.])
    """
    x, w, b, bare = _read(x, w, b, axes=1)
    options = {"stride": (1, stride), "padding": (0, padding), "dilation": (1, dilation)}
    y = conv2d(x[:, :, None], w[:, :, None], b, **options)[:, :, 0]
    return y[0, 0] if bare else y


def conv1d_backward(grad, x, w, *, stride=1, padding=0, dilation=1):
    r"""Gradients of the loss with respect to `x`, `w` and `b` of :func:`conv1d`.

    With the upstream gradient :math:`g`,

    .. math:: \frac{\partial L}{\partial x_{n,c,m}} = \sum_o \sum_{i s + k d - p \,=\, m} g_{n,o,i}\, w_{o,c,k}, \qquad
              \frac{\partial L}{\partial w_{o,c,k}} = \sum_n \sum_i g_{n,o,i}\, x_{n,\,c,\,i s + k d - p}, \qquad
              \frac{\partial L}{\partial b_o} = \sum_n \sum_i g_{n,o,i}

    Parameters
    ----------
    grad : array_like of shape (N, O, L_out), or (L_out,)
        The upstream gradient, of the shape of the output.
    x, w, stride, padding, dilation
        As they were given to :func:`conv1d`.

    Returns
    -------
    grad_x, grad_w, grad_b : ndarray
        Of the shapes of `x`, of `w`, and ``(O,)``; for a bare signal `grad_b` is a number.

    Raises
    ------
    ValueError
        As for :func:`conv1d`, and if `grad` does not have the shape of the output.

    Examples
    --------
    >>> grad_x, grad_w, grad_b = conv1d_backward([1, 1, 1], [1, 2, 3, 4, 5], [1, 0, 1])
    >>> grad_x, grad_w, float(grad_b)
    (array([1., 1., 2., 1., 1.]), array([ 6.,  9., 12.]), 3.0)
    """
    x, w, _, bare = _read(x, w, None, axes=1)
    L_out = output_length(x.shape[2], w.shape[2], stride=stride, padding=padding, dilation=dilation)
    grad = _read_grad(grad, (len(x), len(w), L_out), x.dtype, bare)
    options = {"stride": (1, stride), "padding": (0, padding), "dilation": (1, dilation)}
    grad_x, grad_w, grad_b = conv2d_backward(grad[:, :, None], x[:, :, None], w[:, :, None], **options)
    grad_x, grad_w = grad_x[:, :, 0], grad_w[:, :, 0]
    return (grad_x[0, 0], grad_w[0, 0], grad_b[0]) if bare else (grad_x, grad_w, grad_b)


def conv2d_loops(x, w, b=None, *, stride=1, padding=0, dilation=1):
    r"""Convolution of images as plain loops: the definition.

    .. math:: y_{n,o,i,j} = b_o + \sum_c \sum_k \sum_l
              x_{n,\,c,\,i s_h + k d_h - p_h,\,j s_w + l d_w - p_w}\; w_{o,c,k,l}

    Beyond its edges an image is zero. Arguments, result and errors are those of :func:`conv2d`.

    Examples
    --------
    >>> conv2d_loops([[1, 2, 3, 4, 5]] * 5, [[1, 0, 1]] * 3, padding=1)[1:4, 1:4]
    array([[12., 18., 24.],
           [12., 18., 24.],
           [12., 18., 24.]])
    """
    x, w, b, bare = _read(x, w, b, axes=2)
    s, p, d, (H_out, W_out) = _read_options(x, w, stride, padding, dilation)
    y = np.zeros((len(x), len(w), H_out, W_out), x.dtype)
    for n, o, i, j in np.ndindex(y.shape):
        y[n, o, i, j] = b[o]
        for c, k, l in np.ndindex(w.shape[1:]):
            row, column = i * s[0] + k * d[0] - p[0], j * s[1] + l * d[1] - p[1]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                y[n, o, i, j] += x[n, c, row, column] * w[o, c, k, l]
    return y[0, 0] if bare else y


def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1):
    r"""Convolution of images: the weighted sum of a window that slides in two directions.

    .. math:: y_{n,o,i,j} = b_o + \sum_c \sum_k \sum_l
              x_{n,\,c,\,i s_h + k d_h - p_h,\,j s_w + l d_w - p_w}\; w_{o,c,k,l}

    Parameters
    ----------
    x : array_like of shape (N, C, H, W), or (H, W)
        `N` images with `C` channels, or a bare image.
    w : array_like of shape (O, C, K_h, K_w), or (K_h, K_w)
        One kernel for each output and input channel, or a bare kernel.
    b : array_like of shape (O,), or a number, optional
        The bias. Default: none.
    stride, padding, dilation : int or pair of int, optional
        Step :math:`s`, zeros on either side :math:`p`, distance between the entries of the kernel :math:`d`; a pair is
        (for the height, for the width).

    Returns
    -------
    ndarray of shape (N, O, H_out, W_out), or (H_out, W_out)
        ``H_out`` and ``W_out`` are :func:`output_length` of the height and of the width.

    Raises
    ------
    ValueError
        If shapes do not fit together, the kernel is larger than the padded image, or an option is out of range.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), eq. 9.6 and 9.8.

    Examples
    --------
    >>> conv2d([[1, 2, 3, 4, 5]] * 5, [[1, 0, 1]] * 3, padding=1)[1:4, 1:4]
    array([[12., 18., 24.],
           [12., 18., 24.],
           [12., 18., 24.]])
    """
    x, w, b, bare = _read(x, w, b, axes=2)
    s, p, d, (H_out, W_out) = _read_options(x, w, stride, padding, dilation)
    y = np.empty((len(x), len(w), H_out, W_out), x.dtype)
    W = w.reshape(len(w), -1)  # (O, C·K_h·K_w)
    n = _images_at_a_time(x, w, H_out * W_out, FORWARD_BYTES)
    sums = np.empty((len(w), H_out, W_out, n), x.dtype)
    for block, columns in _blocks_of_columns(x, w, s, p, d, n):  # columns: (C·K_h·K_w, H_out·W_out·n)
        np.matmul(W, columns, out=sums.reshape(len(w), -1))
        np.add(sums.transpose(3, 0, 1, 2), b[:, None, None], out=y[block])
    return y[0, 0] if bare else y


def conv2d_backward(grad, x, w, *, stride=1, padding=0, dilation=1):
    r"""Gradients of the loss with respect to `x`, `w` and `b` of :func:`conv2d`.

    With the upstream gradient :math:`g`, and :math:`m = i s_h + k d_h - p_h`, :math:`q = j s_w + l d_w - p_w`,

    .. math:: \frac{\partial L}{\partial x_{n,c,m,q}} = \sum_o \sum_{i,k \,\to\, m} \sum_{j,l \,\to\, q}
              g_{n,o,i,j}\, w_{o,c,k,l}, \qquad
              \frac{\partial L}{\partial w_{o,c,k,l}} = \sum_n \sum_{i,j} g_{n,o,i,j}\, x_{n,c,m,q}, \qquad
              \frac{\partial L}{\partial b_o} = \sum_n \sum_{i,j} g_{n,o,i,j}

    where the sums for :math:`x` run over the :math:`i, k` that lead to `m` and the :math:`j, l` that lead to `q`.
    For stride 1 the first is again a convolution, of the padded `g` with the kernels flipped.

    Parameters
    ----------
    grad : array_like of shape (N, O, H_out, W_out), or (H_out, W_out)
        The upstream gradient, of the shape of the output.
    x, w, stride, padding, dilation
        As they were given to :func:`conv2d`.

    Returns
    -------
    grad_x, grad_w, grad_b : ndarray
        Of the shapes of `x`, of `w`, and ``(O,)``; for a bare image `grad_b` is a number.

    Raises
    ------
    ValueError
        As for :func:`conv2d`, and if `grad` does not have the shape of the output.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), eq. 9.11 and 9.13.

    Examples
    --------
    >>> grad_x, grad_w, grad_b = conv2d_backward([[1.0]], [[1, 2], [3, 4]], [[5, 6], [7, 8]])
    >>> grad_x.tolist(), grad_w.tolist(), float(grad_b)
    ([[5.0, 6.0], [7.0, 8.0]], [[1.0, 2.0], [3.0, 4.0]], 1.0)
    """
    x, w, _, bare = _read(x, w, None, axes=2)
    s, p, d, (H_out, W_out) = _read_options(x, w, stride, padding, dilation)
    grad = _read_grad(grad, (len(x), len(w), H_out, W_out), x.dtype, bare)
    grad_x, grad_W = np.empty(x.shape, x.dtype), np.zeros((w[0].size, len(w)), x.dtype)
    W = w.reshape(len(w), -1)  # (O, C·K_h·K_w)
    n = _images_at_a_time(x, w, H_out * W_out, BACKWARD_BYTES)
    for block, columns in _blocks_of_columns(x, w, s, p, d, n):  # (C·K_h·K_w, H_out·W_out·n)
        g = grad[block].transpose(1, 2, 3, 0).reshape(len(w), -1)  # (O, H_out·W_out·n)
        grad_W += columns @ g.T
        grad_columns = np.matmul(W.T, g, out=columns)  # in the memory of the columns, which are done with
        grad_x[block] = _scatter(grad_columns, x[block], w, s, p, d)
    grad_w, grad_b = grad_W.T.reshape(w.shape), grad.sum(axis=(0, 2, 3))
    return (grad_x[0, 0], grad_w[0, 0], grad_b[0]) if bare else (grad_x, grad_w, grad_b)


def _images_at_a_time(x, w, places, limit):
    """Return the largest divisor of N for which the columns take at most `limit` bytes, or 1.

    Two or three are not worth it: laying so few numbers side by side costs more time than it saves.
    """
    column_bytes = w[0].size * places * x.itemsize
    return max((n for n in range(4, len(x) + 1) if len(x) % n == 0 and n * column_bytes <= limit), default=1)


def _blocks_of_columns(x, w, s, p, d, n):
    """Yield the batch `n` images at a time, with all their windows as the columns of one matrix.

    The memory is always the same. The images lie innermost, (C, H, W, n), so that copying runs over long stretches.
    """
    padded, inside = _padded(x[:n], p)
    windows = _windows(padded, w, s, d)  # (C, K_h, K_w, H_out, W_out, n), a view
    columns = np.empty(windows.shape, x.dtype)
    for start in range(0, len(x), n):
        block = slice(start, start + n)
        inside[...] = x[block].transpose(1, 2, 3, 0)
        columns[...] = windows
        yield block, columns.reshape(w[0].size, -1)


def _scatter(columns, x, w, s, p, d):
    """Add every column back to the window it was taken from: the transpose of gathering."""
    padded, inside = _padded(x, p)
    windows = _windows(padded, w, s, d)
    columns = columns.reshape(windows.shape)
    for k, l in np.ndindex(w.shape[2:]):  # for one entry of the kernel no place is met twice, so += is safe
        windows[:, k, l] += columns[:, k, l]
    return inside.transpose(3, 0, 1, 2)


def _padded(x, p):
    """Return zeros of shape (C, H + 2p, W + 2p, n) for the images `x`, and the view of them inside the padding."""
    n, C, H, W = x.shape
    padded = np.zeros((C, H + 2 * p[0], W + 2 * p[1], n), x.dtype)
    return padded, padded[:, p[0] : p[0] + H, p[1] : p[1] + W]


def _windows(padded, w, s, d):
    """Return the view (C, K_h, K_w, H_out, W_out, n) of all windows of (C, H, W, n)."""
    (C, *size, n), (to_channel, *to_next, to_image) = padded.shape, padded.strides
    K = w.shape[2:]
    places = [(size - d * (k - 1) - 1) // s + 1 for size, k, s, d in zip(size, K, s, d, strict=True)]
    strides = [step * stride for steps in (d, s) for step, stride in zip(steps, to_next, strict=True)]
    return np.ndarray((C, *K, *places, n), padded.dtype, padded, strides=(to_channel, *strides, to_image))


def _read(x, w, b, *, axes):
    """Read input, kernel and bias as a batch with channels; tell whether the input was bare."""
    x = as_numeric("x", x)
    w = as_numeric("w", w).astype(x.dtype, copy=False)
    bare = x.ndim == w.ndim == axes
    if not bare and (x.ndim != axes + 2 or w.ndim != axes + 2):
        batch, alone = (("(N, C, L) and (O, C, K)", "(L,) and (K,)"),
                        ("(N, C, H, W) and (O, C, K_h, K_w)", "(H, W) and (K_h, K_w)"))[axes - 1]
        raise ValueError(f"x, w: expected shapes {batch}, or {alone}, got {x.shape} and {w.shape}")
    if x.size == 0 or w.size == 0:
        raise ValueError(f"x, w: expected at least one entry along each axis, got shapes {x.shape} and {w.shape}")
    x, w = (x[None, None], w[None, None]) if bare else (x, w)
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"w: expected {x.shape[1]} input channels for x of shape {x.shape}, got w of shape {w.shape}")
    b = np.zeros(len(w)) if b is None else as_numeric("b", b)
    if b.shape != (len(w),) and not (bare and b.shape == ()):
        raise ValueError(f"b: expected shape ({len(w)},), got {b.shape}")
    return x, w, b.astype(x.dtype).reshape(len(w)), bare


def _read_options(x, w, stride, padding, dilation):
    """Read stride, padding and dilation as pairs; return them and (H_out, W_out)."""
    s, p = as_pair("stride", stride, minimum=1), as_pair("padding", padding, minimum=0)
    d = as_pair("dilation", dilation, minimum=1)
    sizes = zip(x.shape[2:], w.shape[2:], s, p, d, strict=True)
    return s, p, d, tuple(output_length(n, k, stride=s, padding=p, dilation=d) for n, k, s, p, d in sizes)


def _read_grad(grad, shape, dtype, bare):
    """Read the upstream gradient, which must have the shape of the output."""
    grad = as_numeric("grad", grad).astype(dtype, copy=False)
    require_shape("grad", grad, shape[2:] if bare else shape)
    return grad.reshape(shape)
