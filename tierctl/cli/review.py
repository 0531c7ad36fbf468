"""`tierctl review`: evaluate every partner for one fiscal month and write the reports."""

from pathlib import Path
from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.asked_pages import PartnerPagesOption
from tierctl.cli.common import MONTH_HELP, JsonOption, LogOption, QuietOption, WorkspaceOption, workspace_root
from tierctl.cli.format_option import ReportFormatOption, formats_asked
from tierctl.report.formats import Format


def review(
    context: typer.Context,
    *,
    month: Annotated[
        str, typer.Option("--month", "-m", metavar="MONTH", help=MONTH_HELP, autocompletion=completion.months)
    ],
    partner: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Only this partner; may be repeated. Nothing is written without --out.",
            autocompletion=completion.partners,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write into DIR itself. [default: the month's folder in the workspace's reports]"
        ),
    ] = None,
    format_: ReportFormatOption = None,
    partner_pages: PartnerPagesOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Review a fiscal month: every partner's tier, what changed, and what is paid.

    The reports replace those of the month as a whole, at once. With --partner the review is shown and the month's
    reports stay as they are, unless --out names a folder of its own.

    Example: tierctl -C sample_data/elevate review --month 2025-05
    """
    from tierctl.cli import review_run  # noqa: PLC0415  # what a review needs would slow help down

    asked = review_run.Request(
        root=workspace_root(context, workspace),
        month=month,
        partners=tuple(partner) if partner else None,
        out=out,
        formats=formats_asked(format_, tuple(Format)) if format_ else None,
        has_partner_pages=partner_pages,
    )
    raise typer.Exit(review_run.run_review(asked, quiet=quiet, as_json=json, log=log))
