"""What strings in a config name outside of the file: addresses and paths.

They are there for whoever reads the report.  None is a fault by itself: what
an argument may hold is for the judge to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from hornbook.errors import one_line
from hornbook.reports.report import Resource
from hornbook.reports.walk import Located

_MOST = 100
_LONG = 200  # characters that are shown
_LOOKED_AT = 4096  # characters of a string

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://\S")
_PATH = re.compile(r"[/~]\S|[A-Za-z]:[\\/]|\\\\|\.{1,2}[\\/]")


def resources(strings: Iterable[Located]) -> Iterator[Resource]:
    """Yield what the strings of a config name outside of the file, at most a hundred.

    Args:
        strings: The strings, and where they stand.
    """
    for located in islice(strings, _MOST):
        kind = kind_of(located.value)
        if kind is not None:
            yield Resource(kind, located.where, one_line(located.value, _LONG))


def kind_of(text: str) -> str | None:
    """Return what a string looks like: `"url"`, `"path"`, or `None`.

    Example:
        >>> kind_of("https://example.org/w.h5"), kind_of("../words.txt"), kind_of("os.system")
        ('url', 'path', None)
    """
    text = text[:_LOOKED_AT]
    if _URL.match(text):
        return "url"
    return "path" if _PATH.match(text) else None
