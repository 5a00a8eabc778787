"""Numbers in sentences: ``[12.5](glue:slope)`` shows what the notebook glued under the name ``slope``.

A code cell says ``glue(slope=f"{slope:.2f}")`` with :func:`mathnn.glue.glue`; a Markdown cell of the same notebook
says ``[12.5](glue:slope)``. JupyterLab shows the text of the link. ``make notebooks`` writes the glued value into it,
and the book's build fails on a link whose text is not that value.
"""

import re

import nbformat
from sphinx.util import logging

from mathnn.glue import MIME

LINK = re.compile(r"\[([^\[\]]*)\]\(glue:(\w+)\)")
FOR_MACHINES = "application/vnd.mathnn."  # outputs of these types are read by the extension and shown nowhere
logger = logging.getLogger(__name__)


def glued_values(notebook, where):
    """Return name -> text of every value glued in a notebook; a name glued twice is a ValueError."""
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for name, text in output.get("data", {}).get(MIME, {}).items():
                if name in values:
                    raise ValueError(f"{where}: the value {name!r} is glued twice")
                values[name] = text
    return values


def fill_values(notebook, where):
    """Write into every glue link of a notebook the text of its value."""
    values = glued_values(notebook, where)

    def fill(match):
        name = match[2]
        if name not in values:
            raise ValueError(f"{where}: no cell glues a value {name!r}; glued are {sorted(values)}")
        return f"[{values[name]}](glue:{name})"

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(fill, cell.source)


def stale_values(notebook, where):
    """Return a message for each glue link of a notebook whose text is not the glued value."""
    values = glued_values(notebook, where)
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    links = (match.groups() for text in texts for match in LINK.finditer(text))
    return [f"the text says {text!r} where the notebook computed {name} = {values[name]!r}; run `make notebooks`"
            if name in values else f"no stored output glues {name!r}, in the text {text!r}; run `make notebooks`"
            for text, name in links if values.get(name) != text]


def show_values(app, docname, source):
    """Turn the links into plain text, leave out what is for machines only, warn of every stale number."""
    path = app.env.doc2path(docname)
    if not path.endswith(".ipynb"):
        return
    notebook = nbformat.reads(source[0], as_version=4)
    for message in stale_values(notebook, path):
        logger.warning(message, location=docname)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"\1", cell.source)
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data = {kind: data for kind, data in output.data.items() if not kind.startswith(FOR_MACHINES)}
    source[0] = nbformat.writes(notebook)


def setup(app):
    """Connect to Sphinx."""
    app.connect("source-read", show_values)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
