"""Shortcuts change nothing: cells taken as they are and rules judged on a few values give what the long way gives.

The long way cleans every cell and shows Pandera every row. Cells here are those on which the two could differ: blanks
of several kinds, signs beyond ASCII, nothing at all, words with a blank behind them, bounds.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.pipelines.ingest_cases import Case, counts, faults_of, parquet_of, rows_of
from tierctl.ingest import Ingested, parse, validate

TEXTS = ("C1", "!", "~", "", " ", "\t", " C1", "C1 ", "\u00a0", "\u00a0C1", "C1\u00a0", "Ä1", "\x7f", "\u2028C1", None)
WORDS = ("add", "move", "add ", " add", "add\u00a0", "sold", "Ädd", "", " ", None)
CURRENCIES = ("USD", "EUR", "USD ", "usd", "ÜSD", "", None)
TERMS = (12, 1, 0, -1, None)
PARTNERS = ("P1", "P2", "P9", " P1", "P1 ", "Ä", "", None)


def as_types(rows: Sequence[Sequence[Any]]) -> Mapping[str, pl.Series]:
    """Columns of mrr as Parquet has them."""
    partner, customer, kind, family, currency, term = zip(*rows, strict=True)
    return {
        "line_id": pl.Series([f"L{n}" for n in range(len(rows))]),
        "partner_id": pl.Series(partner, dtype=pl.String),
        "customer_id": pl.Series(customer, dtype=pl.String),
        "order_type": pl.Series(kind, dtype=pl.String),
        "product_family": pl.Series(family, dtype=pl.String),
        "mrr": pl.Series([Decimal(n) for n in range(len(rows))], dtype=pl.Decimal(18, 2)),
        "currency": pl.Series(currency, dtype=pl.String),
        "term_months": pl.Series(term, dtype=pl.Int32),
        "sold_on": pl.Series([date(2025, 5, 1)] * len(rows)),
    }


def read(rows: Sequence[Sequence[Any]], *, suffix: str, batch_rows: int) -> tuple[Ingested, pl.DataFrame]:
    with TemporaryDirectory() as folder:
        case = Case(Path(folder))
        parquet_of(case, "mrr.parquet", as_types(rows))
        if suffix == "csv":
            case.write("mrr.csv", pl.read_parquet(case.root / "mrr.parquet").write_csv(quote_style="non_numeric"))
        ingested = case.export("mrr", f"mrr.{suffix}").read("mrr", batch_rows=batch_rows)
        return ingested, rows_of(ingested, "mrr")


def take_the_long_way(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(parse.Cell, "_is_clean", lambda *_: False)
    patch.setattr(parse, "_all_match", lambda *_: False)
    patch.setattr(validate, "_telling_rows", lambda typed, _: typed)


ROWS = st.lists(
    st.tuples(*map(st.sampled_from, (PARTNERS, TEXTS, WORDS, TEXTS, CURRENCIES, TERMS))), min_size=1, max_size=8
)


@settings(max_examples=80, deadline=None)
@given(rows=ROWS, suffix=st.sampled_from(["csv", "parquet"]), batch_rows=st.sampled_from([1, 3, 100]))
def test_shortcuts_give_the_rows_and_the_faults_of_the_long_way(
    rows: Sequence[Sequence[Any]], suffix: str, batch_rows: int
) -> None:
    ingested, accepted = read(rows, suffix=suffix, batch_rows=batch_rows)
    with pytest.MonkeyPatch.context() as patch:
        take_the_long_way(patch)
        expected, sound = read(rows, suffix=suffix, batch_rows=batch_rows)
    assert faults_of(ingested) == faults_of(expected)
    assert_frame_equal(accepted, sound)


GOOD = ("P1", "C1", "add", "voice", "USD", 12)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("place", "cell", "faults"),
    [
        (1, "\u00a0", ["missing-value"]),
        (1, "\u00a0C1", []),
        (1, "Ä1", []),
        (2, "add ", []),
        (2, "add\u00a0", []),
        (2, "sold", ["not-in-enum"]),
        (3, "\u00a0", []),
        (4, "USD ", ["pattern-mismatch"]),
        (5, 0, ["below-minimum"]),
        (5, None, []),
        (0, "P9", ["unknown-partner"]),
    ],
)
def test_one_odd_cell_among_many_is_judged_alone(suffix: str, place: int, cell: Any, faults: list[str]) -> None:
    odd = (*GOOD[:place], cell, *GOOD[place + 1 :])
    rows = [GOOD, GOOD, odd, GOOD]
    ingested, accepted = read(rows, suffix=suffix, batch_rows=100)
    assert [(fault[1], fault[-1]) for fault in faults_of(ingested)] == [(3, rule) for rule in faults]
    assert accepted.height == 4 - len(faults)


def test_a_word_loses_the_blanks_behind_it_and_an_id_keeps_them() -> None:
    _, accepted = read([("P1", "C1 ", "add ", "\u00a0", "USD", 1)], suffix="parquet", batch_rows=100)
    assert accepted.select("customer_id", "product_family").rows() == [("C1 ", None)]


@pytest.mark.parametrize("values", [["2025-05-01", "2025-5-1"], ["2025-05-01", "+025-05-01"], ["2025-05-01", " "]])
def test_one_odd_date_among_many_is_judged_alone(case: Case, values: list[str]) -> None:
    lines = [f"L{n},P1,C1,add,1,USD,2025-05-01,{day}" for n, day in enumerate(values)]
    header = "line_id,partner_id,customer_id,order_type,mrr,currency,sold_on,quoted_on"
    case.write("mrr.csv", "\n".join([header, *lines, ""]))
    ingested = case.export("mrr", "mrr.csv").read("mrr")
    expected = ["not-a-date"] if values[1].strip() else []
    assert [fault[-1] for fault in faults_of(ingested)] == expected
    assert counts(ingested, "mrr") == (2 - len(expected), 2, len(expected), 0, 0)
