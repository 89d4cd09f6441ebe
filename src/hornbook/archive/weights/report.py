"""What `load_weights` tells: which part of a model got which part of a file, and by what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """A part of a model that has the weights of a part of a file.

    Attributes:
        part: The name of the layer or other object in the model.
        stored: Its path, or the name of its layer, in the file.
        by: `"name"`; `"key"`, that of a dict in which it is; `"path"`, the
            attributes that lead to it; or `"order"`, where it is one of several
            of a class and the file has no names for them, or other ones.
    """

    part: str
    stored: str
    by: str


@dataclass(frozen=True, slots=True)
class WeightsReport:
    """What `load_weights` did.

    Attributes:
        matched: What got its weights.
        missing: Parts that keep their values, which the file could not have.
        left_over: What of the file is not used: the state of training.
    """

    matched: tuple[Match, ...]
    missing: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{match.part} <- {match.stored} (by {match.by})" for match in self.matched]
        lines += [f"missing: {name}" for name in self.missing]
        return "\n".join([*lines, *(f"left over: {name}" for name in self.left_over)])
