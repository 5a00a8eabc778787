"""Live figures and plain widgets in a built page."""

import json

import ipywidgets
import nbformat
import pytest
import sympy as sp
from built import build_book
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mathnn.live import Plot, Slider, interact
from mathnn.live.engine import LIVE_JS

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a book of two notebooks, one with widgets of all kinds and the state of a manager; return its folder."""
    folder = tmp_path_factory.mktemp("book")
    x, a = sp.symbols("x a")
    fig = Plot("line", "A line", x, (-1, 1), (-1, 1), sliders={a: Slider(-1, 1, 0.5)}, description="A line.")
    fig.curve(a * x)
    plain = ipywidgets.IntSlider(3)
    bundles = {
        "figure": {key: json.loads(json.dumps(data)) for key, data in fig._repr_mimebundle_().items()},
        "slider": plain._repr_mimebundle_(),
        "picture": {VIEW: {"model_id": "1"}, "text/plain": "interactive(children=())", "image/png": PNG},
        "words": {VIEW: {"model_id": "1"}, "text/plain": "A sentence instead."}}
    cells = [new_markdown_cell("# Widgets")]
    for name, data in bundles.items():
        output = new_output("display_data", data=data)
        cells += [new_markdown_cell(f"## About {name}"), new_code_cell("...", outputs=[output])]
    state = {"application/vnd.jupyter.widget-state+json": {"state": {"1": {}}, "version_major": 2, "version_minor": 0}}
    metadata = {"language_info": {"name": "python"}, "widgets": state}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), folder / "page.ipynb")
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Plain\n\nWords.")]), folder / "plain.ipynb")
    code, messages, html = build_book(folder, "plain")
    assert code == 0, messages
    return html


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def section(site, name):
    """Return what a page shows between one heading and the next."""
    page = (site / "page.html").read_text(encoding="utf-8").split("<h2>About ")
    return next(part for part in page if part.startswith(name)).split("<h2>")[0]


def test_a_page_with_figures_gets_the_script_and_others_do_not(site):
    pages = {name: (site / f"{name}.html").read_text(encoding="utf-8") for name in ("page", "plain")}
    assert "mathnn-live/live.js" in pages["page"]
    assert "mathnn-live/live.css" in pages["page"]
    assert "mathnn-live" not in pages["plain"]
    for page in pages.values():
        assert not any(word in page for word in ("html-manager", "require", "widget-state", "widget-view"))


def test_the_figure_itself_is_in_the_page(site):
    shown = section(site, "figure")
    assert 'id="line"' in shown
    assert "data-spec=" in shown
    assert "Run this page in JupyterLab" not in shown


def test_a_slider_that_cannot_move_is_not_shown(site):
    shown = section(site, "slider")
    assert "IntSlider(" not in shown
    assert "Run this page in JupyterLab to move it." in shown


def test_a_still_picture_or_a_sentence_stays_in_place_of_a_widget(site):
    assert "<img" in section(site, "picture")
    assert "interactive(children" not in section(site, "picture")
    assert "A sentence instead." in section(site, "words")
    assert all("Run this page in JupyterLab to move it." in section(site, name) for name in ("picture", "words"))


def test_the_script_is_up_to_date_and_the_search_index_free_of_specs(site):
    script = (site / "_static" / "mathnn-live" / "live.js").read_text(encoding="utf-8")
    assert "class LiveFigure" in script
    assert len(script) < len(LIVE_JS)
    assert "fillopacity" not in (site / "searchindex.js").read_text(encoding="utf-8").lower()
    assert '"xlim"' not in (site / "searchindex.js").read_text(encoding="utf-8")


def test_interact_calls_once_and_says_where_it_moves(monkeypatch, capsys):
    called = []
    monkeypatch.setenv("MATHNN_STATIC", "1")
    interact(lambda steps, rate: called.append((steps, rate)), steps=(0, 10), rate=(0.0, 1.0, 0.25))
    assert called == [(5, 0.5)]
    assert capsys.readouterr().out == "Run this page in JupyterLab to move it.\n"
