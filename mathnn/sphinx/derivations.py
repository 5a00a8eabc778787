"""Prove the stored derivations again when the book is built, link each to the ledger, and make the ledger.

Every notebook of the book carries the records of its derivations (see :mod:`mathnn.derivation`). They are proved from
their plain strings before a page is read; one that fails stops the build. Verdicts are cached by record and engine.
"""

import hashlib
import json
import re
from concurrent.futures import ProcessPoolExecutor
from html import escape
from itertools import groupby
from pathlib import Path

import sympy
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import mathnn.derivation
from mathnn.derivation import DerivationError, rebuild

MIME = mathnn.derivation.MIME
ROW_STYLE = re.compile(r'(<t[rd] class="mathnn-derivation-[^"]*") style="[^"]*"')  # JupyterLab's; a page has custom.css


def outputs(path):
    """Return the stored outputs of a notebook that show a derivation: MIME type to data."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    bundles = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return [{kind: "".join(data) if isinstance(data, list) else data for kind, data in bundle.items()}
            for bundle in bundles if MIME in bundle]


def check_output(output):
    """Prove the lines of a stored output again and compare all that it shows with them; return their methods."""
    derivation = rebuild(output[MIME])
    for kind, data in derivation._repr_mimebundle_().items():
        if output.get(kind) != data:
            raise ValueError(f"{derivation.name}: the stored {kind} is not what its lines show; run `make notebooks`")
    return [line["method"] for line in derivation.record["lines"] if line["method"]]


def engine_key():
    """Return what a cached verdict depends on beside the record: the engine's source and sympy."""
    sources = sorted(Path(mathnn.derivation.__file__).parent.glob("*.py"))
    return sympy.__version__ + "".join(source.read_text(encoding="utf-8") for source in sources)


def verdict(output):
    """Return the methods that decided an output's lines and None, or None and what is wrong with it."""
    try:
        return check_output(output), None
    except (DerivationError, ValueError) as error:
        return None, str(error)


