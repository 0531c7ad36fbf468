"""Rates of exchange: what one unit of a row's currency is worth in the program's."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.oracle.rows import Row
from tests.oracle.world import World


def published(world: World, currency: str) -> dict[date, Fraction]:
    """The rates of a currency in the program's, by day; a rate that names its base goes before one that does not."""
    own = world.program["currency"]
    mine = [row for row in world.exports.get("fx_rates", []) if row["currency"] == currency]
    found = {row["rate_on"]: Fraction(row["rate"]) for row in mine if not row.get("base")}
    return found | {row["rate_on"]: Fraction(row["rate"]) for row in mine if row.get("base") == own}


def latest_rate(world: World, currency: str, day: date) -> Fraction | None:
    """The last rate published on or before a day, unless that is too old."""
    rates = published(world, currency)
    days = [on for on in rates if on <= day]
    if not days:
        return None
    oldest = world.program["policy"]["fx"].get("max_age_days")
    if oldest is not None and max(days) < day - timedelta(days=oldest):
        return None
    return rates[max(days)]


def average_rate(world: World, currency: str, day: date) -> Fraction | None:
    """The mean of the rates published in the fiscal month that holds a day, half to even at six decimals."""
    month = world.calendar.month_of(day)
    rates = [rate for on, rate in published(world, currency).items() if month.first <= on <= month.last]
    return Fraction(round(sum(rates, Fraction(0)) / len(rates) * 10**6), 10**6) if rates else None


def fixed_rate(world: World, currency: str, day: date) -> Fraction | None:
    """The rate that the program itself fixes from some day on."""
    agreed = [entry for entry in world.program["policy"]["fx"].get("fixed", []) if entry["since"] <= day]
    if not agreed:
        return None
    equal = max(agreed, key=lambda entry: entry["since"])["equal"]
    if currency not in equal or world.program["currency"] not in equal:
        return None
    return Fraction(equal[world.program["currency"]]) / Fraction(equal[currency])


def rate(world: World, word: str, currency: str, day: date) -> Fraction | None:
    """The rate of a currency for a row dated by a day, as the policy's word says; None without one."""
    if currency == world.program["currency"]:
        return Fraction(1)
    match word:
        case "row_date":
            return latest_rate(world, currency, day)
        case "month_end":
            return latest_rate(world, currency, world.calendar.month_of(day).last)
        case "month_average":
            return average_rate(world, currency, day)
        case "fixed":
            return fixed_rate(world, currency, day)
    raise ValueError(word)


def converted(world: World, name: str, row: Row, *, column: str, on: date, day: date) -> Fraction | None:
    """A row's cell as a metric adds it, in the program's currency; None where no rate is found.

    Args:
        world: the partner's world.
        name: the metric.
        row: the row as it reads on the day, its cell filled.
        column: the column added.
        on: the day that dates the row: of its flow, or since which it runs.
        day: the day read.
    """
    metric = world.program["metrics"][name]
    cell = row[column]
    value = Fraction(Decimal(cell)) if not isinstance(cell, bool) else Fraction(int(cell))
    currency = world.money_in(row, column, metric["from"])
    fx = world.program["policy"].get("fx")
    if currency is None or fx is None:
        return value
    word = fx["flow" if "window" in metric else "level"]
    dated = on if "window" in metric or word == "row_date" else day
    factor = rate(world, word, currency, dated)
    return None if factor is None else value * factor
