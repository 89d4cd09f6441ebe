"""`hornbook inspect FILE`: what a model file holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click
from rich import box
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from hornbook.cli.terminal import printable, progress_bar
from hornbook.reports.inspection import Inspection
from hornbook.reports.outline import Part
from hornbook.saving.inspection import inspect_model

_WIDTH = 120  # where stdout is no terminal
_METADATA = 50  # entries of the metadata


@click.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
def inspect(file: str, as_json: bool) -> None:
    """Show what FILE, a model file of any version of Keras, holds.

    Nothing in it is built or executed, and Keras is not needed.
    """
    with progress_bar("Looking through the weights") as progress:
        found = inspect_model(file, progress=progress)
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=2))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    console.print(Text("\n".join(_head(found))))
    console.print(_table(found))
    console.print(Text("\n".join(_tail(found))))


def _head(found: Inspection) -> Iterator[str]:
    date = "" if found.date_saved is None else f" on {_safe(found.date_saved)}"
    version = "of unknown origin" if found.keras_version is None else f"written by Keras {_safe(found.keras_version)}"
    yield f"{_safe(found.name)}: {found.format}, {version}{date}, {_bytes(found.bytes)} in {len(found.members)} files"
    if found.compiled is None:
        yield "Not compiled"
    else:
        optimizer = _safe(found.compiled.optimizer or "no optimizer")
        parts = [("loss", found.compiled.loss), ("metrics", found.compiled.metrics)]
        told = [f"{what} {', '.join(map(_safe, names))}" for what, names in parts if names]
        yield "; ".join([f"Compiled: {optimizer}", *told])


def _table(found: Inspection) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Object", overflow="fold")
    table.add_column("Class", overflow="fold")
    table.add_column("Parameters", justify="right")
    table.add_column("Bytes", justify="right")
    for part in found.objects:
        name = part.name if part.class_name else part.path
        label = Text("  " * min(part.depth, 20) + _safe(name or "-"))
        table.add_row(label, _class(part), _count(part.parameters), _bytes(part.bytes))
    return table


def _class(part: Part) -> Text:
    if part.class_name is None:
        return Text("an attribute", style="dim")
    text = Text(_safe(part.class_name))
    if part.kind is None:
        text.append(" (custom)", style="yellow")
    if part.shared:
        text.append(" (shared)", style="dim")
    return text


def _tail(found: Inspection) -> Iterator[str]:
    if found.parameters is not None:
        yield f"Parameters: {_count(found.parameters)}, {_bytes(found.parameter_bytes)}"
    if found.training_values:
        yield f"State of training: {_count(found.training_values)} numbers, {_bytes(found.training_bytes)}"
    if not found.custom_objects:
        yield "Custom objects: none"
    for position, one in enumerate(found.custom_objects):
        origin = f" of {_safe(one.module)}" if one.module and one.module != "builtins" else ""
        yield ("Custom objects: " if position == 0 else " " * 16) + f"{one.kind} {_safe(one.label)}{origin}"
    more = found.lambda_count - len(found.lambdas)
    told = ", ".join(found.lambdas) + (f" and {more} more" if more else "")
    yield f"Lambdas: {found.lambda_count or 'none'}" + (f", at {_safe(told, 1000)}" if told else "")
    for position, (name, value) in enumerate(list(found.metadata.items())[:_METADATA]):
        yield ("Metadata: " if position == 0 else " " * 10) + f"{_safe(name)} = {_safe(json.dumps(value), 300)}"
    if len(found.metadata) > _METADATA:
        yield " " * 10 + f"and {len(found.metadata) - _METADATA} more"
    yield from found.notes


def _safe(text: str, length: int = 80) -> str:
    return printable(text, sys.stdout, length)


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _bytes(number: int | None) -> str:
    return "" if number is None else decimal(number).replace("bytes", "B").replace("byte", "B")
