"""Earned: on which day a row earns, and so in which months.

A row that earns at each month's end does so over a range of months, __lo to __hi; any other row in one month, on the
day __earned_on.
"""

from datetime import date, timedelta

import polars as pl

from tierctl.contracts import NUMBER
from tierctl.exact import WHOLE, micros
from tierctl.inputs import Inputs
from tierctl.measure.columns import MONTH_END
from tierctl.measure.told import Condition, of_running, text_of
from tierctl.program.model import PAYMENTS
from tierctl.program.rules import EACH_PAYMENT, PAID_IN_FULL
from tierctl.reward.plan import CURRENCY, PRICE, Paying, own
from tierctl.reward.terms import DAY_END, ENROLLED, HI, LO, PRESENT

EARNED_ON = "__earned_on"
PAID, NET, PART, LAST_PAID_ON = "__paid", "__net", "__part", "__last_paid_on"
"""What has been paid for a row up to its price, what of it remains after refunds, and the part paid in a month; each
in millionths (WHOLE)."""

_FIRST, _LAST = "__enrolled_since", "__enrolled_through"


def with_payments(rows: pl.DataFrame, paying: Paying, day: date, before: date) -> pl.DataFrame:
    """Adds what is known on a day of the payments for each row: __paid, __net, __completed_on, __last_paid_on.

    __completed_on is the day of the payment with which the running net sum first reaches the price, __last_paid_on that
    of the last payment that is no refund. __paid_before and __net_before say what was known on the day `before`.
    """
    price = micros(pl.col(own(PRICE)))
    priced = rows.select("invoice_line_id", pl.col(own(CURRENCY)).alias("__row_currency"), price.alias("__price"))
    paid = payments(paying, day, rows["invoice_line_id"]).join(priced.unique(), on="invoice_line_id")
    paid = paid.filter(pl.col(CURRENCY) == pl.col("__row_currency")).sort("invoice_line_id", "paid_on", "payment_id")
    amount, is_paid, is_before = pl.col("__amount"), pl.col("__amount") > 0, pl.col("paid_on") <= before
    reached = (amount.cum_sum().over("invoice_line_id") >= pl.col("__price")) & (pl.col("__price") > 0)
    found = (
        paid.with_columns(reached.alias("__reached"))
        .group_by("invoice_line_id")
        .agg(
            amount.filter(is_paid).sum().alias(PAID),
            amount.sum().alias(NET),
            amount.filter(is_paid & is_before).sum().alias(f"{PAID}_before"),
            amount.filter(is_before).sum().alias(f"{NET}_before"),
            pl.col("paid_on").filter("__reached").min().alias("__completed_on"),
            pl.col("paid_on").filter(is_paid).max().alias(LAST_PAID_ON),
        )
    )
    joined = rows.join(found, on="invoice_line_id", how="left")
    sums = [PAID, NET, f"{PAID}_before", f"{NET}_before"]
    # What is refunded beyond what was paid takes nothing more back.
    return joined.with_columns(pl.min_horizontal(pl.col(name).fill_null(0).clip(0), price).alias(name) for name in sums)


def payments(paying: Paying, day: date, lines: pl.Series) -> pl.DataFrame:
    """The payments for these invoice lines that are known on a day.

    One row per payment: invoice_line_id, payment_id, paid_on, currency, __amount (millionths, WHOLE). No order.
    """
    parts = paying.inputs.exports.get(PAYMENTS, ())
    if not parts:
        schema = {"invoice_line_id": pl.String, "payment_id": pl.String, "paid_on": pl.Date, CURRENCY: pl.String}
        return pl.DataFrame(schema={**schema, "__amount": WHOLE})
    wanted = lines.unique().to_frame("invoice_line_id").lazy()
    lf = pl.concat(parts).filter(pl.col("paid_on") <= day).join(wanted, on="invoice_line_id", how="semi")
    amount = micros(pl.col("amount")).alias("__amount")
    return lf.select("invoice_line_id", "payment_id", "paid_on", CURRENCY, amount).collect()


def with_earned_day(rows: pl.DataFrame, paying: Paying) -> pl.DataFrame:
    """Adds __earned_on, the day on which a row earns once; null where it has not come, or there are several."""
    if paying.rule.earned_on == PAID_IN_FULL:
        return rows.with_columns(pl.col("__completed_on").alias(EARNED_ON))
    column = paying.rule.earned_column
    day = pl.lit(None, dtype=pl.Date) if column is None else pl.col(own(column))
    return rows.with_columns(day.alias(EARNED_ON))


