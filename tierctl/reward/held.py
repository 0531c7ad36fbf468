"""Held: what has been posted for rows that are not there any more, or that lack a row that they depend on.

Absence moves no money: what was posted for such a row is neither reversed nor changed until somebody accepts that what
is missing is gone for good.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.measure.columns import MONTH_END
from tierctl.measure.told import SOURCE_ID
from tierctl.program.model import ENROLLMENTS, PAYMENTS
from tierctl.reward.missing import INVOICE_LINE, LABEL, NAME, ROSTER, Missing, absent
from tierctl.reward.plan import Paying
from tierctl.reward.postings import HELD, SOURCE_KEY
from tierctl.reward.rows import source_id

_PARTNER = "partner_id"
_MOST_LINKS = 50
_SINCE, _ROW = "__since", "__row"


def held_rows(position: Sequence[pl.LazyFrame], rules: Sequence[Paying], missing: Missing) -> pl.DataFrame:
    """The posted rows of which nothing is touched.

    Args:
        position: what has been posted, in the columns of the ledger's table.
        rules: the rules of a program, in each of its editions.
        missing: which rows are not there any more.

    Returns:
        In the columns of HELD, one row per rule (kind and rule null: all of them) and posted row that is not among
        today's rows, or depends on one that a close read before it was posted and that is not there today: a payment, a
        row joined to it, the row that it adjusts, its partner or the partner's enrollment; with them, under a rule with
        caps, all that was posted for the partner. No order.
    """
    if not position or not rules:
        return HELD.to_frame()
    posted = _Posted(pl.concat(position), missing.month)
    of_partners = pl.concat([HELD.to_frame(), *_of_partners(posted, missing)])
    found = [HELD.to_frame()]
    by_export: dict[str, list[Paying]] = {}
    for paying in rules:
        if paying.is_of_rows:
            by_export.setdefault(paying.export, []).append(paying)
    for export, concerned in by_export.items():
        found += _of_export(posted.of_source(export), concerned, missing)
        of_partners = _not_moved(of_partners, concerned[0])
    found.append(of_partners)
    found += _beside(posted, pl.concat(found), rules)
    by = [name for name in HELD.names() if name != "lacks"]
    return pl.concat(found).sort(*by, "lacks", nulls_last=False).unique(by, keep="first", maintain_order=True)


def _beside(posted: "_Posted", held: pl.DataFrame, rules: Sequence[Paying]) -> Iterator[pl.DataFrame]:
    """What was posted for other rows of a partner under a rule with caps: what is held leaves no room to them."""
    for paying in rules if not held.is_empty() else ():
        if paying.rule.caps and paying.is_of_rows:
            under = (pl.col("kind") == paying.kind) & (pl.col("rule") == paying.name)
            own = held.filter((pl.col("source") == paying.source) & (pl.col("rule").is_null() | under))
            name = pl.coalesce("lacks", pl.concat_str("source", pl.lit(" "), "source_id"))
            lacks = pl.concat_str(name, pl.lit(" in the same cap")).min().alias("lacks")
            yield posted.of(own.group_by(_PARTNER).agg(lacks).lazy().with_columns(posted.label()), paying)


@dataclass(frozen=True)
class _Posted:
    """What has been posted; `month` is the last closed one."""

    lf: pl.LazyFrame
    month: str

    def of_source(self, export: str) -> "_Posted":
        """What has been posted for rows of an export."""
        return _Posted(self.lf.filter(pl.col("source") == export), self.month)

    def of(self, rows: pl.LazyFrame, paying: Paying | None = None) -> pl.DataFrame:
        """What has been posted for these rows, by every column of the key that they have, under one rule or under all.

        Args:
            rows: partner_id, source_id perhaps, lacks, and LABEL, the month by which it must have been posted.
            paying: the rule.
        """
        kind, rule = (paying.kind, paying.name) if paying else (None, None)
        lf = self.lf if paying is None else self.lf.filter((pl.col("kind") == kind) & (pl.col("rule") == rule))
        on = [name for name in (_PARTNER, "source_id") if name in rows.collect_schema().names()]
        found = lf.select(*SOURCE_KEY, "from_month").join(rows, on=on).filter(pl.col("from_month") <= pl.col(LABEL))
        said = (pl.lit(kind, dtype=pl.String).alias("kind"), pl.lit(rule, dtype=pl.String).alias("rule"))
        return found.select(*said, *SOURCE_KEY, "lacks").unique().collect(engine="streaming").select(HELD.names())

    def label(self) -> pl.Expr:
        """The last closed month, as LABEL."""
        return pl.lit(self.month).alias(LABEL)


def _of_partners(posted: _Posted, missing: Missing) -> Iterator[pl.DataFrame]:
    """What was posted for partners that the roster lacks, or whose enrollment is missing."""
    roster = pl.concat(missing.inputs.exports[ROSTER]).select(_PARTNER)
    gone = posted.lf.select(_PARTNER).unique().join(roster, on=_PARTNER, how="anti").collect(engine="streaming")
    if not gone.is_empty():
        lacks = pl.concat_str(pl.lit(f"{ROSTER} "), _PARTNER).alias("lacks")
        yield posted.of(gone.lazy().with_columns(lacks, posted.label()))
    if missing.inputs.program.enrollment == "required" and (enrollments := missing.rows(ENROLLMENTS)) is not None:
        yield posted.of(enrollments.select(_PARTNER, pl.col(NAME).alias("lacks"), LABEL).lazy())


def _not_moved(held: pl.DataFrame, paying: Paying) -> pl.DataFrame:
    """Leaves out the rows that are there today under another partner: what was posted for them goes with them."""
    own = held.filter(pl.col("source") == paying.export)
    if own.is_empty() or _PARTNER in paying.contract.primary_key:
        return held
    today = [part.select(_PARTNER, source_id(paying)) for part in paying.inputs.exports.get(paying.export, ())]
    named = own.select(pl.col("source_id").alias(SOURCE_ID), pl.col(_PARTNER).alias("__was"), "source").unique()
    both = pl.concat(today).join(named.lazy(), on=SOURCE_ID) if today else named.clear().lazy()
    moved = both.filter(pl.col(_PARTNER).cast(pl.String) != pl.col("__was")) if today else both
    keys = moved.select(pl.col("__was").alias(_PARTNER), "source", pl.col(SOURCE_ID).alias("source_id")).unique()
    return held.join(keys.collect(engine="streaming"), on=SOURCE_KEY, how="anti")


def _of_export(posted: _Posted, rules: Sequence[Paying], missing: Missing) -> Iterator[pl.DataFrame]:
    """What was posted for the rows of one export that are missing, or that depend on what is."""
    paying = rules[0]
    today = [
        part.with_columns(pl.col(_PARTNER).cast(pl.String), source_id(paying)).rename({SOURCE_ID: "source_id"})
        for part in paying.inputs.exports.get(paying.export, ())
    ]
    key = [_PARTNER, "source_id"] if _PARTNER in paying.contract.primary_key else ["source_id"]
    before = posted.lf.select(_PARTNER, "source_id").unique()
    gone = absent([before], [part.select(_PARTNER, "source_id") for part in today], key)
    itself = pl.lit(None, dtype=pl.String).alias("lacks")
    if not gone.is_empty():
        yield posted.of(gone.lazy().with_columns(itself, posted.label()))
    if today:
        rows = pl.concat(today)
        for each in rules:
            for affected in _depending(rows, each, missing):
                yield posted.of(affected, each)
        yield from _adjusting(posted, rows, paying, missing, gone)


def _depending(rows: pl.LazyFrame, paying: Paying, missing: Missing) -> Iterator[pl.LazyFrame]:
    """Today's rows for which a rule reads something that is missing: partner_id, source_id perhaps, lacks, LABEL."""
    names = rows.collect_schema().names()
    joined = dict(paying.rule.with_)
    if paying.reads_payments:
        joined[PAYMENTS] = INVOICE_LINE
    for export, column in sorted(joined.items()):
        gone = missing.rows(export)
        if gone is None:
            continue
        contract = missing.inputs.program.contract(export)
        named = gone.with_columns(pl.col(NAME).alias("lacks"))
        if contract.valid is not None:
            since = contract.valid[0]
            if column == MONTH_END or column not in names:
                yield named.select(_PARTNER, "lacks", LABEL).lazy()
            else:
                yield _in_force(rows, column, named, since, missing.today(export, (_PARTNER, since)))
        elif column in names:
            of = INVOICE_LINE if export == PAYMENTS else contract.primary_key[0]
            wanted = named.select(pl.col(of).alias(column), "lacks", LABEL).lazy()
            yield rows.select(_PARTNER, "source_id", column).join(wanted, on=column).drop(column)


