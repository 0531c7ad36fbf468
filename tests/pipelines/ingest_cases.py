"""Workspaces of a few rows, written where a test wants them and ingested."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tierctl.contracts import export_contract
from tierctl.findings import CannotRunError
from tierctl.fiscal import Calendar
from tierctl.ingest import Ingested, read_exports
from tierctl.program.model import Program
from tierctl.workspace import ExportConfig, Workspace

UNTIL = date(2025, 6, 30)
ROSTER = "partner_id,name\nP1,Ada\nP2,Bo\n"
MRR_HEADER = "line_id,partner_id,customer_id,order_type,mrr,currency,sold_on"


@dataclass
class Case:
    """A workspace in the making: files are written at once, exports are configured by `export`."""

    root: Path
    exports: dict[str, ExportConfig] = field(default_factory=dict)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def export(self, name: str, path: str | list[str], **config: Any) -> "Case":
        self.exports[name] = ExportConfig.model_validate({"path": path, **config})
        return self

    def workspace(self) -> Workspace:
        return Workspace(
            root=self.root,
            programs=(),
            reports=self.root / "reports",
            ledger=self.root / "ledger",
            calendar=Calendar.months(),
            exports=self.exports,
            file=self.root / "tierctl.toml",
        )

    def read(self, *needed: str, until: date | None = UNTIL, **options: Any) -> Ingested:
        if "partners" not in self.exports:
            self.write("partners.csv", ROSTER)
            self.export("partners", "partners.csv")
        spool = self.root / f"spool-{len(list(self.root.glob('spool-*')))}"
        return read_exports(self.workspace(), needed, until=until, spool=spool, **options)

    def refused(self, *needed: str, **options: Any) -> list[tuple[str, str, str]]:
        """Code, source and subject of every finding that stops the run."""
        with pytest.raises(CannotRunError) as caught:
            self.read(*needed, **options)
        return [(finding.code, finding.source, finding.subject) for finding in caught.value.findings]


def parsed(text: str) -> Program:
    """A program as its file says it, whatever lint would say of it."""
    return Program.model_validate(tomllib.loads(text, parse_float=Decimal))


def rows_of(ingested: Ingested, export: str) -> pl.DataFrame:
    """The accepted rows, sorted by all columns that can be."""
    df = pl.concat(ingested.exports[export].parts).collect()
    return df.sort(df.columns)


def column_of(ingested: Ingested, export: str, column: str) -> list[Any]:
    """One column of the accepted rows, in the order of their key."""
    key = list(export_contract(export).primary_key)
    df = pl.concat(ingested.exports[export].parts).collect()
    values: list[Any] = df.sort(key)[column].to_list() if key else df[column].to_list()
    return values


def faults_of(ingested: Ingested) -> list[tuple[str, int, str, str | None, str]]:
    """File, record, column, value and rule of every reject."""
    return ingested.rejects.select("file", "record", "column", "value", "rule").rows()


def original_rows(ingested: Ingested) -> list[Mapping[str, str]]:
    """The rejected rows as they were in their files."""
    return [json.loads(row) for row in ingested.rejects["row"]]


def mrr_csv(*lines: str, header: str = MRR_HEADER) -> str:
    return "\n".join([header, *lines, ""])


def mrr_line(
    line: str = "L1",
    partner: str = "P1",
    mrr: str = "10.00",
    sold_on: str = "2025-05-01",
    kind: str = "new_logo",
) -> str:
    return f"{line},{partner},C1,{kind},{mrr},USD,{sold_on}"


def counts(ingested: Ingested, export: str) -> tuple[int, int, int, int, int]:
    """Rows accepted, read, rejected, duplicates, ignored."""
    of = ingested.exports[export]
    return rows_of(ingested, export).height, of.rows_read, of.rejected, of.duplicates, of.ignored


def parquet_of(case: Case, name: str, columns: Mapping[str, Sequence[Any] | pl.Series]) -> Path:
    path = case.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(path)
    return path
