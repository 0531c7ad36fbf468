"""Money against numbers that others published (`tests/facts/`): rate tables, rounding, exchange, pay days."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.scenarios import program_text
from tierctl.contracts import NUMBER
from tierctl.exact import Ratio, Rounding
from tierctl.example_tables import tables_of
from tierctl.fiscal import Calendar
from tierctl.money import minor_unit
from tierctl.program.load import load_text
from tierctl.program.rules import PayDay
from tierctl.review import Review, review
from tierctl.reward.pay_days import pay_on

FACTS = Path(__file__).parent / "facts"
Row = dict[str, str]
Table = dict[str, Any]
"""A table of a program file, or a partial row of an export."""


def facts(name: str) -> list[Row]:
    with (FACTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def reviewed(program: Table, rows: Mapping[str, list[Table]], month: str) -> Review:
    """The review of a small program whose single tier is everybody's, over partial rows."""
    whole = {
        "id": "facts",
        "name": "Facts",
        "enrollment": "automatic",
        "effective_from": date.fromisoformat(f"{month}-01"),
        "tracks": {"partner": {"promotion": "automatic", "tiers": [{"id": "partner"}]}},
        **program,
    }
    loaded, findings = load_text(program_text(whole), "facts.toml")
    assert loaded is not None, "\n".join(map(str, findings))
    calendar = Calendar.months()
    return review([loaded], tables_of(loaded, rows), calendar, calendar.month(month))


# ── Rate tables ─────────────────────────────────────────────────────────────────────────────────────────────────────

CASES: list[dict[str, Any]] = json.loads((FACTS / "brackets.json").read_text(encoding="utf-8"))["cases"]
MONTH, DAY = "2025-01", date(2025, 1, 10)
FINE, CENTS, MILLS = "UYW", "USD", "KWD"
"""Currencies of four, two and three decimals: amounts are compared to the last one."""

_CURRENCY_OF_PLACES = {2: CENTS, 3: MILLS}


def share(text: str) -> str | Decimal:
    """A rate as a program file writes it: a share below 1, a multiple from 1 on."""
    number = Decimal(text)
    return f"{(number * 100).normalize():f} %" if number < 1 else number


def stepped(bounds: list[str], values: list[Any], word: str, **more: str) -> Table:
    """The figure by the row's `mrr`: one step from each bound on; more than 0 is the first, without a bound."""
    steps: list[Table] = [{word: Decimal(bound), "value": value} for bound, value in zip(bounds, values, strict=True)]
    if word == "more_than":
        del steps[0][word]
    return {"by": "mrr", "steps": steps, **more}


def _rates(case: Table, apply: str) -> Table:
    word = "more_than" if "boundary" in case else "at_least"
    bounds = [bracket[0] for bracket in case["brackets"]]
    if bounds == ["?"]:
        return {"by": "mrr", "steps": [{"value": share(case["brackets"][0][1])}], "apply": apply}
    return stepped(bounds, [share(bracket[1]) for bracket in case["brackets"]], word, apply=apply)


def _rule(**more: Any) -> Table:
    return {"from": "mrr", "earned_on": "invoiced_on", **more}


def _by_slices(case: Table) -> list[Table]:
    return [_rule(base="mrr", rate=_rates(case, "slices"))]


def _whole(case: Table) -> list[Table]:
    return [_rule(base="mrr", rate=_rates(case, "whole"))]


def _by_place(case: Table) -> list[Table]:
    """An amount for each bracket that tells which one it is: its place among them, from 1 on."""
    bounds = [bracket[0] for bracket in case["brackets"]]
    return [_rule(amount=stepped(bounds, list(range(1, len(bounds) + 1)), "at_least"))]


def _amounts_so_far(case: Table, place: int, word: str) -> Table:
    """The amounts of a bracket and of all below it."""
    amounts = list(accumulate(Decimal(bracket[place]) for bracket in case["brackets"]))
    return stepped([bracket[0] for bracket in case["brackets"]], amounts, word)


def _summed_amounts(case: Table) -> list[Table]:
    return [_rule(amount=_amounts_so_far(case, 1, "at_least"))]


def _slices_with_flats(case: Table) -> list[Table]:
    exclusive = {**case, "boundary": "upper_inclusive"}
    return [*_by_slices(exclusive), _rule(amount=_amounts_so_far(case, 2, "more_than"))]


