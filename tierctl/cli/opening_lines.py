"""The part of a summary that is about closed months: what was posted for them now, and what is held."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from tierctl.cli.layout import Cell, align, heading, number, paragraph
from tierctl.money import minor_unit

if TYPE_CHECKING:
    from tierctl.ledger.closes import Close

DIGITS: Final = 12
"""As many signs of a digest tell one close from another."""

_HELD: Final = (
    "Rows that were posted and that today's exports lack are held: nothing is taken back for them. Mend the export, or"
    " close with --accept-removals REASON."
)


def opening_line(previous: "Close") -> Text:
    """The close that a review opened from, by the first signs of its digest."""
    return Text.assemble(
        ("Opening  ", "bold"), f"the close of {previous.label}", (f"  {previous.sha256[:DIGITS]}", "dim")
    )


def opening_lines(counts: Mapping[str, Any], program: str, width: int) -> list[Text]:
    """The block of one program; nothing where no month is closed, or nothing was done about those that are.

    Args:
        counts: the content of summary.json.
        program: the program's id.
        width: no line is wider.
    """
    opening: Mapping[str, Sequence[Mapping[str, Any]]] = counts.get("opening", {})
    posted, held = (
        [each for each in opening.get(name, ()) if each["program"] == program] for name in ("posted", "held")
    )
    if not posted and not held:
        return []
    currencies = {each["currency"] for each in (*posted, *held)}
    rows = [*_rows("Posted for", "earned_month", "lines", posted), *_rows("Held of", "source", "rows", held)]
    is_one = len(currencies) == 1
    rows = [[row[0], *row[2:]] for row in rows] if is_one else rows
    lines = heading("Closed months", f"in {next(iter(currencies))}" if is_one else "", width)
    lines += align(rows, width, right=range(1 if is_one else 2, len(rows[0])), give=[0], indent=2)
    return [*lines, Text(), *paragraph(_HELD, width, indent=2, style="dim")] if held else lines


def _rows(title: str, by: str, counted: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[list[Cell]]:
    """A heading, then one row per entry: by what, currency, partners, lines or rows, amount."""
    if not entries:
        return
    yield [title, "", *(Text(head, style="dim") for head in ("partners", counted, "amount"))]
    for each in entries:
        amount = money(each["amount"], each["currency"])
        yield [f"  {each[by]}", each["currency"], number(each["partners"]), number(each[counted]), amount]


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency's decimals.

    >>> money(Decimal("-1200.5"), "USD"), money(Decimal(300), "JPY")
    ('-1,200.50', '300')
    """
    return f"{amount:,.{minor_unit(currency)}f}"
