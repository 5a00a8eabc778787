"""The stored notebooks keep their normal form, and nothing in them went unrun."""

import re
import runpy
import subprocess
import sys

import nbformat
import pytest
import yaml
from built import ROOT
from nbformat.v4 import new_code_cell, new_notebook

from mathnn.sphinx.freshness import MARK, code_mark

NOTEBOOKS = sorted([*ROOT.glob("book/*.ipynb"), *ROOT.glob("notebooks/*.ipynb")])
CHAPTERS = sorted(ROOT.glob("notebooks/*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
HIDDEN = {"hide-input", "remove-cell", "remove-input", "hide-cell"}
RUN_IT = "run `make notebooks` and commit what it writes"


def cells(path, kind):
    """Return the cells of one kind."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 3


@each_notebook
def test_notebook_is_in_the_table_of_contents(path):
    """One that is not there is left out of the book, without a word."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    named = {parts["root"], *(chapter["file"] for part in parts["parts"] for chapter in part["chapters"])}
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    assert name in named, f"add to _toc.yml: - file: {name}"


@each_notebook
def test_every_code_cell_was_run_in_order(path):
    """nbval passes a cell without a count over in silence; so its absence is an error here."""
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1)), RUN_IT


@each_notebook
def test_notebook_is_in_normal_form(path):
    notebook = nbformat.read(path, as_version=4)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5), RUN_IT
    assert set(notebook.metadata) == {"kernelspec", "language_info", MARK}, RUN_IT
    assert notebook.metadata[MARK] == code_mark(notebook.cells), RUN_IT
    assert all(set(cell.metadata) <= {"tags", "mystnb", "jupyter"} for cell in notebook.cells), RUN_IT
    stored = path.read_bytes()
    assert b"\r\n" not in stored, f"its lines end as on Windows: {RUN_IT}"
    assert stored.decode() == nbformat.writes(notebook).rstrip("\n") + "\n", RUN_IT


@each_notebook
def test_notebook_holds_no_widget_view_and_no_error(path):
    for cell in cells(path, "code"):
        for output in cell.outputs:
            assert output.output_type != "error", RUN_IT
            assert not [kind for kind in output.get("data", {}) if "widget" in kind], RUN_IT


@each_notebook
def test_code_asks_for_nothing_outside(path):
    for cell in cells(path, "code"):
        assert not re.search(r"^\s*[!%]|https?://|\burllib\b|\brequests\b|time\.(time|sleep)|random\.seed|default_rng\(\)",
                             cell.source, re.MULTILINE), cell.source
        assert not cell.source.rstrip().endswith(";")


@each_chapter
def test_what_the_reader_sees_of_a_cell_is_short(path):
    shown = [cell for cell in cells(path, "code") if not HIDDEN & set(cell.metadata.get("tags", []))]
    lengths = sorted(len(cell.source.strip().splitlines()) for cell in shown)
    assert lengths[-1] <= 15, "split the longest cell, or fold it with the tag hide-input"
    assert lengths[len(lengths) // 2] <= 5, "half of the cells that are shown have at most five lines"


@each_chapter
def test_every_exercise_has_a_solution(path):
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    exercises = re.findall(r"\{exercise\}.*\n:label: (\S+)", text)
    solved = re.findall(r"\{solution(?:-start)?\} (\S+)", text)
    assert not set(exercises) - set(solved), "exercises without a solution"
    assert not set(solved) - set(exercises), "solutions without an exercise"
    assert sorted(exercises) == sorted(solved), "a label is used twice"
    assert len(exercises) >= 6, "a chapter has six exercises or more"


@each_chapter
def test_no_text_stands_inside_the_start_of_a_solution(path):
    """Sphinx drops it: what belongs to a solution stands between its start and its end."""
    starts = [cell.source for cell in cells(path, "markdown") if "{solution-start}" in cell.source]
    assert [s for s in starts if not re.match(r":::\{solution-start\} \S+\n:class: dropdown\n:::", s)] == []


@each_chapter
def test_every_static_picture_says_what_is_to_be_seen(path):
    for cell in cells(path, "code"):
        pictures = [o for o in cell.outputs if {"image/png", "image/svg+xml"} & set(o.get("data", {}))]
        settings = cell.metadata.get("mystnb", {})
        told = settings.get("image", {}).get("alt") and settings.get("figure", {}).get("caption")
        if pictures and not told:
            pytest.fail('a picture needs the metadata {"mystnb": {"image": {"alt": …}, "figure": {"caption": …}}}, '
                        f"typed in JupyterLab's property inspector:\n{cell.source}")


@each_notebook
def test_notebook_is_light(path):
    assert path.stat().st_size <= 300 * 1024


def test_a_notebook_that_fails_is_left_as_it_was_and_says_why(tmp_path):
    path = tmp_path / "page.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("from mathnn.live import Slider\nSlider(0, 1, 2)")]), path)
    before = path.read_bytes()
    done = subprocess.run([sys.executable, ROOT / "tools" / "run_notebooks.py", path, tmp_path / "none.ipynb"],
                          capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert path.read_bytes() == before
    assert "----> 2 Slider(0, 1, 2)\n\nValueError: start: expected a number from 0 to 1, got 2\n" in done.stderr
    assert "controls.py" not in done.stderr
    assert "No such file or directory" in done.stderr


def test_windows_line_ends_are_mended(tmp_path):
    run = runpy.run_path(str(ROOT / "tools" / "run_notebooks.py"))["run"]
    path = tmp_path / "page.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1 + 1")]), path)
    assert run(path) == "changed"
    normal = path.read_bytes()
    path.write_bytes(normal.replace(b"\n", b"\r\n"))
    assert run(path) == "changed"
    assert path.read_bytes() == normal
