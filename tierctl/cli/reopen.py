"""`tierctl reopen`: set the last close aside, so that its month can be closed anew."""

from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import MONTH_HELP, JsonOption, QuietOption, WorkspaceOption, workspace_root
from tierctl.cli.common import reason as given


def reopen(
    context: typer.Context,
    *,
    month: Annotated[
        str, typer.Option("--month", "-m", metavar="MONTH", help=MONTH_HELP, autocompletion=completion.closed_months)
    ],
    reason: Annotated[
        str, typer.Option(metavar="REASON", help="Why; it is kept with the close that is set aside.", callback=given)
    ],
    quiet: QuietOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Reopen the last closed month: its close is set aside, with the reason, and nothing is deleted.

    The month can then be reviewed and closed anew. Its next close names the one that was set aside.

    \b
    Example: tierctl -C sample_data/engagement close --month 2024-05 --quiet &&
    tierctl -C sample_data/engagement reopen --month 2024-05 --reason "Too early"
    """  # noqa: D301  # \b keeps the lines of the example as they are
    from tierctl.cli import reopen_run  # noqa: PLC0415  # what it needs would slow help down

    asked = reopen_run.Request(workspace_root(context, workspace), month, reason)
    raise typer.Exit(reopen_run.run_reopen(asked, quiet=quiet, as_json=json))