def with_months(rows: pl.DataFrame, paying: Paying, first: int, last: int, day: date) -> pl.DataFrame:
    """The rows that earn in months `first` to `last`, as far as their days alone say: adds __lo and __hi (Int32).

    With payments one row comes of each month in which something was paid, and __part says how much of the price.
    """
    inputs = paying.inputs
    if paying.rule.earned_on == EACH_PAYMENT:
        found = _by_payment(rows, paying, day)
    elif paying.rule.earned_on == MONTH_END:
        return _while_running(rows, paying, first, last)
    else:
        found = rows.filter(pl.col(EARNED_ON).is_not_null())
    at = _month_of(inputs, pl.col(EARNED_ON))
    found = found.with_columns(at.alias(LO), at.alias(HI)).filter(pl.col(LO).is_between(first, last))
    return found.filter(is_enrolled(paying), is_present(paying)) if paying.is_of_rows else found


def with_enrollment(rows: pl.DataFrame, paying: Paying) -> pl.DataFrame:
    """Adds the partner's period that holds the day on which a row earns: __enrolled_since, null where none does.

    And __terminated_on, the day from which the partner is gone.
    """
    gone = paying.inputs.roster.select("partner_id", pl.col("terminated_on").alias("__terminated_on"))
    rows = rows.join(gone, on="partner_id", how="left")
    periods = paying.inputs.enrolled.select(
        "partner_id", pl.col("start_on").alias(_FIRST), pl.col("expires_on").alias(_LAST)
    )
    if periods["partner_id"].is_unique().all():
        is_inside = (pl.col(EARNED_ON) >= pl.col(_FIRST)) & (pl.col(EARNED_ON) <= pl.col(_LAST)).fill_null(value=True)
        found = rows.join(periods, on="partner_id", how="left")
        return found.with_columns(pl.when(is_inside).then(_FIRST).alias(_FIRST)).drop(_LAST)
    days = rows.select("partner_id", EARNED_ON).unique().drop_nulls()
    found = days.join(periods, on="partner_id").filter(
        (pl.col(EARNED_ON) >= pl.col(_FIRST)) & (pl.col(_LAST).is_null() | (pl.col(EARNED_ON) <= pl.col(_LAST)))
    )
    return rows.join(found.select("partner_id", EARNED_ON, _FIRST), on=["partner_id", EARNED_ON], how="left")


def is_enrolled(paying: Paying) -> pl.Expr:
    """Whether the partner was enrolled on the day on which a row earns, or on the month's last."""
    return pl.col(ENROLLED) if paying.rule.earned_on == MONTH_END else pl.col(_FIRST).is_not_null()


def is_present(paying: Paying) -> pl.Expr:
    """Whether the partner earns at all on that day: a program says whether terminated ones do."""
    if paying.inputs.program.policy.terminated_partners == "keep_earning":
        return pl.lit(value=True)
    if paying.rule.earned_on == MONTH_END:
        return pl.col(PRESENT)
    return (pl.col(EARNED_ON) <= pl.col("__terminated_on")).fill_null(value=True)


def conditions(paying: Paying) -> list[Condition]:
    """What the day of a row must be, which is looked at on the day __earned_on in a month that ends on __day_end.

    Needs the columns of `with_enrollment` and of the month's terms.
    """
    earned_on = paying.rule.earned_on
    found: list[Condition] = []
    if earned_on == MONTH_END:
        found += of_running(paying.running, pl.col(DAY_END), own) if paying.running else ()
    elif earned_on in {PAID_IN_FULL, EACH_PAYMENT}:
        value = text_of(pl.col(NET if earned_on == PAID_IN_FULL else PAID).cast(NUMBER) / pl.lit(10**6))
        needed = text_of(pl.col(own(PRICE))) if earned_on == PAID_IN_FULL else pl.lit("a payment")
        is_paid = pl.col("__completed_on").is_not_null() if earned_on == PAID_IN_FULL else pl.col(PAID) > 0
        found.append(Condition(earned_on, is_paid, value, needed))
    else:
        found.append(Condition(earned_on, pl.col(own(earned_on)).is_not_null(), pl.lit(""), pl.lit("a day")))
    day = DAY_END if earned_on == MONTH_END else EARNED_ON
    enrolled = is_enrolled(paying).fill_null(value=False)
    found.append(
        Condition("enrolled", enrolled, pl.lit(""), pl.concat_str([pl.lit("enrolled on "), text_of(pl.col(day))]))
    )
    gone = text_of(pl.col("__terminated_on"))
    needed = pl.concat_str([pl.lit("not before "), text_of(pl.col(day))])
    found.append(Condition("terminated_on", is_present(paying).fill_null(value=True), gone, needed))
    return found


