"""What the commands share and help needs: options and exit codes."""

from pathlib import Path
from typing import Annotated, Final

import typer

from tierctl.cli import completion

EXIT_CLEAN: Final = 0
EXIT_FAULTS: Final = 1
EXIT_CANNOT_RUN: Final = 2

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "-C",
        metavar="DIR",
        help="The workspace: the folder of tierctl.toml. [default: here]",
        autocompletion=completion.workspaces,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but faults.")]
LogOption = Annotated[
    Path | None,
    typer.Option(
        "--log", metavar="FILE", help="Append to FILE what happens, one JSON object a line.", show_default=False
    ),
]
MONTH_HELP: Final = "The fiscal month: 2025-05, FY2025-P05, or last for the latest that has ended."


def workspace_root(context: typer.Context, own: Path | None) -> Path:
    """The workspace that -C names, after the command or before it; the current folder if neither does."""
    if own is not None:
        return own
    return context.obj if isinstance(context.obj, Path) else Path()


def shown(path: Path) -> str:
    """A path as a person would type it here: from the current folder on where it lies inside."""
    absolute, here = path.absolute(), Path.cwd()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else path).as_posix()


def reason(text: str | None) -> str | None:
    """A reason as a person gave it, without blanks around it.

    Raises:
        BadParameter: it says nothing.
    """
    if text is None:
        return None
    said = " ".join(text.split())
    if not said:
        raise typer.BadParameter("a reason has to say something")
    return said
