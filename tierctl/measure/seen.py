"""What of the rows counts at all: those of the partner's enrollment, and those that its primary user may see.

Both depend on the enrollment that is current on the day read: the one that began last.
"""

import polars as pl

from tierctl.inputs import Inputs
from tierctl.measure.segments import narrowed
from tierctl.program.model import USER_ACCESS

OWNER = "owner_id"
_SINCE, _NEXT, _FIRST, _LAST = "__current_since", "__current_until", "__enrolled_on", "__expires_on"


def _periods(inputs: Inputs) -> pl.LazyFrame:
    """The enrollments with the days on which each is the current one: until the partner's next one begins."""
    ordered = inputs.enrolled.sort("partner_id", "enrolled_on")
    return ordered.lazy().select(
        "partner_id",
        "primary_user_id",
        pl.col("enrolled_on").alias(_SINCE),
        pl.col("enrolled_on").shift(-1).over("partner_id").alias(_NEXT),
        pl.col("enrolled_on").alias(_FIRST),
        pl.col("expires_on").alias(_LAST),
    )


def within_enrollment(lf: pl.LazyFrame, inputs: Inputs, on: str) -> pl.LazyFrame:
    """The segments dated within an enrollment, on the days on which it is the current one."""
    periods = _periods(inputs).drop("primary_user_id")
    inside = (pl.col(on) >= pl.col(_FIRST)) & (pl.col(_LAST).is_null() | (pl.col(on) <= pl.col(_LAST)))
    return narrowed(lf.join(periods, on="partner_id").filter(inside), _SINCE, _NEXT).drop(_SINCE, _NEXT, _FIRST, _LAST)


def is_restricted(inputs: Inputs, export: str) -> bool:
    """Whether rows of the export count only if the primary user may see them."""
    return inputs.program.counts_only is not None and OWNER in inputs.program.contract(export).names


def that_are_seen(lf: pl.LazyFrame, inputs: Inputs, export: str, *, unseen: bool = False) -> pl.LazyFrame:
    """The segments that the primary user may see, on the days on which he is the primary user; `unseen`: the others.

    A row without an owner is everybody's, and where no primary user is named nothing is hidden.
    """
    if not is_restricted(inputs, export):
        return lf.clear() if unseen else lf
    access = inputs.rows(USER_ACCESS).lazy().select("user_id", OWNER).unique()
    access = access.with_columns(pl.lit(value=True).alias("__may_see"))
    periods = _periods(inputs).drop(_FIRST, _LAST)
    owned = lf.join(periods, on="partner_id").join(
        access, left_on=["primary_user_id", OWNER], right_on=["user_id", OWNER], how="left"
    )
    is_free = pl.col(OWNER).is_null() | pl.col("primary_user_id").is_null()
    counts = is_free | pl.col("__may_see").is_not_null()
    chosen = owned.filter(~counts if unseen else counts)
    return narrowed(chosen, _SINCE, _NEXT).drop(_SINCE, _NEXT, "primary_user_id", "__may_see")
