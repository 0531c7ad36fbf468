"""Which rows are not there any more."""

import polars as pl
import pytest

from tierctl.reward.missing import absent


def rows(*keys: str) -> pl.LazyFrame:
    """Rows named PARTNER/KEY."""
    cells = [key.split("/") for key in keys]
    schema = {"partner_id": pl.String, "line_id": pl.String}
    return pl.LazyFrame(cells, schema=schema, orient="row")


def told(found: pl.DataFrame) -> list[str]:
    return sorted(f"{partner}/{line}" for partner, line in found.select("partner_id", "line_id").iter_rows())


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ([rows("A/1", "A/2", "B/3")], []),
        ([rows("A/1", "B/3")], ["A/2"]),
        ([rows("A/1"), rows("B/3")], ["A/2"]),
        ([rows("A/1", "A/2"), rows("B/4")], ["B/3"]),
        ([rows("A/2"), rows("C/1", "C/3")], []),
        ([rows()], ["A/1", "A/2", "B/3"]),
        ([], ["A/1", "A/2", "B/3"]),
    ],
    ids=["all there", "one gone", "in parts", "another new", "moved to another partner", "no rows", "no parts"],
)
@pytest.mark.parametrize("before", [[rows("A/1", "A/2", "B/3")], [rows("A/1", "A/2"), rows("B/3")]])
def test_a_row_is_gone_whose_key_nobody_has(
    before: list[pl.LazyFrame], now: list[pl.LazyFrame], expected: list[str]
) -> None:
    assert told(absent(before, now, ["line_id"])) == expected


def test_where_the_key_names_the_partner_another_partners_row_is_another() -> None:
    found = absent([rows("A/1", "A/2")], [rows("A/1"), rows("B/2")], ["partner_id", "line_id"])
    assert told(found) == ["A/2"]


def test_before_anything_was_read_nothing_is_gone() -> None:
    assert absent([], [rows("A/1")], ["line_id"]).is_empty()
