"""The names that the members of a ZIP archive may have."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from hornbook.errors import ArchiveError, LimitError

UTF_8 = 0x800  # the flag of a name in UTF-8
_LONGEST_NAME, _LONGEST_STEP = 4096, 255
_DEEPEST = 200  # folders in each other; twenty models within each other have about 60


def is_text(comment: bytes) -> bool:
    """Return whether a comment is one, and not another file."""
    try:
        return all(c.isprintable() or c in "\r\n\t" for c in comment.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def name_of(data: bytes, flags: int) -> str:
    """Return a name (4.4.17, appendix D).

    Raises:
        ArchiveError: It leads outside, or is none.
    """
    try:
        name = data.decode("utf-8" if flags & UTF_8 else "cp437")
    except UnicodeDecodeError as error:
        raise ArchiveError("The archive has a name that is no text", place="archive") from error
    steps = name.removesuffix("/").split("/")
    if _leads_outside(name, steps):
        raise ArchiveError("The archive has a member that leads outside of it", place=name)
    if "" in steps or "." in steps or not name.isprintable():
        raise ArchiveError("The archive has a member without a proper name", place=name)
    if len(steps) > _DEEPEST:
        raise LimitError(f"The archive has a member in {len(steps)} folders; the limit is {_DEEPEST}", place=name)
    if len(name) > _LONGEST_NAME or max(map(len, steps)) > _LONGEST_STEP:
        raise LimitError("The archive has a member of too long a name", place=name)
    return name


def _leads_outside(name: str, steps: list[str]) -> bool:
    """Return whether a path leads out of a folder, on any system: it may go up, or begin at a root or a drive."""
    return ".." in steps or name.startswith("/") or "\\" in name or "\0" in name or ":" in steps[0]


def check_names(names: Collection[str], most: int) -> None:
    """Refuse names that a file system may take for one, and files that are folders as well.

    Args:
        names: The names of all members.
        most: How many folders they may be in.

    Raises:
        ArchiveError: There are such names.
        LimitError: They are in more folders.
    """
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        plain = name.removesuffix("/")
        key = (plain if plain.isascii() else unicodedata.normalize("NFKC", plain)).casefold()
        if key in seen:
            raise ArchiveError("The archive has two members of nearly one name", place=name)
        seen.add(key)
        above = plain.rpartition("/")[0]
        while above and above not in folders:
            if above in names:
                raise ArchiveError("The archive has a file that is a folder as well", place=above)
            folders.add(above)
            above = above.rpartition("/")[0]
        if len(folders) > most:
            raise LimitError(f"The archive has more than {most} folders", place="archive")
