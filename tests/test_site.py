"""The built site, read as files: nothing asks another host, every link leads somewhere."""

import re
import subprocess
import sys
import zipfile
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from built import SITE, site_pages

LOADS = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("object", "data")}


class Page(HTMLParser):
    """What a page links to, what it loads, and the ids it offers."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.ids = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        """Collect addresses and ids."""
        for name, value in attributes:
            if name == "id":
                self.ids.add(value)
            if (tag, name) == ("a", "href") and value:
                self.links.append(value)
            if (tag, name) in LOADS and value:
                self.loads.append(value)


page = cache(Page)


@pytest.mark.parametrize("path", site_pages(), ids=lambda p: str(p.relative_to(SITE)))
def test_page_loads_local_files_that_exist(path):
    for address in page(path).loads:
        parts = urlsplit(address)
        assert parts.scheme in ("", "data"), f"asks another host: {address}"
        if not parts.scheme:
            assert (path.parent / unquote(parts.path)).exists(), f"missing file: {address}"


@pytest.mark.parametrize("path", site_pages(), ids=lambda p: str(p.relative_to(SITE)))
def test_every_inner_link_and_anchor_resolves(path):
    for address in page(path).links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
        assert target.exists(), f"dead link: {address}"
        if parts.fragment and target.suffix == ".html":
            assert unquote(parts.fragment) in page(target).ids, f"dead anchor: {address}"


def test_there_are_pages(site):
    assert len(site_pages()) > 5


def test_styles_ask_no_other_host(site):
    for style in site.rglob("*.css"):
        addresses = re.findall(r"url\(\s*['\"]?((?:https?:)?//[^)]*)", style.read_text(encoding="utf-8"))
        assert not addresses, f"{style.name}: {addresses}"


@pytest.mark.parametrize("name", ["mathjax", "require.js", "require.min.js", "html-manager", "embed-amd"])
def test_site_does_without(site, name):
    names = [str(p.relative_to(site)).lower() for p in site.rglob("*") if p.is_file()]
    assert not [n for n in names if name in n]
    for path in site_pages():
        assert not [address for address in page(path).loads if name in address.lower()]


def test_package_on_the_site_is_whole(site, tmp_path):
    zipfile.ZipFile(site / "_static" / "mathnn.zip").extractall(tmp_path)
    assert {"pyproject.toml", "README.md", "LICENSE"} <= {p.name for p in tmp_path.iterdir()}
    code = ("import mathnn, numpy as np; from mathnn.figures import use_book_style; from mathnn.live import Windows; "
            "use_book_style(); print(mathnn.__file__, Windows('a', 'b', [1, 2], [1], description='c').html()[:4])")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path / 'mathnn' / '__init__.py'} <div\n"


def test_code_marks_only_what_has_a_colour_of_its_own():
    styles = (SITE / "_static" / "pygments.css").read_text(encoding="utf-8")
    of_code = re.findall(r"\.highlight \{[^}]* color: (#\w+) \}", styles)
    assert len(of_code) == 2  # light and dark
    for unmarked in "npw":
        assert re.findall(rf"\.highlight \.{unmarked} \{{ color: (#\w+) \}}", styles) == of_code
    pages = "".join(path.read_text(encoding="utf-8") for path in site_pages())
    marks = set(re.findall(r'<span class="(\w{1,2})">[^<]', pages))
    assert {"k", "mi", "o"} < marks
    assert marks.isdisjoint("npw")
