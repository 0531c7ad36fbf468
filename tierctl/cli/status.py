"""`tierctl status`: which months are closed, which comes next, and what has changed since the last close."""

import typer

from tierctl.cli.common import JsonOption, WorkspaceOption, workspace_root


def status(context: typer.Context, *, json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show the ledger: which months are closed, which comes next, what has changed since; write nothing.

    Today's exports, program files and tierctl.toml are held against those that the last close read, byte by byte.

    Example: tierctl -C sample_data/elevate status
    """
    from tierctl.cli import status_run  # noqa: PLC0415  # what it needs would slow help down

    raise typer.Exit(status_run.run_status(workspace_root(context, workspace), as_json=json))
