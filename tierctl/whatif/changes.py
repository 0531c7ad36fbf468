"""Changes: what is otherwise in one evaluation than in another, partner by partner."""

from dataclasses import dataclass

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.money import plain_number
from tierctl.whatif.evaluated import NAME, PAID, Frames

PLACE = ["track", "partner_id"]
_OF_LINE = [name for name in PAID.names() if name != "amount"]
_CRITERION = [*PLACE, "tier", "criterion"]
TIERS = pl.Schema(
    {
        "track": NAME,
        "partner_id": NAME,
        "partner_name": pl.String(),
        "tier_before": NAME,
        "tier_after": NAME,
        "was_there": pl.Boolean(),
    }
)
MONEY = pl.Schema({**{name: PAID[name] for name in _OF_LINE}, "difference": NUMBER})
REASONS = pl.Schema({"track": NAME, "partner_id": NAME, "reason": pl.String()})
CRITERIA = pl.Schema({**dict.fromkeys(_CRITERION, NAME), "told": pl.String()})


@dataclass(frozen=True)
class Changes:
    """What is otherwise after than before. The frames may have further columns, which say in which evaluation.

    Attributes:
        tiers: the columns of TIERS: one row per track × partner_id whose tier differs; was_there is false for one that
            took no part before.
        money: the columns of MONEY: one row per track × partner_id × report × rule × currency whose sum differs, or
            that has lines on one side alone.
        reasons: the columns of REASONS: why partners stand where they stand after, where the reason is another one.
        criteria: the columns of CRITERIA: one row per criterion that comes out otherwise, in words.
    """

    tiers: pl.DataFrame
    money: pl.DataFrame
    reasons: pl.DataFrame
    criteria: pl.DataFrame

    @classmethod
    def none(cls) -> "Changes":
        """Nothing is otherwise."""
        return cls(TIERS.to_frame(), MONEY.to_frame(), REASONS.to_frame(), CRITERIA.to_frame())


def changes_of(before: Frames, after: Frames) -> Changes:
    """What one program comes to otherwise than another, for the same partners and rules."""
    tiers, money = _tiers(before.stood, after.stood), _money(before.paid, after.paid)
    reasons = after.stood.join(before.stood, on=[*PLACE, "reason"], how="anti").select(REASONS.names())
    known = before.asked.select(*_CRITERION, pl.col("outcome").alias("outcome_before"))
    asked = after.asked.join(known, on=_CRITERION, how="left")
    differs = pl.col("outcome").ne_missing(pl.col("outcome_before"))
    criteria = asked.filter(differs).with_columns(told().alias("told")).select(CRITERIA.names())
    return Changes(tiers, money, reasons, criteria)


def _tiers(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The partners at another tier; one that takes no part any more has none."""
    stood = before.select(*PLACE, "partner_name", tier_before="tier", was_there=pl.lit(value=True))
    stands = after.select(*PLACE, tier_after="tier", name_after="partner_name")
    both = stood.join(stands, on=PLACE, how="full", coalesce=True)
    both = both.with_columns(
        pl.col("was_there").fill_null(value=False), pl.coalesce("partner_name", "name_after").alias("partner_name")
    )
    differs = pl.col("tier_before").ne_missing(pl.col("tier_after")) | ~pl.col("was_there")
    return both.filter(differs).select(TIERS.names())


def _money(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The sums that differ, and those that stand on one side alone even where they add up to nothing."""
    both = before.rename({"amount": "was"}).join(after, on=_OF_LINE, how="full", coalesce=True)
    difference = (pl.col("amount").fill_null(0) - pl.col("was").fill_null(0)).cast(NUMBER).alias("difference")
    is_told = (pl.col("difference") != 0) | pl.col("was").is_null() | pl.col("amount").is_null()
    return both.with_columns(difference).filter(is_told).select(MONEY.names())


def told() -> pl.Expr:
    """A criterion, and what it finds beside its bound, in words; from the columns of ASKED."""
    words = {
        "at_least": ("reaches", "is under"),
        "more_than": ("is more than", "is not more than"),
        "at_most": ("is within", "is over"),
        "less_than": ("is less than", "is not less than"),
    }
    outcome = pl.col("outcome").cast(pl.String)
    found = outcome.str.replace("_", " ")
    value, bound = plain_number(pl.col("value")), plain_number(pl.col("threshold"))
    for word, (met, failed) in words.items():
        said = pl.when(outcome == "met").then(pl.lit(met)).otherwise(pl.lit(failed))
        compared = pl.concat_str(value, said, bound, separator=" ")
        found = pl.when((pl.col("operator") == word) & (outcome != "unknown")).then(compared).otherwise(found)
    return pl.format("{} {}: {}", "tier", "criterion", found)
