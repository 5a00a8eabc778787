r"""Formulas as MathML: the book's math renderer for Sphinx, without a script in the page.

Formulas of the text, of docstrings and of ``text/latex`` outputs come here as Sphinx's math nodes; the formulas in a
stored derivation or in the ledger come as ``\( … \)`` inside their HTML. A TeX error is a warning with file and line.
"""

import re
import xml.etree.ElementTree as ET
from functools import cache
from html import escape, unescape
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from mathnn.mathml import to_mathml

__all__ = ["typeset_html"]

ASSETS = ("math.css", "scroll.js", "math.woff2", "math.LICENSE.txt")
ERROR = "mathnn-tex-error"
FORMULA = re.compile(r"([(\[]?)(?<!\\)\\\((.+?)(?<!\\)\\\)([.,;:!?)\]]*)", re.DOTALL)
HAS_FORMULAS = re.compile(r"mathnn-(derivation|ledger)")
INNERMOST = (re.compile(r"\\begin\{[^}]*\}(?:(?!\\begin\{).)*?\\end\{[^}]*\}", re.DOTALL),
             re.compile(r"(?<!\\)\{(?:\\.|[^{}\\])*\}", re.DOTALL))
LINED = re.compile(r"\\\\|(?<!\\)&")
NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|alignat|gather|multline)\}")
PUNCTUATION, BRACKET = re.compile(r"[.,;:!?)\]]+"), re.compile(r"[(\[]")
FIRST_ROW, LAST_ROW = "><mrow>", "</mrow></math>"
READ_BETWEEN = {"msup": "^", "msub": "_", "msubsup": "_", "mfrac": "/", "mtd": " ", "mtr": " "}

logger = logging.getLogger(__name__)
cached_mathml = cache(to_mathml)


def formula(latex, where, *, display=False):
    """Return a formula as HTML; one that Temml refuses is shown as source, with a warning that tells where it is."""
    try:
        return cached_mathml(latex, display=display)
    except ValueError as error:
        logger.warning("%s", error, location=where, type="mathnn", subtype="math")
        return f'<code class="{ERROR}">{escape(latex)}</code>'


def together(before, mathml, after):
    """Return a formula in a line of text with what touches it: browsers would break the line before a comma."""
    if "mathnn-rows" in mathml and BRACKET.fullmatch(before):  # it belongs to the first row
        return together("", mathml.replace(FIRST_ROW, f"{FIRST_ROW}<mtext>{before}</mtext>", 1), after)
    if "mathnn-rows" in mathml and PUNCTUATION.fullmatch(after):  # it belongs to the last row, wherever that stands
        return together(before, f"{mathml.removesuffix(LAST_ROW)}<mtext>{after}</mtext>{LAST_ROW}", "")
    return f'<span class="mathnn-nobreak">{before}{mathml}{after}</span>' if before or after else mathml


def typeset_html(html, where):
    r"""Replace every ``\( … \)`` in the text of some HTML by MathML.

    Parameters
    ----------
    html : str
        HTML in which the formulas are escaped as all text is.
    where : str or Node
        Where the HTML comes from, for the warning about a TeX error, as Sphinx's loggers take it.

    Returns
    -------
    str
        The same HTML with its formulas typeset. Tags and their attributes stay untouched.

    Examples
    --------
    >>> typeset_html(r'<p title="\(x\)">It is \(x\).</p>', "a page")
    '<p title="\\(x\\)">It is <span class="mathnn-nobreak"><math><mi>x</mi></math>.</span></p>'
    """
    pieces = re.split(r"(<[^>]*>)", html)
    pieces[::2] = [FORMULA.sub(lambda found: together(found[1], formula(unescape(found[2]), where), found[3]), text)
                   for text in pieces[::2]]
    return "".join(pieces)


def without_groups(latex):
    """Return what is left of a formula when all environments and braced groups are taken out."""
    for group in INNERMOST:
        while group.search(latex):
            latex = group.sub("", latex)
    return latex


def displayed(latex):
    r"""Return the LaTeX of a displayed block as one formula, its paragraphs and lines (``\\``) aligned."""
    whole = r"\\".join(part.strip() for part in re.split(r"\n\s*\n", latex) if part.strip())
    return rf"\begin{{aligned}}{whole}\end{{aligned}}" if LINED.search(without_groups(whole)) else whole


