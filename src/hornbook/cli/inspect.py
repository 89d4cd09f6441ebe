"""`hornbook inspect FILE`: what a model file holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import click
from rich import box
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from hornbook.cli.terminal import progress_bar, safe
from hornbook.reports.inspect import inspect_model
from hornbook.reports.inspection import Inspection, Needed
from hornbook.reports.outline import OutlinePart

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
        inspection = inspect_model(file, progress=progress)
    if as_json:
        click.echo(json.dumps(inspection.to_dict(), indent=2))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    console.print(Text("\n".join(_head(inspection))))
    console.print(_table(inspection.objects))
    console.print(Text("\n".join(_tail(inspection))))


def _head(inspection: Inspection) -> Iterator[str]:
    date = "" if inspection.date_saved is None else f" on {safe(inspection.date_saved)}"
    version = "of unknown origin"
    if inspection.keras_version is not None:
        version = f"written by Keras {safe(inspection.keras_version)}"
    size = f"{_bytes(inspection.bytes)} in {len(inspection.members)} files"
    yield f"{safe(inspection.name)}: {inspection.format}, {version}{date}, {size}"
    if inspection.compiled is None:
        yield "Not compiled"
    else:
        optimizer = safe(inspection.compiled.optimizer or "no optimizer")
        parts = [("loss", inspection.compiled.loss), ("metrics", inspection.compiled.metrics)]
        named = [f"{what} {', '.join(map(safe, names))}" for what, names in parts if names]
        yield "; ".join([f"Compiled: {optimizer}", *named])


def _table(parts: Iterable[OutlinePart]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Object", overflow="fold")
    table.add_column("Class", overflow="fold")
    table.add_column("Parameters", justify="right")
    table.add_column("Bytes", justify="right")
    for part in parts:
        name = part.name if part.class_name else part.path
        label = Text("  " * min(part.depth, 20) + safe(name or "-"))
        table.add_row(label, _class(part), _count(part.parameters), _bytes(part.bytes))
    return table


def _class(part: OutlinePart) -> Text:
    if part.class_name is None:
        return Text("an attribute", style="dim")
    text = Text(safe(part.class_name))
    if part.kind is None:
        text.append(" (custom)", style="yellow")
    if part.shared:
        text.append(" (shared)", style="dim")
    return text


def _tail(inspection: Inspection) -> Iterator[str]:
    if inspection.parameters is not None:
        yield f"Parameters: {_count(inspection.parameters)}, {_bytes(inspection.parameter_bytes)}"
    if inspection.training_values:
        state = f"{_count(inspection.training_values)} numbers, {_bytes(inspection.training_bytes)}"
        yield f"State of training: {state}"
    yield from _under("Custom objects: ", map(_custom, inspection.custom_objects), nothing="none")
    yield _lambdas(inspection)
    yield from _under("Metadata: ", _metadata(inspection))
    yield from inspection.notes


def _under(title: str, lines: Iterable[str], nothing: str | None = None) -> Iterator[str]:
    """Yield lines, the first one behind a title and the others beneath it."""
    for line in lines:
        yield title + line
        title, nothing = " " * len(title), None
    if nothing is not None:
        yield title + nothing


def _custom(needed: Needed) -> str:
    origin = f" of {safe(needed.module)}" if needed.module and needed.module != "builtins" else ""
    return f"{needed.kind} {safe(needed.label)}{origin}"


def _lambdas(inspection: Inspection) -> str:
    more = inspection.lambda_count - len(inspection.lambdas)
    places = ", ".join(inspection.lambdas) + (f" and {more} more" if more else "")
    return f"Lambdas: {inspection.lambda_count or 'none'}" + (f", at {safe(places, 1000)}" if places else "")


def _metadata(inspection: Inspection) -> Iterator[str]:
    for name, value in list(inspection.metadata.items())[:_METADATA]:
        yield f"{safe(name)} = {safe(json.dumps(value), 300)}"
    if len(inspection.metadata) > _METADATA:
        yield f"and {len(inspection.metadata) - _METADATA} more"


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _bytes(number: int | None) -> str:
    return "" if number is None else decimal(number).replace("bytes", "B").replace("byte", "B")
