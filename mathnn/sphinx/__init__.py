"""The book's Sphinx extension: formulas, figures, proved derivations, computed numbers, chapter numbers, package."""

from importlib.metadata import version
from pathlib import Path

from . import derivations, figures, math, numbers, package, values


def forget_after_warnings(app, exception):
    """Let the next build read every page anew: a page that is not read again would not warn again."""
    if exception or app._warncount:
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


def setup(app):
    """Set up the parts."""
    for part in (math, figures, derivations, values, numbers, package):
        part.setup(app)
    app.connect("config-inited", lambda app, config: setattr(config, "release", version("mathnn")))
    app.connect("build-finished", forget_after_warnings)
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # the JavaScript engine must not be forked
