"""Edits of generated programs: what a person might ask what would be if it were otherwise."""

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from tests.properties.draft import Draw
from tests.properties.features_payout import RATES
from tests.properties.features_standing import WHILE_MET
from tests.properties.generated import Table, holds

Edit = Callable[[Draw, Table], None]
Number = Decimal | str

WORDS = ("at_least", "more_than", "at_most", "less_than")
SHARES = st.sampled_from(["0 %", "33.333333 %", "50 %", "66.67 %", "100 %"])
SUMS = st.sampled_from([Decimal(text) for text in ("-40", "0", "0.01", "1", "2", "3", "40", "99.99", "160", "10000")])
BESIDE = st.sampled_from([Decimal(text) for text in ("-0.000001", "0", "0", "0.000001")])
BY_TIER = {"by": "tier", "as_of": "month_end", "values": {"base": "1 %", "silver": "3 %", "gold": "5 %"}}


@dataclass(frozen=True)
class Measured:
    """One of the values that were measured, or what is a millionth beside it."""

    pick: int
    beside: Decimal

    def number(self, values: Sequence[Decimal]) -> Decimal:
        """The number; where nothing was measured, the millionth."""
        return (values[self.pick % len(values)] if values else Decimal(0)) + self.beside


Bounds = dict[int, Number | Measured]
"""Numbers for bounds, by the bounds' places in a program."""


def bounds_of(program: Table) -> list[tuple[Table, str]]:
    """Every number that a tier or a qualification holds something against: the table it stands in, and the word."""
    found = []
    for track in program["tracks"].values():
        for rung in (*track["tiers"], *track.get("qualifications", {}).values()):
            found += list(_bounds_in(rung.get("requires", {})))
    return found


def _bounds_in(requires: Table) -> Iterator[tuple[Table, str]]:
    for name, said in requires.items():
        if name in {"any", "all"}:
            for part in said:
                yield from _bounds_in(part)
        elif isinstance(said, dict):
            yield from ((said, word) for word in WORDS if isinstance(said.get(word), int | Decimal | str))


@st.composite
def grids(draw: Draw, program: Table) -> list[Bounds]:
    """One or two bounds at one or two numbers each, every number with every other."""
    found = bounds_of(program)
    places = st.lists(st.sampled_from(range(len(found))), min_size=1, max_size=2, unique=True)
    grid: list[Bounds] = [{}]
    for place in draw(places) if found else []:
        table, word = found[place]
        measured = st.builds(Measured, st.integers(0, 9), BESIDE)
        numbers = SHARES if isinstance(table[word], str) else st.one_of(measured, measured, SUMS)
        tried = draw(st.lists(numbers, min_size=1, max_size=2, unique=True))
        grid = [{**each, place: number} for each in grid for number in tried]
    return grid


def bounded(program: Table, bounds: Bounds, values: Sequence[Decimal]) -> Table:
    """The program with these bounds, as far as it has them."""
    found = deepcopy(program)
    there = bounds_of(found)
    for place, number in bounds.items():
        if place < len(there):
            table, word = there[place]
            if isinstance(table[word], str) == isinstance(number, str):
                table[word] = number.number(values) if isinstance(number, Measured) else number
    return found


def rules_of(program: Table) -> list[Table]:
    """Everything that pays or takes off."""
    return [*program.get("commissions", {}).values(), *program.get("credits", {}).values()]


def rate(draw: Draw, program: Table) -> None:
    """Another rate of some rule, perhaps one by tier."""
    rated = [rule for rule in rules_of(program) if "rate" in rule]
    if rated:
        draw(st.sampled_from(rated))["rate"] = draw(RATES | st.just(BY_TIER))


def asked_by_rules(draw: Draw, program: Table) -> None:
    """Another requirement of some rule."""
    tier = {"at_least": draw(st.sampled_from(["base", "silver", "gold"])), "as_of": "month_end"}
    if rules_of(program):
        rule = draw(st.sampled_from(rules_of(program)))
        rule["requires"] = draw(st.sampled_from([{"tier": tier}, {"customers": {"at_least": 1}}]))


def rule_removed(draw: Draw, program: Table) -> None:
    """One rule fewer, but never none."""
    paying = program.get("commissions", {})
    if len(paying) > 1:
        del paying[draw(st.sampled_from(sorted(paying)))]


def rule_added(draw: Draw, program: Table) -> None:
    """One rule more."""
    rule: Table = {"from": "mrr", "earned_on": "invoiced_on", "base": "mrr", "rate": draw(RATES | st.just(BY_TIER))}
    program.setdefault("commissions", {})["further"] = rule | {"track": "main"}
    program["policy"].setdefault("terminated_partners", "keep_earning")
    program.setdefault("payout", {"currency": "as_earned", "pay_when": {"more_than": 0}})


