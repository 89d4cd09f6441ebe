"""The command line; it needs the extra `cli` (click and rich).

Importing this imports neither of them: without them :func:`main` says so.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command `hornbook`."""
    try:
        from hornbook.cli.commands import hornbook
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        sys.stderr.write("The command line needs click and rich: pip install hornbook[cli]\n")
        sys.exit(2)
    hornbook(prog_name="hornbook")
