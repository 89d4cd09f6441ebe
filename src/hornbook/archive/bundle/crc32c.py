"""The CRC-32C (Castagnoli) of the parts of a checkpoint, and the mask under which it is stored.

Python has none, and one byte after the other would take ten seconds for 100 MB.
The sum is linear: many lanes of words are summed up at once, a word of each at
a step, and the lanes joined pairwise at the end.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Words = npt.NDArray[np.uint32]

_POLYNOMIAL, _ONES = 0x82F63B78, 0xFFFFFFFF
_MASK = 0xA282EAD8
_SMALL = 1 << 14  # bytes below which the lanes cost more than they save
_LANES, _FEW_LANES = 1 << 14, 1 << 10  # for at least so many words, and for fewer
_MANY = 1 << 18
_WORD = 4  # bytes
_HALF = 1 << 16  # entries of a table for half a word


def unmasked(stored: int) -> int:
    """Return the sum that a stored one stands for.

    Example:
        >>> hex(unmasked(0xFB88D097))
        '0xf2dfac82'
    """
    rotated = (stored - _MASK) & _ONES
    return (rotated >> 17 | rotated << 15) & _ONES


def crc32c(data: bytes | memoryview, total: int = 0) -> int:
    """Return the CRC-32C of bytes.

    Args:
        data: The bytes, or a view of them.
        total: The sum of what comes before.

    Example:
        >>> hex(crc32c(b"123456789")), crc32c(b"6789", crc32c(b"12345")) == crc32c(b"123456789")
        ('0xe3069283', True)
    """
    view = memoryview(data)
    state = total ^ _ONES
    if len(view) >= _SMALL and _has_numpy():
        whole = len(view) // _WORD * _WORD
        state = _by_lanes(view[:whole], state)
        view = view[whole:]
    table = _bytewise()
    for byte in view:
        state = table[(state ^ byte) & 0xFF] ^ state >> 8
    return state ^ _ONES


@lru_cache(maxsize=1)
def _has_numpy() -> bool:
    """Return whether NumPy is there: what audits files does without it."""
    return find_spec("numpy") is not None


def _by_lanes(view: memoryview, state: int) -> int:
    """Return the state after some words, of that before them."""
    import numpy as np

    words = np.frombuffer(view, "<u4")
    lanes = _LANES if len(words) >= _MANY else _FEW_LANES
    first = len(words) % lanes
    # Words of zero before the first one change nothing.
    sums = np.zeros(lanes, np.uint32)
    rest = words[first:].reshape(-1, lanes)
    if first:
        sums[lanes - first :] = words[:first]
        sums[lanes - first] ^= np.uint32(state)
    else:
        sums[:] = rest[0]
        sums[0] ^= np.uint32(state)
        rest = rest[1:]
    if len(rest):
        low, high = _halves(lanes * _WORD)
        for row in rest:
            sums = low[sums & 0xFFFF] ^ high[sums >> 16] ^ row
    return _joined(sums)


def _joined(sums: Words) -> int:
    """Return the state after the words of all lanes: each half of the lanes is moved over the other one."""
    while len(sums) > 1:
        half = len(sums) // 2
        sums = _moved(sums[:half], half * _WORD) ^ sums[half:]
    return int(_moved(sums, _WORD)[0])


def _moved(sums: Words, by: int) -> Words:
    """Return states after so many bytes of zero."""
    import numpy as np

    result = np.zeros(len(sums), np.uint32)
    for bit, column in enumerate(_columns(by)):
        result ^= np.where(sums >> np.uint32(bit) & 1, np.uint32(column), np.uint32(0))
    return result


@lru_cache(maxsize=64)  # powers of two
def _halves(by: int) -> tuple[Words, Words]:
    """Return what the lower and the upper half of a state become after so many bytes of zero."""
    import numpy as np

    values = np.arange(_HALF, dtype=np.uint32)
    return _moved(values, by), _moved(values << np.uint32(16), by)


@lru_cache(maxsize=64)
def _columns(by: int) -> tuple[int, ...]:
    """Return what each bit of a state becomes after so many bytes of zero, a power of two of them."""
    if by == 1:
        table = _bytewise()
        return tuple([table[(1 << bit) & 0xFF] ^ (1 << bit) >> 8 for bit in range(32)])
    half = _columns(by // 2)
    return tuple([_applied(half, column) for column in half])


def _applied(columns: tuple[int, ...], state: int) -> int:
    result, bit = 0, 0
    while state:
        if state & 1:
            result ^= columns[bit]
        state >>= 1
        bit += 1
    return result


@lru_cache(maxsize=1)
def _bytewise() -> tuple[int, ...]:
    """Return what a byte makes of a state that is zero."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)  # noqa: PLW2901
        table.append(byte)
    return tuple(table)
