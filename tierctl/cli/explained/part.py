"""A part of what is told: one program and one of its tracks, by the names and places that the program file gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tierctl.cli import words
from tierctl.cli.explained.made import Explained, Row
from tierctl.cli.explained.placed import Places
from tierctl.cli.layout import number
from tierctl.money import minor_unit

if TYPE_CHECKING:
    from tierctl.program.model import Program


@dataclass(frozen=True)
class Part:
    """One track of one program, as it is told."""

    explained: Explained
    program: "Program"
    track: str
    places: Places

    @property
    def top(self) -> int:
        """How many rows of a kind are shown."""
        return self.explained.top

    @property
    def review_day(self) -> date:
        """The last day of the month."""
        return self.explained.source.month.last

    @property
    def standing(self) -> Row | None:
        """Where the partner stands; None: it is not on this track, or not yet."""
        return next(iter(self.rows("standing")), None)

    def rows(self, table: str, **equal: object) -> list[Row]:
        """The track's rows of a table in which the columns are equal to that."""
        return self.explained.rows(table, program=self.program.id, track=self.track, **equal)

    def tier(self, id_: str | None) -> str:
        """A tier, or a qualification, by its name."""
        return words.tier_name(self.program, self.track, id_)

    def metric(self, criterion: str) -> str:
        """What a criterion asks for, as words in the middle of a sentence."""
        return inline(words.metric_name(self.program, criterion))

    def cited(self, clause: str | None, place: str) -> str:
        """A clause of the contract and where the program file says so."""
        return " · ".join(part for part in (clause, place) if part)


def inline(name: str) -> str:
    """A name in the middle of a sentence.

    >>> inline("Net new MRR"), inline("MRR of the year"), inline("A")
    ('net new MRR', 'MRR of the year', 'a')
    """
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def sentence(text: str) -> str:
    """A text as a sentence of its own.

    >>> sentence("no tier is held"), sentence("007 is no tier.")
    ('No tier is held.', '007 is no tier.')
    """
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".") + "."


def span(first: date | None, last: date | None) -> str:
    """Two days as a person reads them; one that is both stands once.

    >>> span(date(2025, 1, 1), date(2025, 12, 31)), span(date(2025, 5, 31), date(2025, 5, 31))
    ('2025-01-01 to 2025-12-31', 'on 2025-05-31')
    """
    return f"on {first}" if first == last else f"{first} to {last}"


def amount(value: Decimal, currency: str) -> str:
    """An amount with its currency's decimals.

    >>> amount(Decimal("1250.5"), "USD"), amount(Decimal("-1250"), "JPY")
    ('1,250.50 USD', '-1,250 JPY')
    """
    return f"{value:,.{minor_unit(currency)}f} {currency}"


def rate(value: Decimal) -> str:
    """What a base is multiplied by: a share in percent, anything else as a number.

    >>> rate(Decimal("0.03125")), rate(Decimal(1)), rate(Decimal(0))
    ('3.125 %', '1', '0')
    """
    return percent(value) if 0 < abs(value) < 1 else number(value)


def percent(share: Decimal) -> str:
    """A share in percent.

    >>> percent(Decimal("0.8333")), percent(Decimal(1))
    ('83.33 %', '100 %')
    """
    return f"{number(share * 100)} %"


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence in a row.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def failing(row: Row) -> str:
    """The first condition that a row fails: what there is, and what is needed.

    >>> failing({"condition": "order_type", "value": "renewal", "needed": "is new_logo"})
    'order_type: renewal, needed: new_logo'
    >>> failing({"condition": "tier", "value": None, "needed": "at least elite on 2025-05-08"})
    'tier: none, needed: at least elite on 2025-05-08'
    >>> failing({"condition": "any", "value": None, "needed": "quoted_on is empty or promotional is false"})
    'any: none of quoted_on is empty or promotional is false'
    """
    if row["condition"].rpartition(".")[2] == "any":
        return f"{row['condition']}: none of {row['needed']}"
    return f"{row['condition']}: {row['value'] or 'none'}, needed: {row['needed'].removeprefix('is ')}"
