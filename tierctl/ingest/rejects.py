"""Rejected rows as the report shows them, and one finding for each rule that an export's column breaks."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from tierctl.contracts import Contract, Field, report_contract
from tierctl.findings import Finding, error
from tierctl.ingest.columns import quoted
from tierctl.ingest.csv_files import RECORD, CsvFile
from tierctl.ingest.currency_marks import CURRENCY
from tierctl.ingest.hints import date_hint, number_hint
from tierctl.ingest.parquet_files import WHOLE_DIGITS, ParquetFile
from tierctl.ingest.row_check import RowCheck, TableCheck
from tierctl.ingest.validate import FAULTS
from tierctl.likeness import surely

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig, Format

MESSAGES = {
    "missing-value": "{column} is empty and must not be",
    "not-a-date": "{column} {value} is not a date of the form {date}",
    "not-a-number": "{column} {value} is not a number with {signs}",
    "not-an-integer": "{column} {value} is not a whole number",
    "not-a-boolean": "{column} {value} is none of the words {words}",
    "number-too-precise": "{column} {value} has more than six decimals",
    "number-not-exact": "{column} {value} is a float with more decimals than its currency has",
    "number-too-large": "{column} {value} is too large: {most}",
    "formula-failed": "{column} {value} is the error of a formula",
    "currency-differs": "{column} {value} names another currency than its row, {currency}",
    "not-in-enum": "{column} {value} is none of {enum}",
    "pattern-mismatch": "{column} {value} does not have the form {pattern}",
    "below-minimum": "{column} {value} is below {minimum}, the least that is allowed",
    "above-maximum": "{column} {value} is above {maximum}, the most that is allowed",
    "too-many-fields": "the row has {cells} cells, and the header {headers}",
    "repeated-key": "the key {key} stands in several rows that differ",
    "ends-before-it-begins": "{column} {value} lies before {allowed}",
    "enrollments-overlap": "the enrollment {note}",
    "unknown-partner": "{column} {value} is not in the roster of partners",
    "other-currency": "{column} {value} is not {allowed}, in which the programs sum the amounts",
    "no-exchange-rate": "{column} {value} cannot be converted {note}",
    "unknown-track": "{column} {value} is no track of its program: {allowed}",
    "unknown-tier": "{column} {value} is no tier of its track: {allowed}",
    "unknown-program": "{column} {value} is no program that has begun: {allowed}",
    "unknown-qualification": "{column} {value} is no qualification of its track: {allowed}",
    "opening-nothing": "the row has neither a tier nor a balance",
    "opening-unfit": "{column} {value} does not fit the program: {allowed}",
    "opening-unfit-day": "{column} {value} does not fit the month: {allowed}",
    "opening-not-exact": "{column} {value} has more decimals than its currency",
    "opening-not-enrolled": "{note}",
    "opening-contradiction": "{note}",
}
# What a person can do is told here only where the export or the column says more than the catalogue's remedy can.
_HINTS = {
    "not-a-date": 'dates are read as {date}; if they are written otherwise, say so {format}, as in date = "%m/%d/%Y"',
    "not-a-number": "numbers are read with {signs}; if they are written otherwise, set them {format}",
    "not-a-boolean": "the words read are {words}; list others as trueValues and falseValues {format}",
    "number-too-large": "{most}; correct the cell at its source",
    "not-in-enum": "the words are {enum}; map others under\n{table}",
    "pattern-mismatch": "the form is {pattern}; correct the cell at its source, or map it {values}, as in {mapping}",
    "below-minimum": "at least {minimum} is allowed; correct the cell at its source",
    "above-maximum": "at most {maximum} is allowed, as 20 percent is 0.2; correct the cell at its source",
    "too-many-fields": "the row has {cells} cells, and the header {headers}: quote the cell that holds the delimiter",
}
_LARGEST = {
    "integer": f"whole numbers reach to {2**63 - 1}",
    "number": f"at most {WHOLE_DIGITS} digits may stand before the decimal sign",
}

_MOST_WORDS = 20


@dataclass(frozen=True)
class FileFaults:
    """The faults of one file's rows, in `FAULTS`' shape, and the cells of rows wider than the header.

    `theirs` maps our columns to the file's headers, by which the faults name them. `notes` says more of the first row
    that breaks a rule of the whole table, by that rule.
    """

    contract: Contract
    file: CsvFile | ParquetFile
    theirs: Mapping[str, str]
    faults: pl.DataFrame
    wide: Mapping[int, Sequence[str]]
    notes: Mapping[str, str]

    def ours(self, header: str) -> str | None:
        """Our column that faults call by a header; None: it is none, as where a whole row is at fault."""
        return next((name for name, theirs in self.theirs.items() if theirs == header), None)


def rejects_table(of: Sequence[FileFaults]) -> pl.DataFrame:
    """The report `rejects`: one row per fault, sorted by its key; the rows' texts are read from the files again."""
    contract = report_contract("rejects")
    tables = [_rejects_of(each) for each in of if not each.faults.is_empty()]
    df = pl.concat([contract.polars_schema.to_frame(), *tables])
    return df.unique(contract.primary_key, keep="first", maintain_order=True).sort(contract.primary_key)


