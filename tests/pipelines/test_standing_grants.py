"""Grants: spans that touch become one, and what stands on a day is read from all of them."""

from datetime import date

import pytest

from tests.pipelines.standing_cases import Grant, day, grants, same
from tierctl.grants import NO_END, lost, ranks_on, standing_on, with_grants


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(("03-01", "03-31"), [("01-01", "03-31")], id="the day after"),
        pytest.param(("03-02", "03-31"), [("01-01", "02-28"), ("03-02", "03-31")], id="two days after"),
        pytest.param(("02-10", "02-20"), [("01-01", "02-28")], id="within"),
        pytest.param(("02-10", "04-30"), [("01-01", "04-30")], id="across its end"),
        pytest.param(("2024-11-01", "2024-12-31"), [("2024-11-01", "02-28")], id="the day before"),
        pytest.param(("2024-11-01", "2024-12-30"), [("2024-11-01", "2024-12-30"), ("01-01", "02-28")], id="earlier"),
    ],
)
def test_a_grant_that_touches_a_span_extends_it(new: tuple[str, str], expected: list[tuple[str, str]]) -> None:
    def of(spans: list[tuple[str, str]]) -> list[Grant]:
        return [("A", 1, "earned", day(first), day(last)) for first, last in spans]

    others: list[Grant] = [
        ("A", 1, "placed", day("01-01"), day("01-31")),
        ("A", 2, "earned", day("01-01"), day("01-31")),
        ("B", 1, "earned", day("01-01"), day("01-31")),
    ]
    held = grants(*of([("01-01", "02-28")]), *others)
    same(with_grants(held, grants(*of([new]))), grants(*of(expected), *others))


def test_a_grant_that_joins_two_spans_makes_them_one_and_keeps_the_reason_of_what_reaches_furthest() -> None:
    held = grants(("A", 1, "earned", day("01-01"), day("01-31")), ("A", 1, "earned", day("03-01"), day("05-31")))
    made = grants(("A", 1, "earned", day("02-01"), day("02-28")), because="the bridge")
    joined = with_grants(held, made)
    assert joined.rows() == [("A", 1, "earned", day("01-01"), day("05-31"), "")]


def test_an_endless_grant_takes_in_all_that_follows() -> None:
    held = grants(("A", 1, "earned", day("01-31"), NO_END))
    assert with_grants(held, grants(("A", 1, "earned", day("03-31"), NO_END))) is held


def test_lost_ends_the_endless_grants_of_the_tier_alone() -> None:
    held = grants(
        ("A", 1, "earned", day("01-31"), NO_END),
        ("A", 1, "approved", day("03-31"), NO_END),
        ("A", 1, "placed", day("01-31"), day("06-30")),
        ("A", 2, "earned", day("01-31"), NO_END),
        ("B", 1, "earned", day("01-31"), NO_END),
    )
    tiers = held.filter((held["partner_id"] == "A") & (held["rank"] == 1)).select("partner_id", "rank").unique()
    expected = grants(
        ("A", 1, "earned", day("01-31"), day("03-30")),
        ("A", 1, "placed", day("01-31"), day("06-30")),
        ("A", 2, "earned", day("01-31"), NO_END),
        ("B", 1, "earned", day("01-31"), NO_END),
    )
    same(lost(held, tiers, day("03-31")), expected)


@pytest.mark.parametrize(
    ("on", "rank", "basis"),
    [
        ("01-30", 0, "base"),
        ("01-31", 2, "earned"),
        ("04-30", 2, "earned"),
        ("05-01", 1, "placed"),
        ("06-30", 1, "placed"),
        ("07-01", 0, "base"),
    ],
)
def test_the_highest_tier_stands_and_of_it_the_grant_that_reaches_furthest(on: str, rank: int, basis: str) -> None:
    held = grants(
        ("A", 0, "base", date(2025, 1, 1), NO_END),
        ("A", 1, "earned", day("01-31"), day("05-31")),
        ("A", 1, "placed", day("01-31"), day("06-30")),
        ("A", 2, "earned", day("01-31"), day("04-30")),
    )
    assert standing_on(held, day(on)).select("rank", "basis").rows() == [(rank, basis)]
    assert ranks_on(held, day(on)).rows() == [("A", rank)]
