"""The math renderer in small Sphinx projects of its own."""

import json
import re
import runpy
from html import unescape

import pytest
from built import ROOT, build_site, site_pages

CONF = """
extensions = ["myst_parser", "mathnn.sphinx.math"]
source_suffix = {".md": "markdown"}  # of its own: the default one is shared by all builds of a process
myst_enable_extensions = ["dollarmath", "amsmath"]
html_math_renderer = "mathml"
numfig = math_numfig = True
"""
PAGE = r"""# The slope of $x^2$

A formula $a$, then $b$-dimensional ($c$). One less ($d - 1$) is less.

$$ f'(x) = 1 $$ (one)

See {eq}`one` and {eq}`two`.

```{math}
:label: two
a &= b \\
  &= c

d &= e
```

\begin{align}
p &= q \\
r &= \begin{cases} 1 \\ 2 \end{cases}
\end{align}

$$ \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} $$

```{raw} html
<div class="mathnn-derivation" title="\(t\)">\(a &lt; b\) and \(\frac{1}{2}\)</div>
```

```{raw} html
<div>\(left alone\)</div>
```
"""


def build(folder, page, *options):
    for name, text in (("conf.py", CONF), ("index.md", page)):
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # else a warm build would read it again
            path.write_text(text, encoding="utf-8")
    return build_site(folder, *options)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("math")
    code, messages = build(folder, PAGE)
    assert code == 0, messages
    return folder / "out"


@pytest.fixture(scope="module")
def body(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    return html[html.index('role="main"'):html.index('role="navigation"', html.index('role="main"'))]


def words(html):
    return re.sub(r"<[^>]*>", "", html)


def test_equations_have_numbers_links_and_references(body):
    assert re.search(r'id="equation-one".*?\(1\)<a class="headerlink" href="#equation-one"', body, re.DOTALL)
    assert '<a class="reference internal" href="#equation-one">(1)</a>' in body
    assert '<a class="reference internal" href="#equation-two">(2)</a>' in body


def test_paragraphs_and_lines_of_a_block_are_aligned(body):
    block = body[body.index('id="equation-two"'):]
    block = block[:block.index("</math>")]
    assert "".join(words(block[block.index("<math"):]).split()) == "a=b=cd=e"
    assert block.count("<mtr>") == 3


def test_an_environment_is_one_numbered_equation(body):
    assert len(re.findall(r'<div class="amsmath math">', body)) == 1
    assert words(body[body.index('class="amsmath'):]).count("(3)") == 1


def test_groups_keep_their_own_lines(body):
    matrix = body[body.rindex('<div class="math">'):]
    assert matrix[:matrix.index("</math>")].count("<mtable") == 1


def test_a_formula_keeps_the_text_that_touches_it(body):
    assert '<span class="mathnn-nobreak"><math><mi>b</mi></math>-dimensional</span>' in body
    assert '<span class="mathnn-nobreak">(<math><mi>c</mi></math>).</span>' in body
    assert '<mrow><mtext>(</mtext><mi>d</mi><mo>−</mo></mrow><mrow><mn>1</mn><mtext>)</mtext></mrow>' in body


def test_formulas_in_a_derivations_html_are_typeset_and_others_are_not(body):
    assert r'<div class="mathnn-derivation" title="\(t\)"><math class="mathnn-rows"><mrow><mi>a</mi>' in body
    assert "<mfrac>" in body
    assert r"\(left alone\)" in body


def test_titles_are_readable_everywhere(site, body):
    html = (site / "index.html").read_text(encoding="utf-8")
    assert "<math><msup><mi>x</mi>" in body[body.index("<h1>"):body.index("</h1>")]
    assert "x2" in html[html.index("<title>"):html.index("</title>")]
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    titles = json.loads(index[index.index("(") + 1:index.rindex(")")])["alltitles"]
    assert "The slope of x^2" in titles


def test_pages_get_the_font_and_no_mathjax(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    assert "mathnn/math.css" in html
    assert "mathjax" not in re.sub(r'class="[^"]*"', "", html).lower()
    assert (site / "_static" / "mathnn" / "math.woff2").read_bytes()[:4] == b"wOF2"


def test_every_tex_error_is_a_warning_with_file_and_line_in_every_build(tmp_path):
    page = "# A page\n\nGood $x$.\n\nBad $\\foo$.\n\n$$\n\\bar\n$$\n\n" \
           '```{raw} html\n<p class="mathnn-derivation">\\(\\baz\\)</p>\n```\n'
    for _ in range(2):
        code, messages = build(tmp_path, page)
        assert code == 1
        assert re.search(r"index\.md:5: WARNING: latex: Unsupported function name: \\foo", messages)
        assert re.search(r"index\.md:7: WARNING: latex: .*\\bar", messages)
        assert re.search(r"index\.md:\d+: WARNING: latex: Unsupported function name: \\baz", messages)
        assert "Traceback" not in messages
    assert build(tmp_path, "# A page\n\nGood $x$.\n") == (0, "")


def test_latex_output_still_gets_the_source(tmp_path):
    code, messages = build(tmp_path, PAGE, "-b", "latex")
    assert code == 0, messages
    tex = next((tmp_path / "out").glob("*.tex")).read_text(encoding="utf-8")
    assert "f'(x) = 1" in tex
    assert "a &= b" in tex
    assert "<math" not in tex


def test_the_font_has_every_character_of_the_books_formulas():
    html = "".join(page.read_text(encoding="utf-8") for page in site_pages())
    formulas = re.findall(r"<math.*?</math>", html, re.DOTALL)
    assert formulas, "build the book first"
    used = set(unescape("".join(map(words, formulas))))
    in_font = runpy.run_path(str(ROOT / "tools" / "subset_font.py"))["characters"]()
    assert {char for char in used if ord(char) not in in_font and not char.isspace()} == set()
