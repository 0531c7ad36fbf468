"""The command line: `tierctl COMMAND`, one module per command.

Exit codes: 0 done and clean; 1 done, with rejected rows or error findings; 2 cannot run, nothing written. Here and in
the command modules stands only what help needs, so that `tierctl --help` starts quickly: Polars, Pydantic and Rich
are imported by what a command calls.
"""

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tierctl import __version__
from tierctl.cli import completion, streams
from tierctl.cli.check import check
from tierctl.cli.close import close
from tierctl.cli.common import EXIT_CANNOT_RUN
from tierctl.cli.diff import diff
from tierctl.cli.explain import explain
from tierctl.cli.init import init
from tierctl.cli.program import program_app
from tierctl.cli.reopen import reopen
from tierctl.cli.review import review
from tierctl.cli.schema import schema
from tierctl.cli.status import status
from tierctl.cli.verify import verify
from tierctl.cli.what_if import what_if

# Without markup Typer writes help as plain text, in half the time that its Rich panels take.
app = typer.Typer(
    name="tierctl",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# By custom, what a process that a signal ended exits with, the signal's number added.
_ENDED = 128
# Where a shell has set this, it asks how a word may go on.
_COMPLETES = "_TIERCTL_COMPLETE"

app.command("init")(init)
app.command("check")(check)
app.command("review")(review)
app.command("explain")(explain)
app.command("close")(close)
app.command("reopen")(reopen)
app.command("status")(status)
app.command("verify")(verify)
app.command("diff")(diff)
app.command("what-if")(what_if)
app.command("schema")(schema)
app.add_typer(program_app, name="program")


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"tierctl {__version__}")
        raise typer.Exit


@app.callback()
def tierctl(
    context: typer.Context,
    workspace: Annotated[
        Path,
        typer.Option(
            "-C",
            metavar="DIR",
            help="The workspace: the folder of tierctl.toml.",
            show_default=False,
            autocompletion=completion.workspaces,
        ),
    ] = Path(),
    version: Annotated[  # noqa: ARG001  # answered by its callback
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Month-end tier reviews of channel partner programs.

    Exit codes: 0 done and clean; 1 done, with rejected rows or errors found; 2 cannot run, nothing written.

    Example: tierctl -C sample_data/elevate review --month 2025-05
    """
    context.obj = workspace


def _end(number: int, _frame: object) -> NoReturn:
    sys.exit(_ENDED + number)


def main() -> None:
    """Run the command line.

    A fault of tierctl's own leaves by exit 2 too: Python's 1 would tell a cron job that reports were written. Who ends
    the run with SIGTERM leaves nothing behind: its temporary files and its lock go first.
    """
    streams.prepare()
    signal.signal(signal.SIGTERM, _end)
    try:
        app()
    except Exception as fault:
        # A shell that completes a word would print it in the middle of the command line.
        if _COMPLETES not in os.environ:
            _tell(fault)
        raise SystemExit(EXIT_CANNOT_RUN) from fault


def _tell(fault: Exception) -> None:
    # Of a file the name is known; what has none is a stream, to which help and version are written.
    if isinstance(fault, OSError) and fault.filename is None:
        streams.give_up()
        typer.echo(f"tierctl: the output cannot be written: {fault.strerror or fault}", err=True)
    else:
        traceback.print_exception(fault)
