"""Pieces that are summed up while others are written give the sum of the whole."""

from __future__ import annotations

import io
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.archive.zip import checksum

# Where a piece is written, what byte it repeats and how often; or where the file is cut.
WRITES = st.tuples(st.integers(0, 500), st.integers(0, 255), st.integers(0, 200))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_two_sums_are_combined(first, second):
    """As zlib does it, whose function Python does not offer."""
    assert checksum.combined(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@given(st.lists(st.one_of(WRITES, st.integers(0, 500)), max_size=12), st.integers(0, 300), st.sampled_from([1, 50]))
def test_any_order_of_writing_gives_the_sum(steps, start, least):
    """Also where pieces are written over, or cut off, or begin before what is summed up."""
    for opened in (tempfile.TemporaryFile, io.BytesIO):
        with opened() as file, pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
            patch.setattr(checksum, "_PIECE", least)
            sums = checksum.Sums(pool, file)
            for step in steps:
                if isinstance(step, int):
                    sums.forget(step, 10_000)
                    file.truncate(step)
                    continue
                at, byte, many = step
                sums.forget(at, at + many)
                file.seek(at)
                file.write(bytes([byte]) * many)
                sums.add(at, many)
            file.seek(start)
            whole = file.read()
            assert sums.whole(start, len(whole)) == zlib.crc32(whole)


def test_a_file_that_ends_early_is_an_error():
    """Not a loop without end."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(EOFError):
        checksum.Sums(pool, io.BytesIO(b"123")).whole(0, 9)
