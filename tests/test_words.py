"""The word list is in order, and each word stands in the chapter that it names; the ledger's words are explained."""

import re

import nbformat
import pytest
from built import ROOT
from derivations_mutants import records

ENTRY = re.compile(r"^(\S.*)\n  (.+)\. \[Chapter (\d+)\]\(\.\./(notebooks/(\d+)_\w+\.ipynb)\)$", re.MULTILINE)
LIST = (ROOT / "book" / "words.md").read_text(encoding="utf-8").split("```{glossary}\n")[1].split("```")[0]
ENTRIES = ENTRY.findall(LIST)


def test_every_entry_has_a_meaning_and_a_chapter():
    assert ENTRY.sub("", LIST).strip() == ""
    assert len(ENTRIES) > 50
    assert all(int(number) == int(file) for _, _, number, _, file in ENTRIES)


def test_words_are_in_order_and_unique():
    words = [word.lower() for word, *_ in ENTRIES]
    assert words == sorted(set(words))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry[0])
def test_word_stands_in_its_chapter(entry):
    word, _, _, path, _ = entry
    cells = nbformat.read(ROOT / path, as_version=4).cells
    text = " ".join("\n".join(cell.source for cell in cells if cell.cell_type == "markdown").split())
    assert word.lower() in text.lower()


def test_every_method_in_the_ledger_is_explained_above_it():
    cells = nbformat.read(ROOT / "book" / "how_it_is_checked.ipynb", as_version=4).cells
    explained = set(re.findall(r"\*([a-z ]+)\*", next(c.source for c in cells if "{ledger}" in c.source)))
    methods = {line["method"] for record in records() for line in record["lines"] if line["method"]}
    parts = [re.split("[:,] ", re.sub(r"cases \S+ below, at and above [^\s,]+", "cases", method)) for method in methods]
    assert {word for words in parts for word in words} == explained
