"""The command `hornbook`: its commands, and how it reports an error."""

from __future__ import annotations

import sys
from typing import Any

import click

from hornbook import __version__
from hornbook.cli.audit import audit
from hornbook.cli.inspect import inspect
from hornbook.cli.terminal import printable
from hornbook.cli.upgrade import upgrade
from hornbook.errors import HornbookError

_FAILED = 2


class _Commands(click.Group):
    """Reports an error of ours in two lines, and nothing more."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HornbookError as error:
            place = "" if error.place is None else f" - at {error.place}"
            for line in filter(None, (error.problem + place, error.hint)):
                click.echo(printable(line, sys.stderr, 400), err=True)
            ctx.exit(_FAILED)


@click.group(cls=_Commands)
@click.version_option(__version__, message="hornbook %(version)s")
def hornbook() -> None:
    """Keras models and configs: what files hold, without Keras."""


hornbook.add_command(audit)
hornbook.add_command(inspect)
hornbook.add_command(upgrade)