def summarize(
    of: Sequence[FileFaults],
    configs: Mapping[str, "ExportConfig"],
    rejected_partners: Collection[str],
    row_checks: Collection[RowCheck | TableCheck],
) -> list[Finding]:
    """One finding per export, column and rule: the first place, and how many rows.

    Args:
        of: the faults by file, in the order in which the files were read.
        configs: how each export is written, for the hints.
        rejected_partners: partners that the roster names in rows that were rejected.
        row_checks: the rules that came from the programs, for what they allow.
    """
    findings = []
    of_programs = {(each.export, each.rule): each for each in row_checks}
    tables = [
        each.faults.with_columns(place=pl.lit(n), export=pl.lit(each.file.source.export)) for n, each in enumerate(of)
    ]
    if not tables:
        return []
    faults = pl.concat(tables).sort("place", RECORD, "column", "rule")
    for (_, _, rule), group in faults.group_by("export", "column", "rule", maintain_order=True):
        first = group.row(0, named=True)
        where = of[first["place"]]
        source = where.file.source
        facts = _facts(where, configs[source.export], first)
        check = of_programs.get((source.export, str(rule)))
        facts |= {"allowed": check.allowed} if isinstance(check, RowCheck) else {}
        facts |= {"table": _values_table(where, first["column"], group["value"])}
        message = MESSAGES[str(rule)].format(**facts)
        count = f"; {group.height} rows in all" if group.height > 1 else ""
        if rule == "unknown-partner":
            hint = _roster_hint(source.export, group["value"], rejected_partners)
        else:
            fmt = _format(where, configs[source.export], first["column"])
            hint = check.hint if check else _hint(str(rule), str(first["value"]), fmt, facts)
        findings.append(error(str(rule), source.shown, f"record {first[RECORD]}", f"{message}{count}", hint))
    return findings


def _hint(rule: str, value: str, fmt: "Format", facts: Mapping[str, object]) -> str:
    """What to do about a cell: as its own text suggests where it does, else what the rule has to say of any cell."""
    told = ""
    if rule == "not-a-date":
        told = date_hint(value, fmt)
    elif rule in {"not-a-number", "not-an-integer"}:
        told = number_hint(value, fmt, is_whole=rule == "not-an-integer")
    return (told or _HINTS.get(rule, "")).format(**facts)


def _facts(of: FileFaults, config: "ExportConfig", fault: Mapping[str, Any]) -> dict[str, object]:
    """What messages and hints say of a fault: the cell, and what its export and its column expect."""
    contract, fmt = of.contract, _format(of, config, fault["column"])
    ours = of.ours(fault["column"])
    format_of = f"formats.{ours}" if ours in config.formats else "format"
    facts: dict[str, object] = {
        "column": fault["column"],
        "value": repr(fault["value"]),
        "note": of.notes.get(fault["rule"], ""),
        "date": fmt.date,
        "signs": f"decimalChar {fmt.decimalChar!r} and "
        + (f"groupChar {fmt.groupChar!r}" if fmt.groupChar else "no groupChar"),
        "words": ", ".join((*fmt.trueValues, *fmt.falseValues)),
        "format": f"under [exports.{contract.name}.{format_of}]",
        "cells": len(of.wide.get(fault[RECORD], ())),
        "headers": len(of.file.headers),
        "currency": _currency(of, config),
        "key": ", ".join(of.theirs.get(name, name) for name in contract.primary_key)
        + (f" {fault['value']!r}" if fault["value"] is not None else ""),
    }
    if ours is None:
        return facts
    field = contract.field(ours)
    return facts | {
        "enum": ", ".join(field.enum),
        "pattern": field.pattern,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "most": _LARGEST.get(field.type, ""),
        "own": f"under [exports.{contract.name}.formats.{ours}]",
        "values": f"under [exports.{contract.name}.values.{ours}]",
        "mapping": f"{quoted(str(fault['value']))} = {quoted(_surely_meant(str(fault['value']), field))}",
    }


