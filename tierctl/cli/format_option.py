"""The option that says in which formats tables are written."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import typer

from tierctl.report.formats import Format

FormatOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="How tables are written: csv, parquet or json; may be repeated. [default: csv]",
    ),
]


def formats_asked(words: Sequence[str]) -> tuple[Format, ...]:
    """The formats asked for, each once: in small letters or large, repeated or joined by commas.

    Raises:
        BadParameter: one of the words is no format.
    """
    asked = [part.strip() for word in words for part in word.split(",")]
    for part in asked:
        if part.lower() not in list(Format):
            message = f"{part!r} is none of {', '.join(Format)}"
            raise typer.BadParameter(message, param_hint="'--format'")
    return tuple(dict.fromkeys(Format(part.lower()) for part in asked))
