r"""Is this gradient right? Ask the function itself.

A gradient found by hand (or by back-propagation) is compared with differences of function values, entry by entry
(:func:`check_gradient`: sure, two function calls for each entry) or along a few random directions
(:func:`check_directions`: two calls for each direction, however many entries there are). What differs is looked at
once more, with shorter steps, since the difference itself is off where the function bends strongly; what still differs
raises.

At a kink (a ReLU at 0, two equal maxima in a pooling window) there is no gradient to compare with: check elsewhere.
And where `f` changes much within a step (sin at 1e6, ln at 1e-6), the difference is wrong, not the gradient: give `x`
in other units.
"""

import numpy as np

from mathnn._validation import as_finite, as_integer, as_numeric, as_scalar, require_generator, require_shape
from mathnn.calculus import EPSILON, central_difference, numerical_gradient


def check_gradient(f, x, gradient, *, rtol=1e-5, atol=1e-8):
    r"""Compare a gradient with central differences, entry by entry.

    .. math:: |g_i - \Delta_i| \le \texttt{rtol} \cdot |\Delta_i|
              + \texttt{atol} \cdot \frac{\max(1, |f(x)|)}{\max(1, |x_i|)}, \qquad
              \Delta_i = \frac{f(x + h e_i) - f(x - h e_i)}{2h}

    The last term grows with `f`, and shrinks as `h` grows with `x`: so does the rounding error of the difference. An
    entry smaller than this term passes whatever it is: scale `f`, or take a smaller `atol`.

    Parameters
    ----------
    f : callable
        A function of one array that returns one number, computed in float64.
    x : array_like
        The point, of any shape.
    gradient : array_like of the shape of `x`
        What is to be checked.
    rtol, atol : float, optional
        How large an error is allowed.

    Returns
    -------
    float
        The largest difference.

    Raises
    ------
    AssertionError
        If an entry differs; the message names the entry that differs most, with both values.
    ValueError
        If `gradient` has another shape than `x`, `x` is empty or not finite, `f` does not return one finite number at
        `x` and around it, or a tolerance is negative.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), eq. 11.7.

    Examples
    --------
    >>> check_gradient(lambda x: x[0] ** 2 * x[1], [3.0, 2.0], [12.0, 9.0]) < 1e-8
    True
    >>> check_gradient(lambda x: x[0] ** 2 * x[1], [3.0, 2.0], [12.0, 6.0])
    Traceback (most recent call last):
        ...
    AssertionError: gradient[1]: expected 9, the central difference, got 6; 1 of 2 entries differ
    """
    x, gradient, size = _read(f, x, gradient)
    size = size / np.maximum(1.0, np.abs(x))
    expected = numerical_gradient(f, x)
    bad = ~(np.abs(gradient - expected) <= _tolerance(expected, size, rtol, atol))  # a NaN is bad too
    if bad.any():
        expected = np.where(bad, numerical_gradient(f, x, method=_closer_difference), expected)
    if not np.isfinite(expected).all():
        raise ValueError(f"f: expected finite numbers around x too, got slope {expected[~np.isfinite(expected)][0]}")
    difference = np.abs(gradient - expected)
    bad = ~(difference <= _tolerance(expected, size, rtol, atol))
    if bad.any():
        worst = np.unravel_index(np.argmax(np.where(bad, np.nan_to_num(difference, nan=np.inf), -1)), x.shape)
        raise AssertionError(
            f"gradient{_index(worst)}: expected {expected[worst]:.6g}, the central difference, "
            f"got {gradient[worst]:.6g}; {bad.sum()} of {bad.size} entries differ"
        )
    return float(difference.max())


def check_directions(f, x, gradient, *, rng, directions=5, rtol=1e-5, atol=1e-8):
    r"""Compare a gradient with central differences along random directions.

    .. math:: |g \cdot v - \Delta_v| \le \texttt{rtol} \cdot |\Delta_v| + \texttt{atol} \cdot \max(1, |f(x)|), \qquad
              \Delta_v = \frac{f(x + h v) - f(x - h v)}{2h}

    The directions have length 1, where each axis is measured in units of :math:`\max(1, |x_i|)`.
    A wrong entry leans on almost every direction, so a few of them find it; then :func:`check_gradient` names it.

    Parameters
    ----------
    f, x, gradient, rtol, atol
        As for :func:`check_gradient`.
    rng : numpy.random.Generator
        Draws the directions.
    directions : int, optional
        How many.

    Returns
    -------
    float
        The largest difference.

    Raises
    ------
    AssertionError
        If a slope differs; the message names the entry of the gradient that differs most.
    ValueError
        As for :func:`check_gradient`, and if `directions` is not a positive integer or `rng` is not a generator.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 11.5.

    Examples
    --------
    >>> w = np.linspace(-1, 1, 1000)
    >>> check_directions(lambda w: np.sum(w**3), w, 3 * w**2, rng=np.random.default_rng(0)) < 1e-6
    True
    """
    x, gradient, size = _read(f, x, gradient)
    require_generator(rng)
    differences = []
    for number in range(as_integer("directions", directions, minimum=1)):
        v = rng.normal(size=x.shape)
        v *= np.maximum(1.0, np.abs(x)) / np.linalg.norm(v)
        slope = np.sum(gradient * v)
        for method in (central_difference, _closer_difference):
            expected = method(lambda t, v=v: f(x + t * v), 0.0)
            difference = abs(slope - expected)
            if right := difference <= _tolerance(expected, size, rtol, atol):
                break
        differences.append(difference)
        if not right:
            check_gradient(f, x, gradient, rtol=rtol, atol=atol)
            raise AssertionError(
                f"gradient: expected slope {expected:.6g} along direction {number}, the central difference, "
                f"got {slope:.6g}, though no single entry differs by more than the tolerance"
            )
    return float(max(differences))


def _closer_difference(f, x):
    """Return the central difference for shorter steps, two of which are combined so that their errors cancel."""
    h = EPSILON ** (1 / 3) * max(1.0, abs(x)) / 8
    return (4 * central_difference(f, x, h=h / 2) - central_difference(f, x, h=h)) / 3  # Richardson's extrapolation


def _read(f, x, gradient):
    """Read the point and the gradient in float64, and how large the function is."""
    x, gradient = as_finite("x", x).astype(np.float64), as_numeric("gradient", gradient).astype(np.float64)
    require_shape("gradient", gradient, x.shape)
    if x.size == 0:
        raise ValueError(f"x: expected at least one entry, got shape {x.shape}")
    return x, gradient, max(1.0, abs(as_scalar("f", f(x.copy()), expected="one finite number")))


def _tolerance(expected, size, rtol, atol):
    rtol, atol = (
        as_scalar(name, value, expected="a number of at least 0", holds=lambda t: t >= 0)
        for name, value in (("rtol", rtol), ("atol", atol))
    )
    return rtol * np.abs(expected) + atol * size


def _index(place):
    return f"[{', '.join(map(str, place))}]" if place else ""
