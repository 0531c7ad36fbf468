"""What stands behind a review: grants, what each criterion's value is made of, and the rows of it."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.pipelines.measured import CALENDAR, JAN, MAR, TOP, Rows, program_of
from tests.sample import copy_workspace
from tests.test_golden import REVIEWS
from tests.traced_law import broken, climbs
from tierctl.cli import run
from tierctl.cli.evaluating import Today
from tierctl.cli.terminal import Terminal
from tierctl.climbing import Climb, Sources
from tierctl.example_tables import tables_of
from tierctl.ladders import Ladder
from tierctl.program.model import Program
from tierctl.traced import TRACED, together, traced

METRIC = """
[metrics.{name}]
from = "{source}"
{measure}
on = "{on}"
window = "{window}"
{more}
"""
SILVER = """
[[tracks.t.tiers]]
id = "silver"
holds = "through_next_calendar_year"
{requires}
"""


def metric(name: str, window: str = "calendar_year", more: str = "") -> str:
    return METRIC.format(name=name, source="mrr", measure='sum = "mrr"', on="sold_on", window=window, more=more)


def program(requires: str, *metrics: str, top: str = TOP, more: str = "") -> Program:
    return program_of("".join(metrics) + SILVER.format(requires=requires) + more, top=top)


def climbed(programs: Sequence[Program], rows: Rows, month: str) -> dict[Ladder, Climb]:
    exports = tables_of(programs[-1], {"partners": [{"partner_id": "A"}]} | rows)
    sources = Sources.of(exports, CALENDAR, CALENDAR.month(month), repeating=(), carried=None, partners=None)
    found = dict(climbs(programs, sources))
    assert [line for ladder, climb in found.items() for line in broken(ladder, climb)] == []
    return found


def tables(programs: Sequence[Program] | Program, rows: Rows, month: str) -> dict[str, pl.DataFrame]:
    """The traced tables of all partners of the track."""
    ladders = climbed([programs] if isinstance(programs, Program) else programs, rows, month)
    everyone = ((ladder, climb, climb.standing.now.select("partner_id")) for ladder, climb in ladders.items())
    parts = (traced(climb.qualified, climb.standing, all_, ladder) for ladder, climb, all_ in everyone)
    return together(parts, program="p", track="t")


def asked(found: dict[str, pl.DataFrame]) -> list[tuple[Any, ...]]:
    rows = found["asked"].select("criterion", "evidence_from", "metric", "window_from", "window_through")
    return rows.rows()


def rows_in(found: dict[str, pl.DataFrame]) -> list[tuple[Any, ...]]:
    """Each row told, by its metric and window: the key, and its condition where it does not count."""
    rows = found["counted"].select("metric", "window_from", "source_id", "condition")
    return rows.rows()


def sold(*days: date, **more: Any) -> Rows:
    return {"mrr": [{"line_id": f"L{n}", "mrr": 10, "sold_on": day, **more} for n, day in enumerate(days, start=1)]}


Y24, Y25, Y26 = (date(year, 1, 1) for year in (2024, 2025, 2026))
E25 = date(2025, 12, 31)


def test_a_year_that_has_just_ended_is_read_once_more() -> None:
    of = program("requires.new.at_least = 25", metric("new"))
    rows = sold(date(2025, 12, 31), date(2026, 1, 1))
    found = tables(of, rows, "2026-01")
    assert asked(found) == [("new", Y25, "new", Y25, E25), ("new", Y26, "new", Y26, date(2026, 12, 31))]
    assert rows_in(found) == [("new", Y25, "L1", None), ("new", Y26, "L2", None)]
    # Nothing counted before 2025, so that in its December no earlier year is read.
    assert asked(tables(of, rows, "2025-12")) == [("new", Y25, "new", Y25, E25)]


def test_a_formula_is_taken_apart_and_each_part_has_its_own_window() -> None:
    formula = '[metrics.growth]\nformula = "new / before"\n'
    of = program(
        "requires.growth.at_least = 2",
        metric("new", "fiscal_quarter"),
        metric("before", "calendar_year", "ago = { fiscal_years = 1 }"),
        formula,
    )
    found = tables(of, sold(date(2024, 5, 1), date(2025, 3, 1), date(2025, 4, 1)), "2025-03")
    assert asked(found) == [
        ("growth", Y25, "before", Y24, date(2024, 12, 31)),
        ("growth", Y25, "new", Y25, MAR),
    ]
    assert rows_in(found) == [("before", Y24, "L1", None), ("new", Y25, "L2", None)]


def test_each_of_the_last_complete_windows_has_its_rows() -> None:
    of = program("requires.new = { at_least = 10, in_each_of_last = 2 }", metric("new", "fiscal_quarter"))
    found = tables(of, sold(date(2025, 3, 31), date(2025, 4, 1), date(2025, 7, 1)), "2025-07")
    second = (date(2025, 4, 1), date(2025, 6, 30))
    assert asked(found) == [("new", Y25, "new", Y25, MAR), ("new", second[0], "new", *second)]
    assert rows_in(found) == [("new", Y25, "L1", None), ("new", second[0], "L2", None)]
    assert set(found["counted"]["window_through"]) == {MAR, second[1]}


def test_of_windows_that_begin_on_one_day_the_open_one_is_told() -> None:
    # The first quarter, read once more in June, begins on January 1 as the year does.
    of = program(
        "requires.both.at_least = 25",
        metric("quarter", "fiscal_quarter"),
        metric("year"),
        '[metrics.both]\nformula = "quarter + year"\n',
    )
    found = tables(of, sold(date(2025, 1, 10), date(2025, 4, 10)), "2025-06")
    assert asked(found) == [
        ("both", Y25, "quarter", date(2025, 4, 1), date(2025, 6, 30)),
        ("both", Y25, "year", Y25, E25),
    ]


def test_what_a_figure_asks_of_complete_windows() -> None:
    figure = """
