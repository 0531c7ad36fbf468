"""The state of the ledger as lines of text."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from rich.text import Text

from tierctl import __version__
from tierctl.cli.closed_month import ClosedMonth
from tierctl.cli.common import shown
from tierctl.cli.layout import Cell, align, heading, number, paragraph, plural
from tierctl.cli.ledger_status import Status
from tierctl.cli.ledger_words import accepted_in_words, month_in_words, signed_by
from tierctl.cli.opening_lines import DIGITS, money
from tierctl.cli.summary import spaced

_HEADS: Final = ("month", "on", "by", "digest", "partners", "", "commissions", "credits")
_CURRENCY: Final = 5
_NOTHING: Final = "·"
_LABEL: Final = len("Ledger  ")
_UNDER: Final = len("  2025-05  ")


def lines(status: Status, width: int) -> list[Text]:
    """Everything but the end, no line wider than asked; a blank line comes last."""
    blocks = [_closed(status, width), _accepted(status, width), _set_aside(status, width), _changed(status, width)]
    blocks = [block for block in blocks if block]
    return [*spaced(blocks), Text()] if blocks else []


def head(status: Status) -> Text:
    """The digest of the last close: whoever keeps it can tell later that nothing before it was changed."""
    return _labelled("Head", status.last.sha256 if status.last else "none: no month is closed")


def ending(status: Status, today: date) -> list[Text]:
    """Where it lies, since when money is posted, and what comes next."""
    result = [_labelled("Ledger", f"{shown(status.workspace.ledger)}/")]
    if status.money_from:
        result.append(_labelled("Money", f"posted since {status.money_from}"))
    if status.next is None:
        return result
    said = month_in_words(status.next, today)
    is_free = status.last is None and status.workspace.money_from is None
    result.append(_labelled("Next", f"any month from {status.next.label} on" if is_free else said))
    return result


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((f"{label:<{_LABEL}}", "bold"), text)


def _closed(status: Status, width: int) -> list[Text]:
    """One line per closed month and currency; where there is one currency it stands above."""
    if not status.months:
        return []
    currencies = sorted({currency for month in status.months for currency in (*month.commissions, *month.credits)})
    rows: list[list[Cell]] = [[Text(word, style="dim") for word in _HEADS]]
    rows += [row for month in status.months for row in _rows(month)]
    is_one = len(currencies) <= 1
    rows = [[*row[:_CURRENCY], *row[_CURRENCY + is_one :]] for row in rows]
    rows = rows if currencies else [row[:_CURRENCY] for row in rows]
    right = [4, *range(_CURRENCY + (not is_one), len(rows[0]))]
    about = f"in {currencies[0]}" if len(currencies) == 1 else ""
    return [
        *heading(f"{plural(len(status.months), 'month')} closed", about, width),
        *align(rows, width, right=right, give=[2], indent=2),
    ]


def _rows(month: ClosedMonth) -> Iterator[list[Cell]]:
    record = month.close.record
    partners = _NOTHING if month.partners is None else number(month.partners)
    said = [month.close.label, str(record["closed_at"])[:10], record["closed_by"] or "", month.close.sha256[:DIGITS]]
    before: Sequence[str] = [*said, partners]
    for currency in sorted({*month.commissions, *month.credits}) or [""]:
        amounts = [_amount(of.get(currency), currency) for of in (month.commissions, month.credits)]
        yield [*before, currency, *amounts]
        before = [""] * _CURRENCY


def _amount(value: Decimal | None, currency: str) -> str:
    return money(value, currency) if value else _NOTHING


def _accepted(status: Status, width: int) -> list[Text]:
    said = [(month.close.label, text) for month in status.months for text in accepted_in_words(month.close)]
    result = heading("Accepted", "", width) if said else []
    for label, text in said:
        first, *others = paragraph(text, width, indent=_UNDER)
        result += [Text(f"  {label}  {first.plain.lstrip()}"), *others]
    return result


def _set_aside(status: Status, width: int) -> list[Text]:
    result = heading("Set aside", plural(len(status.set_aside), "close"), width) if status.set_aside else []
    for each in status.set_aside:
        result.append(Text(f"  {each.close.label}  {signed_by(each.record, 'reopened')}"))
        result += paragraph(str(each.record["reason"]), width, indent=4, style="dim")
    return result


def _changed(status: Status, width: int) -> list[Text]:
    """The files that the next review reads otherwise than the last close did."""
    if status.last is None:
        return []
    title = f"Since the close of {status.last.label}"
    is_other = status.closed_with != __version__
    if not status.changed and not is_other:
        said = "Exports, program files and tierctl.toml are those that it read."
        return [*heading(title, "", width), *paragraph(said, width, indent=2, style="dim")]
    cells: list[list[Cell]] = [[each.path, each.state, Text(each.about, style="dim")] for each in status.changed]
    cells += [["tierctl", "changed", Text(f"{status.closed_with}, now {__version__}", style="dim")]] if is_other else []
    return [*heading(title, plural(len(cells), "difference"), width), *align(cells, width, give=[0], indent=2)]
