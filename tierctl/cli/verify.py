"""`tierctl verify`: whether the closed months are as they were sealed, and what today's exports would make of them."""

from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import JsonOption, LogOption, QuietOption, WorkspaceOption, workspace_root
from tierctl.cli.table_file import OutOption, table_file


def verify(
    context: typer.Context,
    *,
    month: Annotated[
        str | None,
        typer.Option(
            "--month",
            "-m",
            metavar="MONTH",
            help="Evaluate only this closed month again. [default: all]",
            autocompletion=completion.closed_months,
        ),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(metavar="SHA256", help="What close printed as the head: the last close has to be that one."),
    ] = None,
    out: OutOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Verify the closed months: their bytes, what they posted, and what today's exports would make of them.

    Every file is held against its digest, and each close against the one before it. What has been posted is added up
    anew. Then each month is evaluated again, on today's exports, programs and rates: differences are told by cause, and
    change nothing. Exit code 1 where anything differs.

    \b
    Example: tierctl -C sample_data/growth close --month 2024-05 --quiet &&
    tierctl -C sample_data/growth verify
    """  # noqa: D301  # \b keeps the lines of the example as they are
    from tierctl.cli import verify_run  # noqa: PLC0415  # what it needs would slow help down

    asked = verify_run.Request(workspace_root(context, workspace), month, head, table_file(out))
    raise typer.Exit(verify_run.run_verify(asked, quiet=quiet, as_json=json, log=log))
