"""Where things are: the repository, the built book and its pages; and how a test builds a small book of its own.

Small books are built in the test's process: one of their own would import for seconds.
"""

import contextlib
import io
import warnings
from pathlib import Path

import yaml
from click.testing import CliRunner
from sphinx.cmd.build import main as sphinx

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"


def site_pages():
    """Return the built pages that a reader can open; a page that only leads on to another is none."""
    pages = (p for p in SITE.rglob("*.html") if "_static" not in p.parts)
    return sorted(p for p in pages if 'http-equiv="Refresh"' not in p.read_text(encoding="utf-8"))


def build_book(folder, chapter):
    """Build a book of the stored notebook ``page`` and a chapter; return exit code, messages and where it is."""
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: page\nchapters:\n- file: {chapter}\n", encoding="utf-8")
    config = {"title": "A book", "execute": {"execute_notebooks": "off"},
              "sphinx": {"extra_extensions": ["mathnn.sphinx"], "config": {"html_math_renderer": "mathml"}}}
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with warnings.catch_warnings(action="ignore"):  # of the tools, which other processes do not hear either
        from jupyter_book.cli.main import main

        done = CliRunner().invoke(main, ["build", str(folder), "-W", "-n", "--keep-going"])
    return done.exit_code, done.output, folder / "_build" / "html"


def build_site(folder, *options):
    """Build a plain Sphinx project into its folder ``out``; return exit code and warnings."""
    with warnings.catch_warnings(action="ignore"), contextlib.redirect_stderr(io.StringIO()) as messages:
        code = sphinx(["-q", "-W", "--keep-going", *options, str(folder), str(folder / "out")])
    return code, messages.getvalue()
