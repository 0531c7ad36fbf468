"""`tierctl schema`: the contract of an export, a report or a table of the ledger, as it is checked."""

from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import JsonOption


def schema(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE",
            help="An export, a report or a table of the ledger; all if not given.",
            autocompletion=completion.tables,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the columns of a table: names, types, what they mean.

    With --json the Frictionless Table Schema itself is printed.

    Example: tierctl schema mrr
    """
    from tierctl.cli import schema_page  # noqa: PLC0415  # what it needs would slow help down

    raise typer.Exit(schema_page.run_schema(table, as_json=json))
