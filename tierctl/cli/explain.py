"""`tierctl explain`: why a partner has this tier, this rate, this amount, and why not the next."""

from pathlib import Path
from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import MONTH_HELP, JsonOption, WorkspaceOption, workspace_root
from tierctl.cli.table_file import table_file

MOST_ROWS = 5


def explain(
    context: typer.Context,
    *,
    partner: Annotated[
        str,
        typer.Argument(metavar="PARTNER", help="The partner's id in the roster.", autocompletion=completion.partners),
    ],
    month: Annotated[
        str, typer.Option("--month", "-m", metavar="MONTH", help=MONTH_HELP, autocompletion=completion.months)
    ],
    program: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Only this program. [default: all that the workspace names]",
            autocompletion=completion.programs_in_use,
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=0, help="How many rows to show of each kind; the others are counted.")
    ] = MOST_ROWS,
    rows: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write every row that counts, earns or does neither into FILE too: .csv, .parquet or .json.",
        ),
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Explain a partner's month: why this tier, this rate, this amount; why not the next.

    Every figure is one that the review of the month computed, with the rows behind it, the clause, and its line in the
    program file. A month that is closed is explained from what its close sealed.

    Example: tierctl -C sample_data/elevate explain P-1002 --month 2025-05
    """
    from tierctl.cli import explain_run  # noqa: PLC0415  # what it needs would slow help down

    asked = explain_run.Request(
        root=workspace_root(context, workspace),
        partner=partner,
        month=month,
        program=program,
        top=top,
        rows=table_file(rows, "--rows"),
    )
    raise typer.Exit(explain_run.run_explain(asked, as_json=json))
