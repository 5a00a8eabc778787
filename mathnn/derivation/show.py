"""A derivation on paper: plain text, HTML with its formulas between \\( and \\), LaTeX."""

import ast
from dataclasses import dataclass
from html import escape

from .latex import NEW_ROW, latex
from .points import apart, number, pairs
from .syntax import parse

MARKS = {"proved": "✓ proved", "refuted": "✗ refuted"}
DISPLAY = r"\displaystyle "
HIDDEN = "position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden"
TEX = {"⇔": r"\Longleftrightarrow", "≈": r"\approx", "≤": r"\le", "≥": r"\ge", "<": r"\lt", ">": r"\gt"}
SAFE = {"\\": r"\backslash ", "^": r"\^{}", "~": r"\~{}"} | {sign: rf"\{sign}" for sign in "{}_%&#$"}


@dataclass
class Row:
    """One line on paper: its relation, its expression, its reason; for numbers also its value."""

    relation: str
    tree: ast.AST
    text: str
    reason: str = ""
    value: str = ""  # such as "= 60", empty where the expression is its own value
    wrong: bool = False

    @property
    def tex(self):
        sign, _, number = self.value.partition(" ")
        return latex(self.tree) + (f" {TEX.get(sign, sign)} {latex(parse(number))}" if number else "")


def counterexample(verdict, formula=lambda text: text):
    """The point and the two values of a refuted step, in words, as they follow "is wrong"."""
    point = ", ".join(formula(f"{name} = {value}") for name, value in pairs(verdict.point))
    digits = apart(verdict.before, verdict.after)
    before, after = ("has no value" if value is None else f"is {formula(number(value, digits))}"
                     for value in (verdict.before, verdict.after))
    place = f" in {verdict.place}" if verdict.place else ""
    return f"{' at ' if point else ''}{point}: the line before {before}{place}, this line {after}"


def formula(text, style=""):
    """A value, or `name = value`, as a formula of the page; a number too long to read stays as it is."""
    try:
        sides = [side if side.startswith("[") else latex(parse(side)) for side in text.split(" = ")]
        return rf"\({style}{escape(' = '.join(sides))}\)"
    except ValueError:
        return escape(text)


def bundle(page):
    """The page in every form that a notebook stores."""
    return {"text/plain": plain(page), "text/html": html(page), "text/latex": tex(page)}


def plain(page):
    """The page as aligned text."""
    rows = [f"{page.title} ({', '.join(filter(None, (page.expect, page.scope)))})"]
    rows += [f"  where {head} = {body}" for head, body in page.where.items()]
    texts = [" ".join(filter(None, (row.text, row.value))) for row in page.rows]
    width = max(map(len, texts))
    for row, text in zip(page.rows, texts, strict=True):
        rows.append(f"  {row.relation or ' '} {text:<{width}}  {row.reason}".rstrip())
    return "\n".join(rows + ([f"  {page.remark}"] if page.remark else []))


def html(page):
    """The page as a table: relation, formula, reason."""
    mark = (f' <a class="mathnn-derivation-mark mathnn-derivation-{page.expect}" href="#mathnn-ledger-{page.name}">'
            f"{MARKS[page.expect]}</a>") if page.expect in MARKS else ""
    where = "".join(f"<li>{formula(f'{head} = {body}', DISPLAY)}</li>" for head, body in page.where.items())
    scope = page.scope_html
    return "\n".join(filter(None, [
        f'<div class="mathnn-derivation" id="{page.label}" role="group" aria-label="{escape(page.title)}">',
        f'<p class="mathnn-derivation-title"><strong>{escape(page.title)}</strong>{mark}</p>',
        f'<p class="mathnn-derivation-scope">{scope}</p>' if scope else "",
        f'<div class="mathnn-derivation-where">where <ul>{where}</ul></div>' if where else "",
        '<table class="mathnn-derivation-lines" style="margin:0;table-layout:auto;font-size:inherit;border:none">',
        f'<thead style="{HIDDEN}"><tr><th scope="col">Relation</th><th scope="col">Formula</th>'
        '<th scope="col">Reason</th></tr></thead>',
        f"<tbody>{''.join(map(html_row, page.rows))}</tbody></table>",
        f'<p class="mathnn-derivation-counterexample">{page.remark_html}</p>' if page.remark else "",
        "</div>"]))


def html_row(row):
    relation = rf"\({escape(TEX.get(row.relation, row.relation))}\)" if row.relation else ""
    note = ' <strong class="mathnn-derivation-wrong-mark">✗ wrong</strong>' if row.wrong else ""
    wrong = " mathnn-derivation-wrong" if row.wrong else ""
    reason = words(row.reason, escape, r"\(", r"\)")
    return (f'<tr class="mathnn-derivation-line{wrong}" style="background:none">'
            f'<td class="mathnn-derivation-relation" style="text-align:right">{relation}</td>'
            '<td class="mathnn-derivation-formula" style="text-align:left">'
            rf"\({DISPLAY}{escape(row.tex)}\)</td>"
            f'<td class="mathnn-derivation-reason" style="text-align:left">{reason}{note}</td></tr>')


def words(text, plain, left="$", right="$"):
    """A reason, its formulas `$…$` between the given marks, all else made `plain`."""
    parts = text.split("$") if text.count("$") % 2 == 0 else [text]
    return "".join(f"{left}{escape(part) if left != '$' else part}{right}" if k % 2 else plain(part)
                   for k, part in enumerate(parts))


def tex(page):
    """The page as one aligned display."""
    rows = [rf"&\textbf{{{tex_text(page.title)}}}", *([rf"&\text{{{page.scope_tex}}}"] if page.scope else [])]
    rows += [rf"&\text{{where }} {latex(parse(head))} = {latex(parse(body))}" for head, body in page.where.items()]
    for row in page.rows:
        relation = f"{TEX.get(row.relation, row.relation)} " if row.relation else ""
        rows.append(f"&{relation}{row.tex}" + (rf" && \text{{{words(row.reason, tex_text)}}}" if row.reason else ""))
    return "$$\\begin{aligned}\n" + f"{NEW_ROW.rstrip()}\n".join(rows) + "\n\\end{aligned}$$"


def tex_text(text):
    """Words inside \\text: TeX's own signs are made harmless."""
    return "".join(SAFE.get(sign, sign) for sign in text)