def _whole_with_flat(case: Table) -> list[Table]:
    flats = [Decimal(bracket[2]) for bracket in case["brackets"]]
    bounds = [bracket[0] for bracket in case["brackets"]]
    return [*_whole(case), _rule(amount=stepped(bounds, flats, "more_than"))]


def _by_count(case: Table) -> list[Table]:
    """A price for each of the month's rows that depends on how many there are."""
    steps = [{"at_least": Decimal(bound), "value": Decimal(price)} for bound, price in case["brackets"]]
    return [_rule(amount={"by": "sold", "as_of": "window_end", "steps": steps})]


RULES: dict[str, Callable[[Table], list[Table]]] = {
    "marginal_rate": _by_slices,
    "rate_lookup": _whole,
    "slab_rate": _whole,
    "bracket_index_inclusive_lower": _by_place,
    "marginal_amount": _summed_amounts,
    "marginal_rate_with_flat": _slices_with_flats,
    "marginal_unit_with_flat": _slices_with_flats,
    "volume_unit_with_flat": _whole_with_flat,
    "retroactive_unit": _by_count,
}
UNSAID = {"interpolated_amount", "marginal_rate_with_flat_increment"}
"""What no rule says; `tests/facts/README.md` tells why."""


def currency_of(case: Table) -> str:
    return _CURRENCY_OF_PLACES.get(case.get("round_decimals", 4), FINE)


def is_covered(case: Table) -> bool:
    return case["mode"] in RULES and case.get("round_decimals", 2) in _CURRENCY_OF_PLACES


def _rows(case: Table, table: str) -> list[Table]:
    one = {"partner_id": case["id"], "customer_id": table, "invoiced_on": DAY}
    if case["mode"] == "retroactive_unit":
        return [{**one, "times": int(case["input"]), "mrr": 1}]
    return [{**one, "mrr": Decimal(case["input"])}]


@cache
def lines_of(mode: str, currency: str) -> dict[str, list[Table]]:
    """One review of a program with a rule or two for each rate table of the mode; the lines of each case."""
    cases = [case for case in CASES if case["mode"] == mode and currency_of(case) == currency and is_covered(case)]
    tables: dict[str, str] = {}
    commissions, rows = {}, []
    for case in cases:
        key = json.dumps([case["brackets"], case.get("boundary")])
        table = tables.setdefault(key, f"table_{len(tables) + 1}")
        for number, rule in enumerate(RULES[mode](case), start=1):
            commissions[f"{table}_{number}"] = {**rule, "where": {"customer_id": table, "mrr": {"at_least": 0}}}
        rows += _rows(case, table)
    program = {
        "currency": currency,
        "policy": {"rounding": "half_even", "takes_effect": "month_end", "terminated_partners": "keep_earning"},
        "metrics": {"sold": {"from": "mrr", "count": "line_id", "on": "invoiced_on", "window": "calendar_month"}},
        "commissions": commissions,
        "payout": {"currency": "as_earned", "pay_when": {"more_than": 0}},
    }
    roster = [{"partner_id": case["id"]} for case in cases]
    found = reviewed(program, {"partners": roster, "mrr": rows}, MONTH).tables["commissions"]
    lines = defaultdict(list)
    for line in found.to_dicts():
        lines[line["partner_id"]].append(line)
    return lines


@pytest.mark.parametrize("case", [case for case in CASES if is_covered(case)], ids=lambda case: case["id"])
def test_a_rule_earns_what_a_published_rate_table_gives(case: Table) -> None:
    lines = lines_of(case["mode"], currency_of(case))[case["id"]]
    expected = Decimal(case["expect"])
    if case["quantity"] == "rate":
        assert [line["rate"] for line in lines] == ([expected] if expected else [])
    else:
        place = 1 if case["quantity"] == "index" else 0  # an amount of the first bracket is 1
        assert sum(line["amount"] for line in lines) == expected + place


def test_every_published_rate_table_is_covered_or_said_not_to_be() -> None:
    uncovered = [case for case in CASES if not is_covered(case)]
    assert {case["mode"] for case in uncovered} == UNSAID | {"marginal_rate"}
    readme = (FACTS / "README.md").read_text(encoding="utf-8")
    assert all(f"`{mode}`" in readme for mode in {case["mode"] for case in CASES})
    assert all(case["id"] in readme for case in uncovered)


# ── Rounding ────────────────────────────────────────────────────────────────────────────────────────────────────────

ROUNDING = facts("money_rounding.csv")
MODES: dict[str, Rounding] = {
    "half_even": "half_even",
    "half_up": "half_away_from_zero",
    "closest(half away from zero)": "half_away_from_zero",
    "down(toward zero)": "down",
}


