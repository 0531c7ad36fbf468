"""Why a month cannot be closed: it is not its turn, or it holds what somebody has to answer for first."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from tierctl.cli import run, steps
from tierctl.cli.layout import number, plural
from tierctl.cli.opening_lines import money
from tierctl.findings import Finding, Severity, error
from tierctl.fiscal import FiscalMonth
from tierctl.ledger.closes import Close

_MOST: Final = 3


def of_turn(opened: run.Opened, closes: Sequence[Close], month: FiscalMonth) -> list[Finding]:
    """Why it is not this month's turn: closes run in order, and each month is closed once."""
    label, calendar = month.label, opened.workspace.calendar
    if any(close.label == label for close in closes):
        last = closes[-1].label
        hint = f"only the last close can be reopened: tierctl reopen --month {last} --reason REASON"
        return [error("month-closed", "--month", label, f"{label} is closed, and a month is closed once", hint)]
    if not closes:
        return list(_of_first(opened, month))
    following = calendar.shift(calendar.month(closes[-1].label), 1)
    if month == following:
        return []
    if month < following:
        message = f"{label} lies before the first close, {closes[0].label}: what came before it is not closed any more"
    else:
        message = f"the last close is {closes[-1].label}, and months are closed one after the other"
    return [error("close-order", "--month", label, message, f"next comes tierctl close --month {following.label}")]


def _of_first(opened: run.Opened, month: FiscalMonth) -> Iterator[Finding]:
    """Where money has a month to start with, the first close is of that month."""
    starts, first = opened.workspace.money_from, steps.first_month(opened)
    if starts is None or month == first:
        return
    since = f"money starts with {starts.label}, as tierctl.toml says"
    message = f"{since}, and so do the closes" if starts == first else f"{since}, and the first month is {first.label}"
    yield error("close-order", "--month", month.label, message, f"begin with tierctl close --month {first.label}")


def of_time(month: FiscalMonth, today: date) -> list[Finding]:
    """Why the month cannot be closed yet; `today` is the machine's date."""
    if month.last < today:
        return []
    message = f"{month.label} ends on {month.last}, which has not passed by this machine's clock"
    return [error("month-not-ended", "--month", month.label, message, "close it on the day after, or later")]


def of_rejects(made: steps.Made) -> list[Finding]:
    """Why the rows that were left out, and other errors, have to be accepted."""
    rejected = [(name, each.rejected) for name, each in sorted(made.ingested.exports.items()) if each.rejected]
    rules = set(made.ingested.rejects["rule"])
    errors = [each for each in made.findings if each.severity is Severity.ERROR and each.code not in rules]
    if not rejected and not errors:
        return []
    parts = [f"{plural(count, 'row')} of {name} rejected" for name, count in rejected]
    parts += [plural(len(errors), "other error")] if errors else []
    hint = 'mend them, or say why the month may be closed so: --accept-rejects "REASON"'
    label = made.plan.month.label
    return [error("close-rejects", "--month", label, f"{label} has faults: {', '.join(parts)}", hint)]


def of_removals(made: steps.Made) -> list[Finding]:
    """Why rows that were posted and are missing today have to be decided on."""
    held = made.review.held
    if held.is_empty():
        return []
    sums = held.group_by("currency").agg(pl.col("amount").sum()).sort("currency")
    amounts = " and ".join(f"{money(amount, currency)} {currency}" for currency, amount in sums.iter_rows())
    examples = held.select("source", "source_id").unique(maintain_order=True).head(_MOST).iter_rows()
    named = ", ".join(f"{source} {id_}" for source, id_ in examples)
    rows = plural(held.select("partner_id", "source", "source_id").n_unique(), "row")
    message = f"{amounts} stays posted that today's rows do not give, for {rows} such as {named}"
    hint = 'mend the export; or reverse them: --accept-removals "REASON"; or leave them as posted: --leave-held'
    return [error("close-removals", "--month", made.plan.month.label, message, hint)]


def of_adjustments(made: steps.Made, limit: Decimal | None) -> Iterator[Finding]:
    """Why what is posted for closed months is too much to go unexplained.

    Args:
        made: the month as reviewed.
        limit: the most that may be posted for closed months in any currency; None: there is none.
    """
    if limit is None:
        return
    adjusted = made.review.adjusted
    sums = adjusted.group_by("currency").agg(pl.col("absolute").sum(), pl.col("lines").sum()).sort("currency")
    for currency, absolute, lines in sums.iter_rows():
        if absolute > limit:
            months = ", ".join(adjusted.filter(pl.col("currency") == currency)["earned_month"].unique().sort())
            message = (
                f"what is posted for closed months ({months}) moves {money(absolute, currency)} {currency} in"
                f" {plural(lines, 'line')}, more than the adjustment_limit of {number(limit)}"
            )
            hint = 'look at their lines in commissions and credits, then say why: --accept-adjustments "REASON"'
            yield error("close-adjustments", "--month", made.plan.month.label, message, hint)