def verdicts(shown, path):
    """Return the verdict of each output, in their order: one that this file holds of this engine, or a new one."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    engine = engine_key()
    keys = [hashlib.sha256((json.dumps(output, sort_keys=True) + engine).encode()).hexdigest() for output in shown]
    found = {key: (known[key], None) for key in keys if key in known}
    new = {key: output for key, output in zip(keys, shown, strict=True) if key not in known}
    with ProcessPoolExecutor() as pool:
        found |= zip(new, pool.map(verdict, new.values()), strict=True)
    proved = {key: methods for key, (methods, error) in found.items() if not error}
    path.write_text(json.dumps(proved), encoding="utf-8")
    return [found[key] for key in keys]


def prove_all(app, env, docnames):
    """Prove every stored record again; a bad one, or two of one name, stop the build."""
    pages = [(docname, env.doc2path(docname)) for docname in sorted(env.found_docs)]
    shown = [(docname, output) for docname, path in pages if path.endswith(".ipynb") for output in outputs(path)]
    entries, errors = {}, []
    for (docname, output), (methods, error) in zip(
            shown, verdicts([output for _, output in shown], Path(app.doctreedir) / "proofs.json"), strict=True):
        record, name = output[MIME], output[MIME].get("name")
        if name in entries:
            errors.append(f"{docname}: the name {name!r} is taken by a derivation in {entries[name]['docname']}")
        elif error:
            errors.append(f"{docname}: {error}")
        else:
            entries[name] = {"docname": docname, "record": record, "methods": methods, "html": output["text/html"]}
    if errors:
        raise ExtensionError("the book's derivations were not proved:\n" + "\n".join(errors))
    env.mathnn_derivations = entries


def add_labels(app, env):
    """Let ``{ref}`` and ``[text](#derivation-name)`` reach a derivation from every page."""
    std = env.get_domain("std")
    for name, entry in env.mathnn_derivations.items():
        target = f"derivation-{name}"
        std.anonlabels[target] = entry["docname"], target
        std.labels[target] = entry["docname"], target, entry["record"]["title"]


class ledger(nodes.General, nodes.Element):
    """The place of the ledger; filled in when the page is written."""


class Ledger(SphinxDirective):
    """``{ledger}``: every derivation of the book, with its place, lines, scope and methods."""

    def run(self):
        """Mark the place, and remember the page so that every derivation can link to it."""
        self.env.mathnn_ledger = self.env.docname
        return [ledger()]


def ledger_is_outdated(app, env, added, changed, removed):
    """Write the ledger's page anew with every build: it tells of all other pages."""
    return [env.mathnn_ledger] if getattr(env, "mathnn_ledger", None) in env.found_docs else []


COLUMNS = ("Derivation", "Steps", "Scope", "Decided by")


def ledger_row(name, entry, address):
    """Return a row of the ledger, its derivation linked to its place."""
    record = entry["record"]
    scope = re.search(r'class="mathnn-derivation-scope">(.*?)</p>', entry["html"])
    refuted = " <em>(refuted)</em>" if record["expect"] == "refuted" else ""
    cells = [f'<a href="{address}#derivation-{name}">{escape(record["title"])}</a>{refuted}',
             str(len(record["lines"]) - 1), scope[1] if scope else "", escape("; ".join(sorted(set(entry["methods"]))))]
    return f'<tr id="mathnn-ledger-{name}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def ledger_html(entries, title, place):
    """Return the ledger as an HTML table by page; ``title`` and ``place`` give the title and address of a page."""
    refuted = [entry for entry in entries.values() if entry["record"]["expect"] == "refuted"]
    steps = sum(len(entry["record"]["lines"]) - 1 for entry in entries.values()) - len(refuted)
    total = (f"When this page was built, {steps} steps were proved, those of {len(entries) - len(refuted)} derivations "
             f"and those before {len(refuted)} plausible wrong steps, which were refuted. "
             f"SymPy {sympy.__version__} did it.")
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    body = ""
    for docname, group in groupby(entries.items(), key=lambda item: item[1]["docname"]):
        body += f'<tbody><tr><th scope="rowgroup" colspan="{len(COLUMNS)}">{escape(title(docname))}</th></tr>'
        body += "".join(ledger_row(name, entry, place(docname)) for name, entry in group) + "</tbody>"
    return (f'<p>{total}</p><div class="mathnn-ledger" role="region" aria-label="The ledger" tabindex="0">'
            f'<table class="table"><thead><tr>{head}</tr></thead>{body}</table></div>')


def fill_in(app, doctree, docname):
    """Point each derivation's mark to its row of the ledger, fill in the ledger; leave the look to the style sheet."""
    page = getattr(app.env, "mathnn_ledger", None)
    address = app.builder.get_relative_uri(docname, page) if page is not None else ""
    for raw in doctree.findall(nodes.raw):
        if 'class="mathnn-derivation' in raw.astext():
            html = ROW_STYLE.sub(r"\1", raw.astext())
            raw.children = [nodes.Text(html.replace('href="#mathnn-ledger-', f'href="{address}#mathnn-ledger-'))]
    for node in list(doctree.findall(ledger)):
        html = ledger_html(app.env.mathnn_derivations, lambda page: app.env.titles[page].astext(),
                           lambda page: app.builder.get_relative_uri(docname, page))
        node.replace_self(nodes.raw("", html, format="html", classes=["mathnn-derivation-ledger"]))


def setup(app):
    """Connect to Sphinx."""
    app.add_node(ledger)
    app.add_directive("ledger", Ledger)
    app.connect("env-before-read-docs", prove_all)
    app.connect("env-get-outdated", ledger_is_outdated)
    app.connect("env-updated", add_labels)  # reading a page clears its labels
    app.connect("doctree-resolved", fill_in, priority=400)  # before formulas in HTML are typeset
    return {"parallel_read_safe": True, "parallel_write_safe": True}
