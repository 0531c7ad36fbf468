"""`tierctl check`: every fault of the workspace, its programs and its exports; writes nothing."""

from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import MONTH_HELP, JsonOption, LogOption, QuietOption, WorkspaceOption, workspace_root


def check(
    context: typer.Context,
    *,
    month: Annotated[
        str | None, typer.Option("--month", "-m", metavar="MONTH", help=MONTH_HELP, autocompletion=completion.months)
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Check the workspace, its programs and its exports; write nothing.

    Lists every fault at once, what each column holds and what of it was read, and the rows that a review would leave
    out and why. With --month the rows dated after that month count as ignored.

    Example: tierctl -C sample_data/elevate check
    """
    from tierctl.cli import check_run  # noqa: PLC0415  # what a check needs would slow help down

    root = workspace_root(context, workspace)
    raise typer.Exit(check_run.run_check(root, month, quiet=quiet, as_json=json, log=log))
