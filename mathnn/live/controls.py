r"""What a reader may change in a figure: a slider for a number, a choice from a list."""

import math
from dataclasses import dataclass

import numpy as np
import sympy as sp

from mathnn._validation import as_integer
from mathnn.live.engine import call
from mathnn.live.labels import as_html, as_words

__all__ = ["Choice", "Matrix", "Slider"]

_SHORTEST = 1e-9  # the page keeps ten digits after the point


def _number(name, value):
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a finite number, got {value}")
    return int(number) if number == int(number) else number


def _labelled(name, label, say):
    label = label or f"${sp.latex(sp.Symbol(name))}$"
    return {"html": as_html(label)[0], "say": say or as_words(label)}


@dataclass(frozen=True)
class Slider:
    r"""A number that the reader sets.

    Parameters
    ----------
    min, max : float
        The ends of its range.
    start : float
        Where it stands at first.
    step : float, optional
        The distance between two values, counted from `min`: every value of the slider is one of these, and what is
        set later becomes the nearest of them. By default 1 where it looks like a count (integers from 0 or more over a
        range of at least 4), else a round number near 1/200 of the range.
    label : str, optional
        Words with ``$LaTeX$``, by default the symbol.
    say : str, optional
        Its name for a screen reader, by default the words of `label`.
    unit : str, optional
        Shown behind the number.
    digits : int, optional
        Digits after the point (at most 20), by default as many as `step` has.
    link : str, optional
        Sliders of the same page with the same link move together.
    play : bool
        Whether there are buttons that step it through its range.

    Raises
    ------
    ValueError
        If `min` is not below `max`, `start` lies outside, `step` is not positive, or it does not lead from `min` to
        `start` and `max`.

    Examples
    --------
    >>> Slider(0, 1, 2)
    Traceback (most recent call last):
    ValueError: start: expected a number from 0 to 1, got 2
    """

    min: float
    max: float
    start: float
    step: float | None = None
    label: str | None = None
    say: str | None = None
    unit: str = ""
    digits: int | None = None
    link: str | None = None
    play: bool = False

    def __post_init__(self):
        low, high, start = (_number(name, getattr(self, name)) for name in ("min", "max", "start"))
        if not low < high:
            raise ValueError(f"min: expected a number below max = {high}, got {low}")
        if not low <= start <= high:
            raise ValueError(f"start: expected a number from {low} to {high}, got {start}")
        if self.digits is not None and as_integer("digits", self.digits, minimum=0) > 20:
            raise ValueError(f"digits: expected at most 20, got {self.digits}")
        step = self._step(low, high, start)
        if not _SHORTEST <= step <= high - low:
            raise ValueError(f"step: expected a number from {_SHORTEST} to max - min = {high - low}, got {step}")
        for name, value in (("start", start), ("max", high)):
            steps = (value - low) / step
            if abs(steps - round(steps)) > 1e-6:
                raise ValueError(f"{name}: expected a number that steps of {step} from min = {low} reach, got {value}")

    def _step(self, low, high, start):
        if self.step is not None:
            return _number("step", self.step)
        count = all(isinstance(value, int) for value in (low, high, start)) and low >= 0 and high - low >= 4
        return 1 if count else _round_step((high - low) / 200)

    def spec(self, name, key):
        """Return the slider as the script reads it."""
        low, high, start = (_number(end, getattr(self, end)) for end in ("min", "max", "start"))
        step = self._step(low, high, start)
        digits = self.digits if self.digits is not None else _digits(step)
        start = _number("start", call("snap", {"min": low, "max": high, "step": step}, start))
        spec = {"id": key, "min": low, "max": high, "value": start, "step": step, "d": digits,
                **_labelled(name, self.label, self.say)}
        return spec | {k: getattr(self, k) for k in ("unit", "link", "play") if getattr(self, k)}


def _round_step(step):
    power = 10.0 ** math.floor(math.log10(step))
    return _number("step", round(max(m for m in (1, 2, 5) if m * power <= step * 1.0001) * power, 12))


def _digits(step):
    exact = (digits for digits in range(13) if math.isclose(round(step, digits), step, rel_tol=1e-9))
    return next(exact, 12)


@dataclass(frozen=True)
class Choice:
    r"""One of several named options.

    Parameters
    ----------
    options : dict or list
        Names of the options, with the number that each stands for in expressions (in a list: 0, 1, 2, ...).
    start : str, optional
        The option chosen at first, by default the first one.
    label, say, link
        As for :class:`Slider`.

    Raises
    ------
    ValueError
        If there are fewer than two options, one is no string or stands twice, or `start` is none of them.

    Examples
    --------
    >>> Choice({"left": 0, "middle": 0.5, "right": 1}, start="centre")
    Traceback (most recent call last):
    ValueError: start: expected one of 'left', 'middle', 'right', got 'centre'
    """

    options: dict | list
    start: str | None = None
    label: str | None = None
    say: str | None = None
    link: str | None = None

    def __post_init__(self):
        if len(self.options) < 2:
            raise ValueError(f"options: expected at least two, got {list(self.options)}")
        if not all(isinstance(name, str) for name in self.options) or len(set(self.options)) < len(self.options):
            raise ValueError(f"options: expected different strings, got {list(self.options)}")
        if self.start is not None and self.start not in self.options:
            raise ValueError(f"start: expected one of {', '.join(map(repr, self.options))}, got {self.start!r}")

    def spec(self, name, key):
        """Return the choice as the script reads it."""
        names = list(self.options)
        values = self.options.values() if isinstance(self.options, dict) else range(len(names))
        spec = {"id": key, "options": names, "values": [_number("options", value) for value in values],
                "value": self.start or names[0], **_labelled(name, self.label, self.say)}
        return spec | ({"link": self.link} if self.link else {})


@dataclass(frozen=True)
class Matrix:
    r"""Numbers in rows and columns that the reader may edit.

    Parameters
    ----------
    start : array_like of shape (rows, columns)
        The numbers at first.
    label, say
        As for :class:`Slider`.
    """

    start: object
    label: str | None = None
    say: str | None = None

    def spec(self, name, key):
        """Return the matrix as the script reads it."""
        start = np.asarray(self.start, float)
        return {"id": key, "shape": list(start.shape), "value": start.ravel().tolist(),
                **_labelled(name, self.label, self.say)}
