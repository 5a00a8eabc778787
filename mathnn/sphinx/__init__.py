"""The book's Sphinx extension: formulas, figures, proved derivations, computed numbers, chapter numbers, package."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from mathnn import mathml

from . import derivations, figures, math, numbers, package, values


def forget_after_warnings(app, exception):
    """Let the next build read every page anew: a page that is not read again would not warn again."""
    if exception or app._warncount:
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


def sources():
    """Return a mark of this extension's own code: pages that an older one made are made anew."""
    paths = [*Path(__file__).parent.glob("*.py"), Path(mathml.__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()


def setup(app):
    """Set up the parts."""
    app.add_config_value("mathnn_sources", sources(), "env")
    for part in (math, figures, derivations, values, numbers, package):
        part.setup(app)
    app.connect("config-inited", lambda app, config: setattr(config, "release", version("mathnn")))
    app.connect("build-finished", forget_after_warnings)
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # the JavaScript engine must not be forked
