"""What lies ahead: what the next tier lacks, which tiers end and what keeps them, and where the pace leads."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from rich.text import Text
from rich.tree import Tree

from tierctl.cli import words
from tierctl.cli.explained.criteria import Criteria, alternative
from tierctl.cli.explained.decided import decisions_of
from tierctl.cli.explained.drawing import tree
from tierctl.cli.explained.made import Row
from tierctl.cli.explained.part import Part, listed, percent, sentence
from tierctl.cli.layout import number

_WITH_NEXT: Final = ("active", "remediation", "pending_approval")
_DECLINED: Final = "declined"
_REQUALIFIED: Final = "requalified"
_UPPER: Final = ("at_most", "less_than")
_BASES: Final[Mapping[str, str]] = {
    "own_years": "as this partner went on in past years",
    "program_years": "as the program's partners went on in past years",
}
_PROSPECTS: Final[Mapping[str, tuple[str, str]]] = {
    "met": ("met", "green"),
    "likely": ("likely to be met", "green"),
    "open": ("open", "yellow"),
    "unlikely": ("unlikely to be met", "red"),
}


def next_tier(part: Part, standing: Row) -> str | None:
    """The lowest tier above the one that stands that has to be met; None: there is none, or no tier can be had."""
    if standing["status"] not in _WITH_NEXT:
        return None
    track = part.program.tracks[part.track]
    rank = track.ranks.get(standing["tier"], -1)
    return next((tier.id for tier in track.earned_tiers if track.ranks[tier.id] > rank), None)


def next_branches(part: Part, standing: Row, criteria: Criteria) -> Iterator[Tree]:
    """Why not the next tier: what it lacks by the cheapest way, its requirements, and where the pace leads."""
    tier = next_tier(part, standing)
    if tier is None:
        return
    branch = tree(Text.assemble("Why not ", (part.tier(tier), "bold")))
    ways = _ways(part, tier)
    if not ways:
        branch.add(Text(sentence(nothing_missing(part, standing, tier))))
    for number_, rows in ways.items():
        said = "It lacks " if len(ways) == 1 else "Cheapest way: " if number_ == min(ways) else "Or: "
        branch.add(Text.assemble((said, "bold"), listed(_steps(part, rows))))
    branch.children.extend(criteria.branches(tier))
    for below in dict.fromkeys(row["asked_by"] for rows in ways.values() for row in rows if row["asked_by"] != tier):
        inner = branch.add(Text(f"What {part.tier(below)} requires is asked too"))
        inner.children.extend(criteria.branches(below))
    branch.children.extend(_forecasts(part, part.rows("forecast", tier=tier)))
    yield branch


def ending_branches(part: Part, standing: Row) -> Iterator[Tree]:
    """The tiers whose grants end soon: what keeps them, where the pace leads, and what stands after them.

    Of a lower tier that is requalified already nothing more is told.
    """
    rows = part.rows("requalification")
    for tier, group in groupby(rows, key=lambda row: row["tier"]):
        own = list(group)
        branch = tree(
            Text.assemble((part.tier(tier), "bold"), f" through {own[0]['valid_through']}{_falls(part, own)}")
        )
        is_safe = all(row["outlook"] == _REQUALIFIED for row in own)
        for row in own if tier == standing["tier"] or not is_safe else ():
            inner = branch.add(_outlook(part, row))
            same = part.rows("forecast", tier=tier, criterion=row["criterion"])
            inner.children.extend(_forecasts(part, same, is_named=False))
        yield branch


def cheapest(part: Part, tier: str) -> list[str]:
    """What a tier, or a qualification, lacks by the cheapest way, in words; nothing where it lacks nothing."""
    ways = _ways(part, tier)
    return _steps(part, ways[min(ways)]) if ways else []


def falls_words(part: Part, standing: Row) -> str:
    """To what the tier that stands falls, and when; empty where it does not."""
    rows = part.rows("requalification", tier=standing["tier"])
    row = next((row for row in rows if row["falls_on"]), None)
    if row is None:
        return ""
    missing = _missing_to_keep(part, rows)
    return f"falls to {part.tier(row['falls_to'])} on {row['falls_on']} unless it requalifies{missing}"


def _missing_to_keep(part: Part, rows: list[Row]) -> str:
    """What a tier that ends lacks: of all that it requires, and of each alternative."""
    by_alternative: dict[str, list[str]] = {}
    for row in rows:
        if row["missing"] is None or row["missing"]:
            by_alternative.setdefault(alternative(row["criterion"]), []).append(_lacking(part, row, "at_least", ""))
    needed = by_alternative.pop("", [])
    choices = [listed(said) for said in by_alternative.values()]
    parts = [*needed, *([" or ".join(choices)] if choices else [])]
    return f": {listed(parts)}" if parts else ""


def nothing_missing(part: Part, standing: Row, tier: str) -> str:
    """What is said of a tier whose requirements are met and that does not stand."""
    is_waiting = standing["status"] == "pending_approval"
    met = f"all that {part.tier(standing['earned_tier'] if is_waiting else tier)} requires is met"
    if is_waiting:
        return f"{met}, and waits for approval"
    declined = [row for row in decisions_of(part) if row["tier"] == tier and row["decision"] == _DECLINED]
    return f"{met}; declined on {declined[-1]['effective_on']} by {declined[-1]['decided_by']}" if declined else met


def _steps(part: Part, way: list[Row]) -> list[str]:
    """What a way to the next tier lacks, and by when; of what two tiers ask alike the larger part alone."""
    return [
        _lacking(part, row, _operator(part, row), f" by {row['by']}" if row["by"] else "")
        for row in way
        if not any(_covers(other, row) for other in way)
    ]


def _covers(other: Row, row: Row) -> bool:
    """Whether a step brings along what another one lacks: the same by the same day, and more of it."""
    is_alike = (other["criterion"], other["by"]) == (row["criterion"], row["by"])
    return is_alike and bool(row["missing"]) and bool(other["missing"]) and other["missing"] > row["missing"]


def _lacking(part: Part, row: Row, operator: str, by: str) -> str:
    name = part.metric(row["criterion"])
    if ".attested." in f".{row['criterion']}":
        return f"{name.removeprefix('attested ')} attested{by}"
    if row["missing"] is None:
        return f"{name}, of which nothing is known yet" if row["threshold"] is not None else name
    if not row["missing"]:
        return f"{words.plain(operator)} {words.figure(row['threshold'])} {name}{by} (now {words.figure(row['value'])})"
    more = "less" if operator in _UPPER else "more"
    monthly = f" ({number(row['needed_per_month'])} a month)" if row["needed_per_month"] else ""
    return f"{number(row['missing'])} {more} {name}{by}{monthly}"


def _ways(part: Part, tier: str) -> dict[int, list[Row]]:
    """The ways to a tier by their number, each with its steps in order; those to a qualification stand beside them."""
    ways: dict[int, list[Row]] = {}
    for row in sorted(part.rows("next_tier", tier=tier), key=lambda row: (row["way"], row["step"])):
        ways.setdefault(row["way"], []).append(row)
    return ways


def _operator(part: Part, row: Row) -> str:
    evidence = part.rows("evidence", tier=row["asked_by"], criterion=row["criterion"])
    return str(evidence[-1]["operator"]) if evidence else "at_least"


def _falls(part: Part, rows: list[Row]) -> str:
    row = next((row for row in rows if row["falls_on"]), None)
    if row is None:
        return ": requalified"
    if rows[0]["tier"] in part.program.tracks[part.track].qualifications:
        return f"; not held from {row['falls_on']} on"
    return f"; then {part.tier(row['falls_to'])} from {row['falls_on']} on"


def _outlook(part: Part, row: Row) -> Text:
    name = words.metric_name(part.program, row["criterion"])
    said = f"{name}: {words.figure(row['value'])} of {words.figure(row['threshold'])}"
    if row["missing"]:
        said += f", {number(row['missing'])} missing"
    if row["needed_per_month"]:
        said += f", {number(row['needed_per_month'])} a month needed"
    if row["projected"] is not None:
        said += f"; at this pace {number(row['projected'])}"
    return Text(f"{said}; {words.OUTLOOKS[row['outlook']]}")


def _forecasts(part: Part, rows: list[Row], *, is_named: bool = True) -> Iterator[Tree]:
    for row in rows:
        if row["prospect"] == "met":
            continue
        name = f" of {part.metric(row['criterion'])}" if is_named else ""
        said = Text.assemble(("Forecast", "bold"), f"{name}: {_forecast(row)}")
        if row["prospect"] is not None:
            said.append_text(Text.assemble("; ", _PROSPECTS[row["prospect"]]))
        yield tree(said)


def _forecast(row: Row) -> str:
    """Where it leads by the window's end: a band and what it rests on, or the pace alone."""
    by = f"by {row['window_through']}"
    if row["basis"] == "pace":
        return f"at this pace {words.figure(row['pace'])} {by}, for want of past years to go by"
    band = f"{number(row['low'])} to {number(row['high'])} {by}, likely {number(row['likely'])}"
    if row["low"] == row["high"]:
        band = f"{number(row['likely'])} {by}"
    band += f", {_BASES[row['basis']]}"
    if row["hit_rate"] is None:
        return band
    return f"{band}; {row['within']} of {row['cases']} past cases ({percent(row['hit_rate'])}) lay within such a band"
