"""The command `hornbook`: its commands, and how it reports an error."""

from __future__ import annotations

import sys
from typing import Any

import click

from hornbook import __version__
from hornbook.errors import HornbookError

_FAILED = 2
_INTERRUPTED = 130  # 128 and the number of the signal, as shells have it
_NAMES = ("audit", "explain", "inspect", "upgrade")


class _Commands(click.Group):
    """Imports a command when it is asked for; reports an error of ours in two lines, and nothing more."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_NAMES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "audit":
            from hornbook.cli.audit import audit as command
        elif cmd_name == "explain":
            from hornbook.cli.explain import explain as command
        elif cmd_name == "inspect":
            from hornbook.cli.inspect import inspect as command
        elif cmd_name == "upgrade":
            from hornbook.cli.upgrade import upgrade as command
        else:
            return None
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted", err=True)
            ctx.exit(_INTERRUPTED)
        except HornbookError as error:
            from hornbook.cli.terminal import printable

            place = "" if error.place is None else f" - at {error.place}"
            for line in filter(None, (error.problem + place, error.hint)):
                click.echo(printable(line, sys.stderr, 400), err=True)
            ctx.exit(_FAILED)


@click.group(cls=_Commands)
@click.version_option(__version__, message="hornbook %(version)s")
def hornbook() -> None:
    """Keras models and configs: what files hold, without Keras."""
