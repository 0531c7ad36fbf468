"""A partner's scorecard on one track: the tier, what it asks and what is there, what keeps it, and what is next."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from tierctl.cli import words
from tierctl.cli.explained.ahead import cheapest, falls_words, next_tier
from tierctl.cli.explained.criteria import alternative
from tierctl.cli.explained.made import Row
from tierctl.cli.explained.part import Part, amount, percent, rate, sentence, span
from tierctl.cli.explained.tiers import since_words
from tierctl.cli.layout import number
from tierctl.cli.pages.figures import figure_cell, missing_cell, shortened
from tierctl.cli.pages.parts import Cell, Column, Figure, Section, Table, number_cell, share_of
from tierctl.cli.pages.titles import Titles, reads_of
from tierctl.cli.pages.view import criterion_name, told_text

_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "met": ("✓ met", "up"),
    "not_met": ("not met", "down"),
    "unknown": ("not known", "warn"),
}
_MET, _LOST = "met", "lost"
_REQUALIFIED: Final = "requalified"
_WORDS: Final[Mapping[str, str]] = {
    "on_pace": "on pace",
    "at_risk": "at risk",
    "cannot_by_pace": "out of reach at this pace",
}
_STYLES: Final[Mapping[str, str]] = {"at_risk": "warn", "cannot_by_pace": "down", "on_pace": "up"}
_DECISION: Final = "by decision "
_EARNED: Final = "earned"
_ENROLLED: Final = "through_enrollment"
_FULL: Final = 100


def scorecard(part: Part, standing: Row, id_: str, title: str) -> Section:
    """The section of one track."""
    tables = [*_requirements(part, standing, id_), *_next(part, standing, id_), *_rates(part, id_)]
    return Section(id_, title, _lead(part, standing), tables=tuple(tables), notes=tuple(_benefits(part)))


def tier_figure(part: Part, standing: Row) -> Figure:
    """The tier that stands, and until when."""
    is_alone = len(part.program.tracks) == 1
    label = "Tier" if is_alone else f"Tier · {words.track_name(part.program, part.track)}"
    if standing["tier"] is None:
        return Figure(label, words.NO_TIER.capitalize(), words.plain(standing["status"]))
    through = f"through {standing['valid_through']}" if standing["valid_through"] else ""
    return Figure(label, part.tier(standing["tier"]), through)


def _lead(part: Part, standing: Row) -> str:
    tier = standing["tier"]
    said = part.tier(tier)
    said = f"{said} {since_words(standing)}" if tier else f"No tier: {words.plain(standing['status'])}"
    if standing["status"] == "remediation":
        said += f"; in remediation: what fails has to be made good by {standing['remediation_ends_on']}"
    reason = _reason(part, standing)
    falls = falls_words(part, standing) if tier else ""
    if falls:
        ahead = f"the tier {shortened(falls, part.rows('requalification', tier=tier))}"
    else:
        ahead = _held_anyway(part, standing) if tier else ""
    parts = [said, reason, ahead]
    return " ".join(sentence(each) for each in parts if each)


def _reason(part: Part, standing: Row) -> str:
    """What the tier rests on; who decided on it and why is written for the program's own people."""
    reason = standing["reason"] or ""
    if _DECISION in reason:
        return "the tier rests on a decision" if standing["tier"] else ""
    return told_text(part.program, part.track, reason)


def _held_anyway(part: Part, standing: Row) -> str:
    """Why and until when a tier stands that lacks what it asks; empty: it lacks nothing, or may still be lost."""
    rows = part.rows("requalification", tier=standing["tier"])
    if not rows or _is_earned(part, standing) or any(row["outlook"] != _REQUALIFIED for row in rows):
        return ""
    is_decided = _DECISION in (standing["reason"] or "")
    by = "decision" if is_decided else "grant" if standing["basis"] == _EARNED else "placement"
    until = str(rows[0]["valid_through"])
    tier = next(each for each in part.program.tracks[part.track].tiers if each.id == standing["tier"])
    if tier.holds and tier.holds.kind == _ENROLLED:
        until += ", the end of the enrollment,"
    return f"it is held through {until} by that {by}, though not all that it asks is there today"


