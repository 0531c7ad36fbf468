"""Generated cases through both evaluators."""

import os

import polars as pl
from hypothesis import HealthCheck, Phase, assume, settings

from tests import oracle
from tests.properties.generated import Case
from tests.scenarios import program_text
from tests.scenarios.run import COMPARED, Frames, Rows, engine_calendar, frames, oracle_calendar, parsed, read_back
from tierctl.review import Review, review
from tierctl.reward.sink import LineSink

_EXPLORE = int(os.environ.get("TIERCTL_EXPLORE", "0"))


def tried(times: int) -> settings:
    """That many cases, the same ones every time unless exploring; only exploring makes a case that fails smaller."""
    quickly = (Phase.explicit, Phase.reuse, Phase.generate)
    return settings(
        deadline=None,
        phases=tuple(Phase) if _EXPLORE else quickly,
        derandomize=not _EXPLORE,
        max_examples=times * max(1, _EXPLORE),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def begun(case: Case) -> Frames:
    """The case's exports, where the month asked for does not end before the program begins."""
    assume(oracle_calendar(case.calendar).month(case.month).last >= case.program["effective_from"])
    return frames(case.program, case.rows)


def reviewed(case: Case, exports: Frames, partners: list[str] | None = None, sink: LineSink | None = None) -> Review:
    """Tierctl's review of the case's month."""
    calendar = engine_calendar(case.calendar)
    return review(
        [parsed(program_text(program)) for program in case.editions],
        exports,
        calendar,
        calendar.month(case.month),
        partners=partners,
        money_from=calendar.month(case.money_from) if case.money_from else None,
        holidays=case.holidays,
        sink=sink,
    )


def tables(case: Case, exports: Frames, partners: list[str] | None = None) -> dict[str, pl.DataFrame]:
    """Every report of tierctl's review, free text and all."""
    found = reviewed(case, exports, partners).tables
    return {name: found[name] for name in COMPARED}


def expected(case: Case, exports: Frames) -> Rows:
    """Every report of the oracle's review."""
    calendar = oracle_calendar(case.calendar)
    return oracle.review(
        case.editions,
        read_back(exports),
        calendar,
        calendar.month(case.month),
        money_from=calendar.month(case.money_from) if case.money_from else None,
        holidays=case.holidays,
    )


def assert_same(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    for name in COMPARED:
        assert found[name].write_csv() == expected[name].write_csv(), name
