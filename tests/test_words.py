"""The word list is in order, and each word stands in the chapter that it names."""

import re

import nbformat
import pytest
from built import ROOT

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