def _is_earned(part: Part, standing: Row) -> bool:
    """Whether what is there today gives the tier that stands."""
    ranks = part.program.tracks[part.track].ranks
    return ranks.get(standing["earned_tier"], -1) >= ranks.get(standing["tier"], -1)


def _requirements(part: Part, standing: Row, id_: str) -> Iterator[Table]:
    """What the tier that stands asks, by the latest window of each requirement; where it ends, what keeps it."""
    tier = standing["tier"]
    rows = _latest(part, tier) if tier else []
    if not rows:
        return
    keeping = {row["criterion"]: row for row in part.rows("requalification", tier=tier)}
    if keeping:
        until = next(iter(keeping.values()))["valid_through"]
        caption = f"{part.tier(tier)} holds through {until}; what keeps it after that"
        if all(row["outlook"] == _REQUALIFIED for row in keeping.values()):
            caption = f"What {part.tier(tier)} asks, and what is there; it holds through {until}"
    else:
        caption = f"What {part.tier(tier)} asks, and what is there"
    unmet = "not needed" if _is_earned(part, standing) else "holds anyway"
    yield _evidence_table(part, rows, f"{id_}-asked", caption, keeping=keeping, unmet=unmet)


def _next(part: Part, standing: Row, id_: str) -> Iterator[Table]:
    """What the next tier asks; its caption says what is missing by the cheapest way, and what it would bring."""
    tier = next_tier(part, standing)
    rows = _latest(part, tier) if tier else []
    if tier and rows:
        lacking = cheapest(part, tier)
        steps = part.rows("next_tier", tier=tier)
        way = f": it takes {shortened(_joined(lacking), steps)}" if lacking else ""
        brings = _brings(part, standing["tier"], tier)
        caption = f"Next tier: {part.tier(tier)}{way}"
        note = f"It would bring {_joined(brings)}." if brings else ""
        yield _evidence_table(part, rows, f"{id_}-next", caption, note=note)


def _latest(part: Part, tier: str) -> list[Row]:
    found: dict[str, Row] = {}
    for row in part.rows("evidence", tier=tier):
        if row["criterion"] not in found or row["window_from"] > found[row["criterion"]]["window_from"]:
            found[row["criterion"]] = row
    return list(found.values())


def _evidence_table(
    part: Part,
    rows: Sequence[Row],
    id_: str,
    caption: str,
    *,
    keeping: Mapping[str, Row] = MappingProxyType({}),
    unmet: str = "",
    note: str = "",
) -> Table:
    has_choices = any(alternative(row["criterion"]) for row in rows)
    notes = ["Of alternatives with different numbers one is enough."] if has_choices else []
    columns = (
        Column("Requirement"),
        Column("Counted"),
        Column("There", "number"),
        Column("Asked", "number"),
        Column("Share"),
        Column("Missing", "number"),
        Column("A month", "number"),
        Column("Outlook" if keeping else "Result"),
    )
    cells = tuple(tuple(_requirement(part, row, keeping.get(row["criterion"]), unmet)) for row in rows)
    return Table(id_, caption, columns, cells, note=" ".join(filter(None, (note, *notes))), is_still=True).told


