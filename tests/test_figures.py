import base64
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from mathnn.figures import use_book_style

WHITE = "#ffffff"


@pytest.fixture(autouse=True)
def own_style():
    with plt.rc_context():
        use_book_style()
        yield
    plt.close("all")


def luminance(colour):
    parts = [int(colour.lstrip("#")[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def cycle(key):
    return plt.rcParams["axes.prop_cycle"].by_key()[key]


def test_every_line_has_a_colour_and_a_dash_of_its_own():
    fig, ax = plt.subplots()
    lines = [ax.plot([0, 1])[0] for _ in cycle("color")]
    assert len({line.get_color() for line in lines}) == len(lines) == 5
    assert len({str(line._dash_pattern) for line in lines}) == len(lines)


@pytest.mark.parametrize("key", ["text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"])
def test_words_can_be_read_on_white(key):
    assert contrast(plt.rcParams[key], WHITE) >= 4.5


def test_lines_stand_out_from_white():
    assert min(contrast(colour, WHITE) for colour in cycle("color")) >= 4.5


def test_colours_are_those_of_the_live_figures():
    from mathnn.live.engine import LIVE_CSS
    live = dict(reversed(re.findall(r"--live-(\w+): (#\w{6})", LIVE_CSS)))  # the first of each: the light colours
    assert cycle("color") == [live[f"c{i}"] for i in range(1, 6)]
    assert {plt.rcParams[k].lstrip("#") for k in ("text.color", "axes.labelcolor")} == {live["fg"].lstrip("#")}
    assert plt.rcParams["grid.color"].lstrip("#") == live["grid"].lstrip("#")


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="image_format: expected 'svg' or 'png', got 'jpg'"):
        use_book_style("jpg")


DRAW = """
import matplotlib.pyplot as plt
from mathnn.figures import use_book_style
use_book_style({!r})
fig, ax = plt.subplots(figsize=({}, 3.3))
ax.plot([1, 3, 2], label="a line")
ax.legend()
plt.show()
"""


def stored_figures():
    cells = [new_code_cell(DRAW.format(*how)) for how in (("svg", 5.5), ("svg", 5.5 + 1e-12), ("png", 5.5))]
    notebook = new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return [cell.outputs[0].data for cell in notebook.cells]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_notebook_stores_the_same_bytes_each_time():
    """On another processor, too: its last bits lay a figure out differently; a width wider by them stands for it."""
    svg, elsewhere, png = stored_figures()
    assert [svg, elsewhere, png] == stored_figures()
    assert svg == elsewhere
    assert "clip-path" in svg["image/svg+xml"]
    assert "image/png" not in svg
    assert "image/svg+xml" not in png
    assert b"Software" not in base64.b64decode(png["image/png"])
    assert "dc:date" not in svg["image/svg+xml"]