def latex_of(node):
    """Return the LaTeX of a math node."""
    latex = node.get("latex", node.astext())
    if isinstance(node, nodes.math):
        return latex
    return NUMBERED.sub(r"\\\1{\2*}", latex if node.get("nowrap") else displayed(latex))


def place(writer, node):
    """Return the nearest node whose file and line are known, else the page's name."""
    while node is not None and not (node.source and node.line):
        node = node.parent
    return node if node is not None else writer.builder.current_docname


def visit_math(writer, node):
    """Write a formula in a line of text."""
    mathml = formula(latex_of(node), place(writer, node))
    if node["ids"] or node["classes"]:
        mathml = writer.starttag(node, "span", "") + mathml + "</span>"
    writer.body.append(together(escape(node.get("before", "")), mathml, escape(node.get("after", ""))))
    raise nodes.SkipNode


def visit_math_block(writer, node):
    """Write a displayed formula in a box that scrolls when it is too narrow, and its number."""
    mathml = formula(latex_of(node), place(writer, node), display=True)
    number = get_node_equation_number(writer, node) if node.get("number") else None
    nameless = "amsmath" in node["classes"]  # its id is drawn anew in every build; nobody can refer to it
    if nameless:
        node["ids"] = []
    writer.body.append(writer.starttag(node, "div", CLASS="math") + f'<div class="mathnn-scroll">{mathml}</div>')
    if number:
        writer.body.append(f'<span class="eqno">({number})')
        if not nameless:
            writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def readable(latex, *, display=False):
    """Return a formula as plain text, for titles, search results and the index of words."""
    def text(element):
        inside = READ_BETWEEN.get(element.tag, "").join(map(text, element))
        return ((element.text or "") + inside).replace("^′", "′")

    try:
        return text(ET.fromstring(cached_mathml(latex, display=display)))
    except ValueError:
        return latex  # the writer warns


def take_neighbours(node):
    """Take the text that touches a formula, such as a bracket or a comma, from its neighbours, and return it."""
    siblings, i, before, after = node.parent.children, node.parent.index(node), "", ""
    if i and isinstance(siblings[i - 1], nodes.Text):
        rest, before = re.fullmatch(r"(.*?)(\S*)", siblings[i - 1], re.DOTALL).groups()
        siblings[i - 1] = nodes.Text(rest)
    if i + 1 < len(siblings) and isinstance(siblings[i + 1], nodes.Text):
        after, rest = re.fullmatch(r"(\S*)(.*)", siblings[i + 1], re.DOTALL).groups()
        siblings[i + 1] = nodes.Text(rest)
    return before, after


def typeset_page(app, doctree, docname):
    """Typeset the formulas in stored HTML, and let the search find formulas by what they show, not by their source."""
    if app.builder.format != "html":
        return
    for raw in doctree.findall(nodes.raw):
        if HAS_FORMULAS.search(raw.astext() + " ".join(raw["classes"])):
            raw.children = [nodes.Text(typeset_html(raw.astext(), raw if raw.source and raw.line else docname))]
    for node in doctree.findall(lambda node: isinstance(node, nodes.math | nodes.math_block)):
        display = isinstance(node, nodes.math_block)
        node["latex"] = node.astext()
        node["before"], node["after"] = ("", "") if display else take_neighbours(node)
        node.children = [nodes.Text(node["before"] + readable(latex_of(node), display=display) + node["after"])]


def finish_page(app, pagename, templatename, context, doctree):
    """Show the formulas of the printed title; have a page with a TeX error read again by the next build."""
    if "pagetitle" in context and pagename in app.env.titles:
        parts = app.env.titles[pagename].children
        context["pagetitle"] = "".join(readable(p.astext()) if isinstance(p, nodes.math) else p.astext() for p in parts)
    if ERROR in context.get("body", ""):  # else the error would pass unseen there
        Path(app.doctreedir, f"{pagename}.doctree").unlink(missing_ok=True)


def copy_assets(app):
    """Put the style sheet and the font of the formulas into the site."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir, "_static", "mathnn")
    target.mkdir(parents=True, exist_ok=True)
    for name in ASSETS:
        target.joinpath(name).write_bytes(files("mathnn").joinpath("static", name).read_bytes())
    app.add_css_file("mathnn/math.css")
    app.add_js_file("mathnn/scroll.js", loading_method="defer")


def setup(app):
    """Connect to Sphinx."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.connect("builder-inited", copy_assets)
    app.connect("doctree-resolved", typeset_page)
    app.connect("html-page-context", finish_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": False}  # V8 does not survive a fork
