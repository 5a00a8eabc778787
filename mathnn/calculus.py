r"""Slopes and areas, computed from values of the function alone.

``central_difference(f, 3)`` is the slope of `f` at 3, ``numerical_gradient(loss, w)`` holds one slope for each weight,
``tangent_line(f, 3)`` is the line that touches the curve there, and ``riemann_sum(f, 0, 1, 100)`` adds up 100
rectangles under it. None of them knows a rule of calculus, so they are fair witnesses for every rule the book proves.
"""

import numpy as np

from mathnn._validation import as_array, as_choice, as_finite, as_integer, as_scalar

EPSILON = np.finfo(np.float64).eps


def forward_difference(f, x, *, h=None):
    r"""Slope of the secant through :math:`x` and :math:`x + h`.

    .. math:: f'(x) \approx \frac{f(x + h) - f(x)}{h}, \qquad \text{error } O(h)

    Parameters
    ----------
    f : callable
        A function of one number. For an array `x` it must work element by element.
    x : float or array_like
        Where to differentiate.
    h : float, optional
        The step; a negative one looks to the left. Default: :math:`\sqrt{\varepsilon}\,\max(1, |x|)`, where the error
        of the formula and the rounding error are about equal.

    Returns
    -------
    float or ndarray
        The slope, of the shape of ``f(x)``; it is computed in float64.

    Raises
    ------
    ValueError
        If `x` is not finite, `h` is zero or not finite, or `f` does not return numbers or does not work element by
        element on an array `x`.

    References
    ----------
    Press et al., *Numerical Recipes*, 3rd ed. (2007), section 5.7, eq. 5.7.1.

    Examples
    --------
    >>> float(forward_difference(lambda x: x**2, 3.0, h=0.5))
    6.5
    """
    x, dtype, h = _prepare(x, h, EPSILON ** (1 / 2))
    return ((_values(f, x + h) - _values(f, x)) / h).astype(dtype)[()]


def central_difference(f, x, *, h=None):
    r"""Slope of the secant through :math:`x - h` and :math:`x + h`.

    .. math:: f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}, \qquad \text{error } O(h^2)

    Parameters
    ----------
    f : callable
        A function of one number. For an array `x` it must work element by element.
    x : float or array_like
        Where to differentiate.
    h : float, optional
        The step. Default: :math:`\sqrt[3]{\varepsilon}\,\max(1, |x|)`. Give a shorter one where `f` changes much within
        this step, as sin does around 1e6, and ln around 1e-6.

    Returns
    -------
    float or ndarray
        The slope, of the shape of ``f(x)``; it is computed in float64.

    Raises
    ------
    ValueError
        As for :func:`forward_difference`.

    References
    ----------
    Press et al., *Numerical Recipes*, 3rd ed. (2007), section 5.7, eq. 5.7.7.

    Examples
    --------
    >>> round(float(central_difference(lambda x: x**3, 2.0, h=0.1)), 9)  # 3·2² + 0.1²
    12.01
    """
    x, dtype, h = _prepare(x, h, EPSILON ** (1 / 3))
    return ((_values(f, x + h) - _values(f, x - h)) / (2 * h)).astype(dtype)[()]


def complex_step(f, x, *, h=1e-20):
    r"""Slope read off the imaginary part after a tiny step in the imaginary direction.

    .. math:: f'(x) \approx \frac{\operatorname{Im} f(x + ih)}{h}, \qquad \text{error } O(h^2)

    Nothing is subtracted, so nothing cancels: `h` may be so small that the result is exact to rounding. It holds for
    functions that are analytic and that the code computes for complex numbers (``abs`` or ``math.sin`` will not do).

    Parameters
    ----------
    f : callable
        A function of one number that accepts complex numbers. For an array `x` it must work element by element.
    x : float or array_like
        Where to differentiate, real.
    h : float, optional
        The step.

    Returns
    -------
    float or ndarray
        The slope, of the shape of ``f(x)``; it is computed in float64.

    Raises
    ------
    ValueError
        As for :func:`forward_difference`, and if `f` answers a complex number with a real one: then the step was lost.

    References
    ----------
    Squire and Trapp, "Using complex variables to estimate derivatives of real functions", *SIAM Review* 40 (1998),
    110-112.

    Examples
    --------
    >>> float(complex_step(lambda x: x**3, 2.0))
    12.0
    """
    x, dtype, h = _prepare(x, h, None)
    values = _values(f, x + 1j * h)
    if values.dtype.kind != "c":
        raise ValueError(f"f: expected complex values for a complex x, got dtype {values.dtype}: the step is lost")
    return (values.imag / h).astype(dtype)[()]


