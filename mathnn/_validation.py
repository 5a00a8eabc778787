"""What the public functions share when they read their arguments.

Numbers keep their type: float32 stays float32, integers and booleans become float64, and nothing is changed in place.
Data may hold NaN where a function works place by place (activations, convolution, max and average pooling): NaN comes
out where NaN went in. Where one bad entry would spoil the whole answer (labels, targets, probabilities, logits, points,
step sizes) NaN is refused.
"""

import operator

import numpy as np


def as_array(name, value):
    """Return `value` as an array of whatever it holds."""
    try:
        return np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name}: expected an array of numbers, got rows of different lengths") from None


def as_numeric(name, value, *, allow_complex=False):
    """Return `value` as an array of floats (or complex numbers, if allowed), keeping a float type as it is."""
    array = as_array(name, value)
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind not in ("fc" if allow_complex else "f"):
        expected = "numbers" if allow_complex else "real numbers"
        raise ValueError(f"{name}: expected {expected}, got an array of dtype {array.dtype}")
    return array


def as_finite(name, value):
    """Return `value` as an array of real floats, refusing NaN and infinity."""
    array = as_numeric(name, value)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {array[~np.isfinite(array)][0]}")
    return array


def as_scalar(name, value, *, expected="a finite number", holds=np.isfinite):
    """Return `value` as a Python float for which `holds` is true; `expected` says in words what that means."""
    array = as_array(name, value)
    if array.dtype.kind not in "biuf" and array.ndim == 0:
        raise ValueError(f"{name}: expected {expected}, got {value!r}")
    array = as_numeric(name, value)
    if array.ndim != 0 or not np.isfinite(array) or not holds(array):
        got = array[()] if array.ndim == 0 else f"an array of shape {array.shape}"
        raise ValueError(f"{name}: expected {expected}, got {got}")
    return float(array)


def as_integer(name, value, *, minimum):
    """Return `value` as an int of at least `minimum`; 2.0 and True are refused."""
    try:
        integer = operator.index(value)
    except TypeError:
        integer = None
    if integer is None or isinstance(value, bool | np.bool_) or integer < minimum:
        raise ValueError(f"{name}: expected an integer of at least {minimum}, got {value!r}")
    return integer


def as_choice(name, value, choices):
    """Return `value` if it is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(map(repr, choices))}, got {value!r}")
    return value


def require_generator(rng):
    """Refuse anything but a NumPy random generator: no seed, no global state."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng: expected a numpy.random.Generator, got {type(rng).__name__}")


def require_shape(name, array, expected):
    """Refuse an array whose shape is not exactly `expected`."""
    if array.shape != tuple(expected):
        raise ValueError(f"{name}: expected shape {tuple(expected)}, got {array.shape}")


def as_pair(name, value, *, minimum):
    """Return an integer, or a pair of them, as a pair (for height, for width), each at least `minimum`."""
    values = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name}: expected an integer or a pair of integers, got {value!r}")
    return tuple(as_integer(name, entry, minimum=minimum) for entry in values)
