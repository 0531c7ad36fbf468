"""The option to write a table into one file, whose name says in which format."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tierctl.report.formats import TABLE_FORMATS

OutOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write every difference into FILE too: .csv, .parquet or .json."),
]


def table_file(out: Path | None, option: str = "--out") -> Path | None:
    """The file that was named with the option.

    Raises:
        BadParameter: its name does not end as a format's does.
    """
    if out is not None and out.suffix.removeprefix(".").lower() not in TABLE_FORMATS:
        message = f"{out.name!r} does not end in {', '.join(f'.{each}' for each in TABLE_FORMATS)}"
        raise typer.BadParameter(message, param_hint=f"'{option}'")
    return out
