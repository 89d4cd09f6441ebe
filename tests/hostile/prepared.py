"""What the user of a library has registered when a file comes."""

from __future__ import annotations

from typing import Any


def register() -> None:
    """Register classes and a function that a file may try to use in wrong places."""
    import keras

    import hornbook

    class Danger(keras.layers.Layer):
        """Raises if it is made: no attack may get so far."""

        def __init__(self, **options: Any) -> None:
            raise AssertionError("a class of the user's was made where it does not belong")

    class Words(keras.layers.StringLookup):
        """A built-in with another name."""

    class Path:
        """Takes what text it likes: it is the user's own."""

        def __init__(self, path: str, vocabulary: str) -> None:
            self.path, self.vocabulary = path, vocabulary

        def get_config(self) -> dict[str, Any]:
            return {"path": self.path, "vocabulary": self.vocabulary}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Path:
            return cls(**config)

    def danger(x: Any) -> Any:
        return x

    for one in (Danger, Words, Path, danger):
        one.__module__ = "lab"
        one.__qualname__ = one.__name__
        hornbook.register_keras_serializable("lab")(one)