def payout(draw: Draw, program: Table) -> None:
    """A payout that requires something, and money that is settled otherwise."""
    if "payout" in program:
        tier = {"tier": {"at_least": "silver", "track": "main"}}
        program["payout"]["requires"] = draw(st.sampled_from([{"customers": {"at_least": 1}}, tier]))
        if draw(st.booleans()):
            program["policy"]["terminated_partners"] = draw(st.sampled_from(["until_terminated", "keep_earning"]))
            program["policy"]["rounding"] = draw(st.sampled_from(["half_even", "half_away_from_zero", "down"]))


def effect(draw: Draw, program: Table) -> None:
    """Another day on which tiers take effect."""
    program["policy"]["takes_effect"] = draw(st.sampled_from(["month_end", "attained", "next_month"]))


def lasting(draw: Draw, program: Table) -> None:
    """Another time for which some tier is held."""
    rungs = [tier for track in program["tracks"].values() for tier in track["tiers"] if "holds" in tier]
    draw(st.sampled_from(rungs))["holds"] = draw(holds | WHILE_MET)
    for track in program["tracks"].values():
        if "while_met" in str(track["tiers"]):
            track.update(downgrade="automatic", remediation_days=draw(st.sampled_from([0, 1, 30, 45])))


def promotion(_draw: Draw, program: Table) -> None:
    """Who decides on who rises, and what a tier requires of those below it."""
    track = program["tracks"]["main"]
    track["promotion"] = "on_decision" if track["promotion"] == "automatic" else "automatic"
    track["each_tier_requires"] = "its_own" if track["each_tier_requires"] == "all_below_too" else "all_below_too"


def measuring(draw: Draw, program: Table) -> None:
    """A metric of other rows."""
    sales = {"from": "mrr", "sum": "mrr", "on": draw(st.sampled_from(["sold_on", "invoiced_on"]))}
    sales["window"] = draw(st.sampled_from(["calendar_quarter", "calendar_year", "fiscal_month"]))
    program["metrics"]["revenue"] = sales | draw(st.sampled_from([{}, {"where": {"order_type": "new_logo"}}]))


def gates(draw: Draw, program: Table) -> None:
    """Another gate, or none; another day from which on rows count."""
    for key, said in (("gate", {"partner": {"good_standing": True}}), ("counts_from", date(2025, 2, 1))):
        program.pop(key, None)
        if draw(st.booleans()):
            program[key] = said
    program["tracks"]["main"].update(draw(st.sampled_from([{}, {"gate": {"customers": {"at_least": 1}}}])))


def enrollment(_draw: Draw, program: Table) -> None:
    """Whoever is there takes part, or only who is enrolled."""
    program["enrollment"] = "required" if program["enrollment"] == "automatic" else "automatic"


def renamed(_draw: Draw, program: Table) -> None:
    """Another name of a tier, wherever it stands."""
    text = json.dumps(program, default=_kept).replace('"silver"', '"steel"')
    other = json.loads(text, object_hook=_given_back)
    program.clear()
    program.update(other)


def _kept(value: object) -> Table:
    return {"<date>" if isinstance(value, date) else "<number>": str(value)}


def _given_back(found: Table) -> object:
    if "<date>" in found:
        return date.fromisoformat(found["<date>"])
    return Decimal(found["<number>"]) if "<number>" in found else found


def removed(_draw: Draw, program: Table) -> None:
    """A ladder without its middle tier."""
    track = program["tracks"]["main"]
    track["tiers"] = [tier for tier in track["tiers"] if tier["id"] != "silver"]
    _without(program, "silver", "gold")


def _without(node: object, name: str, other: str) -> None:
    """Takes a tier out of all lists and tables, and puts another one where one must stand."""
    if isinstance(node, dict):
        node.pop(name, None)
        for key, value in node.items():
            if value == name:
                node[key] = other
            _without(value, name, other)
    elif isinstance(node, list):
        while name in node:
            node.remove(name)
        for each in node:
            _without(each, name, other)


EDITS: dict[str, Edit] = {
    edit.__name__: edit
    for edit in (
        rate, asked_by_rules, rule_removed, rule_added, payout, effect, lasting, promotion, measuring, gates,
        enrollment, renamed, removed,
    )
}  # fmt: skip


@st.composite
def edited(draw: Draw, editions: Sequence[Table], names: Sequence[str]) -> list[Table]:
    """The editions, or the latest alone, with these edits; perhaps one edition more."""
    found = deepcopy(list(editions))
    for name in names:
        for program in found if draw(st.booleans()) else found[-1:]:
            EDITS[name](draw, program)
    if draw(st.sampled_from([False, False, False, True])):
        later = deepcopy(found[-1])
        later["effective_from"] = date(2025, 5, 5) if len(found) == 1 else date(2026, 2, 1)
        found.append(later)
    return found
