"""The command `rekindle`: its commands, and how it tells an error."""

from __future__ import annotations

import sys
from typing import Any

import click

from rekindle import __version__
from rekindle.cli.audit import audit
from rekindle.cli.inspect import inspect
from rekindle.cli.terminal import printable
from rekindle.cli.upgrade import upgrade
from rekindle.errors import RekindleError

_FAILED = 2


class _Commands(click.Group):
    """Tells an error of ours in two lines, and nothing more."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RekindleError as error:
            place = "" if error.place is None else f" - at {error.place}"
            for line in filter(None, (error.problem + place, error.hint)):
                click.echo(printable(line, sys.stderr, 400), err=True)
            ctx.exit(_FAILED)


@click.group(cls=_Commands)
@click.version_option(__version__, message="rekindle %(version)s")
def rekindle() -> None:
    """Keras models and configs: what files hold, without Keras."""


rekindle.add_command(audit)
rekindle.add_command(inspect)
rekindle.add_command(upgrade)
