"""Execute notebooks in place and write them in a normal form: the same inputs give the same bytes.

usage: python tools/run_notebooks.py notebooks/*.ipynb

A link [12.5](glue:slope) in a Markdown cell gets the text of the value that a code cell of the same notebook glued
under that name, so that a number in a sentence is always the computed one, and reads well in JupyterLab too.
"""

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from mathnn.sphinx.freshness import MARK, code_mark
from mathnn.sphinx.values import fill_values

METADATA = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}
KEPT_CELL_METADATA = {"tags", "mystnb"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
INSIDE = re.compile(r"^File .*?\n\n", re.MULTILINE | re.DOTALL)  # what a traceback tells of files, not of cells
FOLDED = {"hide-input", "remove-input", "remove-cell"}  # what the book's pages fold or leave out, JupyterLab folds too


def readable_ids(cells):
    """Give every cell an id that says what it is: its first heading or its kind, and its position."""
    for number, cell in enumerate(cells):
        heading = re.match(r"#+ +(.*)", cell.source)
        words = re.sub(r"[^a-z0-9]+", "-", (heading.group(1) if heading else cell.cell_type).lower()).strip("-")
        cell["id"] = f"{number:03d}-{words}"[:40].rstrip("-")


def normal_form(notebook):
    """Drop everything that differs between equal runs or is nobody's source."""
    notebook.metadata = nbformat.from_dict({**METADATA, MARK: code_mark(notebook.cells)})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    readable_ids(notebook.cells)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in KEPT_CELL_METADATA})
        if FOLDED & set(cell.metadata.get("tags", [])):
            cell.metadata["jupyter"] = {"source_hidden": True}
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def complaint(error):
    """Return what went wrong; of a cell's traceback its own lines and the message, without colours."""
    if not isinstance(error, CellExecutionError):
        return str(error)
    source, rule, traceback = COLOUR.sub("", error.traceback).partition("-" * 70)
    return INSIDE.sub("", traceback).lstrip("-\n").rstrip() if rule else source


def run(path):
    """Execute one notebook and write it back if anything changed; return what happened in a word."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False, coalesce_streams=True,
                   extra_arguments=["--log-level=ERROR"],  # a kernel warns at each start that it listens here
                   store_widget_state=False, resources={"metadata": {"path": str(path.parent)}}).execute()
    fill_values(notebook, path)
    text = normal_form(notebook)
    if path.read_bytes() == text.encode():  # line ends count
        return "unchanged"
    path.write_bytes(text.encode())
    return "changed"


def main(paths):
    """Execute the notebooks, two at a time; return how many failed."""
    os.environ.update(MATHNN_STATIC="1", OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="0")
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for path, future in [(path, pool.submit(run, path)) for path in paths]:
            try:
                print(f"{path}: {future.result()}", flush=True)
            except (CellExecutionError, DeadKernelError, OSError, ValueError) as error:
                print(f"{path}: failed, left as it was\n{complaint(error)}", file=sys.stderr)
                failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
