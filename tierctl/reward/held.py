"""Held: what has been posted for rows that are not there any more.

Absence moves no money: a row that was posted and is missing from today's export, or rejected in it, is neither reversed
nor changed until somebody accepts its removal. The same holds where a row is missing that a posted one depends on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tierctl.contracts import Contract
from tierctl.inputs import Inputs
from tierctl.program.model import ENROLLMENTS, PAYMENTS
from tierctl.reward.chunks import Chunk, Exports
from tierctl.reward.plan import Paying
from tierctl.reward.postings import NOTHING_HELD, SOURCE_KEY
from tierctl.reward.rows import SOURCE_ID, source_id

ROSTER = "partners"
_PARTNER = "partner_id"
_MOST_LINKS = 50

Parts = Mapping[str, Sequence[pl.LazyFrame]]


def held_rows(position: Sequence[pl.LazyFrame], rules: Sequence[Paying], read: Parts) -> pl.DataFrame:
    """The posted rows of which nothing is touched.

    Args:
        position: what has been posted, in the columns of the ledger's table.
        rules: the rules of a program, in each of its editions.
        read: the rows that the last close read, by export.

    Returns:
        One row per partner_id × source × source_id that has been posted and is not among today's rows, or depends on
        one that the last close read and that is not there today: a payment, a row joined to it, the row that it
        adjusts, its partner or the partner's enrollment. No order.
    """
    if not position or not rules:
        return NOTHING_HELD
    posted = pl.concat(position).select(SOURCE_KEY)
    missing = _Missing(rules[0].inputs, read)
    frames = [NOTHING_HELD, _of_partners(posted, missing)]
    by_export: dict[str, list[Paying]] = {}
    for paying in rules:
        if paying.is_of_rows:
            by_export.setdefault(paying.export, []).append(paying)
    for export, concerned in by_export.items():
        frames.append(_of_export(posted.filter(pl.col("source") == export), concerned, missing))
    return pl.concat(frames).unique()


@dataclass(frozen=True)
class _Missing:
    """The rows that the last close read and that are not among today's."""

    inputs: Inputs
    read: Parts
    _found: dict[str, pl.DataFrame | None] = field(default_factory=dict, compare=False)

    def rows(self, export: str) -> pl.DataFrame | None:
        """The keys of the missing rows of an export; None: none of them is missing, or it has no key."""
        if export not in self._found:
            self._found[export] = self._find(export)
        return self._found[export]

    def _find(self, export: str) -> pl.DataFrame | None:
        contract, today = self.inputs.program.contract(export), self.inputs.exports.get(export, ())
        if not contract.primary_key or export not in self.read:
            return None
        key = list(dict.fromkeys([*contract.primary_key, *_reference(contract)]))
        beside = [_PARTNER] if _PARTNER in contract.names and _PARTNER not in key else []
        before = [part.select(*key, *beside) for part in self.read[export]]
        now = [part.select(*contract.primary_key, *beside) for part in today]
        found = absent(before, now, contract.primary_key)
        return None if found.is_empty() else found


def _reference(contract: Contract) -> tuple[str, ...]:
    """The column by which a payment names the row that it pays."""
    return ("invoice_line_id",) if contract.name == PAYMENTS else ()


def absent(before: Sequence[pl.LazyFrame], now: Sequence[pl.LazyFrame], key: Sequence[str]) -> pl.DataFrame:
    """The rows whose key is not there any more; range of partners by range, so that no memory has to hold all of them.

    Args:
        before: parts with the key's columns, partner_id perhaps, and more.
        now: parts with the key's columns, and partner_id where `before` has it.
        key: what tells rows apart; a row that has changed its partner is still there.
    """
    if not before:
        return pl.DataFrame()
    lf = pl.concat(before)
    names = lf.collect_schema().names()
    if not now:
        return lf.collect()
    if _PARTNER not in names:
        return _anti(lf, pl.concat(now), key)
    exports = Exports.of({"now": now}, ["now"])
    found = [
        _anti(lf.filter(chunk.holds(pl.col(_PARTNER).cast(pl.String))), _together(exports, chunk, now), key)
        for chunk in exports.chunks()
    ]
    gone = pl.concat(found)
    if gone.is_empty() or _PARTNER in key:
        return gone
    return _anti(gone.lazy(), pl.concat(now).join(gone.lazy(), on=list(key), how="semi"), key)


