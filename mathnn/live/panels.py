r"""Panels with axes: what :class:`~mathnn.live.Plot` and :class:`~mathnn.live.Bars` are drawn on."""

import sympy as sp

from mathnn.live.figure import Figure
from mathnn.live.labels import as_html, as_pieces, as_words

__all__ = ["COLORS", "Panels", "given"]

COLORS = ("c1", "c2", "c3", "c4", "c5")


def given(**options):
    """Return the options that were given; the script knows the others."""
    return {key: value for key, value in options.items() if value is not None and value is not False}


class Panels(Figure):
    """Base of the figures with axes: panels, colours, legend, dragging."""

    kind = "plot"

    def __init__(self, name, title, *, description, sliders=None, columns=None):
        super().__init__(name, title, description=description, sliders=sliders)
        if columns is not None and columns < 1:
            raise ValueError(f"columns: expected at least 1, got {columns}")
        self._panels, self._columns, self._used = [], columns, 0

    def _add_panel(self, xlim, ylim, *, title, xlabel, ylabel, height, aspect, **more):
        for argument, size in (("height", height), ("aspect", aspect)):
            if size is not None and not size > 0:
                raise ValueError(f"{argument}: expected a number above 0, got {size}")
        limits = {"xlim": self._limits("xlim", xlim), "ylim": self._limits("ylim", ylim)}
        words = {"title": self._text(title), "xlabel": self._text(xlabel), "ylabel": self._text(ylabel)}
        self._panels.append({**limits, "marks": [], **given(height=height, aspect=aspect, **words, **more)})
        return self

    def _pair(self, argument, ends):
        if len(ends) != 2:
            raise ValueError(f"{argument}: expected two ends, got {ends}")
        return [self._js(end) for end in ends]

    def _limits(self, argument, limits):
        low, high = self._pair(argument, limits)
        if not isinstance(low, str) and not isinstance(high, str):
            if not low < high:
                raise ValueError(f"{argument}: expected the lower limit first, got ({low}, {high})")
            if high - low < 1e-9 * max(abs(low), abs(high)):
                raise ValueError(f"{argument}: expected limits that differ by more than rounding, got ({low}, {high})")
        return [low, high]

    def _constant_limits(self, argument):
        limits = self._panels[-1][argument]
        if any(isinstance(limit, str) for limit in limits):
            raise ValueError(f"{argument}: expected numbers here, not expressions in the sliders")
        return limits

    def _text(self, text, **values):
        return text and as_pieces(text, self._number(values))

    def _color(self, color):
        if color is None:
            color = COLORS[self._used % len(COLORS)]
            self._used += 1
        if color not in (*COLORS, "fg", "muted"):
            raise ValueError(f"color: expected one of {', '.join(COLORS)}, fg, muted, got {color!r}")
        return color

    def _add(self, kind, label, color, dash=None, sample=None, **mark):
        look = {"c": self._color(color)} | ({} if dash is None else {"dash": dash})
        self._panels[-1]["marks"].append({"t": kind, **look, **given(**mark)})
        if label:
            self._legend.append({"html": as_html(label)[0], **look, **given(mark=sample)})
        return self

    def _drag(self, point, drag):
        """Return which slider a drag sets along x, and which along y."""
        if drag is None:
            return None
        symbols = drag if isinstance(drag, tuple) else (drag, drag)
        keys = [self._slider_key("drag", symbol) for symbol in symbols]
        depends = [str(symbol) in map(str, sp.sympify(coordinate).free_symbols)
                   for symbol, coordinate in zip(symbols, point, strict=True)]
        if not (all if isinstance(drag, tuple) else any)(depends):
            raise ValueError(f"drag: the point ({', '.join(map(str, point))}) does not depend on {drag}")
        return keys if isinstance(drag, tuple) else [keys[0], None] if depends[0] else [None, keys[1]]

    def _body(self):
        return {"panels": self._panels, **given(columns=self._columns)}


class Bars(Panels):
    r"""Bars, such as the probabilities of a softmax.

    Parameters
    ----------
    name, title, description, sliders
        As for every live figure.
    values : list of sympy expressions, or dict of label to such a list
        The heights; of several lists the bars stand side by side, with a legend. At most five bars have a colour each,
        in every panel with the same labels; others have one colour.
    labels : list of str
        Words with simple ``$LaTeX$`` below the bars.
    ylim : tuple of two sympy expressions
        What the axis shows.
    digits : int
        Digits over the bars; without ``say`` and ``readout`` a screen reader speaks them.
    ylabel, panel_title, height, aspect, columns
        As for :class:`~mathnn.live.Plot`.

    Raises
    ------
    ValueError
        If there are not as many labels as values.

    Examples
    --------
    >>> import sympy as sp
    >>> from mathnn.live import Slider
    >>> z = sp.symbols("z1:3")
    >>> total = sum(sp.exp(v) for v in z)
    >>> Bars("softmax", "Softmax", [sp.exp(v) / total for v in z], ["cat", "dog"], (0, 1.1),
    ...      sliders={v: Slider(-3, 3, 1) for v in z}, description="Two bars that share the height 1.")
    Live figure 'softmax': Softmax (z1 = 1, z2 = 1)
    """

    def __init__(self, name, title, values, labels, ylim, *, description, sliders=None, digits=2, ylabel=None,
                 panel_title=None, height=None, aspect=None, columns=None):
        super().__init__(name, title, description=description, sliders=sliders, columns=columns)
        self.panel(values, labels, ylim, digits=digits, title=panel_title, ylabel=ylabel, height=height, aspect=aspect)

    def panel(self, values, labels, ylim, *, digits=2, title=None, ylabel=None, height=None, aspect=None):
        """Draw a further panel of bars."""
        series = values if isinstance(values, dict) else {None: values}
        counts = {len(row) for row in series.values()}
        if counts != {len(labels)}:
            raise ValueError(f"values: expected as many as labels, {len(labels)}, got {sorted(counts)}")
        if len(series) > len(COLORS):
            raise ValueError(f"values: expected at most {len(COLORS)} lists side by side, got {len(series)}")
        heights = [[self._js(value) for value in row] for row in series.values()]
        self._add_panel((0.4, len(labels) + 0.6), ylim, title=title, xlabel=None, ylabel=ylabel, height=height,
                        aspect=aspect, labels=[self._text(label) for label in labels])
        known_by_colour = self._panels[-1]["labels"] == self._panels[0]["labels"] and len(labels) <= len(COLORS)
        colors = COLORS if len(series) > 1 or known_by_colour else COLORS[:1]
        bars = {"t": "bars", "series": heights, "c": list(colors), "d": digits}
        if len(series) > 1:
            bars["names"] = [as_words(name) for name in series]
            for label, color in zip(series, COLORS, strict=False):
                self._label(label, color, "bar")
        self._panels[-1]["marks"].append(bars)
        return self