def _requirement(part: Part, row: Row, kept: Row | None, unmet: str) -> Iterator[Cell]:
    """A requirement; where the tier ends, `kept` is what requalifying for it takes.

    One that is `unmet` and without which the tier holds as long as with it is said to be so: nothing of it is missing.
    """
    choice = alternative(row["criterion"])
    notes = [f"alternative {choice}" if choice else "", f"clause {row['clause']}" if row["clause"] else ""]
    has_figures = row["threshold"] is not None and ".attested." not in f".{row['criterion']}"
    figures = kept or row
    is_needed = kept is None or kept["outlook"] != _REQUALIFIED
    if kept and is_needed:
        text, style = _WORDS[kept["outlook"]], _STYLES[kept["outlook"]]
    else:
        text, style = _OUTCOMES[row["outcome"]] if is_needed or row["outcome"] == _MET else (unmet, "")
    missing = figures["missing"] if has_figures and is_needed else None
    asked = number_cell(figures["threshold"] if has_figures else None)
    yield Cell(criterion_name(part.program, row["criterion"]), note=" · ".join(filter(None, notes)))
    yield Cell(span(row["window_from"], row["window_through"]))
    yield figure_cell(figures["value"] if has_figures else None, figures["threshold"])
    yield Cell(f"{_bound(row['operator'])}{asked.text}" if asked.text else "", asked.value)
    is_share = has_figures and row["operator"] in {"at_least", "more_than"}
    yield _share(figures, is_met=row["outcome"] == _MET) if is_share else Cell("")
    yield missing_cell(missing or None)
    yield number_cell(kept["needed_per_month"] or None if kept and is_needed else None)
    yield Cell(text, style=style)


def _bound(operator: str) -> str:
    return "" if operator == "at_least" else f"{words.plain(operator)} "


def _share(row: Row, *, is_met: bool) -> Cell:
    """How much of what is asked is there: what is not met is never shown as whole."""
    share = share_of(row["value"] or 0, row["threshold"])
    whole = min(int(share * _FULL), _FULL if is_met else _FULL - 1)
    return Cell(f"{whole} %", str(whole), style="bar")


def _rates(part: Part, id_: str) -> Iterator[Table]:
    rows = part.rows("rates")
    if rows:
        cells = tuple(
            (
                Cell(_rule(part, row["rule"]), note=f"clause {row['clause']}" if row["clause"] else ""),
                Cell(_rate(row["rate"])),
                Cell(_basis(part, row)),
            )
            for row in rows
        )
        caption = "Rates in force at the month's end"
        yield Table(f"{id_}-rates", caption, (Column("Rule"), Column("Rate"), Column("Why")), cells, is_still=True)


def _basis(part: Part, row: Row) -> str:
    """Why a rate is what it is, by the titles of the columns that its rule reads."""
    rule = {**part.program.commissions, **part.program.credits}.get(row["rule"])
    titles = Titles(part.explained.source.workspace.contracts, part.program)
    return titles.told(reads_of(rule), told_text(part.program, part.track, row["basis"]))


def _rate(value: Decimal | None) -> str:
    if value is None:
        return "–"
    return percent(value) if abs(value) <= 1 else rate(value)


def _rule(part: Part, rule: str) -> str:
    kind = "credits" if rule in part.program.credits else "commissions"
    return words.rule_name(part.program, kind, rule)


def _benefits(part: Part) -> Iterator[str]:
    rows = part.rows("benefits")
    had = [_benefit(part, row) for row in rows if row["change"] != _LOST]
    lost = [_benefit(part, row) for row in rows if row["change"] == _LOST]
    if had:
        yield f"Benefits: {', '.join(had)}."
    if lost:
        yield f"Lost this month: {', '.join(lost)}."


def _benefit(part: Part, row: Mapping[str, Any]) -> str:
    name = _benefit_name(part, row["benefit"])
    return f"{name} {_worth(part, row['kind'], row['value'])}".rstrip()


def _worth(part: Part, kind: str, value: Decimal | None) -> str:
    if value is None or kind == "yes_no":
        return ""
    if kind == "percent":
        return percent(value)
    return amount(value, part.program.currency) if kind == "amount" else number(value)


def _benefit_name(part: Part, benefit: str) -> str:
    declared = part.program.benefits.get(benefit)
    return (declared.name if declared else None) or words.plain(benefit)


def _brings(part: Part, tier: str | None, following: str) -> list[str]:
    """The benefits that the next tier has and the one that stands has not."""
    had = {row["benefit"] for row in part.rows("benefits") if row["change"] != _LOST}
    return [
        _benefit_name(part, name)
        for name, benefit in part.program.benefits.items()
        if (benefit.tracks is None or part.track in benefit.tracks)
        and following in (benefit.tiers or ())
        and name not in had
        and tier not in (benefit.tiers or ())
    ]


def _joined(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
