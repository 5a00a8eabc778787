r"""What all live figures share: names, sliders, derived numbers, readout, and how a figure is shown.

A figure shows itself as a bundle: plain text, HTML that holds its spec and a still picture (a built page draws the
figure from the spec; without JavaScript the picture stays), and in a live session an anywidget.
"""

import json
import os
import re
from dataclasses import dataclass
from html import escape

import sympy as sp

from mathnn.live.engine import still_picture
from mathnn.live.expressions import to_javascript
from mathnn.live.labels import as_html, as_pieces, as_words
from mathnn.live.widget import RESERVED, make_widget

__all__ = ["Figure", "Iteration"]

_STILL_WIDTH = 640


@dataclass(frozen=True)
class Iteration:
    """A sequence that the page computes; `last` is the symbol (or tuple of symbols) of where it ends."""

    key: str
    state: tuple
    start: tuple
    last: object


class Figure:
    r"""Base of the figures.

    Parameters
    ----------
    name : str
        A slug: the figure's id in the page and in links to one of its states.
    title : str
        Words with ``$LaTeX$``.
    description : str
        What is to be seen, for those who do not see it.
    sliders : dict, optional
        Symbol or name to :class:`~mathnn.live.Slider` or :class:`~mathnn.live.Choice`.

    Raises
    ------
    ValueError
        If the name is no slug, the description is empty, or a slider's name cannot be used.
    """

    kind = ""

    def __init__(self, name, title, *, description, sliders=None):
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            raise ValueError(f"name: expected small letters, digits and single hyphens, got {name!r}")
        if not description.strip():
            raise ValueError("description: expected a sentence that says what is to be seen, got nothing")
        self.name, self.title, self.description = name, title, description
        self.sliders = {str(symbol): slider for symbol, slider in (sliders or {}).items()}
        self._keys, self._names, self._params = {}, {}, []
        for symbol, slider in self.sliders.items():
            if not hasattr(slider, "spec"):
                raise ValueError(f"sliders: expected a Slider or a Choice for {symbol}, got {slider!r}")
            self._params.append(slider.spec(symbol, self._declare(symbol)))
        self._defs, self._readout, self._say, self._legend = [], [], [], []
        self._iterations, self._widget = [], None

    # ---- expressions

    def _declare(self, name):
        key = re.sub(r"\W", "_", name)
        if not key.isidentifier():
            raise ValueError(f"sliders: expected a name that begins with a letter, got {name!r}")
        if key in self._keys.values() or key in RESERVED:
            raise ValueError(f"sliders: the name {name!r} is taken; use another symbol")
        self._keys[name] = key
        self._names[name] = f"s.{key}"
        return key

    def _js(self, expression, **variables):
        return to_javascript(expression, {**self._names, **variables})

    def _variables(self, argument, symbols, code):
        """Return the code of variables by their names, which must differ from each other and from the sliders."""
        names = [str(symbol) for symbol in symbols]
        taken = [name for i, name in enumerate(names) if name in self._names or name in names[:i]]
        if taken:
            raise ValueError(f"{argument}: {taken[0]} stands twice, or is a slider of this figure")
        return dict(zip(names, code, strict=True))

    def _own(self, path):
        if not any(path is own for own in self._iterations):
            raise ValueError("path: expected an iteration of this figure, got another figure's")
        return path.key

    def _slider_key(self, argument, symbol):
        if str(symbol) not in self.sliders:
            raise ValueError(f"{argument}: expected a slider of this figure ({', '.join(self.sliders)}), got {symbol}")
        return self._keys[str(symbol)]

    def define(self, name, expression):
        r"""Name a derived number, to be used in later expressions.

        Parameters
        ----------
        name : str
            A new name.
        expression : sympy expression
            Its value, in the sliders and earlier definitions.

        Returns
        -------
        sympy.Symbol
            The symbol that stands for it.
        """
        value = self._js(expression)
        self._defs.append({"id": self._declare(name), "value": value})
        return sp.Symbol(name)

    def iterate(self, state, start, next, steps, *, index=None):
        r"""Compute a sequence: `state` begins at `start` and becomes `next`, `steps` times.

        Parameters
        ----------
        state : sympy.Symbol or tuple of them
            What changes from step to step.
        start, next : sympy expression or tuple of them
            The first state, and the state after `state`.
        steps : int or sympy expression
            How often.
        index : sympy.Symbol, optional
            Stands in `next` for the number of steps done before: 0, 1, 2, ...

        Returns
        -------
        Iteration
            Its `last` is the last state, for expressions.
        """
        single = not isinstance(state, tuple)
        state, start, next = ((value,) if single else tuple(value) for value in (state, start, next))
        if not len(state) == len(start) == len(next):
            raise ValueError(f"next: expected {len(state)} expressions in start and next, "
                             f"got {len(start)} and {len(next)}")
        places = [f"x[{i}]" for i in range(len(state))]
        variables = self._variables("state", state if index is None else (*state, index),
                                    places if index is None else [*places, "y"])
        definition = {"start": [self._js(e) for e in start], "next": [self._js(e, **variables) for e in next],
                      "steps": self._js(steps)}
        key = self._declare(f"seq{len(self._defs)}")
        self._defs.append({"id": key, **definition})
        last = tuple(sp.Symbol(f"{key}_{i}") for i in range(len(state)))
        self._names.update({symbol.name: f"s.{symbol.name}" for symbol in last})
        self._iterations.append(Iteration(key, state, start, last[0] if single else last))
        return self._iterations[-1]

    # ---- words

    def _label(self, text, color, mark):
        if text:
            self._legend.append({"html": as_html(text)[0], "c": color, "mark": mark})
        return self

    def _number(self, values):
        own = {param["id"]: param["d"] for param in self._params if "d" in param and param["id"] not in values}

        def number(name, digits):
            digits = own.get(name, 2) if digits is None else digits
            return {"v": self._js(values[name] if name in values else sp.Symbol(name)), "d": digits}

        return number

    def readout(self, *texts, **values):
        r"""Show live numbers under the picture.

        Parameters
        ----------
        *texts : str
            Words with ``$LaTeX$``, side by side where there is room. ``<<name>>`` or ``<<name:digits>>`` is a live
            number, also inside LaTeX; by default a slider has its own digits, another number two.
        **values : sympy expression
            The numbers by name; a slider needs none.
        """
        for text in texts:
            html, numbers = as_html(text, style=r"\displaystyle ")
            number = self._number(values)
            self._readout.append({"html": html, "v": [number(name, digits) for name, digits in numbers],
                                  "text": as_words(text)})
        return self

    def say(self, text, **values):
        r"""Give the sentence that a screen reader speaks after a change, with ``<<name:digits>>`` as in `readout`.

        Without it the readout's lines are spoken.
        """
        self._say = as_pieces(text, self._number(values))
        return self

    def _spoken(self):
        if self._say:
            return self._say
        pieces = []
        for item in self._readout:
            numbers = iter(item["v"])
            pieces += as_pieces(item["text"] + ". ", lambda name, digits, numbers=numbers: next(numbers))
        return pieces

    # ---- showing

    def _body(self):
        raise NotImplementedError

    def spec(self):
        """Return all that the script needs to draw the figure, as plain data."""
        readout = [{"html": item["html"], "v": item["v"]} for item in self._readout]
        spec = {"kind": self.kind, "name": self.name, "title": as_html(self.title)[0],
                "alt": f"{as_words(self.title)}. {as_words(self.description)}", "params": self._params}
        optional = {"defs": self._defs, "readout": readout, "say": self._spoken(), "legend": self._legend}
        return spec | {key: value for key, value in optional.items() if value} | self._body()

    def html(self):
        """Return the figure as HTML: its spec, and a still picture for where no script runs."""
        spec = self.spec()
        svg, summary = still_picture(spec, _STILL_WIDTH)
        data = json.dumps(spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        source = re.sub("[%#<>&]", lambda match: f"%{ord(match[0]):02X}", svg.replace('"', "'"))
        alt = escape(f"{spec['alt']} {summary}".strip())
        return (f'<div class="mathnn-live" id="{self.name}" data-spec=\'{_attribute(data)}\'>'
                f"<p><strong>{escape(as_words(self.title))}</strong></p>"
                f'<img alt="{alt}" src="data:image/svg+xml,{source}"></div>')

    def __repr__(self):
        start = ", ".join(f"{name} = {param['value']}" for name, param in zip(self.sliders, self._params, strict=True)
                          if "shape" not in param)
        return f"Live figure {self.name!r}: {as_words(self.title)}" + (f" ({start})" if start else "")

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": repr(self), "text/html": self.html()}
        if os.environ.get("MATHNN_STATIC") == "1":
            return bundle
        return {**self.widget._repr_mimebundle_()[0], **bundle}

    # ---- the widget

    @property
    def widget(self):
        """The anywidget; every slider is a trait: ``jslink((slider, "value"), (figure.widget, "a"))``."""
        if self._widget is None:
            self._widget = make_widget(self.spec(), repr(self))
        return self._widget

    def __getitem__(self, name):
        return getattr(self.widget, self._slider_key("name", name))

    def __setitem__(self, name, value):
        setattr(self.widget, self._slider_key("name", name), value)

    def observe(self, handler, name):
        """Call `handler(change)` whenever a slider moves; ``change["new"]`` is its value."""
        self.widget.observe(handler, self._slider_key("name", name))


def _attribute(text):
    return text.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")
