"""Vocabularies that lookups write into files of their own.

A lookup that has not been adapted writes its own tokens, for what is masked
and for what it does not know, and refuses to take them back: Keras 3.15.1
writes a model with one and cannot load it.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

_FILE = "vocabulary.txt"
_MOST = 1000  # own tokens: one for what is masked, and as many for the unknown as the user wants


def is_there(value: Any, folder: str | None) -> bool:
    """Return whether a built-in lookup, as it was just made, has the vocabulary of a file already.

    Args:
        value: An object that has something to load.
        folder: The folder of its files.
    """
    if folder is None or type(value).__module__.partition(".")[0] != "keras" or not hasattr(value, "get_vocabulary"):
        return False
    try:
        with Path(folder, _FILE).open(encoding="utf-8") as file:
            stored = [line.rstrip("\r\n") for line in islice(file, _MOST)]
    except (OSError, ValueError):
        return False  # it says itself what is wrong
    if len(stored) == _MOST:
        return False
    return stored == [str(token) for token in value.get_vocabulary()]