def _prepare(x, h, relative_step):
    """Read the point in float64 and the step; without a step, take one in proportion to the size of `x`."""
    x = as_finite("x", x)
    dtype, x = x.dtype, x.astype(np.float64)[()]
    if h is None and relative_step is not None:
        return x, dtype, relative_step * np.maximum(1.0, np.abs(x))
    return x, dtype, as_scalar("h", h, expected="a finite number other than 0", holds=lambda h: h != 0)


def _values(f, x):
    """Evaluate `f`, with a look that an array of points is treated element by element."""
    answer = f(x)
    values = as_array("f", answer)
    if values.dtype.kind in "biuO" and None not in values.flat:  # integers would wrap around
        kind = np.complex128 if np.iscomplexobj(x) and values.dtype.kind == "O" else np.float64
        try:
            values = values.astype(kind)
        except (TypeError, ValueError):
            raise ValueError(f"f: expected numbers, got {answer!r}") from None
    if values.dtype.kind not in "fc":
        raise ValueError(f"f: expected numbers, got {answer!r}")
    if values.dtype.kind == "c" and not np.iscomplexobj(x):
        raise ValueError(f"f: expected real numbers for a real x, got {answer!r}")
    if x.ndim > 0 and values.shape != x.shape:
        raise ValueError(
            f"f: expected values of shape {x.shape}, the shape of x, got {values.shape}; "
            "for a function of the whole array use numerical_gradient or numerical_jacobian"
        )
    return values


def numerical_jacobian(f, x, *, method=central_difference):
    r"""All partial derivatives of all outputs, one input nudged at a time.

    .. math:: J_{ij} = \frac{\partial f_i}{\partial x_j}

    Parameters
    ----------
    f : callable
        A function of one array.
    x : array_like
        The point, of any shape.
    method : callable, optional
        How to differentiate a function of one number: :func:`forward_difference`, :func:`central_difference` or
        :func:`complex_step`.

    Returns
    -------
    ndarray of shape ``f(x).shape + x.shape``
        ``J[i, j]`` tells how output `i` moves with input `j`.

    Raises
    ------
    ValueError
        If `x` is empty or not finite, or `method` refuses `f`.

    Examples
    --------
    >>> numerical_jacobian(lambda x: np.array([x[0] * x[1], x[0] + x[1]]), [2.0, 5.0], method=complex_step)
    array([[5., 2.],
           [1., 1.]])
    """
    x = as_finite("x", x)
    if x.size == 0:
        raise ValueError(f"x: expected at least one entry, got shape {x.shape}")
    columns = [method(lambda t, i=i: f(_with_entry(x, i, t)), x[i]) for i in np.ndindex(x.shape)]
    return np.stack(columns, axis=-1).reshape(np.shape(columns[0]) + x.shape)


def _with_entry(x, index, value):
    """Return a copy of `x` with one entry replaced; the copy is complex if the entry is."""
    copy = x.astype(np.result_type(value, np.float64))
    copy[index] = value
    return copy


def numerical_gradient(f, x, *, method=central_difference):
    r"""One slope for each entry of `x`: the gradient of a function with a single output.

    .. math:: (\nabla f)_i = \frac{\partial f}{\partial x_i}

    Parameters
    ----------
    f : callable
        A function of one array that returns one number.
    x : array_like
        The point, of any shape.
    method : callable, optional
        How to differentiate a function of one number, see :func:`numerical_jacobian`.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        If `f` returns more than one number, `x` is empty or not finite, or `method` refuses `f`.

    Examples
    --------
    >>> numerical_gradient(lambda x: x[0] ** 2 * x[1], [3.0, 2.0], method=complex_step)
    array([12.,  9.])
    """
    gradient = numerical_jacobian(f, x, method=method)
    if gradient.shape != np.shape(x):
        got = gradient.shape[: gradient.ndim - np.ndim(x)]
        raise ValueError(f"f: expected one number, of shape (), got shape {got}; use numerical_jacobian")
    return gradient


def tangent_line(f, a, *, derivative=None):
    r"""The line that touches the curve of `f` at `a`, as a function.

    .. math:: t(x) = f(a) + f'(a)\,(x - a)

    Parameters
    ----------
    f : callable
        A function of one number.
    a : float
        Where the line touches.
    derivative : callable, optional
        The derivative :math:`f'`, if known. Default: :func:`central_difference`.

    Returns
    -------
    callable
        The line :math:`t`, for a number or an array.

    Raises
    ------
    ValueError
        If `a` is not one finite number.

    Examples
    --------
    >>> line = tangent_line(lambda x: x**2, 3.0, derivative=lambda x: 2 * x)
    >>> [float(line(x)) for x in (3, 4)]
    [9.0, 15.0]
    """
    a = as_scalar("a", a)
    height = f(a)
    slope = central_difference(f, a) if derivative is None else derivative(a)
    return lambda x: height + slope * (np.asarray(x)[()] - a)


