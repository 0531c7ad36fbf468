"""`tierctl init`: a workspace to start from, a program's sample or what a folder of exports looks like."""

from pathlib import Path
from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import JsonOption, workspace_root


def init(
    context: typer.Context,
    program: Annotated[
        str,
        typer.Argument(
            metavar="PROGRAM",
            help="A bundled program's id; with --from also a program file's path.",
            autocompletion=completion.programs,
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            help="The folder to write; it must not hold anything, with --from no tierctl.toml. [default: ./PROGRAM]",
        ),
    ] = None,
    exports: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Propose a tierctl.toml for the exports in this folder."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write a workspace to start from: tierctl.toml, exports and a README, ready to be reviewed.

    It is the sample that comes with the program. A folder that holds anything is left as it is.

    With --from only tierctl.toml is written, for exports of your own: which file is which export, which header which
    column, how dates and numbers are written, each line with its reason. What the files leave open is not guessed: it
    stands there commented out, with what would decide it, and the exit code is 1.

    Example: tierctl init elevate
    """
    from tierctl.cli import init_from, init_run  # noqa: PLC0415  # what they need would slow help down

    root = workspace_root(context, None)
    if exports is None:
        raise typer.Exit(init_run.run_init(program, root, folder, as_json=json))
    raise typer.Exit(init_from.run_init_from(program, root, folder, exports, as_json=json))
