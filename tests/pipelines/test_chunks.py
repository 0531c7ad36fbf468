"""Chunks: lines come out partner by partner, however the exports are cut."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.scenarios import bundled, program_text
from tests.scenarios.run import frames, parsed
from tierctl.fiscal import Calendar
from tierctl.review import Review, review
from tierctl.reward.chunks import Chunk, Exports
from tierctl.reward.sink import LINES, LineSink

PARTNERS = [f"P{number}" for number in range(1, 7)]
CALENDAR = Calendar.months()
SOLD = {"order_type": "new_logo", "term_months": 36, "sold_on": date(2025, 1, 5), "invoiced_on": date(2025, 1, 6)}


def tables() -> dict[str, tuple[pl.LazyFrame, ...]]:
    rows: dict[str, list[dict[str, Any]]] = {
        "partners": [{"partner_id": partner} for partner in PARTNERS],
        "mrr": [
            {"partner_id": partner, "line_id": f"L-{partner}-{number}", "mrr": 100 * number, **SOLD}
            for partner in PARTNERS
            for number in (1, 2, 3)
        ],
        "agreements": [
            {"partner_id": partner, "effective_on": date(2025, 1, 1), "standard_rate": Decimal("0.1")}
            for partner in PARTNERS[1:]
        ],
    }
    return frames(bundled("elevate"), rows)


@dataclass
class _Noting(LineSink):
    """Notes what it is handed, in order."""

    added: list[tuple[str, pl.DataFrame]] = field(default_factory=list)

    def add(self, table: str, lines: pl.DataFrame) -> None:
        self.added.append((table, lines))


def reviewed(exports: dict[str, tuple[pl.LazyFrame, ...]], sink: LineSink | None = None) -> Review:
    program = parsed(program_text(bundled("elevate")))
    return review(
        [program], exports, CALENDAR, CALENDAR.month("2025-02"), money_from=CALENDAR.month("2025-01"), sink=sink
    )


def split(exports: dict[str, tuple[pl.LazyFrame, ...]], groups: list[list[str]]) -> dict[str, tuple[pl.LazyFrame, ...]]:
    mrr = pl.concat(exports["mrr"])
    return {**exports, "mrr": tuple(mrr.filter(pl.col("partner_id").is_in(group)) for group in groups)}


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param([["P1", "P2"], ["P3"], ["P4", "P5", "P6"]], id="ranges"),
        pytest.param([["P1", "P4"], ["P2", "P3", "P6"], ["P5"]], id="no ranges"),
        pytest.param([["P1", "P2"], [], ["P3", "P4", "P5", "P6"]], id="an empty part"),
    ],
)
def test_the_lines_are_the_same_however_the_export_is_cut(groups: list[list[str]]) -> None:
    whole, cut = reviewed(tables()), reviewed(split(tables(), groups))
    assert whole.tables["commissions"].height == 15
    for name, table in whole.tables.items():
        assert_frame_equal(cut.tables[name], table)
    assert_frame_equal(cut.totals, whole.totals)


def test_a_sink_is_handed_the_lines_in_the_order_of_their_key() -> None:
    sink, whole = _Noting(), reviewed(tables())
    groups = [["P1", "P2"], ["P3"], ["P4", "P5", "P6"]]
    handed = reviewed(split(tables(), groups), sink)
    assert not set(LINES) & set(handed.tables)
    for name in LINES:
        parts = [lines for table, lines in sink.added if table == name]
        assert len(parts) == 3
        assert_frame_equal(pl.concat(parts), whole.tables[name])


def test_parts_that_hold_partners_one_after_the_other_are_chunks() -> None:
    exports = split(tables(), [["P1", "P2"], ["P3"], ["P4", "P5", "P6"]])
    read = Exports.of(exports, ["mrr", "agreements"])
    assert read.chunks() == [Chunk(None, "P3"), Chunk("P3", "P4"), Chunk("P4", None)]


def test_parts_that_share_a_range_of_partners_are_one_chunk() -> None:
    exports = split(tables(), [["P1", "P4"], ["P2", "P3"]])
    assert Exports.of(exports, ["mrr"]).chunks() == [Chunk()]