[metrics.points]
value = [{ requires.new = { at_least = 10, in_each_of_last = 1 }, value = 2 }, { value = 1 }]
"""
    of = program("requires.points.at_least = 2", metric("new", "fiscal_quarter"), figure)
    found = tables(of, sold(date(2025, 3, 31), date(2025, 4, 1)), "2025-05")
    assert [row[2:] for row in asked(found)] == [("new", Y25, MAR)]
    assert rows_in(found) == [("new", Y25, "L1", None)]


def test_the_window_of_each_partners_own_enrollment() -> None:
    of = program("requires.new.at_least = 25", metric("new", "enrollment"), top=TOP.replace("automatic", "required"))
    days = {"A": (date(2025, 1, 10), date(2025, 12, 31)), "B": (date(2025, 2, 1), None)}
    rows: Rows = {
        "partners": [{"partner_id": partner} for partner in days],
        "enrollments": [
            {"partner_id": partner, "enrolled_on": first, **({"expires_on": last} if last else {})}
            for partner, (first, last) in days.items()
        ],
        "mrr": [{"partner_id": p, "line_id": f"L{p}", "mrr": 10, "sold_on": date(2025, 1, 31)} for p in days],
    }
    found = tables(of, rows, "2025-03")
    windows = found["counted"].select("partner_id", "window_from", "window_through", "counts", "condition").rows()
    assert windows == [("A", *days["A"], True, None), ("B", date(2025, 2, 1), MAR, False, "window")]
    assert found["asked"]["window_from"].to_list() == [first for first, _ in days.values()]


def test_an_attestation_and_a_condition_on_the_partner() -> None:
    of = program('requires.attested = ["nda"]\nrequires.partner.country = "DE"')
    rows: Rows = {"attestations": [{"criterion": "nda", "attested_on": date(2025, 1, 5), "value": 1}]}
    found = tables(of, rows, "2025-01")
    assert asked(found) == [("attested.nda", JAN, "attested.nda", JAN, JAN)]
    (row,) = found["counted"].to_dicts()
    assert (row["metric"], row["source_id"], row["counts"]) == ("attested.nda", "nda/2025-01-05", True)


@pytest.mark.parametrize(
    ("metric_clause", "program_clause", "told"), [("§ 4", "§ 1", "§ 4"), (None, "§ 1", "§ 1"), (None, None, None)]
)
def test_the_clause_of_the_metric_or_of_the_program(
    metric_clause: str | None, program_clause: str | None, told: str | None
) -> None:
    own = f'clause = "{metric_clause}"' if metric_clause else ""
    top = TOP + (f'clause = "{program_clause}"\n' if program_clause else "")
    found = tables(program("requires.new.at_least = 25", metric("new", more=own), top=top), sold(Y25), "2025-01")
    assert found["counted"]["clause"].to_list() == [told]


def test_grants_that_end_and_those_that_do_not() -> None:
    of = program("requires.new.at_least = 25", metric("new"))
    rows = sold(*[date(2025, 3, 10)] * 3, partner_id="A") | {
        "partners": [{"partner_id": "A"}, {"partner_id": "B", "terminated_on": date(2025, 2, 1)}]
    }
    found = tables(of, rows, "2025-03")
    grants = found["grants"].select("partner_id", "tier", "from", "through", "basis").rows()
    assert grants == [
        ("A", "base", Y25, None, "base"),
        ("A", "silver", MAR, date(2026, 12, 31), "earned"),
        ("B", "base", Y25, None, "base"),
    ]
    assert found["grants"]["qualification"].null_count() == 3
    # B is gone: as in evidence, nothing is asked of it.
    assert set(found["asked"]["partner_id"]) == {"A"}


QUALIFIED = """
[tracks.t.qualifications.expert]
requires.new.at_least = 10
holds = "through_next_calendar_year"
"""


def test_what_a_qualification_reads_alike_is_told_once() -> None:
    of = program("requires.new.at_least = 25", metric("new"), more=QUALIFIED)
    found = tables(of, sold(date(2025, 1, 10)), "2025-01")
    assert found["asked"].select("tier", "criterion").rows() == [("expert", "new"), ("silver", "new")]
    assert rows_in(found) == [("new", Y25, "L1", None)]
    held = found["grants"].select("qualification", "tier", "from").rows()
    assert held == [(None, "base", Y25), ("expert", "expert", JAN)]


def test_the_edition_that_saw_a_year_end_says_what_counted_in_it() -> None:
    requires = "requires.new.at_least = 25"
    first = program(requires, metric("new", more='where.order_type = "new_logo"'))
    second = program(requires, metric("new"), top=TOP.replace("2025-01-01", "2026-01-01"))
    rows = sold(date(2025, 12, 1), date(2026, 1, 5), order_type="renewal")
    found = tables([first, second], rows, "2026-01")
    assert rows_in(found) == [("new", Y25, "L1", "order_type"), ("new", Y26, "L2", None)]


def test_nothing_to_tell_of() -> None:
    found = together([], program="p", track="t")
    assert {name: table.columns for name, table in found.items()} == {
        name: ["program", "track", *schema.names()] for name, schema in TRACED.items()
    }


def _sources(root: Path, month: str) -> Iterator[tuple[tuple[Program, ...], Sources]]:
    opened = run.open_workspace(root)
    chosen = run.find_month(opened.workspace, month)
    programs = run.editions_until(opened.editions, chosen)
    needed = run.needed_exports(opened.workspace, programs)
    terminal = Terminal.open(quiet=True, as_json=False)
    with run.reading(terminal, opened.workspace, needed, opened.editions, until=chosen.last) as ingested:
        basis = Today(opened, ingested).basis(chosen, None, None)
        yield (
            programs,
            Sources.of(
                basis.exports, basis.calendar, chosen, repeating=basis.repeating, carried=None, partners=None
            ),
        )  # fmt: skip


@pytest.mark.parametrize(("sample", "month"), REVIEWS)
def test_the_rows_that_count_add_up_to_what_evidence_shows(tmp_path: Path, sample: str, month: str) -> None:
    for programs, sources in _sources(copy_workspace(tmp_path / sample, sample), month):
        assert [line for ladder, climb in climbs(programs, sources) for line in broken(ladder, climb)] == []