def tangent_plane(f, a, b, *, gradient=None):
    r"""The plane that touches the surface of `f` at `(a, b)`, as a function.

    .. math:: t(x, y) = f(a, b) + \frac{\partial f}{\partial x}(a, b)\,(x - a)
                       + \frac{\partial f}{\partial y}(a, b)\,(y - b)

    Parameters
    ----------
    f : callable
        A function of two numbers.
    a, b : float
        Where the plane touches.
    gradient : callable, optional
        A function of two numbers that returns both partial derivatives. Default: :func:`numerical_gradient`.

    Returns
    -------
    callable
        The plane :math:`t`, for two numbers or two arrays.

    Raises
    ------
    ValueError
        If `a` or `b` is not one finite number, or `gradient` does not return two numbers.

    Examples
    --------
    >>> plane = tangent_plane(lambda x, y: x * y, 2.0, 3.0, gradient=lambda x, y: (y, x))
    >>> [float(plane(x, y)) for x, y in [(2, 3), (3, 3), (2, 4)]]
    [6.0, 9.0, 8.0]
    """
    a, b = as_scalar("a", a), as_scalar("b", b)
    height = f(a, b)
    slopes = numerical_gradient(lambda p: f(p[0], p[1]), [a, b]) if gradient is None else gradient(a, b)
    if np.shape(slopes) != (2,):
        raise ValueError(f"gradient: expected two partial derivatives, of shape (2,), got shape {np.shape(slopes)}")
    return lambda x, y: height + slopes[0] * (np.asarray(x)[()] - a) + slopes[1] * (np.asarray(y)[()] - b)


RULES = {"left": 0.0, "midpoint": 0.5, "right": 1.0}  # where in its base a rectangle takes its height


def riemann_rectangles(f, a, b, n, *, rule="midpoint"):
    r"""The `n` rectangles of equal width between the curve of `f` and the axis.

    .. math:: \Delta x = \frac{b - a}{n}, \qquad x_i = a + (i + \theta)\,\Delta x, \qquad i = 0, \dots, n - 1

    with :math:`\theta` = 0, ½, 1 for the rules "left", "midpoint", "right".

    Parameters
    ----------
    f : callable
        A function of one number.
    a, b : float
        The ends of the interval; with `b` left of `a` the widths, and so the areas, change sign.
    n : int
        How many rectangles.
    rule : {"left", "midpoint", "right"}
        Where in its base a rectangle takes its height.

    Returns
    -------
    left, width, height : ndarray of shape (n,)
        Ready to be drawn: ``plt.bar(left, height, width, align="edge")``.

    Raises
    ------
    ValueError
        If an end is not finite, `n` is not a positive integer, `rule` is unknown, or `f` is not one finite,
        real number at some :math:`x_i`.

    Examples
    --------
    >>> left, width, height = riemann_rectangles(lambda x: x**2, 0, 2, 2, rule="right")
    >>> left, width, height
    (array([0., 1.]), array([1., 1.]), array([1., 4.]))
    """
    a, b, n = as_scalar("a", a), as_scalar("b", b), as_integer("n", n, minimum=1)
    as_choice("rule", rule, RULES)
    dx = (b - a) / n
    left = a + np.arange(n) * dx
    x = left + RULES[rule] * dx
    height = as_array("f", [_values(f, x_i) for x_i in x])
    if height.shape != x.shape:
        raise ValueError(f"f: expected one real number for each x, got an array of shape {height.shape[1:]}")
    height = height.astype(np.float64)
    if not np.isfinite(height).all():
        raise ValueError(f"f: expected finite values on [{a}, {b}], got {height[~np.isfinite(height)][0]}")
    return left, np.full(n, dx), height


def riemann_sum(f, a, b, n, *, rule="midpoint"):
    r"""The sum of the areas of `n` rectangles: what the integral is the limit of.

    .. math:: \int_a^b f(x)\,dx \approx \sum_{i=0}^{n-1} f(x_i)\,\Delta x

    Parameters
    ----------
    f, a, b, n, rule
        As for :func:`riemann_rectangles`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As for :func:`riemann_rectangles`.

    Examples
    --------
    >>> [float(riemann_sum(lambda x: x**2, 0, 2, 2, rule=rule)) for rule in ("left", "midpoint", "right")]
    [1.0, 2.5, 5.0]
    """
    _, width, height = riemann_rectangles(f, a, b, n, rule=rule)
    return np.sum(height * width)
