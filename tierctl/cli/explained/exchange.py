"""The rate of exchange behind an amount that is paid in another currency than its base."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from tierctl.currency_checks import FX_RATES
from tierctl.measure.told import SOURCE_ID, source_id
from tierctl.money import minor_unit
from tierctl.program.model import PAYMENTS
from tierctl.rates import factors

if TYPE_CHECKING:
    from tierctl.cli.explained.made import Explained, Row
    from tierctl.diffs.basis import Basis
    from tierctl.program.model import Program

_INVOICE_LINE: Final = "invoice_line_id"
_DENOMINATORS: Final = (2, 5)


def exchange_of(explained: "Explained", program: "Program", line: "Row") -> Decimal | None:
    """The rate of exchange that makes a line's amount of its base and rate, found among those of its row's days.

    Args:
        explained: the partner's month.
        program: the line's program.
        line: a row of commissions or credits whose base is in another currency.

    Returns:
        The rate; None where the rates of those days do not tell, or several would do.
    """
    basis, fx = explained.source.basis, program.policy.fx
    if fx is None or fx.payout is None or line["base"] is None or line["rate"] is None:
        return None
    days = sorted(set(_days(basis, explained.partner, line)))
    found = factors(
        fx,
        fx.payout,
        program.currency,
        rates=pl.concat(basis.exports[FX_RATES]).collect() if FX_RATES in basis.exports else _no_rates(basis),
        wanted=pl.DataFrame({"currency": line["base_currency"], "day": days}),
        calendar=basis.calendar,
    )
    rates = {Fraction(factor) / Fraction(over) for factor, over in found.select("factor", "over").iter_rows()}
    fitting = [rate for rate in rates if _fits(line, rate)]
    return _decimal(fitting[0]) if len(fitting) == 1 else None


def _days(basis: "Basis", partner: str, line: "Row") -> Iterator[date]:
    """The days by which a rate can be chosen: the earned month's last, those of the row, those of its payments."""
    yield basis.calendar.month(line["earned_month"]).last
    export = line["source"]
    contract = basis.contracts.get(export)
    if contract is None or not contract.primary_key:
        return
    key = source_id(contract, is_repeating=export in basis.repeating)
    own = pl.concat(basis.exports[export]).filter(pl.col("partner_id") == partner).with_columns(key)
    rows = own.filter(pl.col(SOURCE_ID) == line["source_id"]).collect()
    if PAYMENTS in basis.exports and _INVOICE_LINE in rows.columns:
        paid = pl.concat(basis.exports[PAYMENTS]).filter(pl.col(_INVOICE_LINE).is_in(rows[_INVOICE_LINE].to_list()))
        yield from paid.select("paid_on").collect().to_series()
    for name, dtype in rows.schema.items():
        if dtype == pl.Date:
            yield from rows[name].drop_nulls()


def _no_rates(basis: "Basis") -> pl.DataFrame:
    return next(iter(basis.programs)).contract(FX_RATES).polars_schema.to_frame()


def _fits(line: "Row", rate: Fraction) -> bool:
    exact = Fraction(line["base"]) * Fraction(line["rate"]) * rate
    return abs(exact - Fraction(line["amount"])) < Fraction(1, 10 ** minor_unit(line["currency"]))


def _decimal(rate: Fraction) -> Decimal | None:
    """The rate as a number, where it has an end."""
    rest = rate.denominator
    for prime in _DENOMINATORS:
        while rest % prime == 0:
            rest //= prime
    return Decimal(rate.numerator) / Decimal(rate.denominator) if rest == 1 else None
