"""What was read and what was left out, as lines of text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from rich.text import Text

from tierctl.cli.layout import align, heading, number, paragraph, plural
from tierctl.findings import load_catalogue

if TYPE_CHECKING:
    from tierctl.ingest import Ingested

_MOST_KINDS: Final = 10


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


def reject_lines(ingested: "Ingested", width: int) -> list[Text]:
    """What was rejected: by export, column and rule the count, the first example, and what to do about it."""
    rejects = ingested.rejects
    if rejects.is_empty():
        return []
    kinds = (
        rejects.group_by("export", "rule", "column", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("file", "record", "value").first())
        .sort("export", "rows", "rule", "column", descending=[False, True, False, False])
    )
    total = sum(export.rejected for export in ingested.exports.values())
    result = heading("Rejected", f"{plural(total, 'row')} left out", width, style="bold red")
    shown = kinds.head(_MOST_KINDS)
    cells: list[list[str | Text]] = [
        [row["export"], Text(row["rule"], style="red"), _quoted(row), number(row["rows"])]
        for row in shown.iter_rows(named=True)
    ]
    aligned = align(cells, width, right={3}, give=[2, 1], indent=2)
    for line, row in zip(aligned, shown.iter_rows(named=True), strict=True):
        place = Text(f"    {row['file']} record {row['record']}", style="dim")
        result += [line, place, *paragraph(_hint(ingested, row), width, indent=4, style="dim")]
    if kinds.height > _MOST_KINDS:
        result.append(Text(f"    and {number(kinds.height - _MOST_KINDS)} more kinds of fault", style="dim"))
    return result


def _quoted(row: Mapping[str, Any]) -> str:
    return row["column"] if row["value"] is None else f"{row['column']} {row['value']!r}"


def _hint(ingested: "Ingested", row: Mapping[str, Any]) -> str:
    """The hint of the finding at that place; the catalogue's remedy where it has none."""
    place = row["file"], f"record {row['record']}", row["rule"]
    for finding in ingested.findings:
        if (finding.source, finding.subject, finding.code) == place and finding.hint:
            return finding.hint
    entry = load_catalogue().get(row["rule"])
    return entry.remedy if entry else ""


def _zero(count: int) -> str:
    return number(count) if count else "·"