def _currency(of: FileFaults, config: "ExportConfig") -> str:
    """Where a row has its currency."""
    fixed = config.fixed.get(CURRENCY)
    if fixed is not None:
        return f"in which it is {fixed} by [exports.{of.contract.name}.fixed]"
    return f"which has its own under {of.theirs.get(CURRENCY, CURRENCY)}"


def _format(of: FileFaults, config: "ExportConfig", header: str) -> "Format":
    """How the cells below a header are written."""
    ours = of.ours(header)
    return config.format if ours is None else config.cell_format(ours)


def _values_table(of: FileFaults, header: str, words: pl.Series) -> str:
    """Every word that a column does not have, as the table that maps them; nothing where its words are not listed."""
    ours = of.ours(header)
    if ours is None or not of.contract.field(ours).enum:
        return ""
    field = of.contract.field(ours)
    different = words.drop_nulls().str.strip_chars().unique(maintain_order=True).to_list()
    lines = [f"{quoted(word)} = {quoted(_surely_meant(word, field))}" for word in different[:_MOST_WORDS]]
    more = [f"# and {len(different) - _MOST_WORDS:,} more"] if len(different) > _MOST_WORDS else []
    return "\n".join(f"  {line}" for line in (f"[exports.{of.contract.name}.values.{ours}]", *lines, *more))


def _surely_meant(value: str, field: Field) -> str:
    """The word, or the text of the column's form, that is meant beyond doubt; an ellipsis where none is."""
    if field.pattern is not None:
        return value.strip().upper() if re.search(field.pattern, value.strip().upper()) else "…"
    return surely(value, field.enum) or "…"


def _roster_hint(export: str, partners: pl.Series, rejected: Collection[str]) -> str:
    known = sorted(set(partners) & set(rejected))
    if known:
        return f"the roster has {known[0]!r}, but that row of it was rejected; see the rejects of partners"
    return f"add the partner to the roster, or map its id to the roster's under [exports.{export}.values.partner_id]"


def _rejects_of(of: FileFaults) -> pl.DataFrame:
    source = of.file.source
    rows = _original_rows(of)
    return of.faults.join(rows, on=RECORD, how="left", maintain_order="left").select(
        export=pl.lit(source.export),
        file=pl.lit(source.shown),
        record=RECORD,
        column="column",
        value="value",
        rule="rule",
        row="row",
    )


def _original_rows(of: FileFaults) -> pl.DataFrame:
    """One row per rejected record: its number and the row as JSON, their header → their text."""
    records = of.faults.select(pl.col(RECORD).unique())
    raw = of.file.scan().join(records.lazy(), on=RECORD, how="semi").collect(engine="streaming")
    texts = [_cell_text(header, dtype) for header, dtype in of.file.raw_schema.items()]
    texts = [text.fill_null("") for text in texts] if isinstance(of.file, CsvFile) else texts
    rows = raw.select(RECORD, row=pl.struct(texts).struct.json_encode())
    if not of.wide:
        return rows
    wide = pl.DataFrame(
        {
            RECORD: list(of.wide),
            "row": [_wide_row(of.file.headers, cells) for cells in of.wide.values()],
        },
        schema={RECORD: pl.Int64, "row": pl.String},
    )
    return pl.concat([rows.join(wide, on=RECORD, how="anti"), wide])


def _cell_text(header: str, dtype: pl.DataType) -> pl.Expr:
    """Any cell as JSON can hold it: lists and the like stay what they are, bytes are only named."""
    cell = pl.col(header)
    if "Binary" in str(dtype):
        return pl.lit("(bytes)").alias(header)
    return cell if dtype.is_nested() or dtype == pl.Duration else cell.cast(pl.String)


def _wide_row(headers: Sequence[str], cells: Sequence[str]) -> str:
    beyond = [f"(field {n})" for n in range(len(headers) + 1, len(cells) + 1)]
    named = dict(zip([*headers, *beyond], cells, strict=True))
    return json.dumps(named, ensure_ascii=False, separators=(",", ":"))


def faults_of(records: pl.DataFrame, column: str, rule: str) -> pl.DataFrame:
    """The same fault for several records, given with the value each of them has there."""
    return records.select(RECORD, column=pl.lit(column), value="value", rule=pl.lit(rule)).cast(FAULTS)