def _in_force(rows: pl.LazyFrame, column: str, gone: pl.DataFrame, since: str, today: pl.LazyFrame) -> pl.LazyFrame:
    """The rows on whose day a missing row was the last that had begun: partner_id, source_id, lacks, LABEL."""
    partners = gone.select(_PARTNER).unique().lazy()
    there = today.join(partners, on=_PARTNER, how="semi").select(_PARTNER, pl.col(since).alias(_SINCE))
    left = gone.lazy().select(_PARTNER, pl.col(since).alias(_SINCE), "lacks", LABEL)
    begun = pl.concat([left, there], how="diagonal")
    concerned = rows.select(_PARTNER, "source_id", column).join(partners, on=_PARTNER, how="semi").with_row_index(_ROW)
    matched = concerned.join(begun, on=_PARTNER).filter(pl.col(_SINCE) <= pl.col(column))
    last = matched.sort(_ROW, _SINCE, "lacks", nulls_last=True).unique(_ROW, keep="last", maintain_order=True)
    return last.drop_nulls("lacks").select(_PARTNER, "source_id", "lacks", LABEL)


def _adjusting(
    posted: _Posted, rows: pl.LazyFrame, paying: Paying, missing: Missing, gone: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """What was posted for rows that adjust, through however many others, one that is missing."""
    column, key = paying.contract.adjusts, [name for name in paying.contract.primary_key if name != _PARTNER]
    if column is None or len(key) != 1:
        return
    unread = missing.rows(paying.export)
    roots = [gone["source_id"]] if not gone.is_empty() else []
    roots += [] if unread is None else [unread[key[0]]]
    links = rows.drop_nulls(column).select(_PARTNER, "source_id", column)
    known = pl.Series("source_id", [], dtype=pl.String)
    named = pl.concat(roots).unique() if roots else known
    for _ in range(_MOST_LINKS):
        following = links.join(named.alias(column).to_frame().lazy(), on=column, how="semi").collect()
        following = following.filter(~pl.col("source_id").is_in(known.implode()))
        if following.is_empty():
            return
        lacks = pl.concat_str(pl.lit(f"{paying.export} "), column).alias("lacks")
        yield posted.of(following.lazy().select(_PARTNER, "source_id", lacks, posted.label()))
        known, named = pl.concat([known, following["source_id"]]), following["source_id"].unique()