def _while_running(rows: pl.DataFrame, paying: Paying, first: int, last: int) -> pl.DataFrame:
    running, inputs = paying.running, paying.inputs
    if running is None:
        return rows.clear().with_columns(pl.lit(0, dtype=pl.Int32).alias(LO), pl.lit(0, dtype=pl.Int32).alias(HI))
    since = pl.col(own(running.since))
    if running.more_than_days is not None:
        since = since + timedelta(days=running.more_than_days + 1)
    begins = _reviews_before(inputs, since)
    ends: pl.Expr = pl.lit(len(inputs.months), dtype=pl.Int32)
    if running.before is not None:
        end = pl.col(own(running.before))
        ends = pl.when(end.is_not_null()).then(_reviews_before(inputs, end)).otherwise(ends)
    if running.through is not None:
        end = pl.col(own(running.through))
        ends = pl.when(end.is_not_null()).then(_reviews_before(inputs, end, included=True)).otherwise(ends)
    found = rows.filter(since.is_not_null()).with_columns(
        pl.max_horizontal(begins, pl.lit(first, dtype=pl.Int32)).alias(LO),
        pl.min_horizontal(ends - 1, pl.lit(last, dtype=pl.Int32)).alias(HI),
    )
    return found.filter(pl.col(LO) <= pl.col(HI))


def _by_payment(rows: pl.DataFrame, paying: Paying, day: date) -> pl.DataFrame:
    """One row per row × month in which something was paid for it, up to its price: __part, and the last such day."""
    paid = payments(paying, day, rows["invoice_line_id"]).filter(pl.col("__amount") > 0)
    priced = rows.select(
        "invoice_line_id", "partner_id", pl.col(own(CURRENCY)).alias("__row_currency"),
        micros(pl.col(own(PRICE))).alias("__price"),
    )  # fmt: skip
    gone = paying.inputs.roster.select("partner_id", "terminated_on")
    each = paid.join(priced.unique(), on="invoice_line_id").filter(pl.col(CURRENCY) == pl.col("__row_currency"))
    if paying.inputs.program.policy.terminated_partners != "keep_earning":
        each = each.join(gone, on="partner_id", how="left")
        each = each.filter((pl.col("paid_on") <= pl.col("terminated_on")).fill_null(value=True))
    at = _month_of(paying.inputs, pl.col("paid_on"))
    monthly = (
        each.with_columns(at.alias("__at"))
        .group_by("invoice_line_id", "__at", "__price")
        .agg(pl.col("__amount").sum(), pl.col("paid_on").max().alias(EARNED_ON))
        .sort("invoice_line_id", "__at")
    )
    total = pl.min_horizontal(pl.col("__amount").cum_sum().over("invoice_line_id"), "__price")
    before = pl.col("__total").shift(1).over("invoice_line_id").fill_null(0)
    parts = monthly.with_columns(total.alias("__total")).with_columns((pl.col("__total") - before).alias(PART))
    parts = parts.filter((pl.col(PART) > 0) & (pl.col("__price") > 0)).select("invoice_line_id", EARNED_ON, PART)
    found = rows.drop(EARNED_ON).join(parts, on="invoice_line_id")
    return with_enrollment(found, paying)


def _reviews_before(inputs: Inputs, day: pl.Expr, *, included: bool = False) -> pl.Expr:
    """How many review days lie before a day: the number of the first month at whose end it has come."""
    ends = pl.Series([month.last for month in inputs.months])
    return pl.lit(ends).search_sorted(day, side="right" if included else "left").cast(pl.Int32)


def _month_of(inputs: Inputs, day: pl.Expr) -> pl.Expr:
    """The number of the month that holds a day: -1 before the first one, and that of no month after the last."""
    return pl.when(day >= inputs.months[0].first).then(_reviews_before(inputs, day)).otherwise(-1)
