"""The same review by hand: what an able person's DuckDB script needs for the checks, the tiers and the money.

It reads the workspace's exports with the contract's types, keeps the columns that the review uses, runs ``checks.sql``,
``tiers.sql`` and ``commissions.sql``, and writes the standing and every line, sorted, as CSV. Nothing of tierctl and
nothing of Polars is imported.
"""

from __future__ import annotations

import argparse
import calendar
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

_COLUMNS: Final = {
    "partners": {
        "partner_id": "VARCHAR",
        "name": "VARCHAR",
        "country": "VARCHAR",
        "region": "VARCHAR",
        "currency": "VARCHAR",
        "joined_on": "DATE",
        "good_standing": "BOOLEAN",
        "terminated_on": "DATE",
        "payee_id": "VARCHAR",
    },
    "decisions": {
        "decision_id": "VARCHAR",
        "partner_id": "VARCHAR",
        "program": "VARCHAR",
        "track": "VARCHAR",
        "tier": "VARCHAR",
        "decision": "VARCHAR",
        "effective_on": "DATE",
        "through": "DATE",
        "decided_by": "VARCHAR",
        "reason": "VARCHAR",
        "recorded_on": "DATE",
    },
    "mrr": {
        "line_id": "VARCHAR",
        "partner_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "order_type": "VARCHAR",
        "product_family": "VARCHAR",
        "mrr": "DECIMAL(18, 2)",
        "currency": "VARCHAR",
        "term_months": "BIGINT",
        "quoted_on": "DATE",
        "repriced_on": "DATE",
        "sold_on": "DATE",
        "invoiced_on": "DATE",
        "cancelled_on": "DATE",
        "via_portal": "BOOLEAN",
        "promotional": "BOOLEAN",
        "adjusts_line_id": "VARCHAR",
    },
    "opportunities": {
        "opportunity_id": "VARCHAR",
        "partner_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "submitted_on": "DATE",
        "registration_status": "VARCHAR",
        "registration_decided_on": "DATE",
        "stage": "VARCHAR",
        "closed_on": "DATE",
        "amount": "DECIMAL(18, 2)",
        "currency": "VARCHAR",
        "owner_id": "VARCHAR",
    },
    "agreements": {
        "partner_id": "VARCHAR",
        "effective_on": "DATE",
        "ends_on": "DATE",
        "standard_rate": "DECIMAL(9, 6)",
        "support_level": "VARCHAR",
    },
    "partner_services": {
        "service_id": "VARCHAR",
        "partner_id": "VARCHAR",
        "product": "VARCHAR",
        "seats": "BIGINT",
        "mrc": "DECIMAL(18, 2)",
        "currency": "VARCHAR",
        "contract_months": "BIGINT",
        "at_headquarters": "BOOLEAN",
        "starts_on": "DATE",
        "ends_on": "DATE",
    },
}
_USED: Final = {"opportunities": ("opportunity_id", "partner_id", "submitted_on", "stage", "registration_status")}
TABLES: Final = ("standing", "commissions", "credits")


def _last_day(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _provide(connection: duckdb.DuckDBPyConnection, export: str, workspace: Path) -> None:
    """Makes one export a relation of its name: Parquet is read in place, CSV is parsed once into a table."""
    folder = workspace / "exports"
    used = ", ".join(_USED.get(export, tuple(_COLUMNS[export])))
    parquet = folder / f"{export}.parquet"
    if parquet.exists():
        connection.execute(f"CREATE VIEW {export} AS SELECT {used} FROM read_parquet('{parquet}')")  # noqa: S608
    else:
        types = ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS[export].items())
        source = f"read_csv('{folder / export}.csv', header = true, auto_detect = false, columns = {{{types}}})"
        connection.execute(f"CREATE TEMP TABLE {export} AS SELECT {used} FROM {source}")  # noqa: S608


def _run(connection: duckdb.DuckDBPyConnection, script: str) -> None:
    connection.execute(Path(__file__).with_name(script).read_text(encoding="utf-8"))


def review(workspace: Path, month: str, out: Path) -> None:
    """Writes the standing of ``month``, its commissions and its credits into the existing folder ``out``, sorted.

    Raises:
        ValueError: A row of the exports breaks a rule.
    """
    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        for export in _COLUMNS:
            _provide(connection, export, workspace)
        connection.execute(f"SET VARIABLE review_day = DATE '{_last_day(month)}'")
        connection.execute(f"SET VARIABLE month = '{month}'")
        _run(connection, "checks.sql")
        if faults := connection.execute("SELECT rule, rows FROM faults ORDER BY rule").fetchall():
            raise ValueError(f"the exports break rules: {faults}")
        _run(connection, "tiers.sql")
        _run(connection, "commissions.sql")
        for table in TABLES:
            connection.execute(f"COPY {table} TO '{out / table}.csv' (HEADER)")


def main() -> None:
    """The command line: ``python -m tests.bench.duckdb_review WORKSPACE MONTH OUT``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("month")
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    review(given.workspace, given.month, given.out)


if __name__ == "__main__":
    main()
