r"""A graph over the plane, seen from any side: :class:`Surface`."""

import math

import sympy as sp

from mathnn.live.controls import Slider
from mathnn.live.figure import Figure
from mathnn.live.labels import as_pieces
from mathnn.live.panels import COLORS

__all__ = ["Surface"]


class Surface(Figure):
    r"""The graph :math:`z = f(x, y)` over a rectangle, turned by dragging or by two sliders.

    What rises or falls out of `zlim` is cut off.

    Parameters
    ----------
    name, title, description, sliders
        As for every live figure.
    z : sympy expression
        The height.
    variables : tuple of two sympy.Symbol
        What it depends on.
    xlim, ylim, zlim : tuple of two numbers
        The box.
    zlabel : str
        The name of the height.
    turn, tilt : float
        The first view, in degrees; a tilt of 90 looks down from above.

    Raises
    ------
    ValueError
        If limits are empty, or an expression holds an undeclared symbol or cannot be written in JavaScript.

    Examples
    --------
    >>> x, y, a, b = sp.symbols("x y a b")
    >>> fig = Surface("saddle", "A saddle", x**2 - y**2, (x, y), (-1, 1), (-1, 1), (-1, 1),
    ...               sliders={a: Slider(-1, 1, 0), b: Slider(-1, 1, 0)}, description="A saddle and a tangent plane.")
    >>> fig.tangent_plane((a, b))
    Live figure 'saddle': A saddle (a = 0, b = 0, turn = -35, tilt = 28)
    """

    kind = "surface"

    def __init__(self, name, title, z, variables, xlim, ylim, zlim, *, description, sliders=None, zlabel="$z$",
                 turn=-35, tilt=28):
        view = {"turn": Slider(-180, 180, turn, 1, label="turn", say="turn the view", unit="°"),
                "tilt": Slider(0, 90, tilt, 1, label="tilt", say="tilt the view", unit="°")}
        own = {str(symbol): slider for symbol, slider in (sliders or {}).items()}
        taken = sorted(set(own) & {*view, *map(str, variables)})
        if taken:
            raise ValueError(f"sliders: the name {taken[0]} is taken by the view or by the surface")
        super().__init__(name, title, description=description, sliders=own | view)
        self._z, self._plane = sp.sympify(z), tuple(variables)
        limits = {"xlim": xlim, "ylim": ylim, "zlim": zlim}
        for argument, (low, high) in limits.items():
            if not -math.inf < low < high < math.inf:
                raise ValueError(f"{argument}: expected the lower limit first, got ({low}, {high})")
        names = [as_pieces(text, None) for text in (*(f"${sp.latex(symbol)}$" for symbol in variables), zlabel)]
        self._surface = {**{key: [float(end) for end in ends] for key, ends in limits.items()},
                         "names": names, "z": self._over_plane(self._z)}

    def _over_plane(self, expression):
        return self._js(expression, **self._variables("variables", self._plane, "xy"))

    def tangent_plane(self, point, label=None, *, size=0.3):
        r"""Add the tangent plane at `point`, as far as `size` times the box to each side.

        .. math:: z = f(a, b) + f_x(a, b)\,(x - a) + f_y(a, b)\,(y - b)
        """
        at = dict(zip(self._plane, map(sp.sympify, point), strict=True))
        plane = self._z.subs(at, simultaneous=True) + sum(
            sp.diff(self._z, variable).subs(at, simultaneous=True) * (variable - at[variable]) for variable in at)
        a, b = (self._js(value) for value in at.values())
        self._surface["plane"] = {"x": a, "y": b, "size": float(size), "z": self._over_plane(plane)}
        return self._label(label, "c2", "area")

    def path(self, path, label=None, *, color="c5"):
        """Draw the points of an iteration on the surface, over their first two numbers."""
        if len(path.state) < 2:
            raise ValueError("path: expected an iteration in the plane, got one of single numbers")
        if color not in COLORS:
            raise ValueError(f"color: expected one of {', '.join(COLORS)}, got {color!r}")
        self._surface.setdefault("paths", []).append({"of": self._own(path), "c": color})
        return self._label(label, color, "point")

    def _body(self):
        return self._surface
