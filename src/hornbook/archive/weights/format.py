"""What a weight format is: how the arrays of a model stand in one file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from hornbook.archive.weights.stores import WeightStore, WeightWriter
from hornbook.policy import Limits

if TYPE_CHECKING:
    import numpy.typing as npt

_MEMBER = "model.weights"


class WeightFormat:
    """A form of the file that has the weights of a model; one of them derives from it.

    Attributes:
        name: What it is called, as `"hdf5"`.
        suffix: What the name of its file ends in, without a dot: within a
            model file it is `model.weights.<suffix>`.
    """

    name: str = ""
    suffix: str = ""

    @property
    def member(self) -> str:
        """The name of the member of a model file that has the weights."""
        return f"{_MEMBER}.{self.suffix}"

    def recognizes(self, head: bytes) -> bool:
        """Return whether a file is in this format.

        Args:
            head: Its first bytes, 512 of them or all.
        """
        raise NotImplementedError

    def open(self, file: BinaryIO, place: str, limits: Limits) -> WeightStore:
        """Return what reads the arrays of a file.

        Nothing is read or allocated because the file says so: counts, offsets
        and sizes are compared with the file before.

        Args:
            file: A binary file, at its start; it stays open as long as the store is used.
            place: What to call it in errors.
            limits: How much it may ask for.

        Raises:
            ArchiveError: It is damaged, or not in this format.
            LimitError: It asks for too much.
        """
        raise NotImplementedError

    def create(self, file: BinaryIO, convert: Callable[[Any], npt.NDArray[Any]]) -> WeightWriter:
        """Return what writes arrays to a file; equal arrays give equal bytes.

        Args:
            file: An empty binary file that can be read and sought.
            convert: Makes a NumPy array of whatever an object stores.
        """
        raise NotImplementedError
