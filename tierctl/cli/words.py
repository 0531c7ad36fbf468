"""The words that the summary uses for what programs and reports call by id."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from tierctl.cli.layout import number
from tierctl.program.model import Program

NO_TIER: Final = "no tier"

_GROUPS: Final = ("any", "all")
_GROUP: Final = re.compile(r"\b(?:(?:any|all)\.\d+\.)+(?=\w)")

OUTLOOKS: Final[Mapping[str, str]] = {
    "requalified": "requalified",
    "on_pace": "on pace",
    "at_risk": "at risk",
    "cannot_by_pace": "out of reach",
}


def plain(id_: str) -> str:
    """An id as words.

    >>> plain("quarterly_business_review")
    'quarterly business review'
    """
    return id_.replace("_", " ")


def tier_name(program: Program, track: str, tier: str | None) -> str:
    """A tier by the name that the program gives it, else by its id; what a partner without one has."""
    if tier is None:
        return NO_TIER
    of = program.tracks[track]
    named = {each.id: each.name for each in of.tiers} | {id_: each.name for id_, each in of.qualifications.items()}
    return named.get(tier) or plain(tier).capitalize()


def track_name(program: Program, track: str) -> str:
    """A track by the name that the program gives it, else by its id."""
    return program.tracks[track].name or plain(track).capitalize()


def action_name(program: Program, action: str) -> str:
    """An action by the name that the program gives it, else by its id."""
    declared = program.actions.get(action)
    return (declared.name if declared else None) or plain(action).capitalize()


def rule_name(program: Program, kind: str, rule: str) -> str:
    """A rule by the name that the program gives it, else by its id; `kind` is commissions or credits."""
    rules = program.commissions if kind == "commissions" else program.credits
    declared = rules.get(rule)
    return (declared.name if declared else None) or plain(rule).capitalize()


def metric_name(program: Program, criterion: str) -> str:
    """What a criterion asks for, in words; `criterion` is a path whose parts may be a metric's id."""
    parts = [part for part in criterion.split(".") if part not in _GROUPS and not part.isdecimal()]
    metric = next((part for part in parts if part in program.metrics), None)
    if metric is None:
        return plain(" ".join(parts))
    return program.metrics[metric].name or plain(metric)


def move(program: Program, track: str, before: str | None, now: str | None) -> str:
    """From one tier to another, or the one where both are the same."""
    names = tier_name(program, track, before), tier_name(program, track, now)
    return names[1] if names[0] == names[1] else " → ".join(names)


def figure(value: Decimal | None) -> str:
    """A number as people write it; a question mark where it is not known."""
    return "?" if value is None else number(value)


def grouped(program: Program, text: str) -> str:
    """A report's text with thousands separators in the figures of metrics, without the groups that these stand in.

    Ids and dates stay as they are.
    """
    text = _GROUP.sub("", text)
    names = "|".join(re.escape(name) for name in program.metrics)
    if not names:
        return text
    return re.sub(rf"\b((?:{names}) )(-?\d+(?:\.\d+)?)\b", lambda found: found[1] + number(Decimal(found[2])), text)
