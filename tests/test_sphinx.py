"""The book's extension: a wrong derivation, a stale number or a TeX error stops the build."""

import json

import nbformat
import pytest
from built import build_book
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mathnn.derivation import Derivation
from mathnn.glue import MIME as VALUES
from mathnn.sphinx.derivations import MIME as RECORD
from mathnn.sphinx.freshness import MARK, code_mark

GOOD = {"given": {"x": "real"}, "start": "(x + 1)**2", "steps": [("x**2 + 2*x + 1", "multiply out")]}


def output(data):
    """Return a stored output cell."""
    return new_code_cell("...", outputs=[new_output("display_data", data=data)])


@pytest.fixture
def build(tmp_path):
    """Build a small book whose first page is a notebook with the given cells; return exit code and messages."""

    def build_(*cells, **metadata):
        page = new_notebook(cells=[new_markdown_cell("# A page\n\nText."), *cells])
        page.metadata.update({"language_info": {"name": "python"}, **metadata})
        nbformat.write(page, tmp_path / "page.ipynb")
        (tmp_path / "ledger.md").write_text("# Ledger\n\n```{ledger}\n```\n", encoding="utf-8")
        return build_book(tmp_path, "ledger")

    return build_


@pytest.fixture
def bundle():
    """Return what a notebook stores of a right derivation, as JSON would give it back."""
    derivation = Derivation("square-of-sum", "The square of a sum", **GOOD)
    return json.loads(json.dumps(derivation._repr_mimebundle_()))


def test_good_derivation_is_shown_and_listed_in_the_ledger(build, bundle):
    code, messages, html = build(output(bundle))
    assert code == 0, messages
    page = (html / "page.html").read_text(encoding="utf-8")
    assert 'href="ledger.html#mathnn-ledger-square-of-sum"' in page
    assert "<math" in page
    assert '<td class="mathnn-derivation-formula">' in page  # its style comes from the book's sheet
    assert r"\(" not in page
    assert 'href="page.html#derivation-square-of-sum"' in (html / "ledger.html").read_text(encoding="utf-8")


def test_bad_records_stop_the_build_and_are_named(build, bundle):
    def changed(name, kind, old, new):
        text = json.dumps(bundle).replace("square-of-sum", name)
        copy = json.loads(text)
        copy[kind] = json.loads(json.dumps(copy[kind]).replace(old, new))
        return output(copy)

    code, messages, _ = build(
        output(bundle), output(bundle),
        changed("wrong-line", RECORD, '"x**2 + 2*x + 1"', '"x**2 + 1"'),
        changed("wrong-html", "text/html", "x^{2}", "x^{3}"),
        changed("wrong-latex", "text/latex", "x^{2}", "x^{3}"),
        changed("wrong-text", "text/plain", "2*x", "3*x"),
    )
    assert code != 0
    assert "'square-of-sum' is taken" in messages
    assert "wrong-line, line 2: (x + 1)**2  =  x**2 + 1" in messages
    for name, kind in (("wrong-html", "text/html"), ("wrong-latex", "text/latex"), ("wrong-text", "text/plain")):
        assert f"{name}: the stored {kind} is not what its lines show" in messages


def test_code_that_was_changed_after_its_run_stops_the_build(build, bundle):
    cell = output(bundle)
    code, messages, _ = build(cell, new_markdown_cell("Words."), **{MARK: code_mark([cell])})
    assert code == 0, messages
    code, messages, _ = build(new_code_cell("- instead of +", outputs=cell.outputs), **{MARK: code_mark([cell])})
    assert code != 0
    assert "page.ipynb" in messages.split("the outputs are not of the code that stands above them")[1]


def test_number_in_the_text_is_the_glued_one(build):
    code, messages, html = build(output({VALUES: {"slope": "12.5"}}), new_markdown_cell("It is [12.5](glue:slope)."))
    assert code == 0, messages
    assert "It is 12.5." in (html / "page.html").read_text(encoding="utf-8")


def test_stale_numbers_and_tex_errors_stop_the_build_and_are_named(build):
    code, messages, _ = build(
        output({VALUES: {"slope": "12.5"}}),
        new_markdown_cell("It is [12.4](glue:slope) or [3](glue:slop)."),
        new_markdown_cell("Two lines,\n\n" + r"a formula $\frac{1$ without its brace."),
    )
    assert code != 0
    assert "the text says '12.4' where the notebook computed slope = '12.5'" in messages
    assert "no stored output glues 'slop', in the text '3'" in messages
    assert "page.ipynb, cell 4, line 3: WARNING" in messages
    assert r"\frac{1" in messages


def test_two_figures_of_one_name_stop_the_build_and_are_named(build):
    html = {"text/html": '<div class="mathnn-live" id="hill"></div>'}
    code, messages, _ = build(output(html), output(html))
    assert code != 0
    assert "two figures of this page have the name 'hill'" in messages
