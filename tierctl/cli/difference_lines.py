"""Differences between two reviews, as lines of text: by cause, with amounts and partners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from rich.text import Text

from tierctl.cli import words
from tierctl.cli.layout import Cell, align, heading, listing, number, paragraph, plural
from tierctl.diffs.basis import CAUSES
from tierctl.money import minor_unit

if TYPE_CHECKING:
    from tierctl.diffs.row_changes import RowChanges
    from tierctl.program.model import Program

_MOST: Final = 8
_LINES: Final = ("commissions", "credits")


@dataclass(frozen=True)
class Told:
    """How differences are told: by which programs and partners' names, how wide, and where all of them are found."""

    programs: "Sequence[Program]"
    names: Mapping[str, str]
    width: int
    place: str = "--json"
    indent: int = 2

    def program(self, id_: str) -> "Program | None":
        """The latest edition of a program; None: it is not in use."""
        return next((each for each in reversed(self.programs) if each.id == id_), None)


def cause_lines(differences: pl.DataFrame, told: Told) -> list[Text]:
    """Each cause with what it comes to, and below it what it moves; of many rows tiers and the largest amounts."""
    lines: list[Text] = []
    blank = " " * told.indent
    for cause in CAUSES:
        rows = differences.filter(pl.col("cause") == cause).sort("partner_id", "program", "track", "item", "currency")
        if rows.is_empty():
            continue
        lines += heading(f"{blank}{cause}", _together(rows), told.width, style="bold")
        cells = [_cells(row, told) for row in _first(rows).iter_rows(named=True)]
        lines += align(cells, told.width, right={3, 4}, give=[1, 2, 3], indent=told.indent + 2)
        rest = rows.height - _MOST
        if rest > 0:
            lines.append(Text(f"{blank}  and {number(rest)} more: {told.place}", style="dim"))
    return lines


def idle_lines(causes: Sequence[str], differences: pl.DataFrame, told: Told) -> list[Text]:
    """What differs between the two and moves no tier, rate or amount."""
    idle = [cause for cause in causes if cause not in set(differences["cause"])]
    said = f"Differs, and moves no tier, rate or amount: {', '.join(idle)}"
    return paragraph(said, told.width, indent=told.indent) if idle else []


def row_lines(changes: "Sequence[RowChanges]", told: Told) -> list[Text]:
    """A line per export for rows that are new, changed or gone, with a few of each."""
    return [
        line
        for each in changes
        for kind, count in (("new", each.new), ("changed", each.changed), ("removed", each.removed))
        if count
        for line in listing(
            f"{each.export}, {plural(count, f'{kind} row')}",
            [*each.examples[kind], *[""] * (count - len(each.examples[kind]))],
            len(each.examples[kind]),
            told.width,
            indent=told.indent,
        )
    ]


def report_lines(reports: Mapping[str, int], told: Told) -> list[Text]:
    """How many rows of which report differ."""
    if not reports:
        return []
    said = ", ".join(f"{name} {number(count)}" for name, count in reports.items())
    return paragraph(f"Rows of reports that differ: {said}", told.width, indent=told.indent, style="dim")


def _first(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that are shown: all in order, or, of many, tiers and the largest amounts."""
    if rows.height <= _MOST:
        return rows
    ranked = rows.with_columns(is_amount=pl.col("currency").is_not_null(), is_text=pl.col("difference").is_null())
    order = ["is_text", "is_amount", pl.col("difference").abs()]
    return ranked.sort(order, descending=True, nulls_last=True, maintain_order=True).head(_MOST)


def _together(rows: pl.DataFrame) -> str:
    """How many partners a cause concerns, and what it moves of commissions and credits."""
    parts = [plural(rows["partner_id"].n_unique(), "partner")]
    for kind in _LINES:
        lines = rows.filter(pl.col("item").str.starts_with(f"{kind}."))
        sums = lines.group_by("currency").agg(pl.col("difference").sum()).sort("currency")
        amounts = [_signed(amount, currency) for currency, amount in sums.iter_rows() if amount]
        parts += [f"{kind} {', '.join(amounts)}"] if amounts else []
    return " · ".join(parts)


def _cells(row: Mapping[str, Any], told: Told) -> list[Cell]:
    program = told.program(row["program"])
    kind, _, rule = row["item"].partition(".")
    sides = [_value(row, side, program) for side in ("before", "after")]
    if program is not None and not rule and len(program.tracks) > 1 and row["track"]:
        kind = f"{kind} in {row['track']}"
    moved = row["difference"]
    is_amount = moved is not None and row["currency"]
    return [
        row["partner_id"],
        Text(told.names.get(row["partner_id"]) or "", style="dim"),
        _item(kind, rule, program),
        " → ".join(sides),
        Text(_signed(moved, row["currency"]) if is_amount else "", style="bold"),
    ]


def _item(kind: str, rule: str, program: "Program | None") -> str:
    """An item by the name that the program gives its rule."""
    if not rule:
        return kind
    of_credits = program is not None and rule in program.credits
    name = words.rule_name(program, "credits" if of_credits else "commissions", rule) if program else words.plain(rule)
    return f"{name}: rate" if kind == "rate" else name


def _value(row: Mapping[str, Any], side: str, program: "Program | None") -> str:
    """What an item was or is, in words."""
    value, item = row[side], row["item"]
    if item == "tier":
        track = program.tracks.get(row["track"]) if program else None
        return words.tier_name(program, row["track"], value) if program and track else value or words.NO_TIER
    if value is None:
        return "none"
    if row["currency"]:
        return _amount(Decimal(value), row["currency"])
    return words.plain(value) if item == "status" else value


def _amount(amount: Decimal, currency: str) -> str:
    return f"{amount:,.{minor_unit(currency)}f}"


def _signed(amount: Decimal, currency: str) -> str:
    return f"{amount:+,.{minor_unit(currency)}f} {currency}"
