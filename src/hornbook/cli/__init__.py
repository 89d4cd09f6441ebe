"""The command line; it needs the extra `cli` (click and rich).

Importing this imports neither of them: without them :func:`main` says so.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command `hornbook`."""
    if not (_is_installed("click") and _is_installed("rich")):
        sys.stderr.write("The command line needs click and rich: pip install hornbook[cli]\n")
        sys.exit(2)
    from hornbook.cli.commands import hornbook

    hornbook(prog_name="hornbook")


def _is_installed(name: str) -> bool:
    """Return whether a package can be imported; most commands do without rich, and it takes a while."""
    try:
        return find_spec(name) is not None
    except ImportError:
        return False
