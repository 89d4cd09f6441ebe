"""The names that Keras 3 gives to objects within a container in a weight file."""

from __future__ import annotations

import re

# Before a capital with a small letter after it, and between small and capital.
_BREAK = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")


def snake_case(class_name: str) -> str:
    """Return the name for an object of a class.

    Example:
        >>> snake_case("Conv2DTranspose"), snake_case("MyGRU")
        ('conv2d_transpose', 'my_gru')
    """
    return _BREAK.sub("_", re.sub(r"\W", "", class_name)).lower()


def numbered(name: str, used: dict[str, int]) -> str:
    """Return `name`, with a number from the second time on; counts in `used`.

    Example:
        >>> used = {}
        >>> [numbered("dense", used) for _ in range(3)]
        ['dense', 'dense_1', 'dense_2']
    """
    count = used[name] = used.get(name, -1) + 1
    return f"{name}_{count}" if count else name


def join(path: str, name: str) -> str:
    """Return the path of a part."""
    return f"{path}/{name}" if path else name


def escaped(name: str) -> str:
    """Return the name of a layer as one step of a path: it may have slashes."""
    return name.replace("/", "\\")