@pytest.mark.parametrize("row", ROUNDING, ids=lambda row: f"{row['input']} {row['mode']}")
def test_rounds_as_published(row: Row) -> None:
    numerator, _, denominator = row["input"].partition("/")
    number = Ratio.of(Decimal(numerator)) / Ratio.of(Decimal(denominator or 1))
    rounded = pl.select(number.rounded_to(int(row["decimals"]), MODES[row["mode"]])).to_series()
    assert rounded.dtype == NUMBER
    assert rounded.to_list() == [Decimal(row["expected"])]


# ── Exchange ────────────────────────────────────────────────────────────────────────────────────────────────────────

_MINOR = re.compile(r"(\d+) minor\(10\^-(\d+)\)")


def money(text: str) -> Decimal:
    """An amount as the source states it: a number, or so many of the currency's smallest units."""
    found = _MINOR.fullmatch(text)
    return Decimal(found[1]).scaleb(-int(found[2])) if found else Decimal(text)


@pytest.mark.parametrize("row", facts("currency_conversion.csv"), ids=lambda row: f"{row['from']} {row['to']}")
def test_exchanges_as_published(row: Row) -> None:
    rates = [(date.fromisoformat(day), Decimal(rate)) for day, rate in re.findall(r"(\S+)=(\S+)", row["rates"])]
    dated = re.fullmatch(r"\d{4}-\d{2}-\d{2}", row["rate_or_date"])
    day = date.fromisoformat(row["rate_or_date"]) if dated else rates[0][0]
    program = {
        "currency": row["to"],
        "policy": {
            "rounding": "half_even",
            "takes_effect": "month_end",
            "terminated_partners": "keep_earning",
            "fx": {"flow": "row_date", "level": "row_date", "payout": "row_date", "max_age_days": 400},
        },
        "commissions": {"spiff": _rule(base="mrr", rate=1)},
        "payout": {"currency": row["to"], "pay_when": {"more_than": 0}},
    }
    rows: dict[str, list[Table]] = {
        "partners": [{"partner_id": "A"}],
        "mrr": [{"mrr": money(row["amount"]), "currency": row["from"], "invoiced_on": day}],
        "fx_rates": [{"currency": row["from"], "rate_on": rate_on, "rate": rate} for rate_on, rate in rates],
    }
    done = reviewed(program, rows, f"{day:%Y-%m}")
    amounts = done.tables["commissions"]["amount"].to_list()
    if row["expected"] == "error":
        assert amounts == []
        assert done.tables["not_earned"]["condition"].to_list() == ["exchange"]
        assert [finding.code for finding in done.findings] == ["no-exchange-rate"]
    else:
        assert minor_unit(row["to"]) >= -int(money(row["expected"]).normalize().as_tuple().exponent)
        assert amounts == [money(row["expected"])]


# ── Pay days ────────────────────────────────────────────────────────────────────────────────────────────────────────

ROLLS = {
    "following": "forward",
    "forward": "forward",
    "modifiedfollowing": "modified_forward",
    "preceding": "backward",
    "backward": "backward",
    "unadjusted": "none",
}


@pytest.mark.parametrize("row", facts("payout_dates_20th.csv"), ids=lambda row: row["earning_month"])
def test_pays_on_the_twentieth_or_the_next_business_day(row: Row) -> None:
    month = Calendar.months().month(row["earning_month"])
    twentieth = PayDay(day=20, months_after=1, roll="forward", holidays="US")
    assert pay_on(month.last, twentieth, {}) == date.fromisoformat(row["pay_date_federal"])


@pytest.mark.parametrize("row", facts("busday_rolling.csv"), ids=lambda row: f"{row['start']} {row['roll']}")
def test_rolls_to_business_days_as_published(row: Row) -> None:
    start, months = date.fromisoformat(row["start"]), int(row["offset"].removesuffix(" Months"))
    number = start.year * 12 + start.month - 1 + months
    day_before = date(number // 12, number % 12 + 1, 1) - timedelta(1)
    pay_day = PayDay.model_validate(
        {"day": start.day, "months_after": 1, "roll": ROLLS[row["roll"].split()[0].lower()], "holidays": "theirs"}
    )
    holidays = [date.fromisoformat(day) for day in re.findall(r"\d{4}-\d{2}-\d{2}", row["holidays"])]
    assert pay_on(day_before, pay_day, {"theirs": holidays}) == date.fromisoformat(row["expected"])
