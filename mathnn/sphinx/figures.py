"""Live figures in the built pages: their script and style where they are used, and no widget that cannot move.

The script is a classic one: browsers load no modules from ``file://``. Pages get no widget manager; an output that is
only a widget shows its still form, and a line that says where it moves.
"""

import re
from collections import Counter
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from mathnn.live.engine import LIVE_CSS, LIVE_JS
from mathnn.live.kernel import RUN_IT

STATIC = "mathnn-live"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_REPR = re.compile(r"[A-Za-z]\w*\(.*\)", re.DOTALL)  # FloatSlider(value=0.0, ...) tells a reader nothing
FIGURE = re.compile(r'<div class="mathnn-live" id="([^"]*)"')
_MODULE_END = "export default { render: renderWidget, startPage };\n"
logger = logging.getLogger(__name__)


def classic_script():
    """Return live.js as a script that starts every figure of its page by itself."""
    if not LIVE_JS.endswith(_MODULE_END):
        raise ValueError(f"live.js: expected its last line to be {_MODULE_END!r}")
    body = without_comments(LIVE_JS.removesuffix(_MODULE_END))
    return f"// The readable source is mathnn/live/live.js.\n(() => {{\n\"use strict\";\n{body}startPage();\n}})();\n"


def without_comments(source):
    """Return a script or style without indentation, empty lines and comments: a page needs none of them."""
    lines = (re.sub(r"\s// .*", "", line).strip() for line in source.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith(("//", "/*")))


def write_files(app):
    """Put script and style beside the pages, also when no page has changed."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", STATIC)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "live.js").write_text(classic_script(), encoding="utf-8")
    (folder / "live.css").write_text(without_comments(LIVE_CSS), encoding="utf-8")


class StillWidgets(SphinxPostTransform):
    """Show no widget view: its HTML or still picture stays, with a line where there is no HTML."""

    default_priority = 3  # before myst-nb chooses one form of each output

    def run(self, **_options):
        """Replace the widget views of this document."""
        bundles = self.document.findall(lambda node: isinstance(node, nodes.container)
                                        and node.get("nb_element") == "mime_bundle")
        for bundle in list(bundles):
            forms = {form["mime_type"]: form for form in bundle.children}
            if WIDGET_VIEW not in forms:
                continue
            bundle.remove(forms[WIDGET_VIEW])
            if "text/html" in forms:
                continue
            if "text/plain" in forms and WIDGET_REPR.fullmatch(forms["text/plain"].astext().strip()):
                bundle.remove(forms["text/plain"])
            note = nodes.paragraph("", RUN_IT, classes=["live-note"])
            bundle.parent.insert(bundle.parent.index(bundle) + 1, note)


def add_files(app, pagename, _template, _context, doctree):
    """Add script and style to a page with figures, warn of a name used twice; drop the widget manager everywhere."""
    if doctree is None:
        return
    names = Counter(name for node in doctree.findall(nodes.raw) for name in FIGURE.findall(node.astext()))
    for name in (name for name, count in names.items() if count > 1):
        logger.warning("two figures of this page have the name %r; rename one", name, location=pagename)
    if names:
        app.add_js_file(f"{STATIC}/live.js", defer="defer")
        app.add_css_file(f"{STATIC}/live.css")
    files = NbMetadataCollector.get_js_files(app.env, pagename)
    for key in [key for key in files if key.startswith("ipywidgets")]:
        del files[key]


def setup(app):
    """Connect to Sphinx."""
    app.connect("builder-inited", write_files)
    app.add_post_transform(StillWidgets)
    app.connect("html-page-context", add_files, priority=100)  # before myst-nb adds its own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
