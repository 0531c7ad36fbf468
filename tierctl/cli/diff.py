"""`tierctl diff`: what differs between two reviews, split by cause."""

from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import JsonOption, QuietOption, WorkspaceOption, workspace_root
from tierctl.cli.table_file import OutOption, table_file

_SIDE = "A month, as 2025-05: its close, or its reports if it is open; a close set aside, as 2025-05.1; or a folder."


def diff(
    context: typer.Context,
    *,
    a: Annotated[str, typer.Argument(metavar="A", help=_SIDE, autocompletion=completion.reviewed_months)],
    b: Annotated[
        str,
        typer.Argument(metavar="B", help="The same, of what comes after.", autocompletion=completion.reviewed_months),
    ],
    out: OutOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare two reviews: whose tier, rate, amount or balance differs, by how much, and why.

    The month is evaluated with what A was made from, which is exchanged for B's one cause after the other: month,
    calendar, program, rates of exchange, decisions, columns without a date, rows that are gone, changed or new. So the
    parts of a difference add up to it. Exit code 1 where anything differs.

    \b
    Example: tierctl -C sample_data/elevate review --month 2025-04 --quiet &&
    tierctl -C sample_data/elevate review --month 2025-05 --quiet &&
    tierctl -C sample_data/elevate diff 2025-04 2025-05
    """  # noqa: D301  # \b keeps the lines of the example as they are
    from tierctl.cli import diff_run  # noqa: PLC0415  # what it needs would slow help down

    asked = diff_run.Request(workspace_root(context, workspace), a, b, table_file(out))
    raise typer.Exit(diff_run.run_diff(asked, quiet=quiet, as_json=json))
