"""`tierctl program`: list the bundled programs, show one, lint program files, run the examples they carry."""

from pathlib import Path
from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import JsonOption, workspace_root

program_app = typer.Typer(no_args_is_help=True)

ProgramArgument = Annotated[
    str,
    typer.Argument(
        metavar="PROGRAM", help="A bundled program's id, or a program file.", autocompletion=completion.programs
    ),
]
ProgramsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PROGRAM…", help="Bundled programs' ids, or program files.", autocompletion=completion.programs
    ),
]
FolderOption = Annotated[
    Path | None, typer.Option("-C", metavar="DIR", help="The folder that program paths start from. [default: here]")
]


@program_app.callback()
def program() -> None:
    """Program files: what they say, what is wrong with them, whether their examples hold.

    Example: tierctl program list
    """


@program_app.command("list")
def list_(json: JsonOption = False) -> None:
    """List the programs that come with tierctl.

    Example: tierctl program list
    """
    from tierctl.cli import program_run  # noqa: PLC0415  # what it needs would slow help down

    raise typer.Exit(program_run.run_list(as_json=json))


@program_app.command()
def show(
    context: typer.Context, program: ProgramArgument, json: JsonOption = False, folder: FolderOption = None
) -> None:
    """Show a program as a person reads it: tiers, what they require, how long they hold, what they bring.

    With --json the program file's own tables are printed.

    Example: tierctl program show elevate
    """
    from tierctl.cli import program_run  # noqa: PLC0415  # what it needs would slow help down

    raise typer.Exit(program_run.run_show(program, workspace_root(context, folder), as_json=json))


@program_app.command()
def lint(
    context: typer.Context, programs: ProgramsArgument, json: JsonOption = False, folder: FolderOption = None
) -> None:
    """Find every fault of program files, each with its line.

    Errors give exit code 1, warnings do not.

    Example: tierctl program lint elevate
    """
    from tierctl.cli import program_run  # noqa: PLC0415  # what it needs would slow help down

    raise typer.Exit(program_run.run_lint(programs, workspace_root(context, folder), as_json=json))


@program_app.command("test")
def run_examples(
    context: typer.Context, programs: ProgramsArgument, json: JsonOption = False, folder: FolderOption = None
) -> None:
    """Run the examples that program files carry.

    An example that fails gives exit code 1, and says what was expected and what came out.

    Example: tierctl program test engagement
    """
    from tierctl.cli import program_run  # noqa: PLC0415  # what it needs would slow help down

    raise typer.Exit(program_run.run_test(programs, workspace_root(context, folder), as_json=json))
