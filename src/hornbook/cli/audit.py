"""`hornbook audit PATH...`: what loading a file would do, reported without doing it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hornbook import __version__
from hornbook.cli.output import output_file
from hornbook.cli.terminal import encodable
from hornbook.policy import Policy
from hornbook.reports.formats import BUILT_IN, ReportFormat, report_formats
from hornbook.reports.runs import run

if TYPE_CHECKING:
    FormatType = click.ParamType[ReportFormat]
else:  # not generic before click 8.4
    FormatType = click.ParamType


class _Format(FormatType):
    """The name of a report format; what others add is looked for only where it is needed."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ReportFormat:
        formats = BUILT_IN if value in BUILT_IN else report_formats()
        return formats[click.Choice(list(formats)).convert(value, param, ctx)]

    def get_metavar(self, *arguments: Any, **more: Any) -> str | None:
        return f"[{'|'.join(report_formats())}]"


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--policy", "policy_file", type=click.Path(), metavar="FILE", help="A policy in TOML; else the strict one."
)
@click.option("--format", "report_format", type=_Format(), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(), metavar="OUT", help="Write to this file, whole or not at all.")
@click.option("--force", is_flag=True, help="Let -o replace a file that is no report of ours.")
@click.pass_context
def audit(
    context: click.Context,
    paths: tuple[str, ...],
    policy_file: str | None,
    report_format: ReportFormat,
    output: str | None,
    *,
    force: bool,
) -> None:
    """Report what loading PATH would do, without Keras and without doing it.

    PATH is a model file of any version of Keras, or a folder: that of one
    model, or one that is searched for model files.  The exit code is 0 if all
    is clean, 1 if there are findings, 2 if something could not be read.
    """
    policy = None if policy_file is None else Policy.from_toml(policy_file)
    if output is None:
        audited = run(paths, policy, version=__version__)
        click.echo(encodable(report_format.render(audited), sys.stdout), nl=False)
    else:
        with output_file(Path(output), paths, force=force) as file:
            audited = run(paths, policy, version=__version__)
            file.write(report_format.render(audited).encode("utf-8", "backslashreplace"))
    context.exit(audited.exit_code)
