"""`tierctl close`: review a fiscal month, write its reports, and seal it in the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.asked_pages import PartnerPagesOption
from tierctl.cli.common import MONTH_HELP, JsonOption, LogOption, QuietOption, WorkspaceOption, reason, workspace_root
from tierctl.cli.format_option import ReportFormatOption, formats_asked
from tierctl.report.formats import Format


def close(
    context: typer.Context,
    *,
    month: Annotated[
        str, typer.Option("--month", "-m", metavar="MONTH", help=MONTH_HELP, autocompletion=completion.months_to_close)
    ],
    accept_rejects: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Close although rows are rejected or errors found.", callback=reason),
    ] = None,
    accept_removals: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Reverse what was posted for rows that are missing today.", callback=reason
        ),
    ] = None,
    leave_held: Annotated[
        bool, typer.Option("--leave-held", help="Leave what was posted for rows that are missing today.")
    ] = False,
    accept_adjustments: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Close although more than the adjustment_limit is posted for closed months.",
            callback=reason,
        ),
    ] = None,
    opening: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The first close: what partners hold and are owed, instead of a review."),
    ] = None,
    format_: ReportFormatOption = None,
    partner_pages: PartnerPagesOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Close a fiscal month: review it, write its reports and seal it in the ledger.

    Months are closed in order, each once, after they have ended. A closed month is never evaluated again: what arrives
    late about it is posted in the months after it. The reasons given are kept with the close. Formats and pages concern
    the month's reports; what is sealed is CSV and Parquet.

    Example: tierctl -C sample_data/elevate close --month 2025-01
    """
    from tierctl.cli import close_run  # noqa: PLC0415  # what a close needs would slow help down

    if accept_removals is not None and leave_held:
        message = "rows that are missing are either reversed, with --accept-removals, or left as posted"
        raise typer.BadParameter(message, param_hint="'--leave-held'")
    asked = close_run.Request(
        root=workspace_root(context, workspace),
        month=month,
        rejects=accept_rejects,
        removals=accept_removals,
        adjustments=accept_adjustments,
        leave_held=leave_held,
        opening=opening,
        formats=formats_asked(format_, tuple(Format)) if format_ else None,
        has_partner_pages=partner_pages,
    )
    raise typer.Exit(close_run.run_close(asked, quiet=quiet, as_json=json, log=log))
