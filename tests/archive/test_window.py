"""What is read side by side is what is there."""

from __future__ import annotations

import gzip
import io
import os

import pytest

from hornbook.archive.zip import window

SIZE = 100_003


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(window, "_PIECE", 1000)
    path = tmp_path / "file"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.mark.parametrize(("at", "size"), [(0, SIZE), (7, 50_001), (99_000, 1003), (SIZE, 0), (99_000, 5000)])
def test_a_buffer_is_filled_in_pieces(path, at, size):
    """As far as the file goes."""
    data = path.read_bytes()
    for file in (path.open("rb"), io.BytesIO(data)):
        buffer = bytearray(size)
        with file:
            done = window.fill(memoryview(buffer), file, at)
        assert bytes(buffer[:done]) == data[at : at + size]


def test_a_window_ends_where_it_ends(path):
    """Also one within another."""
    data = path.read_bytes()
    with path.open("rb") as file:
        inner = window.Window(window.Window(file, 10, 50_000), 5, 40_000)
        assert inner.readall() == data[15:40_015]
        assert window.beneath(inner, 100) == (file, 115)


def test_the_descriptor_of_a_compressed_file_is_not_read(path):
    """It has other bytes than the file."""
    data = path.read_bytes()
    packed = path.with_name("packed")
    packed.write_bytes(gzip.compress(data))
    buffer = bytearray(5000)
    with gzip.open(packed) as file:
        assert window.fill(memoryview(buffer), file, 50) == 5000
    assert bytes(buffer) == data[50:5050]
