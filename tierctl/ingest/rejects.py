"""Rejected rows as the report shows them, and one finding for each rule that an export's column breaks."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tierctl.contracts import report_contract
from tierctl.findings import Finding, error
from tierctl.ingest.csv_files import RECORD, CsvFile
from tierctl.ingest.parquet_files import ParquetFile
from tierctl.ingest.validate import FAULTS

if TYPE_CHECKING:
    from tierctl.workspace import ExportConfig

MESSAGES = {
    "missing-value": "{column} is empty and must not be",
    "not-a-date": "{column} {value} is not a date of the form {date}",
    "not-a-number": "{column} {value} is not a number written with {signs}",
    "not-an-integer": "{column} {value} is not a whole number",
    "not-a-boolean": "{column} {value} is none of the words for true and false",
    "number-too-precise": "{column} {value} has more than six decimals",
    "number-not-exact": "{column} {value} is a float with more decimals than its currency has",
    "number-too-large": "{column} {value} has more digits than a number may have",
    "not-in-enum": "{column} {value} is none of {enum}",
    "pattern-mismatch": "{column} {value} does not have the form {pattern}",
    "below-minimum": "{column} {value} is below {minimum}, the least that is allowed",
    "above-maximum": "{column} {value} is above {maximum}, the most that is allowed",
    "too-many-fields": "the row has more cells than the header",
    "repeated-key": "the key {key} stands in several rows that differ",
    "unknown-partner": "{column} {value} is not in the roster of partners",
}


@dataclass(frozen=True)
class FileFaults:
    """The faults of one file's rows, in `FAULTS`' shape, and the cells of rows wider than the header."""

    file: CsvFile | ParquetFile
    faults: pl.DataFrame
    wide: Mapping[int, Sequence[str]]


def rejects_table(of: Sequence[FileFaults]) -> pl.DataFrame:
    """The report `rejects`: one row per fault, sorted by its key; the rows' texts are read from the files again."""
    contract = report_contract("rejects")
    tables = [_rejects_of(each) for each in of if not each.faults.is_empty()]
    df = pl.concat([contract.polars_schema.to_frame(), *tables])
    return df.unique(contract.primary_key, keep="first", maintain_order=True).sort(contract.primary_key)


def summarize(
    of: Sequence[FileFaults], configs: Mapping[str, "ExportConfig"], rejected_partners: Collection[str]
) -> list[Finding]:
    """One finding per export, column and rule: the first place, and how many rows.

    Args:
        of: the faults by file, in the order in which the files were read.
        configs: how each export is written, for the hints.
        rejected_partners: partners that the roster names in rows that were rejected.
    """
    findings = []
    tables = [
        each.faults.with_columns(place=pl.lit(n), export=pl.lit(each.file.source.export)) for n, each in enumerate(of)
    ]
    if not tables:
        return []
    faults = pl.concat(tables).sort("place", RECORD, "column", "rule")
    for (_, column, rule), group in faults.group_by("export", "column", "rule", maintain_order=True):
        first = group.row(0, named=True)
        source = of[first["place"]].file.source
        message = MESSAGES[str(rule)].format(column=column, value=repr(first["value"]))
        count = f"; {group.height} rows in all" if group.height > 1 else ""
        if rule == "unknown-partner":
            hint = _roster_hint(group["value"], rejected_partners)
        else:
            hint = _hint(str(rule), source.export, configs[source.export])
        findings.append(error(str(rule), source.shown, f"record {first[RECORD]}", f"{message}{count}", hint))
    return findings


def _hint(rule: str, export: str, config: "ExportConfig") -> str:
    fmt = config.format
    where = f"under [exports.{export}.format]"
    match rule:
        case "not-a-date":
            return f"dates are read as {fmt.date}; if they are written otherwise, set date {where}"
        case "not-a-number":
            signs = f"decimalChar {fmt.decimalChar!r}, " + (
                f"groupChar {fmt.groupChar!r}" if fmt.groupChar else "no groupChar"
            )
            return f"numbers are read with {signs}; if they are written otherwise, set them {where}"
        case "not-a-boolean":
            words = ", ".join((*fmt.trueValues, *fmt.falseValues))
            return f"the words read are {words}; set trueValues and falseValues {where}"
        case "not-in-enum":
            return f'map other words to ours\n  [exports.{export}.values.COLUMN]\n  "their word" = "ours"'
        case _:
            return ""


def _roster_hint(partners: pl.Series, rejected: Collection[str]) -> str:
    known = sorted(set(partners) & set(rejected))
    if known:
        return f"the roster has {known[0]!r}, but that row of it was rejected; see the rejects of partners"
    return "add the partner to the roster, or map its id to the one the roster uses"


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
