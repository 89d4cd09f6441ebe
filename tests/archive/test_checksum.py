"""Pieces that are summed up side by side give the sum of the whole."""

from __future__ import annotations

import io
import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rekindle.archive import checksum


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_two_sums_are_combined(first, second):
    """As zlib does it, whose function Python does not offer."""
    assert checksum.combined(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@pytest.mark.parametrize("size", [0, 1, 999, 4096, 100_001])
def test_a_part_of_a_file_is_summed_up(size, tmp_path, monkeypatch):
    """In threads where it is long, and one after the other where there is no descriptor."""
    monkeypatch.setattr(checksum, "_PIECE", 1000)
    data = os.urandom(size)
    path = tmp_path / "file"
    path.write_bytes(b"before" + data + b"after")
    with path.open("rb") as file:
        assert checksum.crc32_of(file, 6, size) == zlib.crc32(data)
    assert checksum.crc32_of(io.BytesIO(path.read_bytes()), 6, size) == zlib.crc32(data)


def test_a_file_that_ends_early_is_an_error(tmp_path):
    """Not a loop without end."""
    with pytest.raises(EOFError):
        checksum.crc32_of(io.BytesIO(b"123"), 0, 9)
