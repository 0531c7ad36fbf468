"""What was read and what was left out, as lines of text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from rich.text import Text

from tierctl.cli.layout import align, heading, number, paragraphs, plural
from tierctl.findings import load_catalogue
from tierctl.ingest.read import ROSTER

if TYPE_CHECKING:
    from tierctl.ingest import Ingested

MOST_KINDS: Final = 10


def count_lines(ingested: "Ingested", width: int) -> list[Text]:
    """One line per export: rows read, and how many of them were rejected, repeated or dated after the review day."""
    rows: list[list[str | Text]] = [
        [Text(word, style="dim") for word in ("", "read", "rejected", "repeated", "dated later")]
    ]
    rows += [
        [name, number(export.rows_read), *map(_zero, (export.rejected, export.duplicates, export.ignored))]
        for name, export in sorted(ingested.exports.items())
    ]
    above = heading("Rows", f"from {plural(len(ingested.files), 'file')}", width)
    return [*above, *align(rows, width, right={1, 2, 3, 4}, give=[0], indent=2)]


def reject_lines(ingested: "Ingested", width: int, most: int | None = None, place: str = "") -> list[Text]:
    """What was rejected: by export, column and rule the count, the first example, and what to do about it.

    The roster's faults come first: a partner who is missing there takes the rows of other exports along.

    Args:
        ingested: what was read.
        width: no line is wider.
        most: the kinds of fault that are shown; None: all of them.
        place: where the others are found.
    """
    rejects = ingested.rejects
    if rejects.is_empty():
        return []
    kinds = (
        rejects.group_by("export", "rule", "column", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("file", "record", "value").first())
        .sort(pl.col("export") != ROSTER, "export", -pl.col("rows").cast(pl.Int64), "rule", "column")
    )
    total = sum(export.rejected for export in ingested.exports.values())
    result = heading("Rejected", f"{plural(total, 'row')} left out", width, style="bold red")
    shown = kinds if most is None else kinds.head(most)
    cells: list[list[str | Text]] = [
        [row["export"], Text(row["rule"], style="red"), _quoted(row), number(row["rows"])]
        for row in shown.iter_rows(named=True)
    ]
    aligned = align(cells, width, right={3}, give=[2, 1], indent=2)
    for line, row in zip(aligned, shown.iter_rows(named=True), strict=True):
        result += [line, Text(f"    {row['file']} record {row['record']}", style="dim")]
        for text in _explained(ingested, row):
            result += paragraphs(text, width, indent=4, style="dim")
    rest = kinds.height - shown.height
    if rest:
        result.append(Text(f"    and {plural(rest, 'more kind')} of fault in {place}", style="dim"))
    return result


def _quoted(row: Mapping[str, Any]) -> str:
    return row["column"] if row["value"] is None else f"{row['column']} {row['value']!r}"


def _explained(ingested: "Ingested", row: Mapping[str, Any]) -> tuple[str, str]:
    """The message and the hint of the finding at that place; the catalogue's words where it has none."""
    place = row["file"], f"record {row['record']}", row["rule"]
    entry = load_catalogue()[row["rule"]]
    there = [each for each in ingested.findings if (each.source, each.subject, each.code) == place]
    # A row may break one rule in several columns.
    there.sort(key=lambda finding: row["column"] not in finding.message)
    if not there:
        return f"{entry.title}.", entry.remedy
    # How many rows it is stands beside the rule already.
    return there[0].message.removesuffix(f"; {row['rows']} rows in all"), there[0].hint or entry.remedy


def _zero(count: int) -> str:
    return number(count) if count else "·"
