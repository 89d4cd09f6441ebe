"""All arrays of an archive looked at before anything is made of it, and none of them read."""

from __future__ import annotations

from hornbook.archive.budget import most_declared
from hornbook.archive.protocol import Archive


def weigh(archive: Archive) -> int:
    """Return the bytes of the arrays that an archive stores.

    What arrays declare counts as far as it could be decompressed from the
    file.

    Raises:
        ArchiveError: There is something that is no array of numbers in this
            file, or is none that Keras writes.
        LimitError: The arrays declare more than they store, or are too many.
    """
    declared = sum(entry.bytes for entry in archive.stored().checked()) if archive.has_weights() else 0
    return min(declared, most_declared(archive.limits, sum(archive.members().values())))
