r"""A window that slides over numbers: :class:`Windows`."""

import numpy as np

from mathnn._validation import as_choice, as_finite
from mathnn.live.controls import Slider
from mathnn.live.figure import Figure

__all__ = ["Windows"]

_OPERATIONS = ("convolution", "max", "average", "stochastic")
_SETTINGS = {"stride": 1, "padding": 0, "dilation": 1}  # with the least value of each
_DRAWS = 6
_WIDEST = 32  # what is wider does not fit into a page


class Windows(Figure):
    r"""Convolution or pooling, window by window: products shown, the output filling in.

    Parameters
    ----------
    name, title, description
        As for every live figure.
    data : array_like of shape (L,) or (H, W)
        The input.
    kernel : array_like of shape (K,) or (Kh, Kw), optional
        For a convolution (as in deep learning: not flipped).
    op : str
        "convolution", "max", "average" or "stochastic".
    kernel_size : int or tuple of two int, optional
        For pooling.
    stride, padding, dilation : int or tuple of two int
        A number, or a range that becomes a slider; it starts at its lower end. Without a `stride` pooling takes
        `kernel_size`, a convolution 1. For "max" the padding holds :math:`-\infty`, else zeros.
    rng : numpy.random.Generator, optional
        Where stochastic pooling takes its random numbers from, by default a generator with the seed 0.

    Raises
    ------
    ValueError
        If `data` holds NaN, has the wrong number of axes, or the kernel does not fit into it.

    Examples
    --------
    >>> Windows("smooth", "A moving average", [1, 2, 6, 2, 1], [0.25, 0.5, 0.25], stride=(1, 2),
    ...         description="Three weights slide over five numbers.")
    Live figure 'smooth': A moving average (stride = 1, step = 1)
    """

    kind = "windows"

    def __init__(self, name, title, data, kernel=None, *, description, op="convolution", kernel_size=None,
                 stride=None, padding=0, dilation=1, rng=None):
        data = as_finite("data", data)
        if data.ndim not in (1, 2) or not data.size:
            raise ValueError(f"data: expected a sequence or a table of numbers, got shape {data.shape}")
        weights, size = _window(data.ndim, kernel, kernel_size, as_choice("op", op, _OPERATIONS))
        if stride is None:
            stride = 1 if op == "convolution" else size[-1]
        ranges = {"stride": _range("stride", stride), "padding": _range("padding", padding),
                  "dilation": _range("dilation", dilation)}
        _require_fit(data.shape, size, ranges)
        if data.shape[-1] + 2 * ranges["padding"][1] > _WIDEST:
            raise ValueError(f"data: expected at most {_WIDEST} numbers in a row, with the padding, "
                             f"got {data.shape[-1] + 2 * ranges['padding'][1]}")
        widest = ranges["padding"][1]
        if op != "convolution" and any(widest > ranges["dilation"][0] * (length - 1) for length in size):
            raise ValueError(f"padding: expected so little that no window misses the data, got {widest}")
        sliders = {key: Slider(low, high, low, 1, label=key) for key, (low, high) in ranges.items() if high > low}
        self._windows = {"input": np.atleast_2d(data).tolist(), "size": [1, *size][-2:], "op": op,
                         **{key: low for key, (low, high) in ranges.items()}}
        if data.ndim == 1:
            self._windows["flat"] = True
        if weights is not None:
            self._windows["weights"] = weights
        if op == "stochastic":
            if data.min() < 0:
                raise ValueError(f"data: expected no negative numbers for stochastic pooling, got {data.min():g}")
            cells = int(np.prod([length + 2 * ranges["padding"][1] for length in data.shape]))
            rng = rng or np.random.default_rng(0)
            self._windows["draws"] = np.round(rng.uniform(size=(_DRAWS, cells)), 3).tolist()
            sliders["draw"] = Slider(1, _DRAWS, 1, 1, label="draw", say="draw of random numbers")
        most = ranges | {"padding": ranges["padding"][::-1]}  # makes the most windows
        count = int(np.prod([_count(n, k, most) for n, k in zip(data.shape, size, strict=True)]))
        sliders["step"] = Slider(1, max(count, 2), 1, 1, label="step", play=True)
        super().__init__(name, title, description=description, sliders=sliders)

    def _body(self):
        return self._windows


def _window(ndim, kernel, kernel_size, op):
    """Return the kernel's entries in a row (or None) and the window's size."""
    if op == "convolution":
        if kernel is None:
            raise ValueError("kernel: expected the numbers of the kernel for a convolution, got None")
        kernel = as_finite("kernel", kernel)
        if kernel.ndim != ndim:
            raise ValueError(f"kernel: expected {ndim} axes as data has, got shape {kernel.shape}")
        return kernel.ravel().tolist(), kernel.shape
    if kernel is not None or kernel_size is None:
        raise ValueError(f"kernel_size: expected a size and no kernel for op={op!r}")
    size = (kernel_size,) * ndim if np.ndim(kernel_size) == 0 else tuple(kernel_size)
    if len(size) != ndim or min(size) < 1:
        raise ValueError(f"kernel_size: expected {ndim} numbers of at least 1, got {kernel_size}")
    return None, size


def _range(argument, value):
    low, high = (value, value) if np.ndim(value) == 0 else value
    if not (int(low) == low and int(high) == high and _SETTINGS[argument] <= low <= high):
        raise ValueError(f"{argument}: expected integers of at least {_SETTINGS[argument]}, got {value}")
    return int(low), int(high)


def _count(length, size, ranges):
    (stride, _), (padding, _), (dilation, _) = ranges.values()
    return (length + 2 * padding - dilation * (size - 1) - 1) // stride + 1


def _require_fit(shape, size, ranges):
    for length, window in zip(shape, size, strict=True):
        if _count(length, window, ranges) < 1:
            raise ValueError(f"kernel: its size {window} at dilation {ranges['dilation'][0]} does not fit into "
                             f"{length} numbers with padding {ranges['padding'][0]}")
