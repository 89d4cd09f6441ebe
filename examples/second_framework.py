"""A framework of its own, and all that hornbook has to know of it: blocks that are called one after the other.

    python examples/second_framework.py

Its objects are written by the names that it exports, and read by its
catalogue alone: nothing else of it can be named by a config.
"""

from __future__ import annotations

import sys
from types import MappingProxyType
from typing import Any

import hornbook
from hornbook.integrations import (
    Builtin,
    Exported,
    Integration,
    Problem,
    Recognized,
    Reference,
    Refused,
    Rule,
    Tally,
    register_integration,
)


class Block:
    """The base of all blocks: keeps its arguments, which are its config."""

    def __init__(self, **arguments: Any) -> None:
        self.arguments = arguments

    def get_config(self) -> dict[str, Any]:
        return self.arguments

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Block:
        return cls(**{name: hornbook.deserialize_keras_object(value) for name, value in config.items()})


class Scale(Block):
    def __init__(self, factor: float = 1.0) -> None:
        super().__init__(factor=factor)

    def __call__(self, x: float) -> float:
        return x * self.arguments["factor"]


class Chain(Block):
    def __init__(self, blocks: list[Any]) -> None:
        super().__init__(blocks=blocks)

    def __call__(self, x: float) -> float:
        for block in self.arguments["blocks"]:
            x = block(x)
        return x


def number(value: Any, tally: Tally) -> Problem | None:
    return None if isinstance(value, float) else Problem("argument", f"must be a number, not {value!r}")


# The catalogue: what a config may name, what each is, and what it may be given.
KINDS: dict[str, tuple[str, type]] = {"Scale": ("block", Scale), "Chain": ("chain", Chain)}
RULES = {"factor": Rule(kinds=(), check=number), "blocks": Rule(kinds=("block", "chain"))}


class Blocks(Integration):
    root = "second_framework"
    aliases = MappingProxyType({"old_framework.blocks": "second_framework"})
    file_kinds = frozenset({"chain"})

    def describe(self, reference: Reference) -> Builtin | Refused | None:
        if reference.module != self.root:
            return None
        if reference.name not in KINDS:
            return Refused("not in the catalogue")
        kind, cls = KINDS[reference.name]
        return Builtin(kind, cls, RULES)

    def recognize(self, target: Any) -> Recognized | None:
        return Recognized("block") if isinstance(target, type) and issubclass(target, Block) else None

    def exported(self, target: Any) -> Exported | None:
        known = KINDS.get(getattr(target, "__name__", ""))
        return Exported(self.root, target.__name__) if known is not None and known[1] is target else None


def main() -> None:
    register_integration(Blocks())
    config = hornbook.serialize_keras_object(Chain([Scale(2.0), Scale(10.0)]))
    print(config["module"], config["class_name"], hornbook.deserialize_keras_object(config)(2.1))
    config["config"]["blocks"][1]["config"]["factor"] = "much"
    try:
        hornbook.deserialize_keras_object(config)
    except hornbook.HornbookError as error:
        print(error)


if __name__ == "__main__":
    sys.modules["second_framework"] = sys.modules["__main__"]  # the module that its configs name
    main()
