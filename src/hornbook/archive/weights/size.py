"""All arrays of an archive looked at before anything is made of it, and none of them read."""

from __future__ import annotations

from hornbook.archive.base import Archive
from hornbook.archive.weights.layers import entries


def weigh(archive: Archive) -> int:
    """Return the bytes of the arrays that an archive stores.

    What arrays declare counts as far as it could be decompressed from the
    file.

    Raises:
        ArchiveError: There is something that is no array of numbers in this
            file, or is none that Keras writes.
        LimitError: The arrays declare more than they store, or are too many.
    """
    layers = archive.layers()
    if layers is not None:
        declared = sum(one.bytes for one in entries(layers))  # looked at when they were listed
    else:
        store = archive.weights()
        declared = 0 if store is None else sum(one.bytes for one in store.checked())
    held = sum(archive.members().values())
    return min(declared, max(archive.limits.ratio_floor, archive.limits.ratio * held))
