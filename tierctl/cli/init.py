"""`tierctl init`: a workspace to start from, the sample of a bundled program."""

from pathlib import Path
from typing import Annotated

import typer

from tierctl.cli.common import JsonOption, workspace_root


def init(
    context: typer.Context,
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="A bundled program's id.")],
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="The folder to write; it must not hold anything. [default: ./PROGRAM]"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write a workspace to start from: tierctl.toml, exports and a README, ready to be reviewed.

    It is the sample that comes with the program. A folder that holds anything is left as it is.

    Example: tierctl init elevate
    """
    from tierctl.cli import init_run  # noqa: PLC0415  # what it needs would slow help down

    raise typer.Exit(init_run.run_init(program, workspace_root(context, None), folder, as_json=json))
