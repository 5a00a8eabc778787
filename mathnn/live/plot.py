r"""Graphs that move: :class:`Plot`."""

import math

import numpy as np
import sympy as sp

from mathnn._validation import as_choice, as_finite
from mathnn.live.engine import call
from mathnn.live.panels import Panels

__all__ = ["Plot"]


class Plot(Panels):
    r"""One panel of graphs, or several; everything in it may be an expression in the sliders.

    Colours are named c1 to c5 (each with its own dashes and marker), "fg" and "muted"; without a name curves and lines
    take the next one. Every method returns the plot, so that calls can be chained.

    Parameters
    ----------
    name, title, description, sliders
        As for every live figure: a slug, words with ``$LaTeX$``, what is to be seen, symbol to slider.
    x : sympy.Symbol
        The variable of the graphs.
    xlim, ylim : tuple of two sympy expressions
        What the axes show.
    xlabel, ylabel : str, optional
        Short words with simple ``$LaTeX$``; below the axis stands `x` by default.
    panel_title : str, optional
        A title over the panel, if there are several.
    height : int, optional
        Height in pixels.
    aspect : float, optional
        Height divided by width, instead of a height.
    columns : int, optional
        How many panels stand side by side on a wide page.

    Raises
    ------
    ValueError
        If limits are empty, an expression holds an undeclared symbol or cannot be written in JavaScript.

    Examples
    --------
    >>> import sympy as sp
    >>> from mathnn.live import Slider
    >>> x, a = sp.symbols("x a")
    >>> fig = Plot("parabola", "A parabola and its tangent", x, (-2, 2), (-1, 4), sliders={a: Slider(-2, 2, 1)},
    ...            description="The tangent touches the parabola at a.")
    >>> fig.curve(x**2, "$x^2$").line((a, a**2), 2 * a, "tangent").point((a, a**2), drag=a)
    Live figure 'parabola': A parabola and its tangent (a = 1)
    """

    def __init__(self, name, title, x, xlim, ylim, *, description, sliders=None, xlabel=None, ylabel=None,
                 panel_title=None, height=None, aspect=None, columns=None):
        super().__init__(name, title, description=description, sliders=sliders, columns=columns)
        self.panel(x, xlim, ylim, title=panel_title, xlabel=xlabel, ylabel=ylabel, height=height, aspect=aspect)

    def panel(self, x, xlim, ylim, *, title=None, xlabel=None, ylabel=None, height=None, aspect=None):
        """Begin a further panel; what is drawn from now on is drawn there."""
        if str(x) in self._names:
            raise ValueError(f"x: {x} is a slider of this figure and cannot be the variable of its graphs")
        self._variable = str(x)
        xlabel = f"${sp.latex(x)}$" if xlabel is None else xlabel
        return self._add_panel(xlim, ylim, title=title, xlabel=xlabel, ylabel=ylabel, height=height, aspect=aspect)

    def _y(self, expression):
        return self._js(expression, **{self._variable: "x"})

    # ---- marks

    def curve(self, y, label=None, *, color=None, dash=None, domain=None, width=None):
        """Draw the graph of `y`, on the whole axis or on the interval `domain`."""
        domain = domain and self._pair("domain", domain)
        return self._add("curve", label, color, dash, y=self._y(y), domain=domain, w=width)

    def line(self, point, slope, label=None, *, color=None, dash=None, width=None):
        """Draw the line through `point` with `slope`, from edge to edge."""
        x, y = map(self._js, point)
        return self._add("line", label, color, dash, x=x, y=y, slope=self._js(slope), w=width)

    def segment(self, start, end, label=None, *, color="muted", dash=None, width=None, arrow=False):
        """Draw a segment, or an arrow, from point to point."""
        (x1, y1), (x2, y2) = map(self._js, start), map(self._js, end)
        return self._add("segment", label, color, dash, x1=x1, y1=y1, x2=x2, y2=y2, w=width, arrow=arrow)

    def point(self, point, label=None, *, color="fg", drag=None):
        """Draw a point with `label` beside it.

        With ``drag=a`` it can be dragged along: that sets the slider of `a` (its x if it depends on `a`, else its y).
        With ``drag=(a, b)`` its x sets `a` and its y sets `b`.
        """
        x, y = map(self._js, point)
        return self._add("point", None, color, x=x, y=y, text=self._text(label), drag=self._drag(point, drag))

    def text(self, point, text, *, color="fg", anchor="middle", **values):
        """Write a text with live numbers; `anchor` is start, middle or end."""
        x, y = map(self._js, point)
        as_choice("anchor", anchor, ("start", "middle", "end"))
        return self._add("text", None, color, x=x, y=y, text=self._text(text, **values), anchor=anchor)

    def scatter(self, xs, ys, label=None, *, color=None):
        """Draw points of data, two sequences of equal length."""
        xs, ys = as_finite("xs", xs).ravel(), as_finite("ys", ys).ravel()
        if len(xs) != len(ys):
            raise ValueError(f"ys: expected as many numbers as xs, {len(xs)}, got {len(ys)}")
        points = [[float(f"{value:.7g}") for value in place] for place in zip(xs, ys, strict=True)]
        return self._add("scatter", label, color, sample="point", points=points)

    def area(self, y, interval, label=None, *, color=None):
        """Shade what lies between the graph of `y` and the axis on `interval`; parts below the axis are orange."""
        domain = self._pair("interval", interval)
        return self._add("area", label, color, sample="area", y=self._y(y), domain=domain)

    def riemann(self, y, interval, n, label=None, *, at=0, color=None):
        """Draw the `n` rectangles of a Riemann sum of `y` on `interval`.

        Each is as high as the graph at its left end (``at=0``), its middle (``at=sympy.Rational(1, 2)``) or its right
        end (``at=1``); `at` may be the symbol of a choice.
        """
        domain = self._pair("interval", interval)
        return self._add("riemann", label, color, sample="area", y=self._y(y), domain=domain, n=self._js(n),
                         at=self._js(at))

    def orbit(self, path, label=None, *, on=None, color=None, drag=None):
        """Draw the points of an iteration: on the graph of `on`, or in the plane by its first two numbers.

        `drag` names the slider of the start, or two of them, as for `point`.
        """
        start = path.start[:2] if on is None else (path.start[0], sp.Integer(0))
        if len(start) < 2:
            raise ValueError("on: expected an expression in the graph's variable, for a path of single numbers")
        place = {} if drag is None else {"x": self._js(start[0]), "y": self._js(start[1])}
        return self._add("orbit", label, color, False, of=self._own(path), on=None if on is None else self._y(on),
                         drag=self._drag(start, drag), **place)

    def history(self, path, value, label=None, *, color=None):
        """Draw `value`, an expression in the state of an iteration, against the number of the step."""
        variables = {str(symbol): f"x[{i}]" for i, symbol in enumerate(path.state)}
        code = self._js(value, **variables)
        return self._add("history", label, color, False, sample="point", of=self._own(path), value=code)

    def contour(self, z, variables, label=None, *, levels=12, color="c1"):
        """Draw contour lines of `z`, an expression in the two `variables` (to the right, upwards).

        `levels` is a list of values, or about how many round ones to choose. Darker lines are higher.
        """
        code = self._js(z, **self._variables("variables", variables, "xy"))
        if np.ndim(levels) == 0:
            limits = [self._constant_limits("xlim"), self._constant_limits("ylim")]
            if not 1 <= levels <= 100:
                raise ValueError(f"levels: expected 1 to 100, or a list of values, got {levels}")
            levels = call("chooseLevels", {"params": self._params, "defs": self._defs}, code, *limits, int(levels))
        if not all(map(math.isfinite, levels)):
            raise ValueError(f"levels: expected finite numbers, got {levels}")
        if not len(levels):
            raise ValueError(f"z: {z} has no contour lines here: it is constant or undefined")
        return self._add("contour", label, color, False, z=code, levels=sorted(map(float, levels)))
