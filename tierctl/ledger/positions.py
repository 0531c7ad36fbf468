"""The position rebuilt: what all sealed postings add up to, against what the last close says has been posted.

Partners are gone through in ranges, so that memory holds the lines of one range, however many months are closed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import polars as pl

from tierctl.contracts import ledger_contract, report_contract
from tierctl.ledger.closes import Close
from tierctl.ledger.sides import scan_table

_LINES: Final = ("commissions", "credits")
_KEY: Final = ("program", "track", "partner_id", "kind", "rule", "source", "source_id", "currency", "earned_month")
_AMOUNTS: Final = ("amount", "taken")
_AT_ONCE: Final = 1_000_000
_SHOWN: Final = 3


@dataclass(frozen=True)
class WrongKey:
    """A source row and earned month of which the position says something else than the postings add up to."""

    key: Mapping[str, str]
    posted: Mapping[str, Decimal]
    sealed: Mapping[str, Decimal]


@dataclass(frozen=True)
class Rebuilt:
    """How the rebuilt position agrees with the sealed one: how many keys differ, and the first three of them."""

    wrong: int
    examples: tuple[WrongKey, ...]


def rebuilt(closes: Sequence[Close], at_once: int = _AT_ONCE) -> Rebuilt:
    """Adds up all postings of the closes and holds them against the position of the last.

    For each program, track, partner, rule, source row, currency and earned month: `amount` is what was earned and
    adjusted, `taken` what clawbacks took back. A month of which nothing is left on either side differs in nothing.

    Args:
        closes: all closes, oldest first; at least one.
        at_once: about how many postings are held at a time.

    Raises:
        CannotRunError: a table cannot be read.
    """
    months = _months(closes)
    postings, position = _postings(closes), _position(closes[-1])
    wrong = 0
    examples: list[Mapping[str, Any]] = []
    for first, until in _ranges(postings, position, at_once):
        holds = (pl.col("partner_id") >= first) & (
            pl.lit(value=True) if until is None else pl.col("partner_id") < until
        )
        found = _differing(postings.filter(holds), _monthly(position.filter(holds), months))
        wrong += found.height
        examples += list(found.head(_SHOWN - len(examples)).iter_rows(named=True))
    return Rebuilt(wrong, tuple(_wrong(row) for row in examples))


def _postings(closes: Sequence[Close]) -> pl.LazyFrame:
    """Every line of every close: the key, kind of line, amount."""
    frames = [
        scan_table(path, report_contract(name)).with_columns(posting="kind", kind=pl.lit(name))
        for close in closes
        for name, path in close.tables().items()
        if name in _LINES
    ]
    empty = report_contract(_LINES[0]).polars_schema.to_frame().lazy().with_columns(posting="kind")
    return pl.concat([empty, *frames]).select(*_KEY, "posting", "amount")


def _position(close: Close) -> pl.LazyFrame:
    return scan_table(close.file("state/position.parquet"), ledger_contract("position"))


def _months(closes: Sequence[Close]) -> pl.DataFrame:
    """The closed months, numbered: money is earned in no other."""
    return pl.DataFrame({"earned_month": [close.label for close in closes]}).with_row_index("at")


def _ranges(postings: pl.LazyFrame, position: pl.LazyFrame, at_once: int) -> Iterator[tuple[str, str | None]]:
    """Ranges of partner ids, together all of them: from the first on and before the second; None: no end."""
    partners = pl.concat([lf.select("partner_id") for lf in (postings, position)])
    rows = partners.group_by("partner_id").len().collect(engine="streaming").sort("partner_id")
    begins = rows.with_columns(chunk=(pl.col("len").cum_sum() - pl.col("len")) // at_once)
    firsts = list(begins.group_by("chunk", maintain_order=True).first()["partner_id"])
    yield from pairwise([*firsts, None])


def _monthly(position: pl.LazyFrame, months: pl.DataFrame) -> pl.LazyFrame:
    """The runs of months as single ones; what no month of the ledger has stands by its own first month."""
    numbers, labels = months["at"].to_list(), months["earned_month"].to_list()
    at = {
        end: pl.col(f"{end}_month").replace_strict(labels, numbers, default=None, return_dtype=pl.Int64)
        for end in ("from", "through")
    }
    run = pl.int_ranges(at["from"], at["through"] + 1).fill_null(pl.lit([-1], dtype=pl.List(pl.Int64)))
    label = pl.col("at").replace_strict(numbers, labels, default=pl.col("from_month"), return_dtype=pl.String)
    single = position.with_columns(at=run).explode("at").with_columns(earned_month=label)
    return single.group_by(_KEY).agg(pl.col(_AMOUNTS).sum())


def _differing(postings: pl.LazyFrame, position: pl.LazyFrame) -> pl.DataFrame:
    """The keys of which the two say otherwise: _KEY, amount and taken as posted, and as sealed; sorted."""
    is_taken, zero = pl.col("posting") == "clawback", pl.lit(Decimal(0))
    posted = postings.group_by(_KEY).agg(
        pl.when(is_taken).then(zero).otherwise(pl.col("amount")).sum().alias("amount"),
        pl.when(is_taken).then(-pl.col("amount")).otherwise(zero).sum().alias("taken"),
    )
    both = posted.join(position, on=_KEY, how="full", coalesce=True, suffix="_sealed")
    sides = [pl.col(f"{name}{side}").fill_null(Decimal(0)) for side in ("", "_sealed") for name in _AMOUNTS]
    amount, taken, sealed, sealed_taken = sides
    is_other = (amount != sealed) | (taken != sealed_taken)
    # What was taken back whole before it was ever posted may be remembered so; nothing of it is left either way.
    is_nothing = (amount == taken) & (sealed == sealed_taken)
    return both.filter(is_other & ~is_nothing).collect(engine="streaming").sort(_KEY)


def _wrong(row: Mapping[str, Any]) -> WrongKey:
    posted, sealed = ({name: Decimal(row[f"{name}{side}"] or 0) for name in _AMOUNTS} for side in ("", "_sealed"))
    return WrongKey({name: str(row[name]) for name in _KEY}, posted, sealed)
