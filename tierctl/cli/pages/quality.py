"""How far the exports could be used: rows read and left out, what was wrong with them, what else was found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import polars as pl

from tierctl.cli.layout import number, plural
from tierctl.cli.pages.lost import ROW, Place, Worth, worth_of
from tierctl.cli.pages.parts import NOTHING, Cell, Column, Figure, Section, Table, count_cell, cut, money
from tierctl.cli.summary import not_of_rows
from tierctl.findings import Finding, Severity, load_catalogue

if TYPE_CHECKING:
    from tierctl.cli.pages.view import Page
    from tierctl.ingest import Export

_MOST_UNUSED: Final = 6


def rejected_figure(page: "Page") -> Figure:
    """How many rows were left out, of how many."""
    exports = page.made.ingested.exports.values()
    rejected, read = sum(each.rejected for each in exports), sum(each.rows_read for each in exports)
    return Figure("Rows rejected", number(rejected), f"of {number(read)} read", "down" if rejected else "")


def quality_section(page: "Page", findings: Sequence[Finding]) -> Section:
    """What was read, what was rejected and why, and every other finding."""
    ingested = page.made.ingested
    worth = worth_of(ingested.rejects, page.made.plan.workspace)
    others = not_of_rows(ingested, findings)
    tables = [_exports(page, worth)]
    if not ingested.rejects.is_empty():
        tables.append(_rejects(page, worth))
    if others:
        tables.append(_findings(others))
    return Section("quality", "Data quality", _lead(page, worth, others), tables=tuple(tables))


def _lead(page: "Page", worth: Worth, others: Sequence[Finding]) -> str:
    exports = page.made.ingested.exports.values()
    rejected, read = sum(each.rejected for each in exports), sum(each.rows_read for each in exports)
    said = f"{plural(read, 'row')} read, {number(rejected) if rejected else 'none'} rejected"
    lost = _sums(worth.values())
    said += f", worth {lost} by what stands in them" if lost else ""
    errors = sum(each.severity is Severity.ERROR for each in others)
    counts = ((errors, "error"), (len(others) - errors, "warning"))
    found = " and ".join(plural(count, of) for count, of in counts if count)
    return f"{said}; {found or 'nothing else'} found."


def _exports(page: "Page", worth: Worth) -> Table:
    exports = sorted(page.made.ingested.exports.items())
    is_opened = any(export.from_close or export.left_out for _, export in exports)
    heads = [
        "Read",
        "Rejected",
        "Repeated",
        "Dated later",
        *(["From the close", "Left as closed"] if is_opened else []),
    ]
    files: dict[str, int] = {}
    for file in page.made.ingested.files:
        files[file.export] = files.get(file.export, 0) + 1
    rows = []
    for name, export in exports:
        counts = [export.rows_read, export.rejected, export.duplicates, export.ignored]
        counts += [export.from_close, export.left_out] if is_opened else []
        first = Cell(name, note=f"{plural(files.get(name, 0), 'file')}")
        lost = _sums(of for place, of in worth.items() if place[0] == name)
        worths = [Cell(lost or NOTHING)] if worth else []
        rows.append((first, *map(count_cell, counts), *worths, Cell(_unused(export))))
    worth_columns = [Column("Worth of rejected rows")] if worth else []
    columns = (
        Column("Export"),
        *(Column(head, "number") for head in heads),
        *worth_columns,
        Column("Columns not used"),
    )
    return Table("quality--exports", "Rows by export", columns, tuple(rows))


def _unused(export: "Export") -> str:
    names = list(export.unused_columns)
    rest = len(names) - _MOST_UNUSED
    return ", ".join(names[:_MOST_UNUSED]) + (f" and {number(rest)} more" if rest > 0 else "") if names else NOTHING


def _rejects(page: "Page", worth: Worth) -> Table:
    rejects = page.made.ingested.rejects
    places: dict[tuple[str, str, str], list[Place]] = {}
    if worth:
        for column, rule, export, file, record in rejects.select("column", "rule", *ROW).iter_rows():
            places.setdefault((export, column, rule), []).append((export, file, record))
    kinds = (
        rejects.group_by("export", "column", "rule", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("file", "record", "value").first())
        .sort("rows", "export", "column", "rule", descending=[True, False, False, False])
    )
    rows = []
    for row in kinds.iter_rows(named=True):
        of = dict.fromkeys(places.get((row["export"], row["column"], row["rule"]), []))
        lost = _sums(worth[place] for place in of if place in worth)
        entry = load_catalogue()[row["rule"]]
        example = "" if row["value"] is None else f"“{row['value']}”"
        rows.append(
            (
                Cell(row["export"]),
                Cell(row["column"]),
                Cell(entry.title, note=row["rule"]),
                count_cell(row["rows"]),
                Cell(lost or NOTHING),
                Cell(example or "(row)", note=f"{row['file']} record {row['record']}"),
                Cell(entry.remedy),
            )
        )
    table = Table(
        "quality--rejects",
        "What was rejected and why, the most frequent first",
        (
            Column("Export", is_choice=True),
            Column("Column"),
            Column("Rule", is_choice=True),
            Column("Rows", "number"),
            Column("Worth"),
            Column("First example"),
            Column("What to do"),
        ),
        tuple(rows),
        note=f"A row with several faults stands here for each of them. Every row: {page.file('rejects')}.",
    )
    return cut(table, page.file("rejects"))


def _findings(findings: Sequence[Finding]) -> Table:
    rows = tuple(
        (
            Cell(str(each.severity), style="down" if each.severity is Severity.ERROR else "warn"),
            Cell(each.code),
            Cell(":".join(filter(None, (each.source, each.subject)))),
            Cell(each.message, note=each.hint),
        )
        for each in findings
    )
    columns = (Column("Weight", is_choice=True), Column("Code", is_choice=True), Column("Where"), Column("What"))
    return cut(Table("quality--findings", "What else was found", columns, rows), "the findings that the review prints")


def _sums(amounts: Iterable[Mapping[str, Decimal]]) -> str:
    """Amounts added up, by currency, as words; empty where there are none."""
    sums: dict[str, Decimal] = {}
    for of in amounts:
        for currency, amount in of.items():
            sums[currency] = sums.get(currency, Decimal()) + amount
    return ", ".join(_named(sums))


def _named(sums: Mapping[str, Decimal]) -> Iterator[str]:
    for currency, amount in sorted(sums.items()):
        yield f"{money(amount, currency)} {currency}"
