"""The option that says in which formats tables are written."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import typer

from tierctl.cli import completion
from tierctl.report.formats import TABLE_FORMATS, WHOLE, Format

FormatOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="How tables are written: csv, parquet or json; may be repeated. [default: csv]",
        autocompletion=completion.formats(*TABLE_FORMATS),
    ),
]

ReportFormatOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="csv, parquet or json: a file a table; xlsx: a workbook, review.xlsx; html: a page, review.html. May be "
        "repeated. [default: csv, not_earned parquet]",
        autocompletion=completion.formats(*Format),
    ),
]


def formats_asked(words: Sequence[str], among: Sequence[Format] = TABLE_FORMATS) -> tuple[Format, ...]:
    """The formats asked for, each once: in small letters or large, repeated or joined by commas.

    Args:
        words: what stands after each `--format`.
        among: the formats that the command writes.

    Raises:
        BadParameter: one of the words is no format, or one that the command does not write.
    """
    asked = [part.strip().lower() for word in words for part in word.split(",")]
    for part in asked:
        if part not in among:
            of_reviews = f"; {part} is a format of reviews alone" if part in list(WHOLE) else ""
            message = f"{part!r} is none of {', '.join(among)}{of_reviews}"
            raise typer.BadParameter(message, param_hint="'--format'")
    return tuple(dict.fromkeys(Format(part) for part in asked))
