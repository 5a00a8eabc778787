"""The book's Sphinx extension: formulas, figures, proved derivations, computed numbers, chapter numbers, package."""

import hashlib
import logging
import re
from importlib.metadata import version
from pathlib import Path

from mathnn import mathml

from . import derivations, figures, freshness, math, numbers, package, values


def forget_after_warnings(app, exception):
    """Let the next build read every page anew: a page that is not read again would not warn again."""
    if exception or app._warncount:
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


def name_the_cell(record):
    """Let a warning name the cell and its line: MyST-NB counts 130002 for the first line of the 13th cell."""
    if found := re.fullmatch(r"(.*\.ipynb):(\d+)", str(getattr(record, "location", ""))):
        cell, line = divmod(int(found[2]), 10000)
        record.location = f"{found[1]}, cell {cell}, line {max(line - 1, 1)}"
    return True


def shorten_code(app, pagename, templatename, context, doctree):
    """Drop the marks of names, punctuation and spaces in code, a fifth of a page: they have the colour of all code."""
    if "body" in context:
        context["body"] = re.sub(r'<span class="[npw]">([^<]*)</span>', r"\1", context["body"])


def sources():
    """Return a mark of this extension's own code: pages that an older one made are made anew."""
    paths = [*Path(__file__).parent.glob("*.py"), Path(mathml.__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()


def setup(app):
    """Set up the parts."""
    for handler in logging.getLogger("sphinx").handlers:
        handler.addFilter(name_the_cell)
    app.add_config_value("mathnn_sources", sources(), "env")
    for part in (math, figures, freshness, derivations, values, numbers, package):
        part.setup(app)
    app.connect("config-inited", lambda app, config: setattr(config, "release", version("mathnn")))
    app.connect("html-page-context", shorten_code)
    app.connect("build-finished", forget_after_warnings)
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # the JavaScript engine must not be forked