def _together(exports: Exports, chunk: Chunk, now: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    parts = exports.of_chunk("now", chunk)
    return pl.concat(parts) if parts else now[0].clear()


def _anti(before: pl.LazyFrame, now: pl.LazyFrame, key: Sequence[str]) -> pl.DataFrame:
    there = now.select(key)
    return before.join(there, on=list(key), how="anti", nulls_equal=True).collect(engine="streaming")


def _of_partners(posted: pl.LazyFrame, missing: _Missing) -> pl.DataFrame:
    """What was posted for partners that the roster lacks, or whose enrollment is missing."""
    roster = pl.concat(missing.inputs.exports[ROSTER]).select(_PARTNER)
    found = [posted.join(roster, on=_PARTNER, how="anti").unique().collect(engine="streaming")]
    enrollments = missing.rows(ENROLLMENTS) if missing.inputs.program.enrollment == "required" else None
    if enrollments is not None:
        found.append(_of(posted, enrollments.select(_PARTNER).lazy()))
    return pl.concat(found)


def _of(posted: pl.LazyFrame, rows: pl.LazyFrame) -> pl.DataFrame:
    """What was posted for these partners, or rows (by every column that they have)."""
    on = rows.collect_schema().names()
    return posted.join(rows, on=on, how="semi").unique().select(SOURCE_KEY).collect(engine="streaming")


def _of_export(posted: pl.LazyFrame, rules: Sequence[Paying], missing: _Missing) -> pl.DataFrame:
    """What was posted for the rows of one export that are missing, or that depend on what is."""
    paying = rules[0]
    today = [
        part.with_columns(pl.col(_PARTNER).cast(pl.String), source_id(paying)).rename({SOURCE_ID: "source_id"})
        for part in paying.inputs.exports.get(paying.export, ())
    ]
    key = [_PARTNER, "source_id"] if _PARTNER in paying.contract.primary_key else ["source_id"]
    gone = absent([posted.unique()], [part.select(_PARTNER, "source_id") for part in today], key)
    frames = [gone.select(SOURCE_KEY)] if not gone.is_empty() else [NOTHING_HELD]
    rows = pl.concat(today) if today else None
    if rows is not None:
        frames += [_of(posted, affected) for affected in _depending(rows, rules, missing)]
        frames.append(_adjusting(posted, rows, paying, missing, pl.concat(frames)))
    return pl.concat(frames)


def _depending(rows: pl.LazyFrame, rules: Sequence[Paying], missing: _Missing) -> Iterator[pl.LazyFrame]:
    """Today's rows that are joined to one that is missing, export by export: partner_id, source_id, or partner_id."""
    names = rows.collect_schema().names()
    joined = {(export, column) for paying in rules for export, column in paying.rule.with_.items()}
    if any(paying.reads_payments for paying in rules):
        joined.add((PAYMENTS, "invoice_line_id"))
    for export, column in sorted(joined):
        gone = missing.rows(export)
        if gone is None:
            continue
        contract = missing.inputs.program.contract(export)
        if contract.valid is not None:
            yield gone.select(_PARTNER).unique().lazy()
        elif column in names:
            named = "invoice_line_id" if export == PAYMENTS else contract.primary_key[0]
            wanted = gone.select(pl.col(named).alias(column)).unique().lazy()
            yield rows.join(wanted, on=column, how="semi").select(_PARTNER, "source_id")


def _adjusting(
    posted: pl.LazyFrame, rows: pl.LazyFrame, paying: Paying, missing: _Missing, held: pl.DataFrame
) -> pl.DataFrame:
    """What was posted for rows that adjust, through however many others, one that is missing or held."""
    column, key = paying.contract.adjusts, [name for name in paying.contract.primary_key if name != _PARTNER]
    gone = missing.rows(paying.export) if column is not None else None
    if column is None or len(key) != 1:
        return NOTHING_HELD
    roots = [held["source_id"], *([] if gone is None else [gone[key[0]]])]
    links = rows.drop_nulls(column).select(_PARTNER, "source_id", column)
    found, named = [NOTHING_HELD], pl.concat(roots).unique()
    for _ in range(_MOST_LINKS):
        if named.is_empty():
            break
        following = links.join(named.alias(column).to_frame().lazy(), on=column, how="semi").collect()
        known = pl.concat(found)["source_id"]
        following = following.filter(~pl.col("source_id").is_in(known.implode()))
        found.append(_of(posted, following.select(_PARTNER, "source_id").lazy()))
        named = following["source_id"].unique()
    return pl.concat(found)
