r"""LaTeX to MathML, without a browser: ``to_mathml(r"\frac{a}{b}")``.

The one converter of the book: its pages, the labels of the live figures and the stored derivations all go through
it. Temml (a JavaScript file that is shipped with the package) does the work inside Python, so a page needs no script
to show a formula, and a TeX error is met when the book is built, not by the reader.
"""

import atexit
import json
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files

from py_mini_racer import MiniRacer

__all__ = ["to_mathml"]

# strict: what LaTeX would refuse is refused here too, so that the notebooks also print through LaTeX.
# There is no annotation with the LaTeX source: screen readers read MathML itself, and browsers break no line inside it.
_RENDER = """
function render(latex, displayMode) {
  const options = { displayMode, throwOnError: true, strict: true };
  try { return { mathml: temml.renderToString(latex, options) }; }
  catch (error) { return { error: String(error) }; }
}
"""

# What Temml accepts, but leaves to a script or a style sheet of its own to fill in on the page.
_LEFT_EMPTY = {
    'class="tml-eqn': r"a numbered environment (write it with a star, as \begin{align*})",
    'class="tml-ref': r"\ref and \eqref (refer to an equation from the text around the formula)",
    'class="tml-label': r"\label (give the label to the block around the formula)",
}

_OPERATORS = "=≠≡<>≤≥≪≫≈∼≃≅∝∈∉⊂⊆→↦⇒⟹⇔⟺+−±∓·⋅×∘⊙⊗⊕"
_APPLY = "\u2061"  # a function is applied here
_WIDE = {"1em", "2em"}  # \quad and \qquad


@cache
def _engine() -> MiniRacer:
    # Made in a thread of its own: inside a running event loop (a notebook's) mini-racer would tie itself to that loop
    # and hang as soon as the loop is gone.
    def start() -> MiniRacer:
        engine = MiniRacer()
        engine.eval(files("mathnn").joinpath("static", "temml.min.js").read_text(encoding="utf-8"))
        engine.eval(_RENDER)
        atexit.register(engine.close)  # left to the garbage collector it may hang at the end of the process
        return engine

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(start).result()


def to_mathml(latex: str, *, display: bool = False) -> str:
    r"""Typeset one formula as a ``<math>`` element.

    Parameters
    ----------
    latex : str
        The formula, without dollars or ``\(``.
    display : bool
        Whether it stands on a line of its own, as between ``$$``.

    Returns
    -------
    str
        MathML, ready to be put into an HTML page.

    Raises
    ------
    ValueError
        If Temml cannot typeset the formula; unknown commands count as errors. The message holds Temml's
        and the formula.

    References
    ----------
    Temml, https://temml.org.

    Examples
    --------
    >>> to_mathml("x^2")
    '<math><msup><mi>x</mi><mn class="tml-sml-pad">2</mn></msup></math>'
    >>> to_mathml(r"\foo + 1")
    Traceback (most recent call last):
    ValueError: latex: Unsupported function name: \foo at position 1, in: \foo + 1
    """
    if not isinstance(latex, str) or not latex.strip():
        raise ValueError(f"latex: expected a formula as a non-empty string, got {latex!r}")
    result = json.loads(_engine().eval(f"JSON.stringify(render({json.dumps(latex)}, {json.dumps(bool(display))}))"))
    if "error" in result:
        raise ValueError(f"latex: {_plain(result['error'])}, in: {latex}")
    for mark, what in _LEFT_EMPTY.items():
        if mark in result["mathml"]:
            raise ValueError(f"latex: a formula cannot hold {what}, in: {latex}")
    return _with_breaks(result["mathml"])


def _with_breaks(mathml: str) -> str:
    r"""Part a formula into rows, between which a narrow screen may break the line (a style sheet sees to that).

    As in print, a line of text breaks after an operator or a comma, a displayed formula (also one that begins with
    ``\displaystyle``) before an operator, and both after a wide space.
    """
    math = ET.fromstring(mathml)
    math.attrib.pop("style", None)
    _close_up(math)
    if len(math) == 1 and math[0].tag == "mstyle" and math[0].get("displaystyle") == "true":
        math.set("displaystyle", "true")
    if len(math) == 1 and (math[0].tag == "mrow" or "displaystyle" in math.attrib):
        math[:] = list(math[0])
    rows = _rows(list(math), before="display" in math.attrib or "displaystyle" in math.attrib)
    if len(rows) > 1:
        math.set("class", f"{math.get('class', '')} mathnn-rows".strip())
    math[:] = rows[0] if len(rows) == len(rows[0]) == 1 else [_row(row) for row in rows]
    return ET.tostring(math, encoding="unicode")


def _close_up(element: ET.Element, behind: ET.Element | None = None) -> None:
    r"""Take away the space that Temml leaves after the name of a function, \tanh for one, where no argument follows."""
    parts, in_row = list(element), element.tag in ("math", "mrow")
    for before, part, after in zip([None, *parts], parts, [*parts[1:], behind], strict=False):
        applied = part.tag == "mspace" and before is not None and before.text == _APPLY
        if applied and (after is None or after.tag == "mo"):
            element.remove(part)
        _close_up(part, after if in_row and part.tag == "mrow" else None)


def _row(children: list) -> ET.Element:
    row = ET.Element("mrow")
    row.extend(children)
    return row


def _rows(children: list, before: bool) -> list[list]:
    rows = [[]]
    for child in children:
        operator = child.tag == "mo" and child.get("form") != "prefix" and child.text
        if before and operator and operator in _OPERATORS and rows[-1]:
            child.set("form", "infix")  # the first of a row would else be taken for a sign
            rows.append([])
        rows[-1].append(child)
        if child.get("width") in _WIDE or (not before and operator and operator in _OPERATORS + ",;"):
            rows.append([])
    return [row for row in rows if row]


def _plain(error: str) -> str:
    # Temml ends with an excerpt that underlines the place with combining characters; the position says the same.
    return re.sub(r"^\w*Error:\s*|( at position \d+| at end of input):.*$", r"\1", error, flags=re.DOTALL).strip()
