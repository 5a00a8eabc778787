"""Refuse a page whose outputs were made by other code than it shows.

`make notebooks` stores a mark of the code cells with the outputs that they made. Where somebody changed the code since,
the build stops. A notebook without a mark was run by other means; the tests compare its outputs.
"""

import hashlib
import json
from pathlib import Path

from sphinx.errors import ExtensionError

MARK = "mathnn_code"  # in the metadata of a notebook


def code_mark(cells):
    """Return the mark of the code cells among `cells`."""
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def refuse_stale_outputs(app, env, docnames):
    """Stop the build if a notebook's code is not what its outputs were made by."""
    stale = []
    for path in sorted(Path(env.doc2path(docname)) for docname in env.found_docs):
        if path.suffix == ".ipynb":
            notebook = json.loads(path.read_text(encoding="utf-8"))
            mark = code_mark(notebook["cells"])
            if notebook["metadata"].get(MARK, mark) != mark:
                stale.append(str(path.relative_to(app.srcdir)))
    if stale:
        raise ExtensionError("the outputs are not of the code that stands above them; run `make notebooks`:\n"
                             + "\n".join(stale))


def setup(app):
    """Connect, before the derivations are proved."""
    app.connect("env-before-read-docs", refuse_stale_outputs, priority=400)
