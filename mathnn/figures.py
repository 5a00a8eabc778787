"""The one look of the book's static figures: call ``use_book_style()`` once, before the first figure."""

import hashlib
import re

import matplotlib.pyplot as plt
from IPython import get_ipython

__all__ = ["use_book_style"]

# A file says nothing of dates and versions, so that the same figure gives the same bytes. A PNG has two pixels for each
# of the page's; the book's style sheet halves it.
_FORMATS = {"svg": {"metadata": {"Date": None, "Creator": None}},
            "png": {"metadata": {"Software": None}, "dpi": 192}}


def _same_on_every_machine(svg):
    """Return the SVG without the digits that differ between processors: places to 4 decimals, clip paths named by them.

    The layout's last bits depend on the machine's instructions; Matplotlib prints 6 decimals and names each clip path
    by a hash of the unrounded ones.
    """
    svg = re.sub(r"(\.\d{4})\d+", r"\1", svg)
    for name, path in re.findall(r'<clipPath id="(\w+)">(.*?)</clipPath>', svg, re.DOTALL):
        svg = svg.replace(name, "p" + hashlib.sha256(path.encode()).hexdigest()[:10])
    return svg


def use_book_style(image_format="svg"):
    """Draw all following figures in the book's style.

    Parameters
    ----------
    image_format : {"svg", "png"}
        What a notebook stores: ``"svg"`` for lines and text, ``"png"`` for contours, images and clouds of points. In
        the book's dark theme the lines of an SVG become light; a PNG keeps its colours, on a white card. Turn the grid
        off over an image: ``ax.grid(False)`` or ``ax.axis("off")``.

    Raises
    ------
    ValueError
        If the format is neither of the two.

    Examples
    --------
    >>> use_book_style()
    >>> plt.rcParams["axes.spines.top"]
    False
    """
    if image_format not in _FORMATS:
        raise ValueError(f"image_format: expected 'svg' or 'png', got {image_format!r}")
    plt.style.use("mathnn.book")
    if (shell := get_ipython()) is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats(image_format, **_FORMATS[image_format])
        if image_format == "svg":
            formatter = shell.display_formatter.formatters["image/svg+xml"]
            draw = formatter.lookup_by_type(plt.Figure)
            formatter.for_type(plt.Figure, lambda figure: (svg := draw(figure)) and _same_on_every_machine(svg))
