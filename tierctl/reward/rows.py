"""Rows: the rows that may earn, as one day knows them, with all that a rule reads of them.

A row is kept whatever it fails, since what earns nothing is told too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from tierctl.inputs import Inputs
from tierctl.measure import told
from tierctl.measure.columns import MONTH_END
from tierctl.measure.computed import computed_of, with_computed
from tierctl.measure.joined import SINCE_DAY, UNTIL_DAY, Joined, joined_rows
from tierctl.measure.known import as_of, cells_on
from tierctl.measure.segments import Source, begin_segments, with_partner_columns
from tierctl.measure.told import matched
from tierctl.reward.plan import Paying, of_rows, own

ADJUSTED = "__adjusted"
"""Whether the row that a row adjusts was found (null: it adjusts none)."""

_KNOWN, _FORGOTTEN, _ROW = "__known_from", "__known_until", "__row"
_PARTNER = "partner_id"
_MOST_LINKS = 50


@dataclass(frozen=True)
class Reader:
    """Reads the rows of one rule; what they are joined to is read once."""

    paying: Paying

    @cached_property
    def joined(self) -> dict[str, Joined]:
        """What the rows are joined to, by export."""
        return self._joined(lambda _: True)

    @cached_property
    def in_force_by(self) -> dict[str, Joined]:
        """What is in force for a partner on a day, of what the rows are joined to, by export."""
        return self._joined(lambda export: self.paying.inputs.program.contract(export).valid is not None)

    def _joined(self, is_read: Callable[[str], bool]) -> dict[str, Joined]:
        paying = self.paying
        by = {export: column for export, column in paying.rule.with_.items() if is_read(export)}
        owners = [f"{export}.partner_id" for export in by if _has_partner(paying, export)]
        source = Source(paying.export, paying.where, by, columns=(*paying.tested_columns, *owners))
        return dict(zip(by, joined_rows(paying.inputs, source), strict=True))

    def rows(self, parts: Sequence[pl.LazyFrame], day: date, wanted: pl.Expr | None = None) -> pl.DataFrame:
        """The rows of some parts of the export as they are known on a day.

        Args:
            parts: parts of the export, of whole partners.
            day: the day.
            wanted: which rows are asked for, by columns of their own; those that adjust another are kept in any case.

        Returns:
            One row per row: partner_id (in the roster's type), __source_id, what it is tested by under the columns'
            own names, `own.COLUMN`, `__matched.EXPORT` for what it is joined to, __adjusted. No order. Rows of partners
            that the track lacks are left out.
        """
        paying = self.paying
        names = [*paying.own_columns, *of_rows(paying.tested_columns)]
        adjusts, adjusted = paying.contract.adjusts, None
        is_wanted = wanted if wanted is None or adjusts is None else wanted | pl.col(adjusts).is_not_null()
        rows = _known(paying.inputs, paying.export, parts, names, day, wanted=is_wanted)
        if adjusts is not None and rows[adjusts].null_count() < rows.height:
            adjusted = self._adjusted(rows, parts, names, day)
        rows = rows.with_columns(source_id(paying), *(pl.col(name).alias(own(name)) for name in paying.own_columns))
        rows = self._tested_as_adjusted(rows, adjusted)
        for export, joined in self.joined.items():
            if joined.column != MONTH_END:
                rows = self._with_joined(rows, export, joined, day)
        return rows

    def in_force(self, export: str, days: pl.DataFrame) -> pl.DataFrame:
        """The row of an export that is in force for each partner on each month's last day.

        Args:
            export: one that the rule joins by "month_end".
            days: at and day.

        Returns:
            One row per partner_id × at with such a row: its columns as `EXPORT.COLUMN`, and `__matched.EXPORT`.
        """
        rows = self.in_force_by[export].rows
        open_end = pl.col(UNTIL_DAY).is_null() | (pl.col(UNTIL_DAY) > pl.col("day"))
        known = (pl.col(_KNOWN) <= pl.col("day")) & (
            pl.col(_FORGOTTEN).is_null() | (pl.col(_FORGOTTEN) > pl.col("day"))
        )
        found = rows.join(days, how="cross").filter((pl.col(SINCE_DAY) <= pl.col("day")) & open_end & known)
        found = found.drop(SINCE_DAY, UNTIL_DAY, _KNOWN, _FORGOTTEN, "day")
        return found.with_columns(pl.lit(value=True).alias(matched(export)))

    def _with_joined(self, rows: pl.DataFrame, export: str, joined: Joined, day: date) -> pl.DataFrame:
        known = (pl.col(_KNOWN) <= day) & (pl.col(_FORGOTTEN).is_null() | (pl.col(_FORGOTTEN) > day))
        there = joined.rows.filter(known).drop(_KNOWN, _FORGOTTEN)
        names = [name for name in there.columns if name.startswith(f"{export}.")]
        there = there.with_columns(
            pl.lit(value=True).alias(matched(export)),
            *cells_on(self.paying.inputs, self.paying.export, names, day),
        )
        if joined.key is not None:
            # Another partner's row is none: whatever belongs together is of one partner.
            owner = f"{export}.partner_id"
            own_row = [pl.col("partner_id").cast(pl.String)] if owner in names else []
            return rows.join(
                there,
                left_on=[pl.col(joined.column), *own_row],
                right_on=[pl.col(SINCE_DAY), *(pl.col(owner) for _ in own_row)],
                how="left",
            )
        numbered = rows.with_row_index(_ROW)
        on = pl.col(joined.column)
        within = (on >= pl.col(SINCE_DAY)) & (pl.col(UNTIL_DAY).is_null() | (on < pl.col(UNTIL_DAY)))
        found = numbered.select(_ROW, "partner_id", joined.column).join(there, on="partner_id").filter(within)
        return numbered.join(found.select(_ROW, matched(export), *names), on=_ROW, how="left").drop(_ROW)

    @cached_property
    def _key(self) -> str | None:
        """The column by which a row names the one that it adjusts: the key beside the partner."""
        key = [name for name in self.paying.contract.primary_key if name != _PARTNER]
        return key[0] if len(key) == 1 else None

    def _adjusted(
        self, rows: pl.DataFrame, parts: Sequence[pl.LazyFrame], names: Sequence[str], day: date
    ) -> pl.DataFrame | None:
        """The rows that these adjust, and on to the end of each chain: one row per partner_id × key; None: no key."""
        key, column = self._key, self.paying.contract.adjusts
        if key is None or column is None:
            return None
        found, named = rows.clear(), rows.select(_PARTNER, pl.col(column).alias(key)).drop_nulls().unique()
        for _ in range(_MOST_LINKS):
            if named.is_empty():
                break
            there = [part.join(named.select(key).unique().lazy(), on=key, how="semi") for part in parts]
            linked = _known(self.paying.inputs, self.paying.export, there, names, day)
            linked = linked.join(named, on=[_PARTNER, key], how="semi").unique([_PARTNER, key], keep="any")
            found = pl.concat([found, linked.select(found.columns)])
            further = linked.select(_PARTNER, pl.col(column).alias(key)).drop_nulls().unique()
            named = further.join(found, on=[_PARTNER, key], how="anti")
        return found

    def _tested_as_adjusted(self, rows: pl.DataFrame, adjusted: pl.DataFrame | None) -> pl.DataFrame:
        """Puts the cells of the row that a row adjusts in the place of its own, as far as it is tested by them.

        Both have to be of one partner; a chain of rows is followed to its end.
        """
        column, key = self.paying.contract.adjusts, self._key
        nothing = pl.lit(None, dtype=pl.Boolean).alias(ADJUSTED)
        if column is None or key is None or adjusted is None:
            return rows.with_columns(nothing)
        plain = rows.filter(pl.col(column).is_null()).with_columns(nothing)
        adjusting = rows.filter(pl.col(column).is_not_null())
        names = [name for name in of_rows(self.paying.tested_columns) if name not in {column, _PARTNER}]
        roots = _roots(adjusted, key, column, names)
        found = adjusting.join(
            roots, left_on=[_PARTNER, column], right_on=[_PARTNER, "__key"], how="left", validate="m:1"
        )
        cells = [pl.col(f"__{name}").alias(name) for name in names]
        is_found = pl.col("__found").fill_null(value=False).alias(ADJUSTED)
        return pl.concat([plain, found.with_columns(*cells, is_found).select(plain.columns)])


def _roots(adjusted: pl.DataFrame, key: str, column: str, names: Sequence[str]) -> pl.DataFrame:
    """What the rows that others adjust are tested by, at the end of each chain; a circle has none.

    Returns:
        One row per partner_id × __key: every name behind two underscores, and __found.
    """
    cells = [pl.col(name).alias(f"__{name}") for name in names]
    there = adjusted.select(_PARTNER, pl.col(key).alias("__key"), column, *cells)
    links = there.select(_PARTNER, "__key", column)
    chains = links.select(_PARTNER, "__key", pl.col("__key").alias("__root"))
    for _ in range(_MOST_LINKS):
        further = chains.join(links, left_on=[_PARTNER, "__root"], right_on=[_PARTNER, "__key"], how="left")
        if further[column].null_count() == further.height:
            break
        chains = further.with_columns(pl.coalesce(column, "__root").alias("__root")).drop(column)
    ends = there.filter(pl.col(column).is_null()).drop(column).rename({"__key": "__root"})
    found = chains.join(ends, on=[_PARTNER, "__root"])
    return found.drop("__root").with_columns(pl.lit(value=True).alias("__found"))


def _known(
    inputs: Inputs,
    export: str,
    parts: Sequence[pl.LazyFrame],
    names: Sequence[str],
    day: date,
    *,
    wanted: pl.Expr | None = None,
) -> pl.DataFrame:
    """The rows as they are known on a day: the key, partner_id, the column of what they adjust, and these columns."""
    contract = inputs.program.table(export)
    beside = (*contract.primary_key, *((contract.adjusts,) if contract.adjusts else ()))
    columns = tuple(dict.fromkeys((*beside, *names)))
    source = Source(export, columns=columns)
    lf = pl.concat(parts or [contract.polars_schema.to_frame().lazy()]).with_columns(
        pl.col("partner_id").cast(inputs.partner_type, strict=False)
    )
    lf = lf.drop_nulls("partner_id")
    begun = with_partner_columns(begin_segments(lf, contract.row_date), inputs, columns)
    begun = with_computed(begun, lf, inputs, computed_of(inputs, export, columns))
    seen = as_of(begun, inputs, source, day)
    seen = seen if wanted is None else seen.filter(wanted)
    return seen.select(_PARTNER, *(name for name in columns if name != _PARTNER)).collect()


def _has_partner(paying: Paying, export: str) -> bool:
    contract = paying.inputs.program.contract(export)
    return contract.valid is None and "partner_id" in contract.names


def source_id(paying: Paying) -> pl.Expr:
    """The key of a row as one text (see `told.source_id`)."""
    return told.source_id(paying.contract, is_repeating=paying.export in paying.inputs.repeating)
