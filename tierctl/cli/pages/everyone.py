"""The lists of a track: what needs a person, and where every partner stands."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tierctl.cli import words
from tierctl.cli.explained.ahead import next_tier, nothing_missing
from tierctl.cli.explained.part import Part, listed
from tierctl.cli.layout import number, plural
from tierctl.cli.pages.figures import missing_figure
from tierctl.cli.pages.parts import MOST_ROWS, Cell, Column, Section, Table, cut, date_cell, money_cell
from tierctl.cli.pages.view import MARKS, Ladder, ranked

_MOST_CURRENCIES: Final = 3


def actions_section(ladder: Ladder) -> Section | None:
    """What somebody has to do because of this review, the next due first; None: nothing."""
    actions = ladder.rows("actions").sort("due_on", "action", "partner_id", "detail")
    if actions.is_empty():
        return None
    kinds = actions.group_by("action", maintain_order=True).len().iter_rows()
    told = ", ".join(f"{number(count)} × {words.action_name(ladder.program, kind)}" for kind, count in kinds)
    rows = tuple(
        (
            date_cell(row["due_on"]),
            Cell(words.action_name(ladder.program, row["action"])),
            ladder.partner(row["partner_id"]),
            Cell(_detail(ladder, row)),
        )
        for row in actions.head(MOST_ROWS).iter_rows(named=True)
    )
    table = Table(
        f"{ladder.id}-actions-table",
        "What is to be done, the next due first",
        (Column("Due", "date"), Column("What", is_choice=True), Column("Partner"), Column("Detail")),
        rows,
    )
    lead = f"{plural(actions.height, 'action')}, the first due on {actions['due_on'][0]}: {told}."
    cut_table = cut(table, ladder.page.file("actions"), actions.height)
    return Section(f"{ladder.id}-actions", "Needs a person", lead, tables=(cut_table,))


def partners_section(ladder: Ladder) -> Section:
    """Where every partner stands, what it lacks of the next tier, and what it is paid."""
    rows = ranked(ladder)
    shown, currencies = rows.head(MOST_ROWS), _currencies(ladder)
    told = ladder.page.book.told(shown["partner_id"].to_list())
    cells = []
    for row in shown.iter_rows(named=True):
        part = ladder.page.book.part(told[row["partner_id"]], ladder.program, ladder.name)
        cells.append((*_partner(ladder, row, part), *_paid(ladder, part, currencies)))
    table = Table(
        f"{ladder.id}-partners-table",
        "Every partner, the highest tier first",
        (
            Column("Partner"),
            Column("Tier", is_choice=True),
            Column("Change", is_choice=True),
            Column("Status", is_choice=True),
            Column("Through", "date"),
            Column("Lacks of the next tier"),
            *(Column(f"To be paid, {currency}", "number") for currency in currencies),
        ),
        tuple(cells),
        note="Paid over all tracks of the program." if currencies and len(ladder.program.tracks) > 1 else "",
    )
    place = ladder.page.file("standing")
    lead = f"{plural(rows.height, 'partner')}, all of them in {place}."
    return Section(f"{ladder.id}-partners", "All partners", lead, tables=(cut(table, place, rows.height),))


def _partner(ladder: Ladder, row: Mapping[str, Any], part: Part) -> Iterator[Cell]:
    mark, style = MARKS.get(row["change"], ("", ""))
    before = ladder.tier(row["previous_tier"])
    has_moved = row["change"] in {"promoted", "demoted"}
    ends = f"remediation to {row['remediation_ends_on']}" if row["remediation_ends_on"] else ""
    rank = str(ladder.track.ranks.get(row["tier"], -1))
    yield ladder.partner(row["partner_id"])
    yield Cell(ladder.tier(row["tier"]), rank)
    yield Cell(f"{mark} {row['change']}".strip(), row["change"], f"from {before}" if has_moved else "", style)
    yield Cell(words.plain(row["status"]), note=ends)
    yield date_cell(row["valid_through"])
    yield Cell(_lacks(part, row))


def _lacks(part: Part, row: Mapping[str, Any]) -> str:
    tier = next_tier(part, row)
    if tier is None:
        return ""
    steps = [each for each in part.rows("next_tier", way=1) if each["missing"] is None or each["missing"]]
    # Of what two tiers ask alike by the same day the larger part brings the smaller along.
    most = {(each["criterion"], each["by"]): each for each in sorted(steps, key=lambda each: each["missing"] or 0)}
    lacking = [_step(part, each) for each in steps if most[each["criterion"], each["by"]] is each]
    return f"{part.tier(tier)}: {listed(lacking) if lacking else nothing_missing(part, row, tier)}"


def _step(part: Part, row: Mapping[str, Any]) -> str:
    """What is missing of a criterion, in a few words."""
    name = part.metric(row["criterion"])
    if row["missing"] is None or ".attested." in f".{row['criterion']}":
        return name
    return f"{missing_figure(row['missing'])} {name}"


def _currencies(ladder: Ladder) -> list[str]:
    """The currencies that a column each is made for; none where they are too many for a page."""
    if "statements" not in ladder.page.made.tables:
        return []
    statements = ladder.page.made.review.tables["statements"]
    own = statements.filter((pl.col("program") == ladder.program.id) & (pl.col("payable") != 0))
    found = own["currency"].unique().sort().to_list()
    return found if len(found) <= _MOST_CURRENCIES else []


def _paid(ladder: Ladder, part: Part, currencies: list[str]) -> Iterator[Cell]:
    rows = {row["currency"]: row for row in part.explained.rows("statements", program=ladder.program.id)}
    for currency in currencies:
        paid: Decimal = rows[currency]["payable"] if currency in rows else Decimal()
        yield money_cell(paid, currency)


def _detail(ladder: Ladder, row: Mapping[str, Any]) -> str:
    """What an action's detail says beyond its name."""
    said, separator, rest = (row["detail"] or "").partition("; ")
    names = {row["action"], words.action_name(ladder.program, row["action"])}
    return ladder.said(rest if said in names else f"{said}{separator}{rest}")
