"""The quotes themselves: each stands in its document, and no sentence of a document is left out."""

from __future__ import annotations

import html
import importlib
import re
from pathlib import Path

import pytest
from document_sentences import DOCUMENTS

# Reading the tests may be what imports TensorFlow, and 2.9 uses what NumPy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# What is left of a document without its sentences and its code: headings and links.
FURNITURE = re.compile(
    r"|For example:|description:|Example:?|Arg(ument)?s|Returns"
    r"|(Methods )?(__\w+__ |tf\.keras[\w.]+ )?View source( on GitHub)?|View aliases( Compat aliases for migration .*)?"
    r"|Compat aliases for migration See Migration guide for more details\."
    r"|(--- title: Serialization utilities .* --- )?\w+ (function|class)"
)


def plain(text):
    """Return the words of Markdown or HTML, without marks."""
    text = html.unescape(re.sub(r"\{\{<.*?>\}\}|<[^>]*>", "", text))
    text = re.sub(r"^\s*(#+|- |```\w*)\s*", "", text, flags=re.MULTILINE)
    return " ".join(re.sub(r"\*\*|`|(?<!\S)#(?= )", "", text).split())


def quoted(document):
    """Return the quotes of a document."""
    found = []
    for path in Path(__file__).parent.glob("test_*.py"):
        for test in vars(importlib.import_module(path.stem)).values():
            marks = getattr(test, "pytestmark", [])
            found += [mark.args[1] for mark in marks if mark.name == "sentence" and mark.args[0] == document]
    return sorted(set(map(plain, found)), key=len, reverse=True)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_quote_stands_in_its_document(shared, document):
    """A test holds us to what a document says, not to what somebody remembers of it."""
    text = plain((shared / "documents" / DOCUMENTS[document]).read_text(encoding="utf-8"))
    assert [quote for quote in quoted(document) if quote not in text] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_sentence_of_a_document_is_quoted(shared, document):
    """Without the quotes only headings are left of a document; its code is what the tests of examples run."""
    text = (shared / "documents" / DOCUMENTS[document]).read_text(encoding="utf-8")
    text = plain(re.sub(r"```.*?```", " | ", text, flags=re.DOTALL))
    for quote in quoted(document):
        text = text.replace(quote, " | ")
    assert [piece.strip() for piece in text.split("|") if not FURNITURE.fullmatch(piece.strip())] == []


def test_every_test_names_its_documents():
    """A docstring begins with the names of the documents that its markers quote."""
    names = {"keras-3.6": "Keras 3.6", "tf-2.15": "TF 2.15", "tf-2.2-scope": "TF 2.2"}
    for path in Path(__file__).parent.glob("test_[kt]*.py"):
        for name, test in vars(importlib.import_module(path.stem)).items():
            if name.startswith("test_"):
                documents = {mark.args[0] for mark in test.pytestmark if mark.name == "sentence"}
                assert documents, name
                start = test.__doc__.partition(",")[0]
                assert all(names.get(document, "TF 2.9") in start for document in documents), name
