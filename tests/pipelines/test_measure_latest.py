"""The latest rows of groups, cut down to the readings at which each is the latest, against looking one by one."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tierctl.measure.latest import ORDER, latest_only

READINGS = 8
SCHEMA = {"partner_id": pl.Int64, "per": pl.String, "lo": pl.Int32, "hi": pl.Int32, ORDER: pl.UInt32}
Row = tuple[int, str, int, int]
ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.integers(0, READINGS - 1), st.integers(1, READINGS)),
    max_size=12,
)


def frame(rows: list[Row]) -> pl.DataFrame:
    """The rows in their order, those that no reading sees left out."""
    seen = [(*row, number) for number, row in enumerate(rows) if row[2] < row[3]]
    return pl.DataFrame(seen, schema=SCHEMA, orient="row")


def by_reading(df: pl.DataFrame) -> dict[tuple[int, str, int], list[int]]:
    """The rows seen at each reading by group."""
    seen: dict[tuple[int, str, int], list[int]] = {}
    for partner, per, low, high, order in df.select(list(SCHEMA)).rows():
        for reading in range(low, high):
            seen.setdefault((partner, per, reading), []).append(order)
    return seen


@settings(deadline=None, max_examples=200)
@given(ROWS)
def test_at_every_reading_the_latest_row_of_each_group_is_left(rows: list[Row]) -> None:
    df = frame(rows)
    found = latest_only(df, ["partner_id", "per"], READINGS)
    assert found.schema == df.schema
    assert by_reading(found) == {place: [max(orders)] for place, orders in by_reading(df).items()}


def test_a_row_counts_until_a_later_one_is_seen() -> None:
    rows = [(1, "a", 0, 8), (1, "a", 3, 8), (2, "a", 2, 8), (1, "b", 5, 8)]
    found = latest_only(frame(rows), ["partner_id", "per"], READINGS)
    left = [(1, "a", 0, 3, 0), (1, "a", 3, 8, 1), (1, "b", 5, 8, 3), (2, "a", 2, 8, 2)]
    assert_frame_equal(found, pl.DataFrame(left, schema=SCHEMA, orient="row"))


def test_a_later_row_that_goes_leaves_the_earlier_one() -> None:
    rows = [(1, "a", 0, 8), (1, "a", 3, 5)]
    found = latest_only(frame(rows), ["partner_id", "per"], READINGS)
    assert by_reading(found) == {(1, "a", reading): [1 if reading in {3, 4} else 0] for reading in range(8)}
