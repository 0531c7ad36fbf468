"""Exports in several parts: partner buckets, as a large export is spooled in."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import pytest

from tierctl.examples import tables_from_rows
from tierctl.fiscal import Calendar
from tierctl.program.load import load_path
from tierctl.program.model import Program
from tierctl.resources import bundled_programs
from tierctl.review import review

ROWS: Mapping[str, Sequence[Mapping[str, object]]] = {
    "partners": [{"partner_id": partner} for partner in ("A", "B", "C")],
    "mrr": [
        {"partner_id": "A", "order_type": "new_logo", "mrr": 10_000, "invoiced_on": date(2025, 3, 10)},
        {"partner_id": "C", "order_type": "new_logo", "mrr": 25_000, "invoiced_on": date(2025, 3, 10)},
        {"partner_id": "A", "order_type": "new_logo", "mrr": 500, "invoiced_on": date(2025, 4, 10)},
    ],
    "opportunities": [
        {"times": 10, "partner_id": "A", "submitted_on": date(2025, 3, 1)},
        {"times": 20, "partner_id": "C", "submitted_on": date(2025, 3, 1)},
    ],
}


@pytest.fixture(scope="module")
def elevate() -> Program:
    program, findings = load_path(bundled_programs() / "elevate.toml")
    assert program is not None, findings
    return program


def split(lf: pl.LazyFrame, count: int) -> tuple[pl.LazyFrame, ...]:
    """The frame's rows in turn over that many parts, so that a partner's rows lie in more than one."""
    numbered = lf.with_row_index("__n")
    return tuple(numbered.filter(pl.col("__n") % count == part).drop("__n") for part in range(count))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_number_of_parts_changes_nothing(elevate: Program, count: int) -> None:
    calendar = Calendar.months()
    whole = tables_from_rows(ROWS, currency="USD", program="elevate")
    parts = {name: split(lf, count) for name, (lf,) in whole.items()}
    tables = review([elevate], parts, calendar, calendar.month("2025-04")).tables
    standing = tables["standing"].select("partner_id", "tier").rows()
    assert standing == [("A", "trailblazer"), ("B", "pioneer"), ("C", "elite")]
    values = tables["evidence"].filter(tier="elite", criterion="net_new_mrr").select("partner_id", "value").rows()
    assert [(partner, int(value)) for partner, value in values] == [("A", 10_500), ("B", 0), ("C", 25_000)]
