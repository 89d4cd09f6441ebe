"""`hornbook upgrade`: a file of an older version for Keras 3, or what that takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import click

from hornbook.cli.output import check_output
from hornbook.cli.terminal import safe
from hornbook.errors import HornbookError, short
from hornbook.saving.upgrading import FileUpgrade, check_upgrade, upgrade_file

_OPEN, _UNREADABLE = 1, 2


@click.command()
@click.argument("files", metavar="FILE...", type=click.Path(), nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(), help="The new file: NEW.keras, or NEW.json without weights.")
@click.option("--report", type=click.Path(), help="Write a report, in Markdown, to this file.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.option("--import", "modules", metavar="MODULE", multiple=True, help="A module that registers your classes.")
@click.option("--check", is_flag=True, help="Write nothing; say what each FILE needs.")
@click.option("-v", "--verbose", is_flag=True, help="With --check: each rule, and each place that is open.")
@click.pass_context
def upgrade(
    context: click.Context,
    *,
    files: tuple[str, ...],
    output: str | None,
    report: str | None,
    force: bool,
    modules: tuple[str, ...],
    check: bool,
    verbose: bool,
) -> None:
    """Rewrite FILE, a model of any version of Keras, for Keras 3.

    A file with weights becomes NEW.keras, for which Keras must be installed.
    NEW.json gets the architecture alone, without Keras.  FILE is not changed.

    The exit code is 0 if nothing is open, 1 if what a part means is not
    certain (then there is no new file), 2 if a file cannot be read or written.
    """
    if check:
        if output or report or force or modules:
            raise click.UsageError("--check writes nothing: it takes files and --verbose alone.")
        context.exit(max([_check(file, verbose=verbose) for file in files]))
    if output is None or len(files) != 1:
        raise click.UsageError("Give one FILE and -o NEW, or --check.")
    if report is not None and force:  # without it nothing is replaced
        check_output(Path(report), files, force=True)
    _import(modules)
    done = upgrade_file(files[0], output, report=report, overwrite=force)
    click.echo("\n".join(_outcome(done, output)))
    context.exit(_OPEN if done.report.open else 0)


def _import(modules: Iterable[str]) -> None:
    """Import modules of the caller's; what they raise is an error of the usage."""
    for module in modules:
        try:
            import_module(module)
        except Exception as error:
            raise click.UsageError(f"{short(module)} cannot be imported: {short(str(error))}") from error


def _check(file: str, *, verbose: bool) -> int:
    """Print what a file needs; return the exit code that it asks for."""
    try:
        upgrade = check_upgrade(file)
    except HornbookError as error:
        click.echo(f"{_safe(file)}: cannot be read: {_safe(error.problem)}")
        return _UNREADABLE
    click.echo(f"{_safe(file)}: {'; '.join(_needs(upgrade))}")
    for line in _details(upgrade) if verbose else ():
        click.echo(f"  {line}")
    return _OPEN if upgrade.report.open else 0


def _needs(upgrade: FileUpgrade) -> Iterator[str]:
    if upgrade.needs_nothing:
        yield "nothing needed"
    if upgrade.report.changes:
        rules = ", ".join(f"{name} {count}" for name, count in upgrade.report.rules().items())
        yield f"{len(upgrade.report.changes)} changes ({rules})"
    if upgrade.custom_objects:
        yield "needs custom " + ", ".join(
            f"{needed.kind} {_safe(needed.label, 80)}" for needed in upgrade.custom_objects
        )
    if upgrade.lambda_count:
        yield f"has byte code ({upgrade.lambda_count})"
    if upgrade.report.open:
        first, *others = upgrade.report.open
        yield f"open: {_safe(first.what)}" + (f" (and {len(others)} more)" if others else "")
    if upgrade.functions:
        yield f"uses {', '.join(upgrade.functions)} of hornbook"


def _details(upgrade: FileUpgrade) -> Iterator[str]:
    for change in upgrade.report.changes:
        before, after = _safe(str(change.before), 80), _safe(str(change.after), 80)
        yield f"{change.rule} at {_safe(change.place)}: {before} -> {after}"
    for word, remark in upgrade.report.remarks():
        yield f"{word} at {_safe(remark.place)}: {_safe(remark.what)}"
    for place in upgrade.lambdas:
        yield f"byte code at {_safe(place)}"


def _outcome(done: FileUpgrade, output: str) -> Iterator[str]:
    version = "an unknown version" if done.report.version is None else f"Keras {_safe(done.report.version)}"
    yield f"{_safe(done.name)}: {done.format}, written by {version}; {'; '.join(_needs(done))}"
    for word, remark in done.report.remarks():
        yield f"{word.capitalize()}: {_safe(remark.what)} - at {_safe(remark.place)}"
    for note in done.notes:
        yield f"Noticed: {_safe(note)}"
    if done.written and done.functions:
        yield "Plain Keras loads it after: import hornbook.integrations.keras3.functions"
    yield f"{_safe(output)}: {'written' if done.written else 'not written'}"


def _safe(text: str, length: int = 300) -> str:
    return safe(text, length)
